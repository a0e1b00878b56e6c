"""What becomes of an invoice after its draft: finalized, paid, declined, tried again."""

from typing import Any

from support.stripe_double.cards import ASKS, PAID
from support.stripe_double.payments import LEAST, confirm, make_intent
from support.stripe_double.refusals import Refused, declined
from support.stripe_double.world import Object, World, listed, public

HOUR, DAY = 3600, 86400


def subscription_of(world: World, invoice: Object) -> Object | None:
    details = (invoice["parent"] or {}).get("subscription_details")
    return world.ids.get(details["subscription"]) if details else None


def method_for(world: World, invoice: Object) -> Object | None:
    """What is charged where nobody says: of the invoice, the subscription, the customer."""
    subscription = subscription_of(world, invoice)
    customer = world.ids[invoice["customer"]]
    keys = (
        invoice["default_payment_method"],
        subscription["default_payment_method"] if subscription else None,
        customer["invoice_settings"]["default_payment_method"],
    )
    return next((world.ids[key] for key in keys if key), None)


def finalize(world: World, invoice: Object) -> None:
    """The draft gets its number and an amount that stays; paid at once where nothing is due."""
    customer, now = world.ids[invoice["customer"]], world.now()
    with world.changing(customer, "customer.updated"):
        number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
        customer["next_invoice_sequence"] += 1
        _use_balance(customer, invoice)
    with world.changing(invoice, "invoice.updated"):
        invoice |= {"status": "open", "number": number, "effective_at": now, "automatically_finalizes_at": None}
        invoice["hosted_invoice_url"] = f"{world.base}/invoice/{invoice['id']}"
        invoice["invoice_pdf"] = f"{world.base}/invoice/{invoice['id']}/pdf"
        invoice["status_transitions"] = invoice["status_transitions"] | {"finalized_at": now}
        if invoice["auto_advance"]:
            invoice["next_payment_attempt"] = now + HOUR
        if invoice["amount_due"]:
            _expect_payment(world, invoice)
    world.emit("invoice.finalized", invoice)
    if not invoice["amount_due"]:
        mark_paid(world, invoice)


def _use_balance(customer: Object, invoice: Object) -> None:
    """A balance below nothing is credit. Less than Stripe charges is carried over to the next invoice."""
    before, total = customer["balance"], invoice["total"]
    due = max(0, total + before)
    after = total + before - due
    if 0 < due < LEAST.get(invoice["currency"], 50):
        due, after = 0, total + before
    customer["balance"] = after
    invoice |= {"starting_balance": before, "ending_balance": after, "amount_due": due, "amount_remaining": due}


def _expect_payment(world: World, invoice: Object) -> None:
    intent = make_intent(
        world,
        invoice["amount_due"],
        invoice["currency"],
        invoice["customer"],
        _invoice=invoice["id"],
        description=invoice["description"],
        setup_future_usage="off_session" if subscription_of(world, invoice) else None,
    )
    payment = world.add(
        "invoice_payment",
        "inpay",
        amount_paid=None,
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"payment_intent": intent["id"], "type": "payment_intent"},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    invoice["_intent"] = intent["id"]
    invoice["+payments"] = listed([payment], f"/v1/invoice_payments?invoice={invoice['id']}")
    invoice["+confirmation_secret"] = {"client_secret": intent["client_secret"], "type": "payment_intent"}


def mark_paid(world: World, invoice: Object, *, out_of_band: bool = False) -> None:
    now = world.now()
    with world.changing(invoice, "invoice.updated"):
        invoice |= {"status": "paid", "attempted": True, "next_payment_attempt": None, "auto_advance": False}
        invoice |= {"amount_paid": invoice["amount_due"], "amount_remaining": 0}
        invoice["status_transitions"] = invoice["status_transitions"] | {"paid_at": now}
        for payment in invoice.get("+payments", {"data": []})["data"]:
            payment |= {"status": "paid", "amount_paid": invoice["amount_due"]}
            payment["status_transitions"] = {"canceled_at": None, "paid_at": now}
            if out_of_band:
                payment["status"] = "canceled"
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)
    _follow(world, invoice, paid=True)


def _follow(world: World, invoice: Object, *, paid: bool) -> None:
    """The subscription's state after one of its invoices was paid or not."""
    subscription = subscription_of(world, invoice)
    if subscription is None or subscription["status"] in {"canceled", "incomplete_expired"}:
        return
    latest = subscription["latest_invoice"] in {None, invoice["id"]}
    with world.changing(subscription, "customer.subscription.updated"):
        if paid and latest:
            subscription["status"] = "active"
        elif not paid and invoice["billing_reason"] == "subscription_create" and subscription["status"] != "active":
            subscription["status"] = "incomplete"
        elif not paid and invoice["billing_reason"] in {"subscription_cycle", "subscription_update"}:
            subscription["status"] = "past_due"


def attempt(
    world: World, invoice: Object, method: Object, *, there: bool = False, on_page: bool = False, agreed: bool = False
) -> str:
    """Tries to be paid once: "paid", "asks", or the code of a decline."""
    intent = world.ids[invoice["_intent"]]
    said = confirm(world, intent, method, there=there, on_page=on_page, agreed=agreed)
    if said == PAID:
        with world.changing(invoice, "invoice.updated"):
            invoice["attempt_count"] += 0 if agreed else 1
        mark_paid(world, invoice)
        return said
    _failed(world, invoice)
    if said in {ASKS, "authentication_required"}:
        world.emit("invoice.payment_action_required", invoice)
    _follow(world, invoice, paid=False)
    return said


def _failed(world: World, invoice: Object) -> None:
    with world.changing(invoice, "invoice.updated"):
        tries = invoice["attempt_count"]
        again = world.retry_days[tries] if invoice["auto_advance"] and tries < len(world.retry_days) else None
        invoice |= {"attempted": True, "attempt_count": tries + 1}
        invoice["next_payment_attempt"] = world.now() + again * DAY if again is not None else None
    world.emit("invoice.payment_failed", invoice)


def try_by_itself(world: World, invoice: Object) -> None:
    """As Stripe tries when the time has come."""
    method = method_for(world, invoice)
    if method is None:
        _failed(world, invoice)
        _follow(world, invoice, paid=False)
    else:
        attempt(world, invoice, method)


def error_of(world: World, invoice: Object, said: str) -> Refused:
    """What a call is answered that tried to pay in vain."""
    intent: Any = public(world.ids[invoice["_intent"]])
    if said == ASKS:
        return Refused(
            "Payment for this invoice requires additional user action before it can be completed successfully. Payment "
            "can be completed using the PaymentIntent associated with this invoice.",
            fault="",
            status=402,
            kind="card_error",
            code="invoice_payment_intent_requires_action",
            payment_intent=intent,
        )
    return declined(said, payment_intent=intent)


def no_method() -> Refused:
    return Refused(
        "This customer has no attached payment source or default payment method. Please consider adding a default "
        "payment method.",
        code="resource_missing",
    )
