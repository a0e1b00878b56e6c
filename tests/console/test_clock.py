"""The clock of a demonstration: moved ahead by an operator, with everything that is due on the way."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from factories.operators import make_operator
from support.selling import Customer, selling
from support.visitors import body, signed_in
from tenantry.audit.models import Entry
from tenantry.billing.actions.clock import move_clock
from tenantry.billing.actions.methods import set_payment_method
from tenantry.billing.actions.plans import cancel_subscription
from tenantry.billing.actions.seats import buy_seats
from tenantry.billing.errors import ClockGoesAhead, NoDemonstration
from tenantry.cli.organizations import app
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

STEP = re.compile(r'name="to" value="([^"]+)">([^<]+)<')


@pytest.fixture(scope="module")
def client():
    return make_operator("Opal Rater").client()


def path(customer):
    return f"/console/organizations/{customer.org.id}/clock"


def moved(client, customer, button):
    """What the page says after one of its buttons."""
    with selling():
        steps = {words: to for to, words in STEP.findall(body(client.get(path(customer))))}
        answer = client.post(path(customer), {"to": steps[button]})
        assert answer.status_code == 303, body(answer)
        return body(client.get(answer.headers["Location"]))


def demonstration(card="good"):
    customer = Customer("standard")
    customer.act(set_payment_method, card=card)
    customer.subscribe("team", seats=2)
    customer.write(demonstrates=True)
    return customer


def test_a_year_of_an_organization_in_a_few_clicks(client):
    customer = demonstration()
    first = customer.row.period_end
    page = body(client.get(f"/console/organizations/{customer.org.id}"))
    assert path(customer) in page
    customer.act(buy_seats, count=1)
    page = moved(client, customer, "To what comes next")
    assert "Seats that were added were invoiced." in page
    assert [one.state for one in customer.invoices] == ["paid", "paid"], "the gateway was asked on the way"
    page = moved(client, customer, "To what comes next")
    assert "A period ended and the next one was invoiced." in page
    assert "The invoice" in page
    assert customer.now >= first
    assert customer.open == []
    # What is between two moments happens at its own: two renewals, each paid on its day.
    moved(client, customer, "A month ahead")
    moved(client, customer, "A month ahead")
    assert [one.paid_at - one.issued_at < timedelta(minutes=1) for one in customer.invoices] == [True] * 5
    audit = body(signed_in(customer.org.owner).get("/admin/audit"))
    assert "The operator Opal Rater moved the demonstration’s clock ahead" in audit
    with selling():
        assert "Plan" in body(signed_in(customer.org.owner).get("/admin/billing"))


def test_what_is_not_paid_is_tried_again_and_frozen_on_its_day(client):
    customer = demonstration("tires")
    page = moved(client, customer, "A month ahead")
    assert customer.state[0] == "pending_payment"
    assert "failed" in page
    tried = []
    while customer.state[0] == "pending_payment":
        tried.append(customer.open[0].attempts)
        page = moved(client, customer, "To what comes next")
    assert tried == sorted(tried)
    assert customer.open[0].attempts == 5, "at once, and after 1, 3, 4 and 4 days"
    assert customer.state == ("frozen", "frozen")
    assert customer.row.state_since == customer.row.unpaid_since + timedelta(days=14)
    assert "was frozen, because a payment was not made in time" in page
    customer.act(cancel_subscription)
    assert "closed" in moved(client, customer, "To what comes next")
    assert customer.state == ("canceled", "closed")


def test_a_trial_ends_on_its_day(client):
    customer = Customer("standard")
    customer.write(demonstrates=True)
    assert "The end of the trial came near." in moved(client, customer, "To what comes next")
    assert "The trial ended." in moved(client, customer, "To what comes next")
    assert customer.state == ("trial_ended", "trial_ended")


def test_it_never_goes_back_and_sent_twice_it_moves_once(client):
    customer = demonstration()
    with selling():
        to = {words: to for to, words in STEP.findall(body(client.get(path(customer))))}["A day ahead"]
        assert client.post(path(customer), {"to": to}).status_code == 303
        ahead = customer.row.ahead_seconds
        again = client.post(path(customer), {"to": to})
        assert (again.status_code, customer.row.ahead_seconds) == (409, ahead)
        assert "it never goes back" in body(again)
        past = (customer.now - timedelta(days=1)).isoformat()
        far = (customer.now + timedelta(days=400)).isoformat()
        for wrong in ("", "tomorrow", "2027-01-01", past, far):
            assert client.post(path(customer), {"to": wrong}).status_code == 409, wrong
    assert customer.row.ahead_seconds == ahead


def test_what_people_bought_has_no_clock_of_its_own(client):
    customer = Customer("standard")
    customer.subscribe("team", seats=2)
    assert path(customer) not in body(client.get(f"/console/organizations/{customer.org.id}"))
    page = client.get(path(customer))
    assert "Only the clock of a demonstration can be moved." in body(page)
    assert "A day ahead" not in body(page)
    answer = client.post(path(customer), {"to": (clock.now() + timedelta(days=1)).isoformat()})
    assert answer.status_code == 409
    assert customer.row.ahead_seconds == 0
    assert client.get(f"/console/organizations/{uuid4()}/clock").status_code == 404
    assert client.post(f"/console/organizations/{uuid4()}/clock", {"to": "x"}).status_code == 404


def test_nobody_of_the_organization_moves_it():
    customer = demonstration()
    with pytest.raises(NotFound):
        customer.act(move_clock, to=clock.now() + timedelta(days=1))
    with scope.tenant(customer.org.id), reading():
        assert not Entry.objects.filter(action="billing.clock_moved").exists()
    for to, refusal in ((customer.now, ClockGoesAhead), (customer.now + timedelta(days=400), InvalidInput)):
        with pytest.raises(refusal):
            customer.system(move_clock, to=to)
    other = Customer("standard")
    with pytest.raises(NoDemonstration):
        other.system(move_clock, to=datetime.max.replace(tzinfo=clock.now().tzinfo))


def test_from_the_command_line():
    customer = demonstration()
    run = CliRunner()
    with selling():
        found = run.invoke(app, ["move-clock", "--organization", customer.org.slug])
        assert found.exit_code == 0, found.output
        assert "A period ended and the next one was invoiced." in found.output
        assert "was paid" in found.output
        before = customer.now
        assert run.invoke(app, ["move-clock", "--organization", customer.org.slug, "--days", "3"]).exit_code == 0
        assert timedelta(days=3) <= customer.now - before < timedelta(days=3, minutes=1)
