"""What is sold, as Stripe's products and prices: found by a name of ours, made when it is not there yet."""

from collections.abc import Mapping
from dataclasses import dataclass

import stripe
from stripe import StripeClient

from tenantry.billing.gateways.stripe.client import keyed_this_hour
from tenantry.billing.terms import Terms


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a plan. `name` is unique among all that was ever sold: with the amount and the currency in it."""

    name: str
    product: str
    title: str
    unit: int
    currency: str
    interval: str
    quantity: int


def items_of(terms: Terms, interval: str, seats: int, switched: Mapping[str, int]) -> tuple[Item, ...]:
    """Base, seats beyond the included ones, and add-ons; what costs nothing is no item."""
    price = terms.price(interval)
    parts = [
        ("base", terms.title, price.base, 1),
        ("seat", f"{terms.title}, seat", price.seat or 0, terms.beyond(seats)),
    ]
    parts += [(f"addon-{one.key}", one.title, one.prices[interval], switched.get(one.key, 0)) for one in terms.addons]
    return tuple(
        _item(terms, interval, part, title, unit, quantity)
        for part, title, unit, quantity in parts
        if unit and quantity
    )


def _item(terms: Terms, interval: str, part: str, title: str, unit: int, quantity: int) -> Item:
    product = f"tenantry-{terms.catalogue}-{terms.plan}-{part}".replace("/", "-")[-120:]
    currency = terms.currency.lower()
    name = f"{product}-{interval}-{unit}-{currency}"
    return Item(name, product, title, unit, currency, interval, quantity)


def priced(client: StripeClient, items: tuple[Item, ...]) -> dict[str, str]:
    """Name -> the price's id, each made when there is none."""
    found: dict[str, str] = {}
    names = [item.name for item in items]
    for start in range(0, len(names), 10):
        page = client.v1.prices.list({"lookup_keys": names[start : start + 10], "active": True, "limit": 10})
        found |= {one.lookup_key: one.id for one in page.data if one.lookup_key}
    for item in items:
        if item.name not in found:
            found[item.name] = _made(client, item)
    return found


def _made(client: StripeClient, item: Item) -> str:
    _product(client, item)
    price = client.v1.prices.create(
        {
            "product": item.product,
            "currency": item.currency,
            "unit_amount": item.unit,
            "recurring": {"interval": "year" if item.interval == "year" else "month"},
            "lookup_key": item.name,
            "transfer_lookup_key": True,
        },
        keyed_this_hour("price", item.name),
    )
    return price.id


def _product(client: StripeClient, item: Item) -> None:
    try:
        client.v1.products.retrieve(item.product)
    except stripe.InvalidRequestError as error:
        if error.http_status != 404:
            raise
        client.v1.products.create({"id": item.product, "name": item.title}, keyed_this_hour("product", item.product))
