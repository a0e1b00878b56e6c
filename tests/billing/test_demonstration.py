"""The demonstration organizations have a priced plan wherever they are loaded."""

from datetime import timedelta

import pytest

from support.selling import Customer
from tenantry.acting.actions import Outcome, action, perform
from tenantry.billing.actions.plans import plan_change_plan
from tenantry.billing.demonstrating import PLANS, demonstrate_subscription
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope


@action(open_to="a test")
def show_demonstration(*, actor, now, blueprint) -> Outcome[None]:
    demonstrate_subscription(blueprint, 12, now - timedelta(days=417), now)
    return Outcome(None, None)


@pytest.mark.parametrize("blueprint", PLANS)
def test_each_has_a_plan_that_runs_and_paid_invoices(blueprint):
    customer = Customer(blueprint, "unlimited")
    with scope.platform("demo", customer.org.id):
        perform(show_demonstration, actor=Actor.system("demo", customer.org.id), blueprint=blueprint)
    row = customer.row
    assert (customer.state, row.terms["plan"]) == (("active", "active"), PLANS[blueprint])
    assert row.period_start <= clock.now() < row.period_end
    invoices = customer.invoices
    assert {one.state for one in invoices} == {"paid"}
    months = {(one.period_start, one.period_end) for one in invoices}
    assert len(months) == 14, "one for each month since the founding"
    assert [one.issued_at for one in invoices] == sorted(one.issued_at for one in invoices)
    renewals = [one for one in invoices if one.issued_at == one.period_start]
    assert renewals[-1].subtotal >= renewals[0].subtotal
    assert customer.entitlements["seats"] == (None if blueprint == "brokerage" else 12)
    # It can be changed although the installation sells nothing to others.
    assert customer.ask(plan_change_plan, plan=PLANS[blueprint], interval="year").when == "now"
