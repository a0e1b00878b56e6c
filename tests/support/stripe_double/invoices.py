"""Invoices: drafts of a customer or a subscription, and what is done with them by a call."""

from support.stripe_double.cards import PAID, method_of
from support.stripe_double.collecting import attempt, error_of, finalize, mark_paid, method_for, no_method
from support.stripe_double.customers import belongs
from support.stripe_double.invoice_lines import add_up, empty_lines, line_of_item, waiting
from support.stripe_double.refusals import Refused, lacking, unheeded
from support.stripe_double.routes import CREATED, PAGING, Call, created, operation, page
from support.stripe_double.world import Object, World, merged

TAX = {"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None}
NONE_YET = (
    "account_tax_ids application automatically_finalizes_at custom_fields customer_account customer_shipping "
    "default_payment_method default_source description due_date effective_at ending_balance footer from_invoice "
    "hosted_invoice_url invoice_pdf last_finalization_error latest_revision next_payment_attempt number on_behalf_of "
    "parent receipt_number rendering shipping_cost shipping_details statement_descriptor test_clock "
    "webhooks_delivered_at"
)
NOTHING = (
    "amount_due amount_overpaid amount_paid amount_paid_off_stripe amount_remaining amount_shipping attempt_count "
    "post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance subtotal subtotal_excluding_tax "
    "total total_excluding_tax"
)
EMPTY = "customer_tax_ids default_tax_rates discounts total_discount_amounts total_pretax_credit_amounts total_taxes"


def make_draft(world: World, customer: Object, currency: str, reason: str, **values: object) -> Object:
    """Without lines. Nobody is told yet."""
    now = world.now()
    row = world.add("invoice", "in", **dict.fromkeys(NONE_YET.split()), **dict.fromkeys(NOTHING.split(), 0))
    row |= {name: [] for name in EMPTY.split()}
    row |= {
        "account_country": "DE",
        "account_name": "The double",
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": dict(TAX),
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "currency": currency,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_tax_exempt": customer["tax_exempt"],
        "issuer": {"type": "self"},
        "lines": empty_lines(row["id"]),
        "metadata": {},
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": now,
        "period_start": now,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    }
    row.update(values)
    return row


def parent_of(subscription: Object) -> Object:
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


FREE = "metadata.* description footer auto_advance default_payment_method"


@operation(
    "POST /v1/invoices", f"customer subscription currency collection_method pending_invoice_items_behavior {FREE}"
)
def create_invoice(call: Call) -> Object:
    world, subscription = call.world, None
    if not call.get("customer"):
        raise lacking("customer")
    customer = world.find("customer", call.get("customer"), param="customer")
    if key := call.get("subscription"):
        subscription = world.find("subscription", key, param="subscription")
        if subscription["customer"] != customer["id"]:
            raise Refused("The subscription does not belong to the customer.", param="subscription")
    if call.get("collection_method", "charge_automatically") != "charge_automatically":
        raise unheeded("invoices that are sent", "collection_method")
    currency = call.get("currency") or (subscription["currency"] if subscription else customer["currency"]) or "usd"
    row = make_draft(world, customer, currency, "manual", parent=parent_of(subscription) if subscription else None)
    _fill(call, row)
    if row["auto_advance"]:
        row["automatically_finalizes_at"] = world.now() + 3600
    if call.get("pending_invoice_items_behavior", "exclude") == "include":
        for item in waiting(world, customer["id"], subscription["id"] if subscription else None, currency):
            line_of_item(world, row, item)
    add_up(row)
    world.emit("invoice.created", row)
    return row


def _fill(call: Call, row: Object) -> None:
    for name in ("description", "footer", "auto_advance"):
        if call.given(name):
            row[name] = call.get(name)
    if key := call.get("default_payment_method"):
        belongs(call.world.find("payment_method", key, param="default_payment_method"), row["customer"])
        row["default_payment_method"] = key
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))


@operation("POST /v1/invoices/{}", FREE)
def update_invoice(call: Call) -> Object:
    row = call.world.find("invoice", call.id, status=404)
    kept = {"draft": set(), "open": {"description", "footer"}}.get(
        row["status"], {"description", "footer", "auto_advance"}
    )
    if wrong := kept & set(call.params):
        raise Refused(
            "Finalized invoices can't be updated in this way.", code="invoice_not_editable", param=wrong.pop()
        )
    with call.world.changing(row, "invoice.updated"):
        _fill(call, row)
        if row["status"] == "draft":
            row["automatically_finalizes_at"] = call.world.now() + 3600 if row["auto_advance"] else None
        elif not row["auto_advance"]:
            row["next_payment_attempt"] = None
    return row


def in_state(call: Call, states: set[str], sentence: str, code: str = "") -> Object:
    """:raises Refused: the invoice is in another state."""
    row = call.world.find("invoice", call.id, param="invoice", status=404)
    if row["status"] not in states:
        raise Refused(sentence.format(row["status"]), code=code)
    return row


@operation("POST /v1/invoices/{}/finalize", "auto_advance")
def finalize_invoice(call: Call) -> Object:
    row = in_state(call, {"draft"}, "This invoice is already finalized, you can't re-finalize it.")
    if call.given("auto_advance"):
        row["auto_advance"] = call.params["auto_advance"]
    finalize(call.world, row)
    return row


@operation("POST /v1/invoices/{}/pay", "payment_method off_session paid_out_of_band")
def pay_invoice(call: Call) -> Object:
    if call.world.find("invoice", call.id, param="invoice", status=404)["status"] == "paid":
        raise Refused("Invoice is already paid", code="invoice_already_paid")
    row = in_state(
        call, {"open", "uncollectible"}, "You can only pay an open invoice. This one is {}.", "invoice_not_open"
    )
    if call.get("paid_out_of_band"):
        mark_paid(call.world, row, out_of_band=True)
        return row
    key = call.get("payment_method")
    method = method_of(call.world, key) if key else method_for(call.world, row)
    if method is None:
        raise no_method()
    if method["customer"] is not None:
        belongs(method, row["customer"])
    said = attempt(call.world, row, method, there=not call.get("off_session", True))
    if said != PAID:
        raise error_of(call.world, row, said)
    return row


@operation("POST /v1/invoices/{}/void")
def void_invoice(call: Call) -> Object:
    row = in_state(
        call, {"open", "uncollectible"}, "You can only pass in open or uncollectible invoices. This one is {}."
    )
    void(call.world, row)
    return row


def void(world: World, row: Object) -> None:
    customer = world.ids[row["customer"]]
    with world.changing(row, "invoice.updated"):
        row |= {"status": "void", "next_payment_attempt": None, "auto_advance": False, "amount_remaining": 0}
        row["status_transitions"] = row["status_transitions"] | {"voided_at": world.now()}
        if intent := world.ids.get(row.get("_intent", "")):
            intent |= {"status": "canceled", "canceled_at": world.now(), "cancellation_reason": "void_invoice"}
            world.emit("payment_intent.canceled", intent)
    with world.changing(customer, "customer.updated"):
        customer["balance"] += row["starting_balance"] - (row["ending_balance"] or 0)
    world.emit("invoice.voided", row)


@operation("POST /v1/invoices/{}/mark_uncollectible")
def mark_uncollectible(call: Call) -> Object:
    row = in_state(call, {"open"}, "You can only mark an open invoice as uncollectible. This one is {}.")
    with call.world.changing(row, "invoice.updated"):
        row |= {"status": "uncollectible", "next_payment_attempt": None, "auto_advance": False}
        marked = {"marked_uncollectible_at": call.world.now()}
        row["status_transitions"] = row["status_transitions"] | marked
    call.world.emit("invoice.marked_uncollectible", row)
    return row


@operation("DELETE /v1/invoices/{}")
def delete_invoice(call: Call) -> Object:
    row = in_state(call, {"draft"}, "You can only delete draft invoices. To void an invoice, use the void endpoint.")
    if row["billing_reason"] != "manual":
        raise Refused("You can only delete one-off invoices that are drafts; invoices of subscriptions are voided.")
    for item in call.world.all("invoiceitem"):
        if item.get("invoice") == row["id"]:
            call.world.forget(item)
    call.world.emit("invoice.deleted", row)
    return call.world.forget(row)


@operation("GET /v1/invoices/{}")
def retrieve_invoice(call: Call) -> Object:
    return call.world.find("invoice", call.id, param="invoice", status=404)


@operation("GET /v1/invoices", f"{PAGING} customer status subscription {CREATED}")
def list_invoices(call: Call) -> Object:
    rows = [row for row in call.world.all("invoice") if not row.get("deleted")]
    asked = {"customer": call.get("customer"), "status": call.get("status"), "subscription": call.get("subscription")}

    def wanted(row: Object) -> bool:
        details = (row["parent"] or {}).get("subscription_details") or {}
        found = {"customer": row["customer"], "status": row["status"], "subscription": details.get("subscription")}
        return all(value in (None, found[name]) for name, value in asked.items())

    return page(call, created(call, [row for row in rows if wanted(row)]))


@operation("GET /v1/invoice_payments", f"{PAGING} invoice status payment.type payment.payment_intent")
def list_payments(call: Call) -> Object:
    rows = call.world.all("invoice_payment")
    for name in ("invoice", "status"):
        rows = [row for row in rows if call.get(name) in (None, row[name])]
    intent = call.get("payment.payment_intent")
    return page(call, [row for row in rows if intent in (None, row["payment"]["payment_intent"])])
