"""What is planned, foretold and paid for while something else changes: the page says what will be invoiced, nobody gets
seats for nothing, and nobody pays for what does not come."""

import re
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from api.callers import by_key
from support.policies import operator_actor
from support.selling import Customer, selling
from support.told import sentences
from support.visitors import body, post, signed_in
from tenantry.acting.actions import perform
from tenantry.audit.outbox import dispatch
from tenantry.billing.actions.overriding import override_entitlement
from tenantry.billing.actions.plans import change_plan
from tenantry.billing.invoicing import add_credit
from tenantry.billing.models import Subscription
from tenantry.billing.tasks import TEND
from tenantry.core import clock
from tenantry.core.jobs import DECLARED
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.models import SeatLine

HOME, PLANS, SEATS = "/admin/billing", "/admin/billing/plans", "/admin/billing/seats/change"
END, RESUME = "/admin/billing/cancellation", "/admin/billing/resumption"
CARDS = "/admin/billing/payment-methods"
CLOCKS, GRACE = timedelta(hours=2), timedelta(days=14)


class Shopper(Customer):
    """Everything through the pages."""

    def __init__(self, blueprint: str = "standard", catalogue: str = "blueprint") -> None:
        super().__init__(blueprint, catalogue)
        self.owner = signed_in(self.org.owner)

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        return post(self.owner, self.org.owner, path, data)

    def confirm(self, path: str, shown: Any) -> Any:
        """The form of a page whose figures were read."""
        html = body(shown)
        form = html[html.index('name="digest"') - 2000 :]
        return self.post(path, dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)))

    def choose(self, plan: str, **more: str) -> Any:
        answer = self.confirm(PLANS, self.owner.get(PLANS, {"plan": plan, **more}))
        assert answer.status_code == 303, body(answer)
        if "/checkout/" in answer["Location"]:
            assert self.post(answer["Location"], {"card": "good"}).status_code == 303
        return answer

    def ask_seats(self, number: int) -> str:
        return body(self.post(SEATS, {"seats": str(number)}))

    def seats(self, number: int) -> None:
        assert self.confirm(SEATS, self.post(SEATS, {"seats": str(number)})).status_code == 303

    @property
    def home(self) -> str:
        return body(self.owner.get(HOME))

    @property
    def next(self) -> str:
        """The next invoice, as the page foretells it."""
        return re.search(r"Next invoice</dt><dd class=\"num\">([^<]*)", self.home)[1].strip()

    def renew(self) -> int:
        """What is invoiced with the next period, in minor units."""
        before = len(self.invoices)
        self.go_to(self.row.period_end)
        return sum(one.total for one in self.invoices[before:])

    @property
    def ledger(self) -> list[tuple[str, int, str]]:
        with scope.tenant(self.org.id), reading():
            rows = SeatLine.objects.exclude(licensed=0).order_by("at", "id")
            return [(row.kind, row.licensed, row.effect) for row in rows]


@pytest.fixture(autouse=True)
def sold():
    with selling():
        yield


@pytest.fixture
def shopper():
    return Shopper()


# --- What is planned ------------------------------------------------------------------------


def test_seats_that_are_bought_before_a_free_plan_comes_are_no_seats_of_it(shopper):
    shopper.choose("team", seats="4")
    shopper.choose("free")
    shopper.seats(9)
    shown = shopper.ask_seats(10)
    assert re.search(r"From the next invoice on</th><td[^>]*>\$0\.00", shown)
    assert shopper.next == "$0.00"
    shopper.go_to(shopper.now + CLOCKS)
    shopper.pay()
    assert "Free has 3 seats" in shopper.ask_seats(5)
    assert shopper.renew() == 0
    assert (shopper.row.terms["plan"], shopper.row.seats, shopper.entitlements["seats"]) == ("free", 3, 3)


def test_with_a_smaller_plan_to_come_its_price_is_what_more_and_fewer_seats_cost_then(shopper):
    shopper.choose("business", seats="6")
    shopper.choose("team", seats="6")
    assert "Changes to Team on" in shopper.home
    assert re.search(r"From the next invoice on</th><td[^>]*>\$120\.00", shopper.ask_seats(8)), "8 at Team's 15"
    shopper.seats(8)
    assert "Changes to Team on" in shopper.home
    shopper.go_to(shopper.now + CLOCKS)
    shopper.pay()
    assert re.search(r"From the next invoice on</th><td[^>]*>\$75\.00", shopper.ask_seats(5))
    shopper.seats(5)
    assert "Changes to Team, 5 seats on" in shopper.home
    assert shopper.next == "$75.00"
    assert shopper.renew() == 7500
    assert shopper.row.seats == 5
    # The ledger's licences lead from nothing to what there is: the plan's line says what became fewer with it.
    assert shopper.ledger[-2:] == [("bought", 2, "charged"), ("plan", -3, "plan")]


def test_seats_bought_by_mistake_leave_no_trace_in_what_is_planned(shopper):
    shopper.choose("team", seats="6")
    shopper.seats(3)
    assert "Changes to 3 seats on" in shopper.home
    shopper.seats(8)
    assert shopper.row.planned["seats"] == 5
    shopper.seats(6)
    assert (shopper.row.seats, shopper.row.planned["seats"], shopper.next) == (6, 3, "$45.00")
    assert shopper.renew() == 4500


def test_fewer_that_become_more_again_are_told_as_what_is_given_back_in_the_end(shopper):
    shopper.choose("team", seats="6")
    shopper.seats(2)
    shopper.seats(4)
    assert shopper.ledger[-2:] == [("given_back", -4, "withdrawn"), ("given_back", -2, "renewal")]
    assert "That is what you have already." in shopper.ask_seats(4)
    dispatch(shopper.org.id)
    assert sentences(shopper.org.owner)[-1].startswith("From renewal on there are 4 paid seats instead of 6.")


def test_the_next_invoice_counts_people_as_the_renewal_will(shopper):
    shopper.choose("team", seats="5")
    shopper.seats(1)
    assert shopper.next == "$15.00"
    for _number in range(2):
        shopper.org.person()
    assert shopper.next == "$45.00", "nobody is thrown out"
    assert by_key(shopper.org).get("/billing/subscription").body["next_invoice"]["amount"] == 4500
    assert shopper.renew() == 4500
    person = Shopper("brokerage")
    person.choose("brokerage")
    assert person.next == "$59.99"
    person.org.person("broker")
    assert person.next == "$119.98"
    assert "every person is charged" in body(person.owner.get(PLANS))
    assert 'id="seats"' not in body(person.owner.get(PLANS))
    assert person.renew() == 2 * 5999


def test_nothing_is_planned_for_after_the_end_and_a_planned_change_can_be_taken_back_while_a_payment_is_due(shopper):
    shopper.choose("business", seats="3")
    assert shopper.post(CARDS, {"card": "tires"}).status_code == 303
    shopper.seats(4)
    shopper.go_to(shopper.now + CLOCKS)
    shopper.decline()
    assert shopper.state[0] == "pending_payment"
    shopper.choose("team", seats="4")
    assert "Changes to Team on" in shopper.home
    assert "Keep everything as it is" in shopper.home
    assert shopper.confirm(END, shopper.owner.get(END)).status_code == 303
    assert "Changes to Team" not in shopper.home
    refused = body(shopper.owner.get(PLANS, {"plan": "team", "seats": "4"}))
    assert "Resume it first." in refused
    assert 'name="digest"' not in refused
    assert "Resume it first." in shopper.ask_seats(3)
    acts = {one["act"]: one["code"] for one in by_key(shopper.org).get("/billing/subscription").body["acts"]}
    assert (acts["change_later"], acts["reduce_seats"]) == ("already_canceling", "already_canceling")
    assert shopper.post(RESUME).status_code == 303
    shopper.choose("team", seats="4")


def test_where_nothing_is_charged_nobody_is_led_to_an_end(shopper):
    assert f'href="{END}"' not in shopper.home
    shopper.choose("team", seats="3")
    assert f'href="{END}"' in shopper.home
    shopper.choose("team", seats="3", interval="year")
    shopper.choose("team", seats="3", interval="month")
    assert "Changes to Team, monthly on" in shopper.home
    dispatch(shopper.org.id)
    told = sentences(shopper.org.owner, "subscription_managed")
    assert [one for one in told if one.startswith("What is paid for Team changes on")]
    assert not [one for one in told if one.startswith("The plan changes to Team")]


def test_what_was_canceled_and_then_frozen_ends_without_being_paid(shopper):
    for waits in (True, False):
        shopper.choose("team", seats="3")
        assert shopper.post(CARDS, {"card": "tires"}).status_code == 303
        shopper.seats(4)
        shopper.go_to(shopper.now + CLOCKS)
        shopper.decline()
        assert shopper.confirm(END, shopper.owner.get(END)).status_code == 303
        shopper.go_to(shopper.now + GRACE)
        assert shopper.state == ("frozen", "frozen")
        assert f'href="{END}"' in shopper.home
        assert "Resume" not in shopper.home
        if waits:
            shopper.go_to(shopper.row.period_end)
        else:
            assert shopper.confirm(END, shopper.owner.get(END)).status_code == 303
        assert shopper.state == ("canceled", "canceled")
        assert shopper.open == []


# --- What is paid ---------------------------------------------------------------------------


def ordered(shopper: Shopper, plan: str, seats: str) -> str:
    answer = shopper.confirm(PLANS, shopper.owner.get(PLANS, {"plan": plan, "seats": seats}))
    return answer["Location"]


def test_an_offer_whose_ground_has_moved_takes_no_money(shopper):
    shopper.choose("team", seats="3")
    checkout = ordered(shopper, "business", "3")
    assert "Pay $" in body(shopper.owner.get(checkout))
    shopper.seats(5)
    assert "This offer is over." in body(shopper.owner.get(checkout))
    assert "This offer is over." in body(shopper.post(checkout, {"card": "good"}))
    assert (shopper.credit, shopper.order().state) == (0, "open")
    # A gateway that has taken it all the same: the page says what became of it.
    assert shopper.settle().how == "credited"
    page = body(shopper.owner.get(checkout))
    assert "It is paid." not in page
    assert "kept as credit" in page
    assert by_key(shopper.org).get(f"/billing/orders/{shopper.order().id}").body["credited"] is True
    dispatch(shopper.org.id)
    assert any("kept as credit" in one for one in sentences(shopper.org.owner, "payment_received"))


def test_credit_that_paid_for_what_is_written_off_is_there_again(shopper):
    shopper.choose("team", seats="3")
    with scope.tenant(shopper.org.id):
        shopper.act(change_plan, plan="business", seats=3)
    first = shopper.order()
    shopper.seats(4)
    assert shopper.settle(order=first).how == "credited"
    kept = shopper.credit
    assert kept > 0
    shopper.go_to(shopper.now + CLOCKS)
    left = shopper.credit
    assert 0 < left < kept
    shopper.go_to(shopper.row.period_end)
    assert shopper.credit == 0
    shopper.decline()
    shopper.go_to(shopper.now + GRACE)
    assert shopper.confirm(END, shopper.owner.get(END)).status_code == 303
    assert shopper.state[0] == "canceled"
    assert {one.state for one in shopper.invoices} == {"paid", "void"}
    assert shopper.credit == left


# --- Rules and words of operators --------------------------------------------------------------


def operator(shopper: Shopper, action: Any, **params: Any) -> Any:
    actor = operator_actor()
    with scope.platform("console", shopper.org.id):
        return perform(action, actor=actor, **params)


def test_what_an_operator_granted_has_not_to_be_reduced(shopper):
    shopper.choose("business", seats="4")
    for _number in range(3):
        shopper.org.person()
    assert "Seats: 4 in use, 3 allowed" in body(shopper.owner.get(PLANS, {"plan": "free"}))
    operator(shopper, override_entitlement, key="seats", limit=20, reason="A gift")
    operator(shopper, override_entitlement, key="records", limit=None, reason="A gift")
    shown = body(shopper.owner.get(PLANS, {"plan": "free"}))
    assert "Reduce this first" not in shown
    assert "CRM records" not in shown.partition("What changes for people")[2].partition("What you pay")[0]
    ends = shopper.row.period_end - timedelta(days=1)
    operator(shopper, override_entitlement, key="seats", limit=20, reason="A gift", ends_at=ends)
    assert "Seats: 4 in use, 3 allowed" in body(shopper.owner.get(PLANS, {"plan": "free"}))


def test_from_the_moment_that_seats_are_licensed_again_adding_stops():
    broker = Shopper("brokerage")
    broker.choose("brokerage")
    broker.org.person("broker")
    operator(broker, change_policy, code="seats.growth", value="licensed", reason="A contract")
    dispatch(broker.org.id)
    with scope.tenant(broker.org.id):
        DECLARED[TEND](organization_id=broker.org.id)
    assert broker.entitlements["seats"] == 1
    with pytest.raises(AtSeatLimit):
        broker.org.invite("broker")


def test_from_the_moment_that_people_are_charged_each_they_are_counted_in_a_year_too(shopper):
    shopper.choose("team", seats="2", interval="year")
    start = shopper.row.period_start
    operator(shopper, change_policy, code="seats.growth", value="per_person", reason="A contract")
    dispatch(shopper.org.id)
    with scope.tenant(shopper.org.id):
        DECLARED[TEND](organization_id=shopper.org.id)
    for _number in range(3):
        shopper.org.person()
    seat = body(shopper.owner.get("/admin/billing/seats"))
    assert "$137.50" in seat, "eleven whole months of 150.00 a year"
    shopper.go_to(start + timedelta(days=32))
    assert [one.total for one in shopper.open] == [2 * 13_750]


def test_a_month_of_people_is_not_charged_in_parts_whatever_the_basis(shopper):
    shopper.choose("team", seats="2")
    operator(shopper, change_policy, code="seats.growth", value="per_person", reason="A contract")
    page = body(shopper.owner.get("/admin/billing/seats"))
    said = page[page.index("The next seat costs") :][:400]
    assert "$0.00" in said
    assert "$15.00" in said


# --- Currencies, calendars, packs ---------------------------------------------------------------


def test_one_currency_never_pays_for_another(shopper, tmp_path):
    shopper.choose("team", seats="3")
    shipped = (files("tenantry.billing") / "catalogues" / "standard.yaml").read_text("utf-8")
    euros = tmp_path / "euros.yaml"
    euros.write_text(shipped.replace("title: Standard\n", "title: Standard\ncurrency: EUR\n"), "utf-8")
    shopper.catalogue = str(euros)
    with scope.tenant(shopper.org.id), writing():
        row = Subscription.objects.select_for_update().get()
        add_credit(row, 5000, "unused", clock.now(), currency="USD")
    with selling(shopper.catalogue):
        shown = body(shopper.owner.get(PLANS, {"plan": "business", "seats": "3"}))
        assert "Everything stays as it is until" in shown, "up, and yet not at once"
        shopper.choose("business", seats="3")
        shopper.go_to(shopper.row.period_end)
        [invoice] = shopper.open
    assert (invoice.currency, invoice.due, invoice.credit_used) == ("EUR", 3 * 2900, 0)
    assert shopper.credit == 0, "none of this currency"
