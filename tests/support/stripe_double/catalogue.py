"""Products and prices."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from support.stripe_double.refusals import Refused, lacking
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.world import Object, World, merged

SOLD = "name active description metadata.* unit_label statement_descriptor tax_code url"
RECURRING = "recurring.interval recurring.interval_count recurring.usage_type"
INLINE = f"currency product unit_amount unit_amount_decimal tax_behavior {RECURRING}"
# The longest that Stripe sells for at once.
LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}


def under(prefix: str, names: str = INLINE) -> str:
    """The same parameters, below another."""
    return " ".join(f"{prefix}.{name}" for name in names.split())


def make_product(world: World, values: dict[str, Any]) -> Object:
    row = world.add(
        "product",
        "prod",
        **({"id": values["id"]} if values.get("id") else {}),
        active=values.get("active", True),
        default_price=None,
        description=values.get("description"),
        images=[],
        marketing_features=[],
        metadata=merged({}, values.get("metadata")),
        name=values["name"],
        package_dimensions=None,
        shippable=None,
        statement_descriptor=values.get("statement_descriptor"),
        tax_code=values.get("tax_code"),
        type="service",
        unit_label=values.get("unit_label"),
        updated=world.now(),
        url=values.get("url"),
    )
    world.emit("product.created", row)
    return row


def unit_of(values: dict[str, Any], param: str) -> Decimal:
    """:raises Refused: neither or both are given, or it is below nothing."""
    given = [name for name in ("unit_amount", "unit_amount_decimal") if values.get(name) not in {None, ""}]
    if not given:
        raise lacking(f"{param}[unit_amount]" if param else "unit_amount")
    if len(given) == 2:
        raise Refused("You may only specify one of these parameters: unit_amount, unit_amount_decimal.", param=param)
    amount = Decimal(str(values[given[0]]))
    if amount < 0:
        raise Refused("Invalid non-negative integer", code="parameter_invalid_integer", param=f"{param}[{given[0]}]")
    return amount


def _recurring(values: dict[str, Any], param: str) -> Object | None:
    given = values.get("recurring")
    if not given:
        return None
    interval, count = given["interval"], given.get("interval_count", 1)
    if not 1 <= count <= LONGEST[interval]:
        raise Refused(f"The maximum is {LONGEST[interval]} {interval}s.", param=f"{param}[recurring][interval_count]")
    usage = given.get("usage_type", "licensed")
    return {
        "interval": interval,
        "interval_count": count,
        "meter": None,
        "trial_period_days": None,
        "usage_type": usage,
    }


def make_price(world: World, values: dict[str, Any], product: str, *, param: str = "", active: bool = True) -> Object:
    amount, recurring = unit_of(values, param), _recurring(values, param)
    whole = amount == amount.to_integral_value()
    row = world.add(
        "price",
        "price",
        active=active,
        billing_scheme="per_unit",
        currency=values["currency"].lower(),
        custom_unit_amount=None,
        lookup_key=values.get("lookup_key"),
        metadata=merged({}, values.get("metadata")),
        nickname=values.get("nickname"),
        product=product,
        recurring=recurring,
        tax_behavior=values.get("tax_behavior", "unspecified"),
        tiers_mode=None,
        transform_quantity=None,
        type="recurring" if recurring else "one_time",
        unit_amount=int(amount) if whole else None,
        unit_amount_decimal=f"{amount.normalize():f}",
    )
    world.emit("price.created", row)
    return row


def price_of(world: World, values: dict[str, Any], param: str) -> Object:
    """The price that `price` or `price_data` of an item names. :raises Refused"""
    if values.get("price") and values.get("price_data"):
        raise Refused("You may only specify one of these parameters: price, price_data.", param=param)
    if key := values.get("price"):
        row = world.find("price", key, param=f"{param}[price]")
        if not row["active"]:
            raise Refused(
                "The price specified is inactive. This field only accepts active prices.", param=f"{param}[price]"
            )
        return row
    given = values.get("price_data")
    if not given:
        raise lacking(f"{param}[price]")
    if bool(given.get("product")) == bool(given.get("product_data")):
        raise Refused("You must specify either `product` or `product_data` when creating a price.", param=param)
    key = given.get("product") or make_product(world, given["product_data"])["id"]
    product = world.find("product", key, param=f"{param}[price_data][product]")
    return make_price(world, given, product["id"], param=f"{param}[price_data]", active=False)


def amount_of(price: Object, quantity: int) -> int:
    """Minor units; halves away from nothing."""
    exact = Decimal(price["unit_amount_decimal"]) * quantity
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def interval_of(price: Object) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


@operation("POST /v1/products", f"{SOLD} id")
def create_product(call: Call) -> Object:
    if call.get("id") in call.world.ids:
        raise Refused("Product already exists.", code="resource_already_exists", param="id")
    return make_product(call.world, call.params)


@operation("POST /v1/products/{}", SOLD)
def update_product(call: Call) -> Object:
    row = call.world.find("product", call.id, status=404)
    with call.world.changing(row, "product.updated"):
        row.update({name: call.get(name) for name in SOLD.split() if "." not in name and call.given(name)})
        row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    return row


@operation("GET /v1/products/{}")
def retrieve_product(call: Call) -> Object:
    return call.world.find("product", call.id, status=404)


@operation("GET /v1/products", f"{PAGING} active ids")
def list_products(call: Call) -> Object:
    rows = matching(call, call.world.all("product"), "active")
    return page(call, [row for row in rows if row["id"] in call.get("ids", [row["id"]])])


@operation(
    "POST /v1/prices",
    f"{INLINE} nickname metadata.* active lookup_key transfer_lookup_key product_data.name product_data.metadata.* "
    "product_data.unit_label",
)
def create_price(call: Call) -> Object:
    world, values = call.world, call.params
    if bool(values.get("product")) == bool(values.get("product_data")):
        raise Refused("You must specify either `product` or `product_data` when creating a price.")
    _free_lookup_key(call)
    key = values.get("product") or make_product(world, values["product_data"])["id"]
    world.find("product", key, param="product")
    return make_price(world, values, key, active=values.get("active", True))


def _free_lookup_key(call: Call) -> None:
    wanted = call.get("lookup_key")
    holder = next((row for row in call.world.all("price") if wanted and row["lookup_key"] == wanted), None)
    if holder is None:
        return
    if not call.get("transfer_lookup_key"):
        raise Refused(
            f"A price (`{holder['id']}`) already uses that lookup key.",
            code="resource_already_exists",
            param="lookup_key",
        )
    holder["lookup_key"] = None


@operation("POST /v1/prices/{}", "active nickname metadata.* lookup_key transfer_lookup_key tax_behavior")
def update_price(call: Call) -> Object:
    row = call.world.find("price", call.id, status=404)
    if call.get("lookup_key") != row["lookup_key"]:
        _free_lookup_key(call)
    with call.world.changing(row, "price.updated"):
        for name in ("active", "nickname", "lookup_key", "tax_behavior"):
            if call.given(name):
                row[name] = call.get(name)
        row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    return row


@operation("GET /v1/prices/{}")
def retrieve_price(call: Call) -> Object:
    return call.world.find("price", call.id, status=404)


@operation("GET /v1/prices", f"{PAGING} active currency lookup_keys product type")
def list_prices(call: Call) -> Object:
    rows = matching(call, call.world.all("price"), "active", "currency", "product", "type")
    wanted = call.get("lookup_keys")
    if wanted is not None and len(wanted) > 10:
        raise Refused("Array lookup_keys exceeded maximum 10 allowed elements.", param="lookup_keys")
    return page(call, [row for row in rows if wanted is None or row["lookup_key"] in wanted])
