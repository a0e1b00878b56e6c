"""From founding to a paid plan, up, down and away: what is quoted is what is invoiced."""

from datetime import timedelta

import pytest

from support.selling import Customer, selling
from tenantry.billing.actions.plans import (
    cancel_subscription,
    change_plan,
    plan_cancel_subscription,
    plan_change_plan,
    resume_subscription,
    withdraw_downgrade,
)
from tenantry.billing.errors import (
    AlreadyCanceling,
    ByAgreement,
    FewestSeats,
    MostSeats,
    NothingChanges,
    NothingPlanned,
    NothingToCancel,
    PlanUnknown,
    TooMuchInUse,
)
from tenantry.billing.models import Subscription
from tenantry.billing.proration import line, unused
from tenantry.core.errors import PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading


def test_a_new_organization_tries_what_is_sold_to_it():
    customer = Customer("standard")
    row = customer.row
    assert customer.state == ("trial", "active")
    assert row.trial_ends_at - row.state_since == timedelta(days=14)
    granted = customer.entitlements
    assert (granted["seats"], granted["records"], granted["sso"], granted["platform_settings"]) == (10, 100_000, 1, 0)
    with selling():
        suite = Customer("crm-suite")
    assert (suite.entitlements["ai_tokens"], suite.entitlements["seats"]) == (1_000_000, 5)
    assert Customer("brokerage").entitlements["seats"] is None


def test_where_nothing_is_sold_there_is_no_subscription():
    customer = Customer("standard", "unlimited")
    with scope.tenant(customer.org.id), reading():
        assert not Subscription.objects.exists()
    assert customer.entitlements == {"seats": None}


def test_a_quote_is_paid_and_invoiced_to_the_cent():
    customer = Customer("standard")
    quoted = customer.ask(plan_change_plan, plan="team", seats=4)
    assert (quoted.when, quoted.quote.due, quoted.seats) == ("now", 6000, 4)
    made = customer.act(change_plan, plan="team", seats=4, at=quoted.at, digest=quoted.digest)
    assert (made.how, made.due) == ("to_pay", 6000)
    assert customer.state == ("trial", "active")
    assert customer.settle().how == "carried_out"
    assert customer.settle().how == "known"
    assert customer.state == ("active", "active")
    (invoice,) = customer.invoices
    assert [(one.code, one.amount) for one in invoice.lines.all()] == [
        (one.code, one.amount) for one in quoted.quote.lines
    ]
    assert (invoice.state, invoice.total, invoice.due) == ("paid", 6000, 6000)
    assert (customer.entitlements["seats"], customer.entitlements["sso"]) == (4, 0)
    assert customer.row.period_start == quoted.at


def test_up_is_at_once_and_prorated_down_comes_with_the_end_of_the_period():
    customer = Customer("standard")
    customer.subscribe("team", seats=4)
    start, end = customer.row.period_start, customer.row.period_end
    customer.go_to(start + (end - start) / 3)
    quoted = customer.ask(plan_change_plan, plan="business", seats=4)
    part = unused(quoted.at, start, end, "second")
    assert [one.amount for one in quoted.quote.lines] == [-line(1500, 4, part), line(2900, 4, part)]
    assert (quoted.next_at, quoted.next_amount) == (end, 4 * 2900)
    assert {one.key for one in quoted.gained} >= {"sso", "custom_roles", "records"}
    customer.subscribe("business", seats=4)
    assert customer.row.period_end == end
    down = customer.ask(plan_change_plan, plan="team", seats=3)
    assert (down.when, down.effective_at, down.quote.due) == ("period_end", end, 0)
    customer.act(change_plan, plan="team", seats=3, at=down.at, digest=down.digest)
    assert customer.state[0] == "downgrading"
    assert customer.entitlements["sso"] == 1
    customer.act(withdraw_downgrade)
    assert customer.state[0] == "active"
    with pytest.raises(NothingPlanned):
        customer.act(withdraw_downgrade)
    customer.act(change_plan, plan="team", seats=3)
    customer.go_to(end)
    assert (customer.state[0], customer.row.seats, customer.entitlements["sso"]) == ("active", 3, 0)
    assert customer.open[0].total == 3 * 1500
    customer.pay()
    assert customer.open == []


def test_by_the_year_at_once_and_back_by_the_month_at_its_end():
    customer = Customer("standard")
    customer.subscribe("team", seats=2)
    yearly = customer.ask(plan_change_plan, plan="team", interval="year", seats=2)
    assert (yearly.when, yearly.quote.lines[-1].amount) == ("now", 2 * 15_000)
    assert yearly.quote.lines[0].amount <= 0
    customer.subscribe("team", interval="year", seats=2)
    assert customer.row.period_end - customer.row.period_start > timedelta(days=364)
    assert customer.ask(plan_change_plan, plan="team", interval="month", seats=2).when == "period_end"


def test_what_is_not_to_be_had_is_refused_by_name():
    customer = Customer("standard")
    for params, refusal in (
        ({"plan": "nonsense"}, PlanUnknown),
        ({"plan": "team", "interval": "week"}, PlanUnknown),
        ({"plan": "team", "seats": 0}, FewestSeats),
        ({"plan": "free", "seats": 4}, MostSeats),
    ):
        with pytest.raises(refusal):
            customer.ask(plan_change_plan, **params)
    with pytest.raises(ByAgreement):
        Customer("messaging").ask(plan_change_plan, plan="enterprise")
    customer.subscribe("team", seats=2)
    with pytest.raises(NothingChanges):
        customer.ask(plan_change_plan, plan="team", seats=2)


def test_what_is_more_than_the_plan_has_goes_first():
    customer = Customer("standard")
    for _number in range(4):
        customer.org.person()
    found = customer.ask(plan_change_plan, plan="free")
    assert [(one.key, one.use, one.limit) for one in found.reductions] == [("seats", 5, 3)]
    with pytest.raises(TooMuchInUse):
        customer.act(change_plan, plan="free")
    assert customer.state == ("trial", "active")


def test_a_quote_that_grew_old_is_shown_anew():
    customer = Customer("standard")
    customer.subscribe("team", seats=2)
    quoted = customer.ask(plan_change_plan, plan="business", seats=2)
    customer.write(ahead_seconds=3600)
    with pytest.raises(PlanChanged) as caught:
        customer.act(change_plan, plan="business", seats=2, at=quoted.at, digest=quoted.digest)
    assert caught.value.plan.quote.due < quoted.quote.due
    assert customer.row.terms["plan"] == "team"


def test_canceled_it_runs_to_the_end_and_can_be_resumed_until_then():
    customer = Customer("standard")
    with pytest.raises(NothingToCancel):
        customer.act(cancel_subscription)
    customer.subscribe("team", seats=2)
    end = customer.row.period_end
    found = customer.ask(plan_cancel_subscription)
    assert (found.ends_at, found.exports_until) == (end, end + timedelta(days=30))
    customer.act(cancel_subscription, digest=found.digest)
    assert customer.state == ("canceling", "active")
    with pytest.raises(AlreadyCanceling):
        customer.act(cancel_subscription)
    customer.act(resume_subscription)
    assert customer.state == ("active", "active")
    customer.act(cancel_subscription)
    customer.go_to(end)
    assert customer.state == ("canceled", "canceled")
    customer.subscribe("business", seats=3)
    assert customer.state == ("active", "active")
    customer.act(cancel_subscription)
    customer.go_to(customer.row.period_end + timedelta(days=31))
    assert customer.state == ("canceled", "closed")


def test_money_for_a_quote_that_is_not_true_any_more_becomes_credit():
    customer = Customer("standard")
    customer.act(change_plan, plan="team", seats=2)
    first = customer.order()
    customer.act(change_plan, plan="business", seats=2)
    assert customer.settle().how == "carried_out"
    assert customer.settle(order=first).how == "credited"
    assert (customer.row.terms["plan"], customer.credit) == ("business", 3000)
    assert customer.settle("failed", order=first).how == "known"
    quoted = customer.ask(plan_change_plan, plan="enterprise", seats=2)
    assert quoted.quote.due == max(0, sum(one.amount for one in quoted.quote.lines) - 3000)


def test_a_declined_order_leaves_everything_as_it_is():
    customer = Customer("standard")
    customer.act(change_plan, plan="team", seats=2)
    assert customer.settle("failed").how == "failed"
    assert customer.state == ("trial", "active")
    assert customer.invoices == []
    # The gateway's second word is better than its first.
    assert customer.settle("paid").how == "carried_out"
