"""From a trial to a paid plan and away again, through the pages: what is shown is what is charged."""

import re
import zipfile
from io import BytesIO

import pypdfium2
import pytest

from factories.organizations import PASSWORD
from support.races import failures, together
from support.selling import Customer, selling
from support.visitors import body, post, signed_in
from tenantry.billing.collecting import collect
from tenantry.core.tenancy import scope

PLANS = "/admin/billing/plans"
HOME = "/admin/billing"


@pytest.fixture
def sold():
    with selling():
        yield


@pytest.fixture
def customer(sold):
    return Customer()


@pytest.fixture
def owner(customer):
    return signed_in(customer.org.owner, PASSWORD)


def hidden(html: str) -> dict[str, str]:
    """What the form that confirms would send."""
    form = html[html.index('class="card-footer') :]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def chosen(owner, customer, plan: str, **more: str) -> str:
    """The address of the checkout after the plan was read and confirmed."""
    shown = body(owner.get(PLANS, {"plan": plan, **more}))
    answer = post(owner, customer.org.owner, PLANS, hidden(shown))
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    return answer["Location"]


def paid(owner, customer, plan: str = "team", card: str = "good", **more: str) -> str:
    checkout = chosen(owner, customer, plan, **more)
    assert post(owner, customer.org.owner, checkout, {"card": card}).status_code == 303
    return checkout


def test_seats_and_intervals_are_asked_where_they_are_paid(owner):
    for plan, asked in (("free", False), ("team", True), ("", True)):
        shown = body(owner.get(PLANS, {"plan": plan} if plan else {}))
        assert ('id="seats"' in shown, 'id="interval"' in shown) == (asked, asked), plan
        assert ("fewer than that can" in shown) == asked, plan


def test_a_trial_becomes_a_paid_plan_and_the_invoice_is_what_was_shown(owner, customer):
    assert "The trial ends on" in body(owner.get(HOME))
    shown = body(owner.get(PLANS, {"plan": "team", "seats": "4"}))
    assert "Change to Team and pay $60.00" in shown
    assert "CRM records: 10,000 instead of 100,000" in shown
    assert "Single sign-on: no longer included" in shown
    checkout = chosen(owner, customer, "team", seats="4")
    assert "Pay $60.00" in body(owner.get(checkout))
    assert customer.state[0] == "trial", "nothing is given before it is paid"
    post(owner, customer.org.owner, checkout, {"card": "good"})
    assert "It is paid" in body(owner.get(checkout))
    home = body(owner.get(HOME))
    assert "Visa 4242" in home
    assert "$60.00" in home
    [invoice] = customer.invoices
    assert (invoice.total, invoice.due, invoice.state, invoice.number) == (6000, 6000, "paid", 1)
    page = body(owner.get(f"/admin/billing/invoices/{invoice.id}"))
    assert "Team, 4 seats" in page
    assert "$60.00" in page


def test_a_card_that_is_declined_pays_for_nothing_and_another_one_does(owner, customer):
    checkout = chosen(owner, customer, "team", seats="4")
    answer = post(owner, customer.org.owner, checkout, {"card": "declined"})
    assert answer.status_code == 422
    assert "Visa 0002 was declined" in body(answer)
    assert (customer.state[0], customer.invoices) == ("trial", [])
    assert post(owner, customer.org.owner, checkout, {"card": "good"}).status_code == 303
    assert customer.state[0] == "active"


def test_a_card_whose_bank_asks_is_charged_after_yes_and_not_after_no(owner, customer):
    checkout = chosen(owner, customer, "team", seats="4")
    asked = body(post(owner, customer.org.owner, checkout, {"card": "asks"}))
    assert "Your bank asks" in asked
    assert post(owner, customer.org.owner, checkout, {"card": "asks", "bank": "no"}).status_code == 422
    assert customer.state[0] == "trial"
    assert post(owner, customer.org.owner, checkout, {"card": "asks", "bank": "yes"}).status_code == 303
    assert customer.state[0] == "active"


def test_paying_twice_charges_once(owner, customer):
    checkout = paid(owner, customer, seats="4")
    again = post(owner, customer.org.owner, checkout, {"card": "good"})
    assert "It is paid" in body(again)
    assert len(customer.invoices) == 1
    assert customer.credit == 0


def test_an_offer_whose_day_is_over_is_not_paid(owner, customer):
    checkout = chosen(owner, customer, "team", seats="4")
    customer.write(ahead_seconds=25 * 3600)
    assert "This offer is over." in body(owner.get(checkout))
    answer = post(owner, customer.org.owner, checkout, {"card": "good"})
    assert answer.status_code == 409
    assert (customer.state[0], customer.invoices) == ("trial", [])


@pytest.mark.parametrize("card", ["", "4242", "' OR 1=1", "😀"])
def test_a_card_that_is_none_is_refused_in_words(owner, customer, card):
    checkout = chosen(owner, customer, "team", seats="4")
    assert post(owner, customer.org.owner, checkout, {"card": card}).status_code == 422
    assert post(owner, customer.org.owner, "/admin/billing/payment-methods", {"card": card}).status_code == 422
    assert customer.state[0] == "trial"


def test_a_renewal_that_is_declined_warns_and_another_card_heals_it(owner, customer):
    paid(owner, customer, card="tires", seats="4")
    customer.go_to(customer.row.period_end)
    [open_one] = customer.open
    with scope.tenant(customer.org.id):
        collect(customer.org.id, open_one.id)
    assert customer.state == ("pending_payment", "active")
    home = body(owner.get(HOME))
    assert "Payment pending." in home
    assert "Mastercard 0341 was declined." in home
    assert "no seats or packs can be added" in home
    assert post(owner, customer.org.owner, "/admin/billing/payment-methods", {"card": "good"}).status_code == 303
    with scope.tenant(customer.org.id):
        collect(customer.org.id, open_one.id)
        collect(customer.org.id, open_one.id)
    assert customer.state[0] == "active"
    assert "Payment pending." not in body(owner.get(HOME))
    assert [one.state for one in customer.invoices] == ["paid", "paid"]


def test_an_attempt_is_not_made_before_its_day(owner, customer):
    paid(owner, customer, card="tires", seats="4")
    customer.go_to(customer.row.period_end)
    [open_one] = customer.open
    for _n in range(3):
        with scope.tenant(customer.org.id):
            collect(customer.org.id, open_one.id)
    assert customer.open[0].attempts == 1


def test_two_workers_at_one_invoice_count_one_failure(owner, customer):
    paid(owner, customer, card="tires", seats="4")
    customer.go_to(customer.row.period_end)
    [open_one] = customer.open

    def ask() -> None:
        with scope.tenant(customer.org.id):
            collect(customer.org.id, open_one.id)

    assert failures(together(ask, ask, ask)) == []
    assert customer.open[0].attempts == 1


def test_figures_that_grew_old_are_shown_again_and_not_charged(owner, customer):
    shown = hidden(body(owner.get(PLANS, {"plan": "team", "seats": "4"})))
    other = post(owner, customer.org.owner, PLANS, {**shown, "seats": "9"})
    assert other.status_code == 409
    assert "Change to Team and pay $135.00" in body(other)
    assert customer.order() is None


def test_down_is_planned_for_the_end_and_can_be_taken_back(owner, customer):
    paid(owner, customer, "business", seats="4")
    shown = body(owner.get(PLANS, {"plan": "team", "seats": "4"}))
    assert "the change can be taken back until then" in shown
    assert post(owner, customer.org.owner, PLANS, hidden(shown)).status_code == 303
    assert "Changes to Team on" in body(owner.get(HOME))
    assert post(owner, customer.org.owner, "/admin/billing/plans/planned").status_code == 303
    assert customer.state[0] == "active"


def test_canceling_says_what_happens_and_resuming_takes_it_back(owner, customer):
    paid(owner, customer, seats="4")
    dialog = body(owner.get("/admin/billing/cancellation"))
    assert "records are deleted, and nothing is charged again." in dialog
    digest = re.search(r'name="digest" value="([^"]+)"', dialog)
    assert digest
    answer = post(owner, customer.org.owner, "/admin/billing/cancellation", {"digest": digest[1]})
    assert answer.status_code == 303
    assert "Everything works until" in body(owner.get(HOME))
    assert post(owner, customer.org.owner, "/admin/billing/resumption").status_code == 303
    assert customer.state[0] == "active"


def test_invoices_are_papers_one_by_one_and_as_a_zip(owner, customer):
    paid(owner, customer, seats="4")
    customer.go_to(customer.row.period_end)
    customer.pay()
    first, second = customer.invoices
    paper = owner.get(f"/admin/billing/invoices/{first.id}.pdf")
    assert paper["Content-Type"] == "application/pdf"
    assert (
        f"Invoice {first.written_number}" in pypdfium2.PdfDocument(paper.content)[0].get_textpage().get_text_bounded()
    )
    with zipfile.ZipFile(BytesIO(owner.get("/admin/billing/invoices.zip").content)) as archive:
        assert sorted(archive.namelist()) == [f"{one.written_number}.pdf" for one in (first, second)]
        assert archive.read(f"{first.written_number}.pdf")[:5] == b"%PDF-"
    some = owner.get("/admin/billing/invoices.zip", {"invoice": [str(second.id), "nonsense"]})
    with zipfile.ZipFile(BytesIO(some.content)) as archive:
        assert archive.namelist() == [f"{second.written_number}.pdf"]


def test_nothing_is_for_those_who_may_not_see_billing(customer, sold):
    member = signed_in(customer.org.person("member"))
    for path in (HOME, PLANS, "/admin/billing/invoices", "/admin/billing/payment-methods"):
        assert member.get(path).status_code == 403


def test_where_nothing_is_sold_the_pages_say_so():
    with selling("unlimited"):
        free = Customer(catalogue="unlimited")
        owner = signed_in(free.org.owner)
        assert "Nothing is sold on this installation" in body(owner.get(HOME))
        assert "Nothing is sold on this installation" in body(owner.get(PLANS))


# --- Seats --------------------------------------------------------------------------------

SEATS = "/admin/billing/seats/change"


def asked_for(owner, customer, number: str) -> str:
    return body(post(owner, customer.org.owner, SEATS, {"seats": number}))


def test_seats_are_bought_for_what_was_shown_and_given_back_at_the_end(owner, customer):
    paid(owner, customer, seats="4")
    assert f'href="{SEATS}"' in body(owner.get("/admin/billing/seats")), "the way to it stands beside the number"
    shown = asked_for(owner, customer, "6")
    assert "Buy for $30.00" in shown
    fields = dict(re.findall(r'type="hidden" name="(seats|at|digest)" value="([^"]*)"', shown))
    assert post(owner, customer.org.owner, SEATS, fields).status_code == 303
    assert customer.row.seats == 6
    shown = asked_for(owner, customer, "5")
    fields = dict(re.findall(r'type="hidden" name="(seats|at|digest)" value="([^"]*)"', shown))
    assert post(owner, customer.org.owner, SEATS, fields).status_code == 303
    customer.go_to(customer.row.period_end)
    assert customer.row.seats == 5


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("", "Say how many"),
        ("0", "Say how many"),
        ("-3", "Say how many"),
        ("9" * 30, "Say how many"),
        ("²", "Say how many"),
        ("4", "That is what you have already."),
    ],
)
def test_a_number_that_can_not_be_is_refused_in_words(owner, customer, number, told):
    paid(owner, customer, seats="4")
    answer = post(owner, customer.org.owner, SEATS, {"seats": number})
    assert answer.status_code in (409, 422)
    assert told in body(answer)
    assert customer.row.seats == 4


def test_fewer_than_are_in_use_are_refused_with_the_number(owner, customer):
    customer.org.person()
    customer.org.person()
    paid(owner, customer, seats="4")
    assert "3 seats are in use, so 3 is the least." in asked_for(owner, customer, "2")


# --- Packs --------------------------------------------------------------------------------

PACK = "/admin/billing/packs/tokens"


def test_a_pack_is_bought_at_the_checkout_and_is_there(owner, customer):
    paid(owner, customer, seats="4")
    digest = re.search(r'name="digest" value="([^"]+)"', body(owner.get(PACK)))
    assert digest
    checkout = post(owner, customer.org.owner, PACK, {"digest": digest[1]})["Location"]
    assert "Pay $10.00" in body(owner.get(checkout))
    for _n in range(2):
        post(owner, customer.org.owner, checkout, {"card": "good"})
    assert "500,000 left in packs" in body(owner.get(HOME))
    assert [one.total for one in customer.invoices] == [6000, 1000]


def test_in_the_trial_and_where_none_are_sold_there_are_no_packs(owner, customer):
    assert owner.get(PACK).status_code in (403, 409, 422)
    assert "Packs" not in body(owner.get(HOME))
    paid(owner, customer, seats="4")
    assert owner.get("/admin/billing/packs/gold").status_code in (404, 409, 422)
