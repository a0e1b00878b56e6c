"""The double, driven by Stripe's official SDK: what stands on it is worth as much as it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import requests
import stripe

from support.stripe_double import StripeDouble
from support.stripe_double.document import problems_of

START = datetime(2027, 1, 31, 12, tzinfo=UTC)
NUMBERS = count()
BACK = "http://localhost/admin/billing/checkout/1"


def key() -> Any:
    """Options of one POST."""
    return {"idempotency_key": f"test:{next(NUMBERS)}"}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeDouble]:
    with StripeDouble(tmp_path_factory.mktemp("stripe")) as double:
        yield double


@pytest.fixture
def double(process: StripeDouble) -> StripeDouble:
    process.reset()
    process.freeze(START)
    return process


@pytest.fixture
def client(double: StripeDouble) -> Any:
    made = stripe.StripeClient(double.api_key, base_addresses={"api": double.url}, max_network_retries=0)
    return made.v1


def price_of(client: Any, amount: int, *, interval: str | None = "month", **more: Any) -> str:
    recurring = {"recurring": {"interval": interval}} if interval else {}
    values = {"currency": "eur", "unit_amount": amount, "product_data": {"name": f"{amount}"}, **recurring, **more}
    return str(client.prices.create(values, key()).id)


def bought(client: Any, double: StripeDouble, *lines: tuple[str, int], card: str = "good") -> Any:
    """A subscription by way of Checkout."""
    customer = client.customers.create({"email": "ada@example.com"}, key())
    values = {
        "mode": "subscription",
        "customer": customer.id,
        "line_items": [{"price": price, "quantity": quantity} for price, quantity in lines],
        "success_url": BACK + "?session={CHECKOUT_SESSION_ID}",
        "cancel_url": BACK,
        "client_reference_id": "order-1",
        "subscription_data": {"metadata": {"organization": "1"}},
    }
    session = client.checkout.sessions.create(values, key())
    assert double.checkout(session.id, "pay", card=card) == f"{BACK}?session={session.id}"
    session = client.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    assert (session.status, session.payment_status, session.client_reference_id) == ("complete", "paid", "order-1")
    return session.subscription


def at(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def refused(call: Any, *arguments: Any, **more: Any) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as caught:
        call(*arguments, **more)
    return caught.value


def test_the_whole_life_of_a_subscription(client: Any, double: StripeDouble) -> None:
    small, seat = price_of(client, 2900), price_of(client, 1500)
    running = bought(client, double, (small, 1), (seat, 3))
    seats = running["items"].data[1]
    assert (running.status, running.latest_invoice.total, running.metadata.organization) == ("active", 7400, "1")
    assert at(seats.current_period_end) == "2027-02-28"

    # Two seats more, charged by lines of ours on an invoice of their own.
    values = {"items": [{"id": seats.id, "quantity": 5}], "proration_behavior": "none"}
    running = client.subscriptions.update(running.id, values, key())
    assert running["items"].data[1].quantity == 5
    for amount in (3000, -123):
        item = {"customer": running.customer, "currency": "eur", "amount": amount, "subscription": running.id}
        client.invoice_items.create({**item, "description": "Seats"}, key())
    asked = {"customer": running.customer, "subscription": running.id, "pending_invoice_items_behavior": "include"}
    invoice = client.invoices.create(asked, key())
    assert (invoice.status, invoice.total, len(invoice.lines.data)) == ("draft", 2877, 2)
    invoice = client.invoices.finalize_invoice(invoice.id, {}, key())
    invoice = client.invoices.pay(invoice.id, {"expand": ["payments"]}, key())
    assert (invoice.status, invoice.amount_paid, invoice.payments.data[0].status) == ("paid", 2877, "paid")

    # Fewer at the end of the period, by a schedule; the cycle's invoice is a draft for an hour and takes our line.
    schedule = client.subscription_schedules.create({"from_subscription": running.id}, key())
    now = schedule.phases[0]
    held = [{"price": small, "quantity": 1}, {"price": seat, "quantity": 5}]
    fewer = [{"price": small, "quantity": 1}, {"price": seat, "quantity": 2}]
    phases = [
        {"items": held, "start_date": now.start_date, "end_date": now.end_date},
        {"items": fewer, "proration_behavior": "none", "duration": {"interval": "month", "interval_count": 1}},
    ]
    client.subscription_schedules.update(schedule.id, {"phases": phases, "end_behavior": "release"}, key())
    double.advance(to=datetime(2027, 2, 28, 12, 30, tzinfo=UTC))
    running = client.subscriptions.retrieve(running.id, {"expand": ["latest_invoice"]})
    draft = running.latest_invoice
    assert (draft.status, draft.billing_reason, draft.total) == ("draft", "subscription_cycle", 5900)
    assert [item.quantity for item in running["items"].data] == [1, 2]
    assert at(running["items"].data[0].current_period_end) == "2027-03-31"
    credit = {"customer": running.customer, "invoice": draft.id, "currency": "eur", "amount": -900}
    client.invoice_items.create(credit, key())
    double.advance(seconds=3600)
    paid = client.invoices.retrieve(draft.id)
    assert (paid.status, paid.total, paid.parent.subscription_details.subscription) == ("paid", 5000, running.id)

    # Canceled at the period's end, resumed, and canceled for good in the portal that may.
    client.subscription_schedules.release(schedule.id, {}, key())
    assert client.subscriptions.update(running.id, {"cancel_at_period_end": True}, key()).cancel_at is not None
    assert client.subscriptions.update(running.id, {"cancel_at_period_end": False}, key()).cancel_at is None
    may = client.billing_portal.configurations.create({"features": {"subscription_cancel": {"enabled": True}}}, key())
    asked = {"customer": running.customer, "configuration": may.id, "return_url": BACK}
    portal = client.billing_portal.sessions.create(asked, key())
    double.portal(portal.id, "cancel")
    double.advance(to=datetime(2027, 4, 1, tzinfo=UTC))
    running = client.subscriptions.retrieve(running.id)
    assert (running.status, at(running.ended_at)) == ("canceled", "2027-03-31")
    assert sum(invoice.amount_paid for invoice in client.invoices.list().auto_paging_iter()) == 7400 + 2877 + 5000
    assert double.faults() == []
    assert _shapes(double) == []


KINDS = (
    "customer product price payment_method checkout.session subscription subscription_item subscription_schedule "
    "invoice line_item invoiceitem invoice_payment payment_intent charge billing_portal.configuration "
    "billing_portal.session event"
)


def _shapes(double: StripeDouble) -> list[str]:
    """What is answered is what the document says of every kind."""
    found = {kind: double.objects(kind) for kind in KINDS.split()}
    assert all(found.values()), [kind for kind, rows in found.items() if not rows]
    assert problems_of({"object": "customer"}), "the document judges"
    return [problem for rows in found.values() for row in rows for problem in problems_of(row)]


def test_what_is_refused_is_said_as_stripe_says_it_and_recorded(client: Any, double: StripeDouble) -> None:
    price, once = price_of(client, 1500), price_of(client, 900, interval=None)
    customer = client.customers.create({}, key()).id
    running = bought(client, double, (price, 1))
    item = running["items"].data[0].id
    sessions, lines = client.checkout.sessions.create, [{"price": price, "quantity": 1}]
    hop = {"success_url": BACK, "line_items": lines, "mode": "subscription"}
    schedule = client.subscription_schedules.create({"from_subscription": running.id}, key()).id
    draft = client.invoices.create({"customer": customer, "currency": "eur"}, key()).id
    start = running["items"].data[0].current_period_start
    for kind, param, call, values in (
        ("document", "mode", sessions, {**hop, "mode": "subscribe"}),
        ("document", "trial_days", sessions, {**hop, "trial_days": 3}),
        ("document", "line_items[0][quantity]", sessions, {**hop, "line_items": [{"price": price, "quantity": "1.5"}]}),
        ("document", "phases[0][iterations]", client.subscription_schedules.update,
         {"phases": [{"items": lines, "iterations": 1}]}),
        ("semantics", "customer", sessions, {**hop, "customer": customer, "customer_email": "a@example.com"}),
        ("semantics", "mode", sessions, {**hop, "mode": "payment"}),
        ("semantics", "line_items", sessions, {**hop, "line_items": [{"price": once, "quantity": 1}]}),
        ("semantics", "line_items[0][quantity]", sessions, {**hop, "line_items": [{"price": price}]}),
        ("semantics", "line_items", sessions, {**hop, "line_items": [*lines, {"price": once, "quantity": 1}],
         "subscription_data": {"billing_cycle_anchor": start + 9999, "proration_behavior": "none"}}),
        ("semantics", "customer", client.billing_portal.sessions.create, {"return_url": BACK}),
        ("semantics", "off_session", client.payment_intents.create,
         {"amount": 900, "currency": "eur", "off_session": True}),
        ("semantics", "amount", client.payment_intents.create, {"amount": 49, "currency": "eur"}),
        ("document", "amount", client.payment_intents.create, {"amount": "9.5", "currency": "eur"}),
        ("house", "proration_behavior", client.subscriptions.update, {"items": [{"id": item, "quantity": 2}]}),
        ("semantics", "cancel_at_period_end", client.subscriptions.update, {"cancel_at_period_end": True}),
        ("semantics", "phases[0][start_date]", client.subscription_schedules.update, {"phases": [{"items": lines}]}),
        ("semantics", "phases", client.subscription_schedules.create,
         {"from_subscription": running.id, "phases": [{"items": lines}]}),
        ("semantics", "from_subscription", client.subscription_schedules.create, {"from_subscription": running.id}),
        ("missing", "customer", client.invoices.create, {"customer": "cus_nobody"}),
        ("semantics", "", client.invoices.pay, {}),
        ("unknown", "automatic_tax.enabled", client.subscriptions.update, {"automatic_tax": {"enabled": True}}),
    ):  # fmt: skip
        keys = {client.subscriptions.update: running.id, client.subscription_schedules.update: schedule}
        keys |= {client.invoices.pay: draft}
        error = refused(call, *([keys[call]] if call in keys else []), values, key())
        fault = double.faults()[-1]["fault"]
        assert (fault["kind"], fault["param"]) == (kind, param), (values, fault, str(error))
        assert isinstance(error, stripe.InvalidRequestError | stripe.APIError)
    assert len(double.faults()) == 21
    assert client.subscriptions.retrieve(running.id)["items"].data[0].quantity == 1
    client.invoices.finalize_invoice(draft, {}, key())
    assert "already finalized" in str(refused(client.invoices.finalize_invoice, draft, {}, key()))
    # Asking for what is not there is no fault.
    before = len(double.faults())
    assert refused(client.invoices.retrieve, "in_nothing").http_status == 404
    assert len(double.faults()) == before


def test_a_key_does_its_work_once_whatever_becomes_of_the_answer(client: Any, double: StripeDouble) -> None:
    same = {"idempotency_key": "order:1"}
    first = client.customers.create({"name": "Ada"}, same)
    assert client.customers.create({"name": "Ada"}, same).id == first.id
    assert isinstance(refused(client.customers.create, {"name": "Bob"}, same), stripe.IdempotencyError)
    assert double.faults()[-1]["fault"]["kind"] == "idempotency"

    double.lose_next()
    other = {"idempotency_key": "order:2"}
    assert isinstance(refused(client.customers.create, {"name": "Eve"}, other), stripe.APIConnectionError)
    again = client.customers.create({"name": "Eve"}, other)
    assert [row["id"] for row in double.objects("customer")] == [first.id, again.id]
    double.fail_next(500)
    assert isinstance(refused(client.customers.create, {"name": "Kim"}, key()), stripe.APIError)
    assert len(double.objects("customer")) == 2

    # A declined payment is answered as it was, under its key.
    values = {"amount": 900, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": True}
    paying = {"idempotency_key": "pay:1"}
    errors = [refused(client.payment_intents.create, values, paying) for _time in range(2)]
    assert {error.code for error in errors} == {"card_declined"}
    assert len(double.objects("payment_intent")) == 1

    # The SDK makes a key of its own where it tries again by itself: that is not ours, and none is worse.
    stripe.StripeClient(double.api_key, base_addresses={"api": double.url}).v1.customers.create({})
    assert double.faults()[-1]["fault"]["kind"] == "key"
    assert double.faults()[-1]["status"] == 200


def test_webhooks_in_every_mode_and_signed(client: Any, double: StripeDouble) -> None:
    taken: list[tuple[str, str]] = []

    def take(body: bytes, signature: str) -> None:
        event = stripe.Webhook.construct_event(body, signature, double.webhook_secret)
        taken.append((event.type, event.data.object.id))

    double.webhooks("held", only=["customer.created", "customer.updated"])
    ada = client.customers.create({"name": "Ada"}, key()).id
    client.customers.update(ada, {"name": "Ada L"}, key())
    assert [event["data"].get("previous_attributes") for event in double.pending()] == [None, {"name": "Ada"}]
    body, old = double.signed(double.pending()[0], at=1_700_000_000)
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(body, old, double.webhook_secret)
    assert double.deliver(to=take, times=2, newest_first=True)[:2] == ["customer.updated"] * 2
    assert taken == [("customer.updated", ada)] * 2 + [("customer.created", ada)] * 2
    assert double.pending() == []

    double.webhooks("dropped")
    client.customers.create({}, key())
    assert double.deliver(to=take) == []
    assert len(client.events.list({"type": "customer.created"}).data) == 2

    double.webhooks("reordered")
    client.customers.update(ada, {"name": "Ada"}, key())
    client.customers.create({}, key())
    assert double.deliver(to=take) == ["customer.created", "customer.updated"]

    # Nobody listens: it is kept, and comes when somebody does. The double's own door says yes to everything.
    double.webhooks("doubled", to="http://127.0.0.1:9/", only=["customer.deleted"])
    client.customers.delete(ada, {}, key())
    double.settle()
    assert [one["status"] for one in double.deliveries()] == [0, 0]
    double.webhooks("at_once", to=f"{double.url}/_double/requests")
    assert double.deliver() == ["customer.deleted"] * 2
    assert [one["status"] for one in double.deliveries()] == [0, 0, 200, 200]


def test_cards_that_do_not_pay(client: Any, double: StripeDouble) -> None:
    price = price_of(client, 1500)
    running = bought(client, double, (price, 2), card="tires")
    double.retries(days=[1])
    double.advance(to=datetime(2027, 2, 28, 14, tzinfo=UTC))
    running = client.subscriptions.retrieve(running.id, {"expand": ["latest_invoice.payments"]})
    invoice = running.latest_invoice
    assert (running.status, invoice.status, invoice.attempt_count) == ("past_due", "open", 1)
    double.advance(days=1)
    assert client.invoices.retrieve(invoice.id).attempt_count == 2
    error = refused(client.invoices.pay, invoice.id, {}, key())
    assert (error.http_status, error.code) == (402, "card_declined")

    # Its own page: declined, then another card that asks.
    page = invoice.hosted_invoice_url
    assert double.invoice_page(invoice.id, "decline") == page
    assert client.invoices.retrieve(invoice.id).status == "open"
    double.invoice_page(invoice.id, "authenticate")
    assert client.invoices.retrieve(invoice.id).status == "paid"
    assert client.subscriptions.retrieve(running.id).status == "active"

    # By itself: one that wants its owner; and what a test says comes next.
    method = client.payment_methods.attach("pm_card_authenticationRequired", {"customer": running.customer}, key())
    values = {"amount": 900, "currency": "eur", "customer": running.customer, "confirm": True, "off_session": True}
    error = refused(client.payment_intents.create, {**values, "payment_method": method.id}, key())
    assert error.code == "authentication_required"
    client.payment_methods.detach(method.id, {}, key())
    good = client.payment_methods.attach("pm_card_visa", {"customer": running.customer}, key()).id
    double.decline_next("insufficient_funds")
    error = refused(client.payment_intents.create, {**values, "payment_method": good}, key())
    assert error.error.decline_code == "insufficient_funds"
    assert client.payment_intents.create({**values, "payment_method": good}, key()).status == "succeeded"
    declined = refused(client.payment_methods.attach, "pm_card_chargeDeclined", {"customer": running.customer}, key())
    assert declined.code == "card_declined"
    assert double.faults() == []


def test_checkout_without_a_plan_and_a_plan_without_checkout(client: Any, double: StripeDouble) -> None:
    """A pack is paid and its card kept; a plan begins on it and turns at its anchor; a year charges at once."""
    month, year = price_of(client, 1500), price_of(client, 15_000, interval="year", lookup_key="yearly")
    customer = client.customers.create({}, key()).id
    pack = {"currency": "eur", "unit_amount": 700, "product_data": {"name": "Pack"}}
    values = {"mode": "payment", "customer": customer, "success_url": BACK, "cancel_url": f"{BACK}?no"}
    values |= {"line_items": [{"price_data": pack, "quantity": 2}]}
    values |= {"payment_intent_data": {"setup_future_usage": "off_session", "metadata": {"order": "2"}}}
    session = client.checkout.sessions.create(values, key())
    for button in ("decline", "back"):
        assert double.checkout(session.id, button) == {"decline": session.url, "back": f"{BACK}?no"}[button]
    assert double.checkout(session.id, "authenticate") == BACK
    intent = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent
    assert (intent.amount_received, intent.metadata.order) == (1400, "2")

    anchor = int(datetime(2027, 2, 15, tzinfo=UTC).timestamp())
    values = {"customer": customer, "default_payment_method": intent.payment_method, "proration_behavior": "none"}
    values |= {"items": [{"price": month, "quantity": 3}], "billing_cycle_anchor": anchor, "off_session": True}
    running = client.subscriptions.create(values, key())
    assert (running.status, running.latest_invoice) == ("active", None)
    paused = {"pause_collection": {"behavior": "keep_as_draft"}}
    client.subscriptions.update(running.id, paused, key())
    double.advance(to=datetime(2027, 2, 16, tzinfo=UTC))
    held = client.subscriptions.retrieve(running.id, {"expand": ["latest_invoice"]})
    assert (held.latest_invoice.status, held.latest_invoice.total) == ("draft", 4500)
    assert at(held["items"].data[0].current_period_end) == "2027-03-15"

    found = client.prices.list({"lookup_keys": ["yearly"], "active": True}).data[0].id
    client.subscriptions.update(running.id, {"pause_collection": ""}, key())
    values = {"items": [{"id": held["items"].data[0].id, "price": found, "quantity": 3}], "off_session": True}
    changed = client.subscriptions.update(
        running.id, {**values, "proration_behavior": "none", "expand": ["latest_invoice"]}, key()
    )
    assert (found, changed.latest_invoice.total, changed.latest_invoice.status) == (year, 45_000, "paid")
    assert at(changed["items"].data[0].current_period_end) == "2028-02-16"

    setup = {"mode": "setup", "currency": "eur", "customer": customer, "success_url": BACK}
    session = client.checkout.sessions.create(setup, key())
    double.checkout(session.id, "pay")
    session = client.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    assert session.setup_intent.payment_method.customer == customer
    waiting = client.checkout.sessions.create(setup, key())
    double.advance(days=1)
    assert client.checkout.sessions.retrieve(waiting.id).status == "expired"

    rows = client.events.list({"limit": 3})
    assert rows.has_more
    assert len(list(rows.auto_paging_iter())) == len(double.objects("event"))
    assert double.faults() == []


def test_the_pages_have_the_buttons_and_send_the_browser_on(client: Any, double: StripeDouble) -> None:
    def press(page: str, do: str) -> requests.Response:
        return requests.post(page, {"do": do, "card": ""}, allow_redirects=False, timeout=20)

    customer, once = client.customers.create({}, key()).id, price_of(client, 900, interval=None)
    values = {"mode": "payment", "customer": customer, "success_url": BACK, "cancel_url": f"{BACK}?no"}
    session = client.checkout.sessions.create({**values, "line_items": [{"price": once, "quantity": 1}]}, key())
    shown = requests.get(session.url, timeout=20).text
    for button in ("Pay", "Pay, decline later", "Decline", "Authenticate", "Back"):
        assert f"<button>{button}</button>" in shown
    assert "Your card was declined." in press(session.url, "decline").text
    assert (press(session.url, "back").status_code, press(session.url, "back").headers["Location"]) == (
        303,
        f"{BACK}?no",
    )
    assert press(session.url, "pay").headers["Location"] == BACK
    assert "no longer there" in requests.get(session.url, timeout=20).text

    running = bought(client, double, (price_of(client, 1500), 1))
    for enabled in (False, True):
        features = {"subscription_cancel": {"enabled": enabled}, "payment_method_update": {"enabled": True}}
        made = client.billing_portal.configurations.create({"features": features}, key()).id
        asked = {"customer": running.customer, "configuration": made, "return_url": BACK}
        portal = client.billing_portal.sessions.create(asked, key()).url
        assert ("Cancel plan" in requests.get(portal, timeout=20).text) is enabled
        assert (press(portal, "cancel").status_code == 200) is enabled
        assert client.subscriptions.retrieve(running.id).cancel_at_period_end is enabled
    assert "Keep plan" in press(portal, "card").text
    kept = client.subscriptions.retrieve(running.id).default_payment_method
    assert kept != running.default_payment_method
    assert press(portal, "back").headers["Location"] == BACK
    assert double.faults() == []
