"""Checkout sessions, and what the page behind one does."""

from typing import Any

from support.stripe_double.cards import CARDS, PAID, attach, make_method
from support.stripe_double.catalogue import INLINE, amount_of, under
from support.stripe_double.checkout_rules import HOUR, check, lines_of, until
from support.stripe_double.customers import make_customer, make_setup_intent
from support.stripe_double.invoice_lines import pricing_of
from support.stripe_double.payments import confirm, make_intent
from support.stripe_double.refusals import Refused
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.subscriptions import make_subscription, start
from support.stripe_double.world import Object, World, listed, merged

LINES = f"line_items.price line_items.quantity {under('line_items.price_data', INLINE)} " + under(
    "line_items.price_data.product_data", "name description metadata.* unit_label"
)
# Nothing is behind them here: words and looks of a page, and what is asked on it.
LOOKS = (
    "locale submit_type billing_address_collection customer_update.address customer_update.name "
    "customer_update.shipping payment_method_types payment_method_collection custom_text.* automatic_tax.enabled "
    "allow_promotion_codes ui_mode tax_id_collection.enabled saved_payment_method_options.* "
    "phone_number_collection.enabled adaptive_pricing.enabled"
)
NONE_YET = (
    "adaptive_pricing after_expiration allow_promotion_codes amount_subtotal amount_total billing_address_collection "
    "cancel_url client_reference_id client_secret collected_information consent consent_collection "
    "currency currency_conversion customer customer_account customer_creation customer_details customer_email "
    "discounts integration_identifier invoice invoice_creation locale managed_payments origin_context "
    "payment_intent payment_link "
    "payment_method_collection payment_method_configuration_details payment_method_options permissions "
    "recovered_from saved_payment_method_options setup_intent shipping_address_collection "
    "shipping_cost shipping_details submit_type subscription success_url total_details wallet_options"
)


@operation(
    "POST /v1/checkout/sessions",
    "mode customer customer_email customer_creation client_reference_id success_url cancel_url metadata.* currency "
    f"expires_at {LINES} {LOOKS} subscription_data.metadata.* subscription_data.description "
    "subscription_data.proration_behavior subscription_data.billing_mode.type subscription_data.billing_cycle_anchor "
    "payment_intent_data.metadata.* "
    "payment_intent_data.description payment_intent_data.setup_future_usage setup_intent_data.metadata.* "
    "setup_intent_data.description",
)
def create_session(call: Call) -> Object:
    check(call)
    lines = lines_of(call)
    mode, later = call.get("mode"), call.get("subscription_data.billing_cycle_anchor")
    total = 0 if later else sum(amount_of(line["price"], line["quantity"]) for line in lines)
    row = call.world.add("checkout.session", "cs_test", **dict.fromkeys(NONE_YET.split()))
    row |= {
        name: call.get(name)
        for name in ("client_reference_id", "success_url", "cancel_url", "customer_email", "customer_creation")
    }
    row |= {
        "_asked": {
            key: call.get(key) or {} for key in ("subscription_data", "payment_intent_data", "setup_intent_data")
        },
        "_lines": lines,
        "amount_subtotal": None if mode == "setup" else total,
        "amount_total": None if mode == "setup" else total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "currency": lines[0]["price"]["currency"] if lines else call.get("currency"),
        "customer": call.get("customer"),
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "expires_at": call.get("expires_at", call.world.now() + 24 * HOUR),
        "_until": until(call),
        "metadata": merged({}, call.params.get("metadata")),
        "mode": mode,
        "payment_method_types": ["card"],
        "payment_status": "unpaid" if total else "no_payment_required",
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
        "url": f"{call.world.base}/checkout/{row['id']}",
    }
    row["+line_items"] = listed(
        [_item(call.world, line, later) for line in lines], f"/v1/checkout/sessions/{row['id']}/line_items"
    )
    return row


def _item(world: World, line: dict[str, Any], later: int | None) -> Object:
    price, amount = line["price"], 0 if later else amount_of(line["price"], line["quantity"])
    item = world.add("item", "li", adjustable_quantity=None, amount_discount=0, amount_subtotal=amount, amount_tax=0)
    item |= {"amount_total": amount, "currency": price["currency"], "price": price, "quantity": line["quantity"]}
    item |= {"description": world.ids[price["product"]]["name"], "metadata": {}}
    del item["created"], item["livemode"]
    return item


@operation("GET /v1/checkout/sessions/{}")
def retrieve_session(call: Call) -> Object:
    return call.world.find("checkout.session", call.id, status=404)


@operation("POST /v1/checkout/sessions/{}", "metadata.*")
def update_session(call: Call) -> Object:
    row = call.world.find("checkout.session", call.id, status=404)
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    return row


@operation("GET /v1/checkout/sessions/{}/line_items", PAGING)
def list_session_items(call: Call) -> Object:
    row = call.world.find("checkout.session", call.id, status=404)
    return page(call, list(reversed(row["+line_items"]["data"])))


@operation("GET /v1/checkout/sessions", f"{PAGING} customer payment_intent status subscription")
def list_sessions(call: Call) -> Object:
    rows = call.world.all("checkout.session")
    return page(call, matching(call, rows, "customer", "payment_intent", "status", "subscription"))


@operation("POST /v1/checkout/sessions/{}/expire")
def expire_session(call: Call) -> Object:
    row = call.world.find("checkout.session", call.id, status=404)
    if row["status"] != "open":
        raise Refused(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{row['status']}`."
        )
    expire(call.world, row)
    return row


def expire(world: World, row: Object) -> None:
    row |= {"status": "expired", "url": None}
    world.emit("checkout.session.expired", row)


def pay(world: World, row: Object, card: str, *, agreed: bool = False) -> str:
    """What the page's owner does with that card: "paid", "asks", or the code of a decline (then the page stays)."""
    if row["mode"] == "setup":
        return _set_up(world, row, card, agreed=agreed)
    # The payment is looked at before anything is made: Checkout makes a subscription only of what was paid.
    said = PAID if agreed else world.coming.pop(0) if world.coming else CARDS[card].on_page
    if said != PAID:
        return said
    customer, method = _customer(world, row), make_method(world, card)
    if row["mode"] == "subscription" and customer:
        attach(world, method, customer["id"])
        _subscribe(world, row, customer, method)
    else:
        _charge(world, row, customer, method)
    _complete(world, row, customer)
    return PAID


def _customer(world: World, row: Object) -> Object | None:
    """The session's; or a new one, where a session of this mode makes one."""
    if row["customer"]:
        return world.ids[row["customer"]]
    kept = row["_asked"]["payment_intent_data"].get("setup_future_usage")
    if row["mode"] != "subscription" and row["customer_creation"] != "always" and not kept:
        return None
    customer = make_customer(world, email=row["customer_email"] or "somebody@example.com", name="Somebody")
    world.emit("customer.created", customer)
    row["customer"] = customer["id"]
    return customer


def _subscribe(world: World, row: Object, customer: Object, method: Object) -> None:
    asked = row["_asked"]["subscription_data"]
    lines = [line for line in row["_lines"] if line["price"]["type"] == "recurring"]
    items = [{"id": None, "deleted": False, "metadata": None, **line} for line in lines]
    subscription = make_subscription(
        world,
        customer,
        items,
        billing_cycle_anchor=asked.get("billing_cycle_anchor"),
        default_payment_method=method["id"],
        description=asked.get("description"),
        metadata=merged({}, asked.get("metadata")),
    )
    once = [line for line in row["_lines"] if line["price"]["type"] == "one_time"]
    _wait(world, customer, subscription["id"], once)
    start(world, subscription, method, behavior="agreed", there=True)
    row |= {"subscription": subscription["id"], "invoice": subscription["latest_invoice"]}


def _wait(world: World, customer: Object, subscription: str | None, lines: list[dict[str, Any]]) -> list[Object]:
    """Lines that are charged once, as items that the next invoice takes."""
    now = world.now()
    return [
        world.add(
            "invoiceitem",
            "ii",
            _subscription=subscription,
            amount=amount_of(line["price"], line["quantity"]),
            currency=line["price"]["currency"],
            customer=customer["id"],
            customer_account=None,
            date=now,
            description=world.ids[line["price"]["product"]]["name"],
            discountable=True,
            discounts=[],
            invoice=None,
            metadata={},
            net_amount=amount_of(line["price"], line["quantity"]),
            parent=None,
            period={"start": now, "end": now},
            pricing=pricing_of(line["price"]),
            proration=False,
            quantity=line["quantity"],
            quantity_decimal=str(line["quantity"]),
            tax_rates=[],
            test_clock=None,
        )
        for line in lines
    ]


def _charge(world: World, row: Object, customer: Object | None, method: Object) -> None:
    asked = row["_asked"]["payment_intent_data"]
    intent = make_intent(
        world,
        row["amount_total"],
        row["currency"],
        customer["id"] if customer else None,
        description=asked.get("description"),
        metadata=merged({}, asked.get("metadata")),
        setup_future_usage=asked.get("setup_future_usage"),
    )
    confirm(world, intent, method, there=True, agreed=True)
    row["payment_intent"] = intent["id"]


def _set_up(world: World, row: Object, card: str, *, agreed: bool) -> str:
    said = PAID if agreed else world.coming.pop(0) if world.coming else CARDS[card].on_page
    if said != PAID:
        return said
    customer, method = _customer(world, row), make_method(world, card)
    if customer:
        attach(world, method, customer["id"])
    metadata = merged({}, row["_asked"]["setup_intent_data"].get("metadata"))
    row["setup_intent"] = make_setup_intent(world, customer["id"] if customer else None, method, metadata)["id"]
    _complete(world, row, customer)
    return PAID


def _complete(world: World, row: Object, customer: Object | None) -> None:
    row |= {"status": "complete", "url": None}
    row["payment_status"] = "paid" if row["amount_total"] else "no_payment_required"
    row["customer_details"] = {
        "address": customer["address"] if customer else None,
        "business_name": None,
        "email": customer["email"] if customer else row["customer_email"] or "somebody@example.com",
        "individual_name": None,
        "name": customer["name"] if customer else "Somebody",
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    world.emit("checkout.session.completed", row)
