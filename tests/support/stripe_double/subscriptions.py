"""Subscriptions: what they hold, what a period of them costs, and when they end. Prorations are never Stripe's."""

from typing import Any

from support.stripe_double.cards import ASKS, PAID, method_of
from support.stripe_double.catalogue import amount_of, interval_of
from support.stripe_double.collecting import attempt, error_of, finalize, method_for, no_method
from support.stripe_double.customers import belongs
from support.stripe_double.invoice_lines import add_up, line_of_item, line_of_subscription, waiting
from support.stripe_double.invoices import TAX, make_draft, parent_of
from support.stripe_double.periods import end_of_period
from support.stripe_double.refusals import Refused, lacking, unwanted
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.subscription_items import WANTED, add_items, common_interval, period_of, wanted_items
from support.stripe_double.world import Object, World, listed, merged

ENDED = {"canceled", "incomplete_expired"}
PAYMENT = (
    "payment_settings.save_default_payment_method payment_settings.payment_method_types default_payment_method "
    "off_session payment_behavior proration_behavior collection_method"
)
NONE_YET = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at "
    "customer_account days_until_due default_payment_method default_source description ended_at latest_invoice "
    "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval "
    "pending_setup_intent pending_update schedule test_clock transfer_data trial_end trial_start"
)


def make_subscription(world: World, customer: Object, items: list[dict[str, Any]], **values: object) -> Object:
    """Without an invoice; `items` as `wanted_items` checked them. Nobody is told yet."""
    now = world.now()
    row = world.add("subscription", "sub", **dict.fromkeys(NONE_YET.split()))
    currency = items[0]["price"]["currency"]
    row |= {
        "automatic_tax": {name: TAX[name] for name in ("disabled_reason", "enabled", "liability")},
        "billing_cycle_anchor": None,
        "billing_schedules": [],
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "currency": currency,
        "customer": customer["id"],
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listed([], f"/v1/subscription_items?subscription={row['id']}"),
        "metadata": {},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": now,
        "status": "incomplete",
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }
    row.update(values)
    row["billing_cycle_anchor"] = anchor = row["billing_cycle_anchor"] or now
    first = anchor if anchor > now else end_of_period(now, now, *common_interval(items))
    add_items(world, row, items, now, first)
    customer["currency"] = customer["currency"] or currency
    return row


def anchored(world: World, items: list[dict[str, Any]], anchor: int | None, proration: str | None, param: str) -> None:
    """:raises Refused: the anchor is past, later than the first period could end, or its period would be prorated"""
    if anchor is None:
        return
    now = world.now()
    latest = end_of_period(now, now, *common_interval(items))
    if anchor <= now:
        raise Refused("billing_cycle_anchor must be a timestamp in the future.", param=param)
    if anchor > latest:
        raise Refused(
            f"billing_cycle_anchor cannot be later than next natural billing date ({latest}) for plan.", param=param
        )
    if proration != "none":
        raise unwanted("what comes before the anchor is not prorated by Stripe", "proration_behavior")


def invoice_of(world: World, row: Object, reason: str, start: int, end: int) -> Object:
    """A draft with the lines of one period, and whatever waited for the next invoice."""
    customer = world.ids[row["customer"]]
    invoice = make_draft(world, customer, row["currency"], reason, parent=parent_of(row))
    invoice |= {
        "period_start": start if reason != "subscription_cycle" else row.get("_began", start),
        "period_end": start,
    }
    for item in waiting(world, row["customer"], row["id"], row["currency"]):
        line_of_item(world, invoice, item)
    for item in row["items"]["data"]:
        line_of_subscription(world, invoice, item, start, end)
    add_up(invoice)
    world.emit("invoice.created", invoice)
    row["latest_invoice"] = invoice["id"]
    return invoice


def start(
    world: World, row: Object, method: Object | None, *, behavior: str, there: bool, on_page: bool = False
) -> str:
    """ "paid", "asks", "open", or the code of a decline. `behavior` "agreed": its owner has confirmed."""
    begun, ends = period_of(row)
    if row["billing_cycle_anchor"] > begun:
        # Free until the anchor: no invoice is made, not even of nothing.
        row["status"] = "active"
        world.emit("customer.subscription.created", row)
        return PAID
    invoice = invoice_of(world, row, "subscription_create", begun, ends)
    invoice["auto_advance"] = True
    world.emit("customer.subscription.created", row)
    finalize(world, invoice)
    invoice["next_payment_attempt"] = None
    if invoice["status"] == "paid":
        return PAID
    if behavior == "default_incomplete" or method is None:
        return "open"
    return attempt(world, invoice, method, there=there, on_page=on_page, agreed=behavior == "agreed")


@operation(
    "POST /v1/subscriptions",
    f"customer description metadata.* {WANTED} {PAYMENT} billing_cycle_anchor "
    "billing_mode.type billing_mode.flexible.proration_discounts",
)
def create_subscription(call: Call) -> Object:
    world = call.world
    if not call.get("customer"):
        raise lacking("customer")
    customer = world.find("customer", call.get("customer"), param="customer")
    items = wanted_items(call, None)
    anchor = call.get("billing_cycle_anchor")
    anchored(world, items, anchor, call.get("proration_behavior"), "billing_cycle_anchor")
    row = make_subscription(world, customer, items, billing_cycle_anchor=anchor)
    fill(call, row)
    behavior = call.get("payment_behavior", "allow_incomplete")
    method = method_for(world, {"parent": parent_of(row), "customer": customer["id"], "default_payment_method": None})
    due = 0 if anchor else sum(amount_of(item["price"], item["quantity"]) for item in items)
    if method is None and due and behavior != "default_incomplete":
        raise no_method()
    said = start(world, row, method, behavior=behavior, there=not call.get("off_session"))
    if behavior == "error_if_incomplete" and said not in {PAID, "open"}:
        refused = error_of(world, world.ids[row["latest_invoice"]], "authentication_required" if said == ASKS else said)
        refused.undo = True
        raise refused
    return row


def fill(call: Call, row: Object) -> None:
    """What creating and updating have in common."""
    if key := call.get("default_payment_method"):
        belongs(method_of(call.world, key), row["customer"])
        row["default_payment_method"] = key
    if call.given("description"):
        row["description"] = call.get("description")
    if save := call.get("payment_settings.save_default_payment_method"):
        row["payment_settings"] = row["payment_settings"] | {"save_default_payment_method": save}
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))


@operation("GET /v1/subscriptions/{}")
def retrieve_subscription(call: Call) -> Object:
    return call.world.find("subscription", call.id, status=404)


@operation("GET /v1/subscriptions", f"{PAGING} customer status price")
def list_subscriptions(call: Call) -> Object:
    rows = matching(call, call.world.all("subscription"), "customer")
    status = call.get("status")
    if status is None:
        rows = [row for row in rows if row["status"] not in ENDED]
    elif status == "ended":
        rows = [row for row in rows if row["status"] in ENDED]
    elif status != "all":
        rows = [row for row in rows if row["status"] == status]
    if price := call.get("price"):
        rows = [row for row in rows if any(item["price"]["id"] == price for item in row["items"]["data"])]
    return page(call, rows)


@operation(
    "DELETE /v1/subscriptions/{}", "invoice_now prorate cancellation_details.comment cancellation_details.feedback"
)
def cancel_subscription(call: Call) -> Object:
    row = running(call)
    if call.get("prorate") or call.get("invoice_now"):
        raise Refused("Not in this house: prorations are reckoned by us.", fault="house", param="prorate")
    details = row["cancellation_details"] | (call.get("cancellation_details") or {})
    row["cancellation_details"] = details | {"reason": "cancellation_requested"}
    end(call.world, row)
    return row


def running(call: Call) -> Object:
    """:raises Refused: nothing is there, or it has ended."""
    row = call.world.find("subscription", call.id, status=404)
    if row["status"] in ENDED:
        raise Refused(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="resource_missing",
            param="id",
        )
    return row


def end(world: World, row: Object, *, status: str = "canceled") -> None:
    now = world.now()
    row |= {"status": status, "ended_at": now, "canceled_at": row["canceled_at"] or now}
    if schedule := world.ids.get(row["schedule"] or ""):
        schedule |= {"status": "canceled", "canceled_at": now, "current_phase": None}
        world.emit("subscription_schedule.canceled", schedule)
    for invoice in world.all("invoice"):
        # What waits to be finalized by itself waits for ever; what is open stays open, and is not tried again.
        if (
            not invoice.get("deleted")
            and (invoice["parent"] or {}).get("subscription_details", {}).get("subscription") == row["id"]
        ):
            invoice |= {"auto_advance": False, "next_payment_attempt": None, "automatically_finalizes_at": None}
    world.emit("customer.subscription.deleted", row)


def renew(world: World, row: Object) -> None:
    """The next period begins; its invoice is a draft for an hour."""
    start_, end_ = period_of(row)
    interval = interval_of(row["items"]["data"][0]["price"])
    row["_began"] = start_
    with world.changing(row, "customer.subscription.updated"):
        until = end_of_period(end_, row["billing_cycle_anchor"], *interval)
        for item in row["items"]["data"]:
            item |= {"current_period_start": end_, "current_period_end": until}
        invoice = invoice_of(world, row, "subscription_cycle", end_, until)
    held = (row["pause_collection"] or {}).get("behavior") == "keep_as_draft"
    invoice["auto_advance"] = not held
    invoice["automatically_finalizes_at"] = None if held else world.now() + 3600
