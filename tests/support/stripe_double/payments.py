"""Payment intents: one payment, tried with one card after the other until it is paid."""

from support.stripe_double.cards import ASKS, PAID, attach, method_of, outcome
from support.stripe_double.customers import belongs
from support.stripe_double.refusals import Refused, declined, lacking
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.world import Object, World, merged, public

# Less than this Stripe does not charge (its list "Minimum and maximum charge amounts").
LEAST = {
    "usd": 50,
    "eur": 50,
    "gbp": 30,
    "chf": 50,
    "sek": 300,
    "nok": 300,
    "dkk": 250,
    "pln": 200,
    "inr": 50,
    "aud": 50,
}
OPEN = {"requires_payment_method", "requires_confirmation", "requires_action"}


def make_intent(
    world: World, amount: int, currency: str, customer: str | None, *, method: str | None = None, **values: object
) -> Object:
    """One that waits to be confirmed."""
    row = world.add(
        "payment_intent",
        "pi",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        application=None,
        application_fee_amount=None,
        automatic_payment_methods=None,
        canceled_at=None,
        cancellation_reason=None,
        capture_method="automatic_async",
        client_secret=world.key("pi_secret"),
        confirmation_method="automatic",
        currency=currency,
        customer=customer,
        customer_account=None,
        description=None,
        excluded_payment_method_types=None,
        last_payment_error=None,
        latest_charge=None,
        metadata={},
        next_action=None,
        on_behalf_of=None,
        payment_method=method,
        payment_method_configuration_details=None,
        payment_method_options={},
        payment_method_types=["card"],
        processing=None,
        receipt_email=None,
        review=None,
        setup_future_usage=None,
        shipping=None,
        source=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="requires_confirmation" if method else "requires_payment_method",
        transfer_data=None,
        transfer_group=None,
    )
    row.update(values)
    world.emit("payment_intent.created", row)
    return row


def confirm(
    world: World, intent: Object, method: Object, *, there: bool, on_page: bool = False, agreed: bool = False
) -> str:
    """Tries it: "paid", "asks", or the code of a decline. `agreed`: the owner has confirmed at the bank."""
    said = PAID if agreed else outcome(world, method, there=there, on_page=on_page)
    intent["payment_method"] = method["id"]
    if said == PAID:
        _paid(world, intent, method)
    elif said == ASKS:
        intent["status"], intent["last_payment_error"] = "requires_action", None
        address = f"{world.base}/authenticate/{intent['id']}"
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": address, "return_url": None}}
        world.emit("payment_intent.requires_action", intent)
    else:
        error = declined(said, payment_method=public(method)).error
        intent["status"], intent["next_action"] = "requires_payment_method", None
        intent["payment_method"], intent["last_payment_error"] = None, error
        world.emit("payment_intent.payment_failed", intent)
    return said


def _paid(world: World, intent: Object, method: Object) -> None:
    charge = world.add(
        "charge",
        "ch",
        amount=intent["amount"],
        amount_captured=intent["amount"],
        amount_refunded=0,
        balance_transaction=None,
        billing_details=method["billing_details"],
        captured=True,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=None,
        failure_message=None,
        metadata=dict(intent["metadata"]),
        paid=True,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"card": public(method["card"]), "type": "card"},
        receipt_url=None,
        refunded=False,
        status="succeeded",
    )
    intent |= {
        "status": "succeeded",
        "next_action": None,
        "last_payment_error": None,
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
    }
    if intent["setup_future_usage"] and intent["customer"]:
        attach(world, method, intent["customer"])
    world.emit("payment_intent.succeeded", intent)
    world.emit("charge.succeeded", charge)


def enough(amount: int, currency: str, param: str = "amount") -> None:
    """:raises Refused: Stripe charges no sum as small."""
    if amount < LEAST.get(currency, 50):
        raise Refused(
            "The amount is below the minimum that can be charged in this currency.",
            code="amount_too_small",
            param=param,
        )


@operation(
    "POST /v1/payment_intents",
    "amount currency customer payment_method confirm off_session setup_future_usage metadata.* description "
    "payment_method_types return_url receipt_email error_on_requires_action "
    "automatic_payment_methods.enabled automatic_payment_methods.allow_redirects",
)
def create_intent(call: Call) -> Object:
    world, customer = call.world, call.get("customer")
    enough(call.get("amount"), call.get("currency"))
    if call.given("off_session") and not call.get("confirm"):
        raise Refused("off_session can only be used when confirm=true.", param="off_session")
    if customer:
        world.find("customer", customer, param="customer")
    method = method_of(world, call.get("payment_method")) if call.get("payment_method") else None
    if call.get("confirm") and method is None:
        raise lacking("payment_method")
    if method is not None and method["customer"] not in {None, customer}:
        belongs(method, customer or "")
    row = make_intent(
        world,
        call.get("amount"),
        call.get("currency"),
        customer,
        method=method["id"] if method else None,
        description=call.get("description"),
        metadata=merged({}, call.params.get("metadata")),
        setup_future_usage=call.get("setup_future_usage"),
        receipt_email=call.get("receipt_email"),
    )
    if call.get("confirm") and method is not None:
        _confirm(call, row, method)
    return row


def _confirm(call: Call, row: Object, method: Object) -> None:
    said = confirm(call.world, row, method, there=not call.get("off_session"))
    if said == ASKS and call.get("error_on_requires_action"):
        said = "authentication_required"
    if said not in {PAID, ASKS}:
        raise declined(said, payment_intent=public(row), payment_method=public(method))


@operation("POST /v1/payment_intents/{}/confirm", "payment_method off_session return_url error_on_requires_action")
def confirm_intent(call: Call) -> Object:
    row = call.world.find("payment_intent", call.id, status=404)
    if row["status"] not in OPEN:
        raise unexpected(row, "confirm")
    key = call.get("payment_method") or row["payment_method"]
    if key is None:
        raise unexpected(row, "confirm")
    _confirm(call, row, method_of(call.world, key))
    return row


def unexpected(row: Object, what: str) -> Refused:
    return Refused(
        f"You cannot {what} this PaymentIntent because it has a status of {row['status']}.",
        code="payment_intent_unexpected_state",
    )


@operation("POST /v1/payment_intents/{}/cancel", "cancellation_reason")
def cancel_intent(call: Call) -> Object:
    row = call.world.find("payment_intent", call.id, status=404)
    if row["status"] not in OPEN:
        raise unexpected(row, "cancel")
    if row.get("_invoice"):
        raise Refused("You cannot cancel this PaymentIntent because it was created by an invoice; void the invoice.")
    row |= {
        "status": "canceled",
        "canceled_at": call.world.now(),
        "cancellation_reason": call.get("cancellation_reason"),
    }
    call.world.emit("payment_intent.canceled", row)
    return row


@operation("POST /v1/payment_intents/{}", "metadata.* description")
def update_intent(call: Call) -> Object:
    row = call.world.find("payment_intent", call.id, status=404)
    if call.given("description"):
        row["description"] = call.get("description")
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    return row


@operation("GET /v1/payment_intents/{}")
def retrieve_intent(call: Call) -> Object:
    return call.world.find("payment_intent", call.id, status=404)


@operation("GET /v1/payment_intents", f"{PAGING} customer")
def list_intents(call: Call) -> Object:
    return page(call, matching(call, call.world.all("payment_intent"), "customer"))


@operation("GET /v1/charges/{}")
def retrieve_charge(call: Call) -> Object:
    return call.world.find("charge", call.id, status=404)
