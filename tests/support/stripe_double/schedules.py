"""Subscription schedules: what a running subscription becomes at the end of a phase."""

from typing import Any

from support.stripe_double.catalogue import interval_of, under
from support.stripe_double.periods import after
from support.stripe_double.refusals import Refused, lacking, unheeded, unwanted
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.subscription_items import RECURRING, common_interval, period_of, put_items, wanted_items
from support.stripe_double.subscriptions import ENDED, end
from support.stripe_double.world import Object, World, merged

OVER = {"released", "canceled", "completed"}
PHASE = (
    "start_date end_date duration.interval duration.interval_count proration_behavior metadata.* description "
    f"items.price items.quantity items.metadata.* {under('items.price_data', RECURRING)}"
)
DEFAULTS = {
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_cycle_anchor": "automatic",
    "billing_thresholds": None,
    "collection_method": "charge_automatically",
    "default_payment_method": None,
    "description": None,
    "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
    "on_behalf_of": None,
    "transfer_data": None,
}


def _phase(row: Object, items: list[dict[str, Any]], start: int, ends: int, given: dict[str, Any]) -> Object:
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": row["currency"],
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": given.get("description"),
        "discounts": [],
        "end_date": ends,
        "invoice_settings": None,
        "items": [
            {
                "billing_thresholds": None,
                "discounts": [],
                "metadata": merged({}, item["metadata"]),
                "price": item["price"]["id"],
                "quantity": item["quantity"],
                "tax_rates": [],
            }
            for item in items
        ],
        "metadata": merged({}, given.get("metadata")),
        "on_behalf_of": None,
        "proration_behavior": given.get("proration_behavior", "create_prorations"),
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
    }


ALONE = ("customer", "phases", "start_date", "end_behavior", "default_settings")


@operation(
    "POST /v1/subscription_schedules",
    "from_subscription metadata.* customer phases.* start_date end_behavior default_settings.*",
)
def create_schedule(call: Call) -> Object:
    world = call.world
    key = call.get("from_subscription")
    if key is None:
        raise unheeded("schedules that begin a subscription", "from_subscription")
    if wrong := [name for name in ALONE if call.given(name)]:
        raise Refused(f"You cannot set `{wrong[0]}` if `from_subscription` is set.", param=wrong[0])
    row = world.find("subscription", key, param="from_subscription")
    if row["status"] in ENDED:
        raise Refused("You cannot migrate a subscription that is already canceled.", param="from_subscription")
    if row["schedule"]:
        raise Refused(
            f"You cannot migrate a subscription that is already attached to a schedule: `{row['schedule']}`.",
            param="from_subscription",
        )
    start, ends = period_of(row)
    schedule = world.add(
        "subscription_schedule",
        "sub_sched",
        application=None,
        billing_mode=dict(row["billing_mode"]),
        canceled_at=None,
        completed_at=None,
        current_phase={"start_date": start, "end_date": ends},
        customer=row["customer"],
        customer_account=None,
        default_settings=dict(DEFAULTS),
        end_behavior="cancel" if row["cancel_at_period_end"] else "release",
        metadata=merged({}, call.params.get("metadata")),
        phases=[_phase(row, row["items"]["data"], start, ends, {})],
        released_at=None,
        released_subscription=None,
        status="active",
        subscription=row["id"],
        test_clock=None,
    )
    with world.changing(row, "customer.subscription.updated"):
        row["schedule"] = schedule["id"]
    world.emit("subscription_schedule.created", schedule)
    return schedule


def _active(call: Call) -> Object:
    row = call.world.find("subscription_schedule", call.id, status=404)
    if row["status"] in OVER:
        what = "updated, released or canceled"
        raise Refused(
            f"This subscription schedule cannot be {what} because it is currently in the `{row['status']}` status."
        )
    return row


@operation("POST /v1/subscription_schedules/{}", f"end_behavior metadata.* proration_behavior {under('phases', PHASE)}")
def update_schedule(call: Call) -> Object:
    world, row = call.world, _active(call)
    phases = _phases(call, row) if call.given("phases") else row["phases"]
    with world.changing(row, "subscription_schedule.updated"):
        row["phases"] = phases
        row["current_phase"] = {name: phases[0][name] for name in ("start_date", "end_date")}
        row["end_behavior"] = call.get("end_behavior", row["end_behavior"])
        row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    return row


def _phases(call: Call, row: Object) -> list[Object]:
    world, subscription = call.world, call.world.ids[row["subscription"]]
    given, phases = call.params["phases"], []
    start = given[0].get("start_date")
    if start is None:
        raise Refused(
            "The subscription schedule update is missing at least one phase with a `start_date` to anchor end "
            "dates to.",
            param="phases[0][start_date]",
        )
    if start != row["current_phase"]["start_date"]:
        raise Refused("You can not modify the start date of the current phase.", param="phases[0][start_date]")
    for place, one in enumerate(given):
        param = f"phases[{place}]"
        if one.get("start_date", start) != start:
            raise Refused(
                "The start date of a phase must be the end date of the one before.", param=f"{param}[start_date]"
            )
        if not one.get("items"):
            raise lacking(f"{param}[items]")
        items = wanted_items(Call(world, {"items": one["items"]}), None)
        interval = common_interval(items)
        ends = _end(one, start, interval, param, last=place == len(given) - 1)
        if place and one.get("proration_behavior") != "none":
            raise unwanted("phases begin with proration_behavior=none only", f"{param}[proration_behavior]")
        phases.append(_phase(subscription, items, start, ends, one))
        start = ends
    _fits(call, subscription, phases)
    return phases


def _end(one: dict[str, Any], start: int, interval: tuple[str, int], param: str, *, last: bool) -> int:
    if one.get("end_date") is not None and one.get("duration"):
        raise Refused("You may only specify one of these parameters: end_date, duration.", param=param)
    if (ends := one.get("end_date")) is not None:
        if ends == "now" or ends <= start:
            raise Refused("The end date of a phase must be after its start date.", param=f"{param}[end_date]")
        return int(ends)
    if lasting := one.get("duration"):
        return after(start, lasting["interval"], lasting.get("interval_count", 1))
    if not last:
        raise lacking(f"{param}[end_date]")
    return after(start, *interval)


def _fits(call: Call, subscription: Object, phases: list[Object]) -> None:
    """The running phase is what runs; the next begins where a period ends."""
    held = {(item["price"]["id"], item["quantity"]) for item in subscription["items"]["data"]}
    if {(item["price"], item["quantity"]) for item in phases[0]["items"]} != held:
        raise unheeded("changes of the running phase", "phases[0][items]")
    if phases[0]["end_date"] != period_of(subscription)[1] and len(phases) > 1:
        raise unheeded("phases that begin within a period", "phases[0][end_date]")


@operation("POST /v1/subscription_schedules/{}/release", "preserve_cancel_date")
def release_schedule(call: Call) -> Object:
    row = _active(call)
    release(call.world, row)
    return row


def release(world: World, row: Object) -> None:
    """The subscription goes on as it is."""
    subscription = world.ids[row["subscription"]]
    row |= {"status": "released", "released_at": world.now(), "released_subscription": row["subscription"]}
    row |= {"subscription": None, "current_phase": None}
    with world.changing(subscription, "customer.subscription.updated"):
        subscription["schedule"] = None
    world.emit("subscription_schedule.released", row)


@operation("POST /v1/subscription_schedules/{}/cancel", "invoice_now prorate")
def cancel_schedule(call: Call) -> Object:
    row = _active(call)
    if call.params.get("prorate") is not False or call.params.get("invoice_now") is not False:
        raise unwanted("prorations are reckoned by us", "prorate")
    end(call.world, call.world.ids[row["subscription"]])
    return row


@operation("GET /v1/subscription_schedules/{}")
def retrieve_schedule(call: Call) -> Object:
    return call.world.find("subscription_schedule", call.id, status=404)


@operation("GET /v1/subscription_schedules", f"{PAGING} customer")
def list_schedules(call: Call) -> Object:
    return page(call, matching(call, call.world.all("subscription_schedule"), "customer"))


def enter_next_phase(world: World, row: Object) -> None:
    """The running phase has ended. What follows is put on the subscription; the renewal after it charges for it."""
    subscription = world.ids[row["subscription"]]
    ended = row["current_phase"]["end_date"]
    following = next((phase for phase in row["phases"] if phase["start_date"] == ended), None)
    if following is None:
        if row["end_behavior"] == "cancel":
            row |= {"status": "completed", "completed_at": world.now(), "current_phase": None}
            end(world, subscription)
        else:
            release(world, row)
        return
    with world.changing(row, "subscription_schedule.updated"):
        row["current_phase"] = {name: following[name] for name in ("start_date", "end_date")}
    with world.changing(subscription, "customer.subscription.updated"):
        _put(world, subscription, following)


def _put(world: World, subscription: Object, phase: Object) -> None:
    held = {item["price"]["id"]: item["id"] for item in subscription["items"]["data"]}
    wanted = [
        {"id": held.pop(one["price"], None), "deleted": False, "price": world.ids[one["price"]], **_said(one)}
        for one in phase["items"]
    ]
    nothing = {"deleted": True, "price": None, "quantity": 0, "metadata": None}
    before = interval_of(subscription["items"]["data"][0]["price"])
    put_items(world, subscription, [*wanted, *({"id": key, **nothing} for key in held.values())])
    if interval_of(subscription["items"]["data"][0]["price"]) != before:
        subscription["billing_cycle_anchor"] = phase["start_date"]


def _said(one: Object) -> dict[str, Any]:
    return {"quantity": one["quantity"], "metadata": one["metadata"]}
