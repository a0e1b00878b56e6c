"""Ways to Stripe's pages and what comes back: between two transactions, never inside of one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from tenantry.acting.actions import perform
from tenantry.billing.actions.gateway import keep_order_reference, keep_references
from tenantry.billing.actions.orders import holds, settle_order
from tenantry.billing.collecting import bill_of, named
from tenantry.billing.errors import OrderOver
from tenantry.billing.following import follow, settle
from tenantry.billing.gateways.base import Bill, Named, Result
from tenantry.billing.gateways.stripe import charging, checkout
from tenantry.billing.gateways.stripe.client import KEY, asking, keyed
from tenantry.billing.gateways.stripe.customers import customer_of
from tenantry.billing.gateways.stripe.prices import Item, items_of
from tenantry.billing.invoicing import Line
from tenantry.billing.mirroring import house, mirror
from tenantry.billing.models import Invoice, Order, PaymentMethod, Subscription
from tenantry.billing.quoting import Sheet, sheets_of
from tenantry.billing.selectors import (
    find_invoice,
    find_order,
    gateway_for,
    moment_of,
    payment_method,
    rules,
    subscription,
    switched,
    terms_of,
    troubles,
)
from tenantry.billing.terms import Terms
from tenantry.billing.troubles import CUSTOMER_MISSING
from tenantry.billing.wording import worded
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.ids import new_id
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import company_profile, contacts, current_organization
from tenantry.people.seats import seats as seats_in_use

# Stripe keeps a page open for half an hour at least, and for a day at most.
SHORTEST: Final = timedelta(minutes=31)
LONGEST: Final = timedelta(hours=23, minutes=50)


@dataclass(frozen=True, slots=True)
class _Wish:
    """An order as Stripe is asked to take it. `charges`: the card that is there pays at once."""

    order: Order
    row: Subscription
    bill: Bill
    charges: bool


def pay(organization_id: UUID, order_id: UUID, *, paid_url: str, back_url: str) -> str:
    """Where the browser goes to pay; "" where the card that is there has paid already.

    :raises NotFound: no such order. :raises OrderOver: its amounts hold no more.
    :raises GatewayAway, GatewayRefused: nothing was charged.
    """
    customer = customer_ref(organization_id)
    with reading():
        wish = _wish(order_id, customer)
    if wish.charges:
        return _charged(organization_id, wish)
    with reading():
        asked = _asked(wish, paid_url, back_url)
    with asking() as client:
        session = checkout.read(client, wish.order.ref) if wish.order.ref.startswith("cs_") else None
        if session is None:
            session = checkout.begin(client, asked)
    perform(keep_order_reference, actor=house(organization_id), order_id=order_id, ref=session.id)
    if session.state == "complete":
        settle(organization_id, session)
        return ""
    if session.state == "expired":
        raise OrderOver
    return session.url


def _wish(order_id: UUID, customer: str) -> _Wish:
    order, row = find_order(order_id), subscription()
    now = moment_of(row, clock.now())
    if row is None or order.state != Order.State.OPEN or order.expires_at <= now + SHORTEST or not holds(row, order):
        raise OrderOver
    card = payment_method()
    runs = order.kind != Order.Kind.PACK and row.period_end is not None and row.gateway == KEY
    return _Wish(
        order, row, _bill(order, row, customer, card), runs and card is not None and card.ref.startswith("pm_")
    )


def _bill(order: Order, row: Subscription, customer: str, card: PaymentMethod | None) -> Bill:
    return Bill(
        kind="order",
        id=order.id,
        organization_id=order.organization_id,
        number=title_of(order.quote),
        amount=order.quote["due"],
        currency=order.quote["currency"],
        lines=_named(order.quote),
        at=moment_of(row, clock.now()),
        method=card.ref if card else "",
        customer=customer,
        ref=order.ref,
    )


def look_again(organization_id: UUID, ref: str) -> None:
    """What became of what was to be paid there, for whoever is back before Stripe has told.

    :raises GatewayAway, GatewayRefused: it can't be seen now.
    """
    follow(organization_id, ref)


def title_of(quote: Mapping[str, Any]) -> str:
    """What an order is about, in a word."""
    return str((quote.get("pack") or quote["terms"])["title"])


def _named(quote: Mapping[str, Any]) -> tuple[Named, ...]:
    """The quote's lines with tax and credit: their sum is what is due."""
    zone, found = ZoneInfo(current_organization().time_zone), []
    for sheet in _sheets(quote):
        found += [named(worded(line, zone)) for line in sheet.lines]
        found.append(Named(settings.SELLER["tax_name"], sheet.sums.tax))
        found.append(Named(gettext("Paid from credit"), -sheet.sums.credit))
    return tuple(one for one in found if one.amount)


def _sheets(quote: Mapping[str, Any]) -> tuple[Sheet, ...]:
    parts = [(sheet["key"], [Line.of(one) for one in sheet["lines"]]) for sheet in quote["sheets"]]
    return sheets_of(parts, quote["balance"])[0]


def _tax(quote: Mapping[str, Any]) -> int:
    return sum(sheet.sums.tax for sheet in _sheets(quote))


def _charged(organization_id: UUID, wish: _Wish) -> str:
    """By the card that is there, its owner being there; else the page on which they say yes, or take another."""
    bill = wish.bill
    with asking() as client:
        paper = charging.paper_of(client, bill)
        assert paper is not None
        perform(keep_order_reference, actor=house(organization_id), order_id=bill.id, ref=paper.id)
        charged = charging.paid(client, paper, bill, keyed("pay", "order", bill.id, bill.method), there=True)
    if charged.result != Result.PAID:
        return charged.page
    perform(settle_order, actor=house(organization_id), order_id=bill.id, outcome="paid", ref=charged.ref)
    return ""


def _asked(wish: _Wish, paid_url: str, back_url: str) -> checkout.Wish:
    order, row, quote = wish.order, wish.row, wish.order.quote
    items: tuple[Item, ...] = ()
    if order.kind != Order.Kind.PACK and quote["period"]:
        terms, held = Terms.of(quote["terms"]), switched()
        people = quote["seats"]
        if people is None or rules().per_person:
            people = seats_in_use(clock.now()).in_use
        items = items_of(terms, quote["interval"], people, held)
    made = order.made_at - timedelta(seconds=row.ahead_seconds)
    return checkout.Wish(
        order_id=order.id,
        organization_id=order.organization_id,
        customer=wish.bill.customer,
        currency=wish.bill.currency,
        lines=wish.bill.lines,
        due=wish.bill.amount,
        title=wish.bill.number,
        items=items,
        tax=_tax(quote),
        tax_name=settings.SELLER["tax_name"],
        keeps=order.kind != Order.Kind.PACK,
        expires_at=made + LONGEST,
        paid_url=paid_url,
        back_url=back_url,
    )


def customer_ref(organization_id: UUID) -> str:
    """What Stripe calls the organization; introduced where it is not known yet.

    :raises NotFound: it has bought nothing, or pays elsewhere. :raises GatewayAway, GatewayRefused: see there.
    """
    with reading():
        row, contact = subscription(), contacts()["billing"]
        name = company_profile().legal_name or current_organization().name
        away, gone = gateway_for(row) == KEY, troubles().filter(code=CUSTOMER_MISSING).first()
    if row is None or not away:
        raise NotFound
    if row.customer_ref:
        return row.customer_ref
    with asking() as client:
        found = customer_of(client, organization_id, name, contact.email, gone.ref if gone else "")
    perform(keep_references, actor=house(organization_id), gateway=KEY, customer=found)
    return found


def another_card(organization_id: UUID, *, done_url: str, back_url: str) -> str:
    """The page that takes it. `done_url`: with the session's id where Stripe puts it."""
    customer = customer_ref(organization_id)
    with reading():
        currency = terms_of(subscription()).currency
    with asking() as client:
        return checkout.begin_card(client, customer, currency, organization_id, done_url, back_url, new_id())


def card_taken(organization_id: UUID, session_id: str) -> bool:
    """Back from that page: whether a card came of it.

    :raises NotFound: no such page of ours.
    """
    with reading():
        row = subscription()
    if row is None or not row.customer_ref or not session_id.startswith("cs_"):
        raise NotFound
    with asking() as client:
        session = checkout.read(client, session_id)
    if session.customer != row.customer_ref or session.mode != "setup":
        raise NotFound
    settle(organization_id, session)
    return session.card is not None


def portal(organization_id: UUID, *, cancels: bool, back_url: str) -> str:
    """Stripe's page for the card and the papers; `cancels`: and for the end."""
    customer = customer_ref(organization_id)
    with asking() as client:
        return checkout.begin_portal(client, customer, cancels=cancels, back_url=back_url, key=new_id())


def look_around(organization_id: UUID) -> None:
    """What was done in the portal, for whoever is back before Stripe has told.

    :raises GatewayAway, GatewayRefused: it can't be seen now; it is told, or found within a day.
    """
    mirror(organization_id)


def page_to_pay(organization_id: UUID, invoice_id: UUID) -> str:
    """Where an open invoice is paid by hand; "" while there is none, or it is paid already.

    :raises NotFound: no such invoice, or it is not paid at Stripe.
    """
    with reading():
        row, invoice = subscription(), find_invoice(invoice_id)
        if row is None or row.gateway != KEY:
            raise NotFound
        if invoice.state != Invoice.State.OPEN:
            return ""
        bill = bill_of(row, invoice)
    bill = replace(bill, customer=customer_ref(organization_id))
    charged = charging.page_of(bill)
    if charged.result == Result.PAID:
        follow(organization_id, charged.ref)
        return ""
    return charged.page
