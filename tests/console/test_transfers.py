"""Invoices that were paid by bank transfer: an operator notes it, and everything follows as after a card's payment."""

import re
from datetime import timedelta

import pypdfium2
import pytest

from factories.operators import make_operator
from factories.organizations import PASSWORD
from support.selling import Customer, selling
from support.stripe_double import StripeDouble
from support.stripe_worlds import Payer, taking
from support.visitors import body, signed_in
from tenantry.audit.models import Entry
from tenantry.audit.outbox import dispatch
from tenantry.billing import transferring
from tenantry.billing.actions.methods import set_payment_method
from tenantry.billing.actions.plans import cancel_subscription
from tenantry.billing.actions.transfers import note_transfer
from tenantry.billing.states import GRACE
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
REFERENCE = "RF18 <5390> 0754"


@pytest.fixture(scope="module")
def client():
    return make_operator("Opal Rater").client()


@pytest.fixture(scope="module")
def stripe(tmp_path_factory):
    with StripeDouble(tmp_path_factory.mktemp("stripe")) as double:
        yield double


@pytest.fixture
def payer(stripe):
    stripe.reset()
    with taking(stripe):
        made = Payer(stripe)
        yield made
        assert [(one["method"], one["path"], one["fault"]) for one in stripe.faults()] == []


def home(customer):
    return f"/console/organizations/{customer.org.id}"


def path(customer, invoice):
    return f"{home(customer)}/invoices/{invoice.id}/payment"


def day_of(customer):
    return customer.now.date().isoformat()


def shown(client, customer, invoice, **more):
    """The page of what follows."""
    sent = {"paid_on": day_of(customer), "reference": REFERENCE, **more}
    with selling():
        effect = client.post(path(customer, invoice), sent)
    assert effect.status_code == 200, body(effect)
    return body(effect)


def confirmed(client, customer, invoice, page, reason="Seen on the statement", **more):
    sent = {**dict(HIDDEN.findall(page)), "paid_on": day_of(customer), "reference": REFERENCE}
    with selling():
        return client.post(path(customer, invoice), {**sent, "reason": reason, **more})


def noted(client, customer, invoice):
    page = shown(client, customer, invoice)
    answer = confirmed(client, customer, invoice, page)
    assert answer.status_code == 303, body(answer)
    return page, answer


def unpaid(card="tires"):
    """Renewed, and not paid."""
    customer = Customer("standard")
    customer.act(set_payment_method, card=card)
    customer.subscribe("team", seats=2)
    customer.go_to(customer.row.period_end)
    customer.decline()
    assert customer.state == ("pending_payment", "active")
    return customer, customer.open[0]


def paper_of(customer, invoice):
    answer = signed_in(customer.org.owner, PASSWORD).get(f"/admin/billing/invoices/{invoice.id}.pdf")
    assert answer.status_code == 200
    return " ".join(pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_bounded().split())


def test_what_is_due_was_paid_by_transfer_and_everything_goes_on(client):
    customer, invoice = unpaid()
    with selling():
        assert path(customer, invoice) in body(client.get(home(customer)))
        assert day_of(customer) in body(client.get(path(customer, invoice)))
    page = shown(client, customer, invoice)
    assert f"${invoice.due / 100:,.2f}" in page
    assert "RF18 &lt;5390&gt; 0754" in page
    assert "everything works as before" in page
    assert "Stripe" not in page
    assert customer.state[0] == "pending_payment", "nothing happens before it is confirmed"
    answer = confirmed(client, customer, invoice, page)
    assert answer.status_code == 303, body(answer)
    with selling():
        after = body(client.get(answer["Location"]))
    assert f"The invoice {invoice.written_number} is paid." in after
    assert path(customer, invoice) not in after
    assert customer.state == ("active", "active")
    assert customer.row.unpaid_since is None
    paid = customer.invoices[-1]
    assert (paid.state, paid.next_attempt_at, paid.paid_at.date().isoformat()) == ("paid", None, day_of(customer))
    assert "Paid by bank transfer on" in paper_of(customer, paid)
    assert f"reference {REFERENCE}." in paper_of(customer, paid)
    with scope.tenant(customer.org.id), reading():
        entry = Entry.objects.get(action="billing.transfer_noted")
    assert (entry.actor_kind, entry.values["reason"]) == ("operator", "Seen on the statement")
    dispatch(customer.org.id)
    owner = signed_in(customer.org.owner, PASSWORD)
    assert "was paid by bank transfer on" in body(owner.get("/admin/audit"))
    told = body(owner.get("/notifications"))
    assert re.search(rf"Invoice\W+{invoice.written_number}\W.*is paid\.", re.sub(r"<[^>]+>", "", told), re.DOTALL)
    assert "The missing payment came in" in told


def test_what_was_frozen_opens_again_and_begins_anew(client):
    customer, invoice = unpaid()
    customer.go_to(customer.row.unpaid_since + GRACE)
    customer.go_to(customer.row.period_end)
    assert customer.state == ("frozen", "frozen")
    page, _answer = noted(client, customer, invoice)
    assert "the next one begins at once and is invoiced" in page
    assert customer.state == ("active", "active")
    assert customer.row.period_start <= customer.now < customer.row.period_end
    assert [one.state for one in customer.invoices] == ["paid", "paid", "open"]


def test_while_another_one_is_open_the_state_stays(client):
    customer, first = unpaid()
    ends = customer.row.period_end
    customer.write(unpaid_since=ends - timedelta(days=1), due_at=ends)
    customer.go_to(ends)
    customer.decline()
    both = customer.open
    assert len(both) == 2
    page, _answer = noted(client, customer, first)
    assert "Another invoice stays open" in page
    assert customer.state[0] == "pending_payment"
    noted(client, customer, both[1])
    assert customer.state[0] == "active"


def test_days_references_reasons_and_old_figures_are_judged(client):
    customer, invoice = unpaid()
    wrong = {
        "paid_on": ("", "soon", (customer.now + timedelta(days=2)).date().isoformat(), "2020-01-31", "9999-99-99"),
        "reference": ("", "   ", "x" * 141, "\u202e"),
    }
    for field, values in wrong.items():
        for value in values:
            sent = {"paid_on": day_of(customer), "reference": REFERENCE, field: value}
            answer = client.post(path(customer, invoice), sent)
            assert answer.status_code == 422, (field, value)
            assert f'id="{"paid" if field == "paid_on" else field}-error"' in body(answer), (field, value)
    page = shown(client, customer, invoice)
    answer = confirmed(client, customer, invoice, page, reason=" ")
    assert answer.status_code == 422
    assert "Say why" in body(answer)
    answer = confirmed(client, customer, invoice, page, reference="Another one")
    assert answer.status_code == 409, "this is not what was read"
    assert "Another one" in body(answer)
    assert customer.open, "nothing of that was noted"


def test_what_is_paid_or_void_is_refused(client):
    customer, invoice = unpaid()
    page = shown(client, customer, invoice)
    customer.pay()
    answer = confirmed(client, customer, invoice, page)
    assert answer.status_code == 409
    assert f"The invoice {invoice.written_number} is paid already." in body(answer)
    seen = body(client.get(path(customer, invoice)))
    assert "is paid already" in seen
    assert 'name="reference"' not in seen
    other, left = unpaid()
    page = shown(client, other, left)
    other.go_to(other.row.unpaid_since + GRACE)
    other.act(cancel_subscription)
    answer = confirmed(client, other, left, page)
    assert answer.status_code == 409
    assert f"The invoice {left.written_number} is void" in body(answer)
    elsewhere = f"{home(customer)}/invoices/{left.id}/payment"
    assert client.get(elsewhere).status_code == 404, "of another organization"
    assert client.post(elsewhere, {"paid_on": day_of(other), "reference": "x"}).status_code == 404


def test_nobody_of_the_organization_notes_it():
    customer, invoice = unpaid()
    said = {"invoice_id": invoice.id, "paid_on": customer.now.date(), "reference": "x", "reason": "y"}
    for act in (customer.act, customer.system):
        with pytest.raises(NotFound):
            act(note_transfer, **said)
    assert customer.open


def test_stripe_is_told_and_takes_nothing_for_it(client, payer):
    payer.buy("team", card="tires", seats="4")
    payer.go_to(payer.row.period_end)
    assert payer.state[0] == "pending_payment"
    [invoice], before = payer.open, payer.taken
    page, _answer = noted(client, payer, invoice)
    assert "Stripe is told and takes nothing" in page
    payer.hear(times=2)
    assert payer.state[0] == "active"
    paper = next(one for one in payer.double.objects("invoice") if one["metadata"].get("invoice") == str(invoice.id))
    assert paper["status"] == "paid"
    for _n in range(2):
        payer.collect()
        payer.compare()
    assert payer.taken == before
    assert payer.troubles == []
    assert f"reference {REFERENCE}." in paper_of(payer, invoice)
    assert payer.running["pause_collection"] is not None


def test_stripes_word_may_be_faster_than_the_note(client, payer, monkeypatch):
    payer.buy("team", card="tires", seats="4")
    payer.go_to(payer.row.period_end)
    [invoice] = payer.open
    page = shown(client, payer, invoice)
    tells = transferring.paid_elsewhere

    def told(bill):
        found = tells(bill)
        with scope.tenant(payer.org.id):
            transferring.follow(payer.org.id, found.ref)
        return found

    monkeypatch.setattr(transferring, "paid_elsewhere", told)
    assert confirmed(client, payer, invoice, page).status_code == 303
    assert payer.state[0] == "active"
    assert f"reference {REFERENCE}." in paper_of(payer, invoice)
    payer.compare()
    assert payer.troubles == []


def test_what_stripe_has_taken_is_no_transfer(client, payer):
    payer.buy("team", card="tires", seats="4")
    payer.go_to(payer.row.period_end)
    [invoice] = payer.open
    page = shown(client, payer, invoice)
    paper = next(one for one in payer.double.objects("invoice") if one["metadata"].get("invoice") == str(invoice.id))
    payer.double.invoice_page(paper["id"], "pay", card="good")
    answer = confirmed(client, payer, invoice, page)
    assert answer.status_code == 409
    assert "is paid already" in body(answer)
    assert payer.state[0] == "active", "the word of the payment was late; it is heard now"
    assert payer.charged == payer.taken


def test_while_stripe_may_still_take_it_or_does_not_answer_nothing_is_noted(client, payer):
    payer.buy("team", seats="4")
    Customer.go_to(payer, payer.row.period_end)
    [invoice] = payer.open
    page = shown(client, payer, invoice)
    answer = confirmed(client, payer, invoice, page)
    assert answer.status_code == 409
    assert "may still charge the card" in body(answer)
    payer.double.fail_next(500, times=3)
    answer = confirmed(client, payer, invoice, page)
    assert answer.status_code == 409
    assert "does not answer" in body(answer)
    assert payer.open
    payer.double.advance(to=payer.now)
    assert confirmed(client, payer, invoice, page).status_code == 303
    assert payer.open == []
    payer.hear()
    payer.compare()
    assert (payer.taken, payer.troubles) == (6000, []), "the first period alone"
