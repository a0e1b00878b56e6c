"""What each blueprint says of plans: when a change comes, and how unused time is reckoned."""

from datetime import timedelta
from fractions import Fraction

import pytest

from blueprints.tables import BLUEPRINTS, VALUES
from blueprints.walked import walks
from support.selling import Customer
from tenantry.billing.actions.plans import plan_change_plan

# Two plans of each: a smaller and a larger one. Where there is one plan, paid by the month and by the year.
STEPS = {
    "standard": ({"plan": "team", "seats": 10}, {"plan": "business", "seats": 10}),
    "crm-suite": ({"plan": "startup"}, {"plan": "launch"}),
    "sales-floor": ({"plan": "starter", "seats": 10}, {"plan": "growth", "seats": 10}),
    "brokerage": ({}, {}),
    "messaging": ({"plan": "starter"}, {"plan": "growth"}),
}


def steps(blueprint: str) -> tuple[dict[str, object], dict[str, object]]:
    """Up is from the first to the second; both by the year, or with one plan by the month and then by the year."""
    small, large = STEPS[blueprint]
    if small:
        return {**small, "interval": "year"}, {**large, "interval": "year"}
    return {"plan": "brokerage", "interval": "month"}, {"plan": "brokerage", "interval": "year"}


@walks("Policies", "plan changes")
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_up_comes_at_once_and_down_at_the_end_but_where_any_time_is_promised(blueprint):
    small, large = steps(blueprint)
    customer = Customer(blueprint)
    customer.subscribe(**small)
    customer.go_to(customer.now + timedelta(days=10))
    up = customer.ask(plan_change_plan, **large)
    assert (up.when, up.direction) == ("now", "up")
    # Of a month that has begun none is unused where months are counted.
    assert any(line.amount < 0 for line in up.quote.lines) is (blueprint != "brokerage")
    customer.subscribe(**large)
    down = customer.ask(plan_change_plan, **small)
    assert down.when == ("now" if blueprint == "brokerage" else "period_end")


@walks("Policies", "proration.basis")
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_unused_time_is_reckoned_as_the_policy_says(blueprint):
    small, large = steps(blueprint)
    first, then = (small, large) if STEPS[blueprint][0] else (large, small)
    customer = Customer(blueprint)
    customer.subscribe(**first)
    customer.go_to(customer.now + timedelta(days=40, seconds=7))
    quote = customer.ask(plan_change_plan, **then).quote
    parts = {Fraction(*line.values["part"]) for line in quote.lines if line.amount < 0}
    assert len(parts) == 1
    [part] = parts
    basis = VALUES["proration.basis"][BLUEPRINTS.index(blueprint)]
    # By months every part of a year is twelfths; by the second forty days and seven seconds are none.
    assert ((part * 12).denominator == 1) is (basis == "month")
