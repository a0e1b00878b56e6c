"""What a subscription holds: prices and how many of each. All of one currency and one interval."""

from typing import Any

from support.stripe_double.catalogue import interval_of, price_of, under
from support.stripe_double.refusals import Refused, lacking, unheeded
from support.stripe_double.routes import Call
from support.stripe_double.world import Object, World, merged

RECURRING = "currency product unit_amount unit_amount_decimal tax_behavior recurring.interval recurring.interval_count"
WANTED = f"items.price items.quantity items.metadata.* {under('items.price_data', RECURRING)}"
CHANGED = f"{WANTED} items.id items.deleted"


def wanted_items(call: Call, row: Object | None) -> list[dict[str, Any]]:
    """The items of a call, with their prices. `row`: the subscription that is changed. :raises Refused"""
    given = call.get("items") or []
    if not given and row is None:
        raise lacking("items")
    if len(given) > 20:
        raise Refused("A subscription can have at most 20 items.", param="items")
    wanted = [_wanted(call, row, one, f"items[{place}]") for place, one in enumerate(given)]
    priced = [one["price"]["id"] for one in wanted if one["price"] is not None and not one["deleted"]]
    held = {item["price"]["id"]: item["id"] for item in (row["items"]["data"] if row else [])}
    named = {one["id"] for one in wanted}
    for key in priced:
        if priced.count(key) > 1 or (key in held and held[key] not in named):
            raise Refused(f"Cannot add multiple subscription items with the same plan: {key}", param="items")
    prices = [one["price"] for one in wanted if one["price"] is not None]
    if len({price["currency"] for price in prices} | ({row["currency"]} if row else set())) > 1:
        raise Refused("The price specified only supports another currency than the subscription's.", param="items")
    return wanted


def _wanted(call: Call, row: Object | None, one: dict[str, Any], param: str) -> dict[str, Any]:
    found = None
    if key := one.get("id"):
        found = next((item for item in (row or {"items": {"data": []}})["items"]["data"] if item["id"] == key), None)
        if found is None:
            raise Refused(f"Invalid subscription item id: {key}", code="resource_missing", param=f"{param}[id]")
    if one.get("deleted") and found is None:
        raise Refused("You must pass the id of the item that is deleted.", param=f"{param}[deleted]")
    price = None if found is not None and not (one.get("price") or one.get("price_data")) else _price(call, one, param)
    quantity = one.get("quantity", found["quantity"] if found else 1)
    if quantity < 0:
        raise Refused("Invalid non-negative integer", code="parameter_invalid_integer", param=f"{param}[quantity]")
    return {
        "id": one.get("id"),
        "deleted": bool(one.get("deleted")),
        "price": price,
        "quantity": quantity,
        "metadata": one.get("metadata"),
    }


def _price(call: Call, one: dict[str, Any], param: str) -> Object:
    price = price_of(call.world, one, param)
    if price["type"] != "recurring":
        raise Refused(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            param=f"{param}[price]",
        )
    if price["recurring"]["usage_type"] != "licensed":
        raise unheeded("metered prices", f"{param}[price]")
    return price


def common_interval(items: list[dict[str, Any]]) -> tuple[str, int]:
    """:raises Refused: they differ."""
    found = {interval_of(item["price"]) for item in items}
    if len(found) != 1:
        raise Refused(
            "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`. If "
            "you meant to update an existing subscription item instead of creating a new one, make sure to include the "
            "subscription item ID in your request.",
            param="items",
        )
    return found.pop()


def period_of(row: Object) -> tuple[int, int]:
    """Of the subscription: its items share one."""
    item = row["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def add_items(world: World, row: Object, items: list[dict[str, Any]], start: int, end: int) -> None:
    for one in items:
        item = world.add(
            "subscription_item",
            "si",
            billing_thresholds=None,
            current_period_end=end,
            current_period_start=start,
            discounts=[],
            metadata=merged({}, one["metadata"]),
            price=one["price"],
            quantity=one["quantity"],
            subscription=row["id"],
            tax_rates=[],
        )
        del item["livemode"]
        row["items"]["data"].append(item)


def put_items(world: World, row: Object, wanted: list[dict[str, Any]]) -> None:
    """Carries out a change of what it holds; the period stays. :raises Refused: nothing is left, or intervals differ"""
    items = row["items"]["data"]
    gone = {one["id"] for one in wanted if one["deleted"]}
    left = [item for item in items if item["id"] not in gone]
    changed = {one["id"]: one for one in wanted if one["id"] and not one["deleted"]}
    added = [one for one in wanted if one["id"] is None]
    if not left and not added:
        raise Refused("A subscription must have at least one active plan.", param="items")
    after = [{"price": changed.get(item["id"], {}).get("price") or item["price"]} for item in left]
    common_interval([*after, *added])
    start, end = period_of(row)
    row["items"]["data"] = left
    for item in left:
        if one := changed.get(item["id"]):
            item |= {"price": one["price"] or item["price"], "quantity": one["quantity"]}
            item["metadata"] = merged(item["metadata"], one["metadata"])
    for key in gone:
        world.forget(world.ids[key])
    add_items(world, row, added, start, end)
