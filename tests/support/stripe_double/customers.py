"""Customers, and the cards that are kept for them."""

from support.stripe_double.cards import PAID, attach, card_of, make_method, method_of
from support.stripe_double.refusals import Refused, declined, unheeded
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.world import Object, World, merged

PLAIN = "name email description phone preferred_locales"
HEEDED = f"{PLAIN} metadata.* address.* shipping.* invoice_settings.default_payment_method tax_exempt balance"


def make_customer(world: World, **values: object) -> Object:
    """Nobody is told yet."""
    number = f"{world.key('x')[2:10].upper()}"
    row = world.add(
        "customer",
        "cus",
        address=None,
        balance=0,
        currency=None,
        customer_account=None,
        default_source=None,
        delinquent=False,
        description=None,
        discount=None,
        email=None,
        invoice_prefix=number,
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        metadata={},
        name=None,
        next_invoice_sequence=1,
        phone=None,
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=None,
    )
    row.update(values)
    return row


def _fill(call: Call, row: Object) -> None:
    for name in (*PLAIN.split(), "address", "shipping", "tax_exempt", "balance"):
        if call.given(name):
            row[name] = call.get(name, [] if name == "preferred_locales" else None)
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    if key := call.get("invoice_settings.default_payment_method"):
        method = call.world.find("payment_method", key, param="invoice_settings[default_payment_method]")
        belongs(method, row["id"])
        row["invoice_settings"] = row["invoice_settings"] | {"default_payment_method": method["id"]}


def belongs(method: Object, customer: str) -> None:
    """:raises Refused: the card is not kept for this customer."""
    if method["customer"] != customer:
        raise Refused(
            f"The customer does not have a payment method with the ID {method['id']}. The payment method must be "
            "attached to the customer.",
            code="resource_missing",
            param="payment_method",
        )


@operation("POST /v1/customers", f"{PLAIN} metadata.* address.* shipping.* tax_exempt balance")
def create_customer(call: Call) -> Object:
    row = make_customer(call.world)
    _fill(call, row)
    call.world.emit("customer.created", row)
    return row


@operation("GET /v1/customers/{}")
def retrieve_customer(call: Call) -> Object:
    return call.world.kinds.get("customer", {}).get(call.id) or call.world.find("customer", call.id, status=404)


@operation("POST /v1/customers/{}", HEEDED)
def update_customer(call: Call) -> Object:
    row = call.world.find("customer", call.id, status=404)
    with call.world.changing(row, "customer.updated"):
        _fill(call, row)
    return row


@operation("DELETE /v1/customers/{}")
def delete_customer(call: Call) -> Object:
    row = call.world.find("customer", call.id, status=404)
    if any(one["customer"] == row["id"] and one["status"] != "canceled" for one in call.world.all("subscription")):
        raise unheeded("deleting a customer with subscriptions")
    call.world.emit("customer.deleted", row)
    return call.world.forget(row)


@operation("GET /v1/customers", f"{PAGING} email")
def list_customers(call: Call) -> Object:
    return page(call, matching(call, [row for row in call.world.all("customer") if not row.get("deleted")], "email"))


@operation("POST /v1/payment_methods", "type card.token metadata.*")
def create_method(call: Call) -> Object:
    tokens = {"tok_visa": "good", "tok_mastercard": "mastercard", "tok_chargeDeclined": "declined"}
    tokens |= {"tok_chargeCustomerFail": "tires"}
    if (name := tokens.get(call.get("card.token", ""))) is None:
        raise unheeded("this card", "card[token]")
    row = make_method(call.world, name)
    row["metadata"] = merged({}, call.params.get("metadata"))
    return row


def _keep(world: World, method: Object, customer: str) -> None:
    if method["customer"] not in {None, customer}:
        raise Refused(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    if (said := card_of(method).attached) != PAID:
        raise declined(said)
    attach(world, method, customer)


@operation("POST /v1/payment_methods/{}/attach", "customer")
def attach_method(call: Call) -> Object:
    customer = call.world.find("customer", call.get("customer", ""), param="customer")
    method = method_of(call.world, call.id)
    _keep(call.world, method, customer["id"])
    return method


@operation("POST /v1/payment_methods/{}/detach")
def detach_method(call: Call) -> Object:
    world = call.world
    method = world.find("payment_method", call.id, status=404)
    if method["customer"] is None:
        raise Refused("The payment method you provided is not attached to a customer so detachment is impossible.")
    with world.changing(method, "payment_method.detached"):
        customer, method["customer"] = world.find("customer", method["customer"]), None
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        with world.changing(customer, "customer.updated"):
            customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": None}
    for row in world.all("subscription"):
        if row["default_payment_method"] == method["id"]:
            row["default_payment_method"] = None
    return method


@operation("GET /v1/payment_methods/{}")
def retrieve_method(call: Call) -> Object:
    return call.world.find("payment_method", call.id, status=404)


@operation("GET /v1/customers/{}/payment_methods/{}")
def retrieve_method_of_customer(call: Call) -> Object:
    method = call.world.find("payment_method", call.ids[1], status=404)
    belongs(method, call.id)
    return method


@operation("GET /v1/payment_methods", f"{PAGING} customer type")
def list_methods(call: Call) -> Object:
    return page(call, matching(call, call.world.all("payment_method"), "customer", "type"))


@operation("GET /v1/customers/{}/payment_methods", f"{PAGING} type")
def list_methods_of_customer(call: Call) -> Object:
    call.world.find("customer", call.id, status=404)
    kept = [row for row in call.world.all("payment_method") if row["customer"] == call.id]
    return page(call, matching(call, kept, "type"))


@operation(
    "POST /v1/setup_intents", "customer payment_method confirm usage metadata.* payment_method_types description"
)
def create_setup_intent(call: Call) -> Object:
    customer, method = call.get("customer"), None
    if customer:
        call.world.find("customer", customer, param="customer")
    if key := call.get("payment_method"):
        method = method_of(call.world, key)
    if not call.get("confirm") or method is None:
        raise unheeded("a setup intent that is not confirmed at once", "confirm")
    row = make_setup_intent(call.world, customer, method, merged({}, call.params.get("metadata")))
    if customer:
        _keep(call.world, method, customer)
    return row


def make_setup_intent(world: World, customer: str | None, method: Object, metadata: dict[str, str]) -> Object:
    """One that has succeeded."""
    row = world.add(
        "setup_intent",
        "seti",
        application=None,
        attach_to_self=False,
        automatic_payment_methods=None,
        cancellation_reason=None,
        client_secret=world.key("seti_secret"),
        customer=customer,
        customer_account=None,
        description=None,
        excluded_payment_method_types=None,
        flow_directions=None,
        last_setup_error=None,
        latest_attempt=None,
        mandate=None,
        metadata=metadata,
        next_action=None,
        on_behalf_of=None,
        payment_method=method["id"],
        payment_method_configuration_details=None,
        payment_method_options={},
        payment_method_types=["card"],
        single_use_mandate=None,
        status="succeeded",
        usage="off_session",
    )
    world.emit("setup_intent.created", row)
    world.emit("setup_intent.succeeded", row)
    return row


@operation("GET /v1/setup_intents/{}")
def retrieve_setup_intent(call: Call) -> Object:
    return call.world.find("setup_intent", call.id, status=404)
