"""What happens by itself and what the gateway says: right whenever it runs, however often and in whatever order."""

from datetime import timedelta

import pytest

from factories.organizations import make_organization
from support.selling import Customer, selling
from tenantry.acting.actions import perform
from tenantry.billing.actions.orders import settle_order
from tenantry.billing.actions.plans import cancel_subscription, change_plan
from tenantry.billing.actions.seats import buy_seats
from tenantry.billing.actions.tending import tend_subscription
from tenantry.billing.errors import NotWhileFrozen, PaymentPending
from tenantry.billing.tasks import find_due
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, OrganizationFrozen, SubscriptionEnded, TrialEnded
from tenantry.core.jobs import DECLARED
from tenantry.core.tenancy import scope
from tenantry.people.actions import create_team


def test_a_trial_ends_by_itself_and_leaves_reading():
    customer = Customer("standard")
    ends = customer.row.trial_ends_at
    customer.go_to(ends - timedelta(days=2))
    assert customer.state == ("trial", "active")
    assert customer.row.trial_told_at == ends - timedelta(days=3)
    customer.go_to(ends)
    assert customer.state == ("trial_ended", "trial_ended")
    assert customer.row.state_since == ends
    version = customer.row.version
    customer.system(tend_subscription)
    assert customer.row.version == version
    customer.subscribe("free")
    assert customer.state == ("active", "active")
    assert (customer.row.period_end, customer.row.due_at) == (None, None)


def test_each_month_is_invoiced_once_however_late():
    customer = Customer("standard")
    customer.subscribe("team", seats=2)
    start = customer.row.period_start
    customer.go_to(start + timedelta(days=95))
    assert [one.total for one in customer.invoices] == [3000] * 4
    assert len({one.period_start for one in customer.invoices}) == 4
    assert [one.number for one in customer.invoices] == [1, 2, 3, 4]
    customer.system(tend_subscription)
    assert len(customer.invoices) == 4


def test_fourteen_days_of_grace_then_frozen_until_it_is_paid():
    customer = Customer("standard")
    customer.card()
    customer.subscribe("team", seats=2)
    customer.go_to(customer.row.period_end)
    (open_one,) = customer.open
    customer.decline()
    assert customer.state == ("pending_payment", "active")
    since = customer.row.unpaid_since
    with pytest.raises(PaymentPending):
        customer.act(buy_seats, count=1)
    with pytest.raises(PaymentPending):
        customer.act(change_plan, plan="business", seats=2)
    customer.go_to(since + timedelta(days=13))
    customer.decline()
    assert (customer.state[0], customer.row.unpaid_since) == ("pending_payment", since)
    customer.go_to(since + timedelta(days=14))
    assert customer.state == ("frozen", "frozen")
    with pytest.raises(NotWhileFrozen):
        customer.act(change_plan, plan="business", seats=2)
    customer.go_to(since + timedelta(days=60))
    assert len(customer.open) == 1, "nothing more is charged while nothing works"
    customer.pay(open_one)
    assert customer.state == ("active", "active")
    assert customer.row.period_start > since + timedelta(days=59)
    customer.pay()
    assert (customer.open, customer.row.unpaid_since) == ([], None)


def test_what_the_gateway_says_counts_once_in_any_order():
    customer = Customer("standard")
    customer.subscribe("team", seats=2)
    customer.go_to(customer.row.period_end)
    (invoice,) = customer.open
    customer.pay(invoice)
    customer.decline(invoice)
    customer.pay(invoice)
    assert customer.state == ("active", "active")
    assert (customer.credit, customer.row.unpaid_since) == (0, None)


def test_a_frozen_one_can_end_and_what_it_owed_is_written_off():
    customer = Customer("standard")
    customer.subscribe("team", seats=2)
    customer.go_to(customer.row.period_end)
    customer.decline()
    customer.go_to(customer.row.unpaid_since + timedelta(days=14))
    (invoice,) = customer.open
    customer.act(cancel_subscription)
    assert customer.state == ("canceled", "canceled")
    assert customer.open == []
    customer.pay(invoice)
    assert customer.credit == 3000, "money that comes all the same is the customer's"


@pytest.mark.parametrize(
    ("state", "refusal"), [("trial_ended", TrialEnded), ("frozen", OrganizationFrozen), ("canceled", SubscriptionEnded)]
)
def test_nothing_is_changed_while_the_organization_is_not_active(state, refusal):
    customer = Customer("standard")
    actor = customer.org.owner.actor
    stopped = type(actor)(**{name: getattr(actor, name) for name in actor.__slots__} | {"state": state})
    with scope.tenant(customer.org.id), pytest.raises(refusal):
        perform(create_team, actor=stopped, name="Nobody's", description="", color="", workspace_id=None)


def test_the_clock_finds_what_is_due():
    customer = Customer("standard")
    customer.write(ahead_seconds=int(timedelta(days=15).total_seconds()))
    find_due()
    assert customer.state[0] == "trial", "the row says when, by the installation's clock"
    with selling(), scope.tenant(customer.org.id):
        DECLARED["billing.tend"](organization_id=customer.org.id)
    assert customer.state[0] == "trial_ended"


def test_only_the_house_settles():
    customer = Customer("standard")
    customer.act(change_plan, plan="team", seats=2)
    order = customer.order()
    with pytest.raises(NotFound):
        customer.act(settle_order, order_id=order.id, outcome="paid")
    with pytest.raises(NotFound):
        customer.act(tend_subscription)
    other = make_organization()
    with scope.tenant(other.id), pytest.raises(NotFound):
        perform(settle_order, actor=Actor.system("billing", other.id), order_id=order.id, outcome="paid")
