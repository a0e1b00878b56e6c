"""Plans, quotes, orders and invoices as the interface gives them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from tenantry.api.billing.paper_schemas import InvoiceOut
from tenantry.api.billing.schemas import (
    AddonPriceOut,
    ComingInvoiceOut,
    GrantOut,
    HeldPlanOut,
    Interval,
    MoneyLineOut,
    OrderOut,
    PackOut,
    PlanAddonOut,
    PlanOut,
    PriceOut,
    QuoteOut,
)
from tenantry.api.requests import ApiRequest
from tenantry.billing.invoicing import Line
from tenantry.billing.quoting import Quote
from tenantry.billing.terms import Pack, Terms
from tenantry.billing.wording import Worded, worded
from tenantry.organizations.entitlements import CATALOGUE, SEATS

if TYPE_CHECKING:
    from tenantry.billing.models import Invoice, Order

INTERVALS: tuple[Interval, ...] = get_args(Interval)
INVOICE = tuple(name for name in InvoiceOut.model_fields if name != "number")


def lines_out(lines: Iterable[Line], request: ApiRequest) -> list[MoneyLineOut]:
    """Days of their words are those of the organization."""
    zone = ZoneInfo(request.organization.time_zone)
    return [line_out(line.code, worded(line, zone)) for line in lines]


def line_out(code: str, said: Worded) -> MoneyLineOut:
    return MoneyLineOut(code=code, text=said.text, detail=said.detail, quantity=said.quantity, amount=said.amount)


def quote_out(quote: Quote, request: ApiRequest) -> QuoteOut:
    invoices = [
        ComingInvoiceOut(
            key=sheet.key,
            lines=lines_out(sheet.lines, request),
            subtotal=sheet.sums.subtotal,
            tax=sheet.sums.tax,
            total=sheet.sums.total,
            credit_used=sheet.sums.credit,
            due=sheet.sums.due,
        )
        for sheet in quote.sheets
    ]
    return QuoteOut(
        currency=quote.currency,
        invoices=invoices,
        credit_before=quote.balance,
        credit_after=quote.credit_after,
        due=quote.due,
    )


def held_plan(terms: Terms) -> HeldPlanOut:
    return HeldPlanOut(key=terms.plan, title=terms.title, catalogue=terms.catalogue, version=terms.version)


def pack_out(pack: Pack, currency: str) -> PackOut:
    return PackOut(
        key=pack.key, title=pack.title, meter=pack.meter, amount=pack.amount, price=pack.price, currency=currency
    )


def plan_out(terms: Terms, held: Terms) -> PlanOut:
    return PlanOut(
        key=terms.plan,
        title=terms.title,
        catalogue=terms.catalogue,
        version=terms.version,
        currency=terms.currency,
        by_agreement=terms.by_agreement,
        current=held_plan(terms) == held_plan(held),
        included_seats=terms.included,
        minimum_seats=terms.minimum,
        most_seats=terms.most_seats,
        prices=[_price(terms, interval) for interval in INTERVALS if interval in terms.prices],
        addons=[_addon(addon) for addon in terms.addons],
        packs=[pack_out(pack, terms.currency) for pack in terms.packs],
        grants=[_grant(key, terms.entitlements[key]) for key in CATALOGUE if key in terms.entitlements],
    )


def _price(terms: Terms, interval: Interval) -> PriceOut:
    price = terms.prices[interval]
    return PriceOut(interval=interval, base=price.base, seat=price.seat)


def _addon(addon: Any) -> PlanAddonOut:
    prices = [AddonPriceOut(interval=one, person=addon.prices[one]) for one in INTERVALS if one in addon.prices]
    return PlanAddonOut(key=addon.key, title=addon.title, prices=prices)


def _grant(key: str, limit: int | None) -> GrantOut:
    assert key != SEATS
    return GrantOut(key=key, title=str(CATALOGUE[key].title), limit=limit, feature=CATALOGUE[key].feature)


def order_out(order: "Order", at: datetime, request: ApiRequest) -> OrderOut:
    """`at`: this moment by the subscription's clock. Whatever is not paid by its time is over."""
    over = order.state == "open" and order.expires_at <= at
    state: Any = "expired" if over else order.state
    quote = order.quote
    lines = [Line.of(line) for sheet in quote.get("sheets", ()) for line in sheet["lines"]]
    url = f"{settings.BASE_URL}{reverse('billing_checkout', args=[order.id])}"
    return OrderOut(
        id=order.id,
        kind=order.kind,
        title=str((quote.get("pack") or quote.get("terms") or {}).get("title", "")),
        state=state,
        due=quote.get("due", 0),
        currency=quote.get("currency", ""),
        lines=lines_out(lines, request),
        made_at=order.made_at,
        expires_at=order.expires_at,
        settled_at=order.settled_at,
        credited=bool(quote.get("credited")),
        checkout_url=url if state == "open" else None,
    )


def invoice_values(invoice: "Invoice") -> dict[str, Any]:
    """By the fields of `InvoiceOut`."""
    return {"number": invoice.written_number, **{name: getattr(invoice, name) for name in INVOICE}}
