"""What each line of the seat ledger comes to: what an invoice charges for seats is the sum of its lines."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from support.selling import Customer, selling
from support.visitors import body, signed_in
from tenantry.billing.actions.plans import withdraw_downgrade
from tenantry.billing.actions.seats import buy_seats, reduce_seats
from tenantry.billing.models import InvoiceLine
from tenantry.billing.proration import months_after
from tenantry.billing.seat_pricing import parted, spans
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import SeatLine
from tenantry.security.actions import create_key
from tenantry.usecases.offboarding import remove_members


def lines(customer: Customer) -> list[SeatLine]:
    with scope.tenant(customer.org.id), reading():
        return list(SeatLine.objects.exclude(kind="lapsed").order_by("at", "id"))


def decided(customer: Customer) -> list[tuple[str, int | None]]:
    return [(line.effect, line.amount) for line in lines(customer)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from((1, -1, 2, -3, 4)), max_size=12), st.integers(0, 6), st.integers(0, 5000))
def test_what_is_left_of_any_changes_leads_from_what_was_paid_to_what_there_is(changes, beyond, total):
    """`beyond`: fewer were there at the beginning than are paid, or more."""
    start = 20
    after = start + sum(changes)
    for before in (start + beyond, start - beyond):
        left = [one for one in spans(changes, before, after) if one]
        if (after > before) == (before >= start) or before == start:
            assert sum(to - from_ for from_, to in left) == (after - before if left else 0)
        covered = [level for from_, to in left for level in range(min(from_, to), max(from_, to))]
        assert len(covered) == len(set(covered))
        assert all(min(before, after) <= level < max(before, after) for level in covered)
        parts = parted(total, [abs(to - from_) for from_, to in left])
        assert sum(parts) == (total if left else 0)


def charged(customer: Customer) -> None:
    """Every invoice's further seats are the sum of the lines that came onto it."""
    with scope.tenant(customer.org.id), reading():
        for line in InvoiceLine.objects.filter(code="seats_added"):
            parts = SeatLine.objects.filter(invoice_id=line.invoice_id, effect="charged")
            assert sum(one.amount or 0 for one in parts) == line.amount
            assert parts.exists()
        wholes = list(InvoiceLine.objects.filter(code="seats").order_by("invoice__number"))
        for before, line in pairwise(wholes):
            parts = SeatLine.objects.filter(invoice_id=line.invoice_id, effect="renewal")
            added = InvoiceLine.objects.filter(
                code="seats_added", invoice__number__range=(before.invoice.number, line.invoice.number)
            )
            paid = before.quantity + sum(one.quantity for one in added)
            assert sum(one.amount or 0 for one in parts) == line.amount - paid * line.values["unit"]


def test_two_who_are_invited_are_one_charge_and_each_has_their_part():
    customer = Customer("brokerage")
    customer.card()
    customer.subscribe("brokerage", interval="year")
    start = customer.row.period_start
    ann, bea = (customer.org.invite("broker", given_name=name) for name in ("Ann", "Bea"))
    with selling():
        owner = signed_in(customer.org.owner)
        assert body(owner.get("/admin/billing/seats?kind=invited")).count("Not invoiced yet") == 4
        customer.go_to(months_after(start, 1))
        (invoice,) = customer.open
        price = 5999 * 11
        assert invoice.subtotal == 2 * price
        page = body(owner.get("/admin/billing/seats?kind=invited"))
        # Each on the wide and on the narrow page.
        assert page.count("+$659.89") == 4
        assert page.count(f'href="/admin/billing/invoices/{invoice.id}"') == 4
        assert invoice.written_number in page
        key = customer.act(create_key, name="books", role_id=customer.org.role("owner"))
        answer = owner.get(
            "/api/v1/billing/seats/ledger?kind=invited", headers={"authorization": f"Bearer {key.secret}"}
        ).json()
    found = {one["member_id"]: (one["effect"], one["amount"], one["invoice_id"]) for one in answer["items"]}
    assert found == {str(one.membership_id): ("charged", price, str(invoice.id)) for one in (ann, bea)}
    charged(customer)


def test_who_comes_for_somebody_who_went_costs_nothing_and_less_is_paid_from_the_renewal():
    customer = Customer("brokerage")
    customer.card()
    customer.subscribe("brokerage", interval="year")
    start = customer.row.period_start
    people = [customer.org.person("broker") for _ in range(2)]
    customer.go_to(months_after(start, 1))
    successor = customer.org.owner.membership_id
    customer.act(remove_members, membership_ids=(people[0].membership_id,), successor_id=successor)
    customer.org.invite("broker")
    for _ in range(2):
        customer.org.invite("broker")
    customer.go_to(months_after(start, 2))
    kinds = [(line.kind, line.effect) for line in lines(customer)][-4:]
    assert kinds == [("removed", "within"), ("invited", "within"), ("invited", "charged"), ("invited", "charged")]
    customer.act(remove_members, membership_ids=(people[1].membership_id,), successor_id=successor)
    customer.go_to(months_after(start, 3))
    assert decided(customer)[-1] == ("", None)
    customer.pay()
    customer.go_to(customer.row.period_end)
    last = lines(customer)[-1]
    assert (last.kind, last.effect, last.amount) == ("removed", "renewal", -12 * 5999)
    assert last.invoice_id == customer.open[0].id
    charged(customer)


def test_bought_seats_are_lines_and_people_within_them_cost_nothing():
    customer = Customer("standard")
    customer.card()
    customer.subscribe("team", seats=2)
    plan = lines(customer)[-1]
    # The trial has ten.
    assert (plan.kind, plan.licensed, plan.effect) == ("plan", -8, "plan")
    assert plan.invoice_id == customer.invoices[0].id
    customer.act(buy_seats, count=3)
    customer.act(reduce_seats, seats=4)
    customer.go_to(customer.now + timedelta(hours=1))
    bought, back = lines(customer)[-2:]
    (invoice,) = customer.open
    assert (bought.kind, bought.licensed, bought.effect, bought.amount) == ("bought", 3, "charged", invoice.subtotal)
    assert (back.kind, back.licensed, back.effect, back.amount) == ("given_back", -1, "within", None)
    customer.org.person()
    assert lines(customer)[-1].costs == "within"
    with selling():
        page = body(signed_in(customer.org.owner).get("/admin/billing/seats"))
    assert "bought 3 seats." in page
    assert "gave 1 seat back." in page
    assert "Nothing: a licensed seat" in page
    customer.pay()
    customer.act(reduce_seats, seats=3)
    customer.act(reduce_seats, seats=2)
    assert [(line.licensed, line.effect, line.invoice_id) for line in lines(customer)[-2:]] == [
        (-1, "renewal", None),
        (-1, "renewal", None),
    ]
    customer.act(withdraw_downgrade)
    assert [line.effect for line in lines(customer)[-2:]] == ["withdrawn", "withdrawn"]
    customer.act(reduce_seats, seats=2)
    customer.go_to(customer.row.period_end)
    last = lines(customer)[-1]
    assert (last.licensed, last.effect, last.amount) == (-2, "renewal", -3000)
    charged(customer)
