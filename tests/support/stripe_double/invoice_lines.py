"""What stands on invoices: items of subscriptions, and invoice items that were added to them or wait for the next."""

from decimal import ROUND_HALF_UP, Decimal

from support.stripe_double.catalogue import INLINE, amount_of, price_of, under
from support.stripe_double.refusals import Refused, lacking
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.world import Object, World, listed, merged

SAID = "description metadata.* discountable period.start period.end"
PRICED = f"amount unit_amount_decimal quantity currency pricing.price {under('price_data', INLINE)}"


def pricing_of(price: Object) -> Object:
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def _line(world: World, invoice: Object, **values: object) -> Object:
    row = world.add(
        "line_item",
        "il",
        currency=invoice["currency"],
        discount_amounts=[],
        discountable=True,
        discounts=[],
        invoice=invoice["id"],
        metadata={},
        pretax_credit_amounts=[],
        taxes=[],
    )
    row.update(values)
    row["subtotal"] = row["amount"]
    del row["created"]
    invoice["lines"]["data"].append(row)
    return row


def line_of_subscription(world: World, invoice: Object, item: Object, start: int, end: int) -> Object:
    price, quantity = item["price"], item["quantity"]
    return _line(
        world,
        invoice,
        amount=amount_of(price, quantity),
        description=f"{quantity} × {price['nickname'] or price['product']}",
        metadata=dict(item["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        period={"start": start, "end": end},
        pricing=pricing_of(price),
        quantity=quantity,
        subscription=item["subscription"],
    )


def line_of_item(world: World, invoice: Object, item: Object) -> Object:
    """Puts a waiting item on this invoice."""
    item["invoice"] = invoice["id"]
    return _line(
        world,
        invoice,
        amount=item["amount"],
        description=item["description"],
        metadata=dict(item["metadata"]),
        parent={
            "invoice_item_details": {
                "invoice_item": item["id"],
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": item["_subscription"],
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        period=dict(item["period"]),
        pricing=item["pricing"],
        quantity=item["quantity"],
        subscription=item["_subscription"],
    )


def add_up(invoice: Object) -> None:
    """Its sums, before a balance is used."""
    total = sum(line["amount"] for line in invoice["lines"]["data"])
    invoice |= {"subtotal": total, "subtotal_excluding_tax": total, "total": total, "total_excluding_tax": total}
    due = max(0, total)
    invoice |= {"amount_due": due, "amount_remaining": due - invoice["amount_paid"]}


def waiting(world: World, customer: str, subscription: str | None, currency: str) -> list[Object]:
    """Items that the next invoice takes: of this subscription, and of none."""
    return [
        row
        for row in world.all("invoiceitem")
        if not row.get("deleted")
        and row["invoice"] is None
        and row["customer"] == customer
        and row["currency"] == currency
        and row["_subscription"] in {None, subscription}
    ]


def draft_of(world: World, key: str, *, param: str = "invoice", status: int = 400) -> Object:
    """:raises Refused: nothing is there, or it is no draft any more."""
    invoice = world.find("invoice", key, param=param, status=status)
    if invoice["status"] != "draft":
        raise Refused(
            "You can only modify items on draft invoices: this invoice can't be changed because it was finalized.",
            code="invoice_not_editable",
            param=param,
        )
    return invoice


def _amount(call: Call) -> tuple[int, int, Object | None]:
    """Amount, quantity and price. :raises Refused: there is not exactly one amount"""
    given = [name for name in ("amount", "unit_amount_decimal", "pricing", "price_data") if call.get(name) is not None]
    if len(given) != 1:
        raise Refused(
            f"You must pass exactly one of amount, unit_amount_decimal, pricing, price_data; you passed {given}."
        )
    quantity = call.get("quantity", 1)
    if given == ["amount"]:
        if call.given("quantity"):
            raise Refused("You may only specify one of these parameters: amount, quantity.", param="quantity")
        return call.get("amount"), 1, None
    if given == ["unit_amount_decimal"]:
        exact = Decimal(call.get("unit_amount_decimal")) * quantity
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP)), quantity, None
    values = {"price": call.get("pricing.price"), "price_data": call.get("price_data")}
    price = price_of(call.world, values, "pricing" if values["price"] else "price_data")
    if price["type"] == "recurring":
        raise Refused(
            "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
            param="price",
        )
    return amount_of(price, quantity), quantity, price


@operation("POST /v1/invoiceitems", f"customer invoice subscription {SAID} {PRICED}")
def create_item(call: Call) -> Object:
    world, invoice = call.world, None
    if not call.get("customer"):
        raise lacking("customer")
    customer = world.find("customer", call.get("customer"), param="customer")
    if key := call.get("invoice"):
        invoice = draft_of(world, key)
    subscription = call.get("subscription")
    if subscription and world.find("subscription", subscription, param="subscription")["customer"] != customer["id"]:
        raise Refused("The subscription does not belong to the customer.", param="subscription")
    amount, quantity, price = _amount(call)
    currency = (price["currency"] if price else call.get("currency") or "").lower()
    if not currency:
        raise lacking("currency")
    if invoice is not None and (invoice["customer"], invoice["currency"]) != (customer["id"], currency):
        raise Refused("The invoice has another customer or another currency.", param="invoice")
    row = _make_item(call, amount=amount, quantity=quantity, price=price, currency=currency)
    if invoice is not None:
        with world.changing(invoice, "invoice.updated"):
            line_of_item(world, invoice, row)
            add_up(invoice)
    world.emit("invoiceitem.created", row)
    return row


def _make_item(call: Call, *, amount: int, quantity: int, price: Object | None, currency: str) -> Object:
    now, subscription = call.world.now(), call.get("subscription")
    details = {"subscription": subscription}
    row = call.world.add(
        "invoiceitem",
        "ii",
        _subscription=subscription,
        amount=amount,
        currency=currency,
        customer=call.get("customer"),
        customer_account=None,
        date=now,
        description=call.get("description"),
        discountable=call.get("discountable", amount >= 0),
        discounts=[],
        invoice=None,
        metadata=merged({}, call.params.get("metadata")),
        net_amount=amount,
        parent={"subscription_details": details, "type": "subscription_details"} if subscription else None,
        period={"start": call.get("period.start", now), "end": call.get("period.end", now)},
        pricing=pricing_of(price) if price else None,
        proration=False,
        quantity=quantity,
        quantity_decimal=str(quantity),
        tax_rates=[],
        test_clock=None,
    )
    del row["created"]
    return row


def _editable(call: Call) -> tuple[Object, Object | None]:
    row = call.world.find("invoiceitem", call.id, status=404)
    return row, draft_of(call.world, row["invoice"]) if row["invoice"] else None


@operation("POST /v1/invoiceitems/{}", "amount description metadata.*")
def update_item(call: Call) -> Object:
    row, invoice = _editable(call)
    if call.given("amount"):
        row["amount"] = row["net_amount"] = call.get("amount")
    if call.given("description"):
        row["description"] = call.get("description")
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))
    if invoice is not None:
        with call.world.changing(invoice, "invoice.updated"):
            line = _line_from(invoice, row)
            line |= {name: row[name] for name in ("amount", "description")}
            line["subtotal"] = row["amount"]
            add_up(invoice)
    return row


def _line_from(invoice: Object, item: Object) -> Object:
    details = ((line["parent"]["invoice_item_details"] or {}, line) for line in invoice["lines"]["data"])
    return next(line for found, line in details if found.get("invoice_item") == item["id"])


@operation("DELETE /v1/invoiceitems/{}")
def delete_item(call: Call) -> Object:
    row, invoice = _editable(call)
    if invoice is not None:
        with call.world.changing(invoice, "invoice.updated"):
            invoice["lines"]["data"].remove(_line_from(invoice, row))
            add_up(invoice)
    call.world.emit("invoiceitem.deleted", row)
    return call.world.forget(row)


@operation("GET /v1/invoiceitems/{}")
def retrieve_item(call: Call) -> Object:
    return call.world.find("invoiceitem", call.id, status=404)


@operation("GET /v1/invoiceitems", f"{PAGING} customer invoice pending")
def list_items(call: Call) -> Object:
    rows = [row for row in call.world.all("invoiceitem") if not row.get("deleted")]
    if call.given("pending"):
        rows = [row for row in rows if (row["invoice"] is None) == call.params["pending"]]
    return page(call, matching(call, rows, "customer", "invoice"))


@operation("GET /v1/invoices/{}/lines", PAGING)
def list_lines(call: Call) -> Object:
    # Oldest first, unlike every other list.
    invoice = call.world.find("invoice", call.id, status=404)
    return page(call, list(reversed(invoice["lines"]["data"])))


def empty_lines(invoice_id: str) -> Object:
    return listed([], f"/v1/invoices/{invoice_id}/lines") | {"total_count": 0}
