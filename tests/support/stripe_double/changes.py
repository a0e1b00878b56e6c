"""Changes of a running subscription. Stripe reckons no proration: what a change costs stands on items of ours."""

from typing import Any

from support.stripe_double.cards import ASKS, PAID
from support.stripe_double.catalogue import interval_of, under
from support.stripe_double.collecting import attempt, error_of, finalize, method_for
from support.stripe_double.periods import end_of_period
from support.stripe_double.refusals import Refused, unheeded, unwanted
from support.stripe_double.routes import PAGING, Call, operation, page
from support.stripe_double.subscription_items import CHANGED, RECURRING, period_of, put_items, wanted_items
from support.stripe_double.subscriptions import PAYMENT, fill, invoice_of, running
from support.stripe_double.world import Object, World

ENDING = "cancel_at cancel_at_period_end cancellation_details.comment cancellation_details.feedback"


@operation(
    "POST /v1/subscriptions/{}",
    f"description metadata.* {CHANGED} {PAYMENT} {ENDING} billing_cycle_anchor pause_collection "
    "pause_collection.behavior pause_collection.resumes_at",
)
def update_subscription(call: Call) -> Object:
    world, row = call.world, running(call)
    _managed(call, row)
    wanted = wanted_items(call, row)
    anchored = call.get("billing_cycle_anchor") == "now"
    if wanted or anchored:
        not_prorated(call)
    if call.get("payment_behavior") == "pending_if_incomplete":
        raise unheeded("updates that wait for their payment", "payment_behavior")
    invoice = None
    with world.changing(row, "customer.subscription.updated"):
        before = interval_of(row["items"]["data"][0]["price"])
        put_items(world, row, wanted)
        fill(call, row)
        _ending(call, row)
        _pausing(call, row)
        if anchored or interval_of(row["items"]["data"][0]["price"]) != before:
            invoice = begin_anew(world, row)
    if invoice is not None:
        _collect(call, row, invoice)
    return row


def not_prorated(call: Call) -> None:
    if call.get("proration_behavior") != "none":
        raise unwanted("items change with proration_behavior=none only", "proration_behavior")


def _managed(call: Call, row: Object) -> None:
    """:raises Refused: a schedule says when it ends."""
    if row["schedule"] and {"cancel_at", "cancel_at_period_end"} & set(call.params):
        raise Refused(
            f"The subscription is managed by the subscription schedule `{row['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead.",
            param="cancel_at_period_end",
        )
    if call.given("cancel_at") and call.given("cancel_at_period_end"):
        raise Refused(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.", param="cancel_at"
        )


def _ending(call: Call, row: Object) -> None:
    now = call.world.now()
    if call.given("cancel_at"):
        at = call.get("cancel_at")
        if not isinstance(at, int | None):
            raise unheeded("a named end", "cancel_at")
        row |= {"cancel_at": at, "canceled_at": now if at else None, "cancel_at_period_end": False}
    if call.given("cancel_at_period_end"):
        ends = call.params["cancel_at_period_end"]
        row |= {"cancel_at_period_end": ends, "cancel_at": period_of(row)[1] if ends else None}
        row["canceled_at"] = now if ends else None
    if row["cancel_at"] is not None or "cancellation_details" in call.params:
        said = {name: one or None for name, one in (call.get("cancellation_details") or {}).items()}
        row["cancellation_details"] = row["cancellation_details"] | said
    row["cancellation_details"] = row["cancellation_details"] | {
        "reason": "cancellation_requested" if row["cancel_at"] is not None else None
    }


def _pausing(call: Call, row: Object) -> None:
    if not call.given("pause_collection"):
        return
    paused = call.get("pause_collection")
    if paused and paused["behavior"] != "keep_as_draft":
        raise unheeded("this pause", "pause_collection[behavior]")
    row["pause_collection"] = {"behavior": "keep_as_draft", "resumes_at": paused.get("resumes_at")} if paused else None


def begin_anew(world: World, row: Object) -> Object:
    """The period begins now, and is charged at once: a draft."""
    now = world.now()
    ends = end_of_period(now, now, *interval_of(row["items"]["data"][0]["price"]))
    row["billing_cycle_anchor"] = now
    for item in row["items"]["data"]:
        item |= {"current_period_start": now, "current_period_end": ends}
    return invoice_of(world, row, "subscription_update", now, ends)


def _collect(call: Call, row: Object, invoice: Object) -> None:
    world, behavior = call.world, call.get("payment_behavior", "allow_incomplete")
    if row["pause_collection"]:
        return
    finalize(world, invoice)
    if invoice["status"] == "paid" or behavior == "default_incomplete":
        return
    invoice["auto_advance"] = True
    method = method_for(world, invoice)
    said = attempt(world, invoice, method, there=not call.get("off_session")) if method else "no_method"
    if said != PAID and behavior == "error_if_incomplete":
        refused = error_of(world, invoice, "authentication_required" if said == ASKS else said)
        refused.undo = True
        raise refused


@operation("GET /v1/subscription_items", f"{PAGING} subscription")
def list_items(call: Call) -> Object:
    row = call.world.find("subscription", call.get("subscription"), param="subscription")
    return page(call, list(reversed(row["items"]["data"])))


@operation("GET /v1/subscription_items/{}")
def retrieve_item(call: Call) -> Object:
    return call.world.find("subscription_item", call.id, status=404)


ITEM = f"price quantity metadata.* proration_behavior {under('price_data', RECURRING)}"


def _change_item(call: Call, values: dict[str, Any], subscription: str) -> Object:
    world = call.world
    not_prorated(call)
    row = running(Call(world, {}, (subscription,)))
    given = {
        name: value for name, value in call.params.items() if name in {"price", "price_data", "quantity", "metadata"}
    }
    wanted = wanted_items(Call(world, {"items": [{**given, **values}]}), row)
    with world.changing(row, "customer.subscription.updated"):
        before = interval_of(row["items"]["data"][0]["price"])
        put_items(world, row, wanted)
        if interval_of(row["items"]["data"][0]["price"]) != before:
            raise unheeded("another interval by the item", "price")
    return row


@operation("POST /v1/subscription_items", f"subscription {ITEM}")
def create_item(call: Call) -> Object:
    return _change_item(call, {}, call.get("subscription"))["items"]["data"][-1]


@operation("POST /v1/subscription_items/{}", ITEM)
def update_item(call: Call) -> Object:
    item = call.world.find("subscription_item", call.id, status=404)
    _change_item(call, {"id": item["id"]}, item["subscription"])
    return item


@operation("DELETE /v1/subscription_items/{}", "proration_behavior")
def delete_item(call: Call) -> Object:
    item = call.world.find("subscription_item", call.id, status=404)
    _change_item(call, {"id": item["id"], "deleted": True}, item["subscription"])
    return item
