"""Licensed seats: what they cost before they are bought, one charge an hour, fewer at renewal, refusals by name."""

from datetime import timedelta

import pytest

from support.selling import Customer
from tenantry.billing.actions.addons import switch_addon
from tenantry.billing.actions.seats import buy_seats, plan_buy_seats, plan_reduce_seats, reduce_seats
from tenantry.billing.actions.tending import tend_subscription
from tenantry.billing.errors import (
    AddonUnknown,
    CardDeclined,
    FewestSeats,
    InTrial,
    MostSeats,
    NoPaymentMethod,
    NoSeats,
    NotCounted,
    NothingChanges,
    SeatsInUse,
)
from tenantry.billing.proration import line, unused
from tenantry.billing.selectors import seat_price
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.errors import AtSeatLimit


def bought(seats: int = 2, plan: str = "team", **more) -> Customer:
    customer = Customer("standard")
    customer.card()
    customer.subscribe(plan, seats=seats, **more)
    return customer


def price(customer: Customer):
    with scope.tenant(customer.org.id), reading():
        return seat_price(clock.now())


def test_bought_seats_can_be_taken_at_once_and_are_charged_together():
    customer = bought(2)
    customer.org.person()
    with pytest.raises(AtSeatLimit):
        customer.org.invite()
    start, end = customer.row.period_start, customer.row.period_end
    customer.go_to(start + timedelta(days=10))
    found = customer.ask(plan_buy_seats, count=1)
    began = found.at
    assert [one.amount for one in found.quote.lines] == [line(1500, 1, unused(began, start, end, "second"))]
    assert (found.charged_at, found.renewal_amount) == (began + timedelta(hours=1), 4500)
    customer.act(buy_seats, count=1, at=found.at, digest=found.digest)
    customer.org.invite()
    again = customer.ask(plan_buy_seats, count=2)
    assert again.quote.due == line(1500, 3, unused(began, start, end, "second"))
    customer.act(buy_seats, count=2, at=again.at, digest=again.digest)
    assert len(customer.invoices) == 1
    customer.go_to(began + timedelta(hours=1))
    customer.system(tend_subscription)
    assert [one.due for one in customer.open] == [again.quote.due]
    assert (customer.row.charged_seats, customer.row.increased_at) == (5, None)


def test_what_was_bought_by_mistake_goes_back_within_the_hour():
    customer = bought(2)
    customer.act(buy_seats, count=8)
    customer.act(reduce_seats, seats=3)
    assert (customer.row.seats, customer.state[0]) == (3, "active")
    customer.act(reduce_seats, seats=2)
    customer.go_to(customer.now + timedelta(hours=2))
    assert len(customer.invoices) == 1


def test_fewer_come_with_the_renewal_but_not_below_those_in_use_then():
    customer = bought(4)
    with pytest.raises(NothingChanges):
        customer.act(reduce_seats, seats=4)
    found = customer.ask(plan_reduce_seats, seats=2)
    assert (found.effective_at, found.renewal_amount) == (customer.row.period_end, 3000)
    customer.act(reduce_seats, seats=2, digest=found.digest)
    assert (customer.entitlements["seats"], customer.state[0]) == (4, "downgrading")
    for _number in range(2):
        customer.org.person()
    customer.go_to(customer.row.period_end)
    assert (customer.entitlements["seats"], customer.state[0]) == (3, "active")
    assert customer.open[0].total == 3 * 1500


def test_refusals_say_what_stands_in_the_way():
    customer = Customer("standard")
    with pytest.raises(InTrial):
        customer.act(buy_seats, count=1)
    customer.subscribe("team", seats=2)
    for count in (0, -1, 10**9):
        with pytest.raises(NoSeats):
            customer.act(buy_seats, count=count)
    with pytest.raises(NoPaymentMethod):
        customer.act(buy_seats, count=1)
    customer.card(declined=True)
    with pytest.raises(CardDeclined):
        customer.act(buy_seats, count=1)
    with pytest.raises(NoSeats):
        customer.act(reduce_seats, seats=0)
    customer.org.person()
    with pytest.raises(SeatsInUse):
        customer.act(reduce_seats, seats=1)
    floor = Customer("sales-floor")
    floor.subscribe("growth")
    assert floor.row.seats == 10
    with pytest.raises(FewestSeats):
        floor.act(reduce_seats, seats=5)
    free = Customer("standard")
    free.subscribe("free")
    with pytest.raises(MostSeats):
        free.act(buy_seats, count=1)
    with pytest.raises(NotCounted):
        Customer("standard", "unlimited").act(buy_seats, count=1)


def test_the_price_of_the_next_seat_is_known_before():
    assert price(Customer("standard")) is None
    customer = bought(2)
    now = price(customer)
    assert (now.at_renewal, now.currency, now.renews_at) == (1500, "USD", customer.row.period_end)
    assert 1490 <= now.now <= 1500


def test_people_are_charged_by_the_head_and_nobody_is_turned_away():
    customer = Customer("brokerage")
    customer.card()
    customer.subscribe("brokerage", interval="year")
    assert (customer.row.seats, customer.invoices[0].total) == (1, 12 * 5999)
    with pytest.raises(NotCounted):
        customer.act(buy_seats, count=1)
    for _number in range(2):
        customer.org.person("broker")
    now = price(customer)
    assert (now.now, now.at_renewal) == (5999 * 11, 12 * 5999)
    customer.go_to(customer.row.period_start + timedelta(days=31))
    assert [one.total for one in customer.open] == [2 * 5999 * 11]
    customer.go_to(customer.row.period_start + timedelta(days=70))
    assert len(customer.open) == 1


def test_an_addon_is_invoiced_by_itself_from_the_next_period_on():
    customer = Customer("brokerage")
    customer.subscribe("brokerage")
    broker = customer.org.person("broker")
    with pytest.raises(AddonUnknown):
        customer.act(switch_addon, membership_ids=(broker.membership_id,), key="nothing", on=True)
    customer.act(switch_addon, membership_ids=(broker.membership_id,), key="mortgage_broker", on=True)
    customer.act(switch_addon, membership_ids=(broker.membership_id,), key="mortgage_broker", on=True)
    customer.go_to(customer.row.period_end)
    assert [one.total for one in customer.open] == [2 * 5999, 7000]
    customer.act(switch_addon, membership_ids=(broker.membership_id,), key="mortgage_broker", on=False)
    customer.pay()
    customer.go_to(customer.row.period_end)
    assert [one.total for one in customer.open] == [2 * 5999]
