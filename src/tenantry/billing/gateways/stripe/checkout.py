"""Stripe's own pages: where somebody pays, adds a card, and looks after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import stripe
from stripe import StripeClient
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItem,
    SessionCreateParamsLineItemPriceData,
)

from tenantry.billing.gateways.base import Named
from tenantry.billing.gateways.stripe.client import id_of, keyed, keyed_this_hour, seconds
from tenantry.billing.gateways.stripe.customers import Card, card_of
from tenantry.billing.gateways.stripe.prices import Item, priced

# What the two configurations of the portal offer; another number makes new ones.
PORTAL: Final = "1"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be paid there. `lines` come to what is due, `tax` among it; `items`: what runs, by the whole period.
    `keeps`: the card is charged again later."""

    order_id: UUID
    organization_id: UUID
    customer: str
    currency: str
    lines: tuple[Named, ...]
    due: int
    title: str
    items: tuple[Item, ...]
    tax: int
    tax_name: str
    keeps: bool
    expires_at: datetime
    paid_url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class Session:
    """`state`: "open", "complete" or "expired". `paid`: the money is there, or nothing had to be paid. `settled`: what
    Stripe calls the payment; `subscription`, `card`: what came of it; `keeps`: the card is charged again."""

    id: str
    mode: str
    state: str
    paid: bool
    url: str
    order: str
    customer: str
    total: int
    settled: str
    subscription: str
    card: Card | None
    keeps: bool


def begin(client: StripeClient, wish: Wish) -> Session:
    """One for each order: whoever comes again within the hour gets the same. A subscription begins on the page where
    its first period comes to what is due; else the sum is paid there, and the card kept for what follows (one-time
    prices don't go with a later start: Stripe, "Set the billing cycle date", limitations)."""
    written = {"order": str(wish.order_id), "organization": str(wish.organization_id)}
    params: SessionCreateParams = {
        "mode": "payment",
        "customer": wish.customer,
        "client_reference_id": str(wish.order_id),
        "metadata": written,
        "success_url": wish.paid_url,
        "cancel_url": wish.back_url,
        "expires_at": seconds(wish.expires_at),
    }
    rest = wish.due - sum(item.unit * item.quantity for item in wish.items)
    if wish.items and rest == wish.tax:
        params["mode"] = "subscription"
        params["line_items"] = [*_running(client, wish), *_once(wish, (Named(wish.tax_name, rest),) if rest else ())]
        params["subscription_data"] = {"metadata": {"organization": written["organization"], "cancels": "no"}}
    else:
        # Nothing is given back on Stripe's page: with credit in it, the sum stands alone.
        plain = all(line.amount > 0 for line in wish.lines)
        params["line_items"] = _once(wish, wish.lines if plain else (Named(wish.title, wish.due),))
        params["payment_intent_data"] = {"metadata": written}
        if wish.keeps:
            params["payment_intent_data"]["setup_future_usage"] = "off_session"
    return _session(client.v1.checkout.sessions.create(params, keyed_this_hour("checkout", wish.order_id)))


def _running(client: StripeClient, wish: Wish) -> list[SessionCreateParamsLineItem]:
    prices = priced(client, wish.items)
    return [{"price": prices[item.name], "quantity": item.quantity} for item in wish.items]


def _once(wish: Wish, lines: tuple[Named, ...]) -> list[SessionCreateParamsLineItem]:
    found: list[SessionCreateParamsLineItem] = []
    currency = wish.currency.lower()
    for line in lines:
        named: SessionCreateParamsLineItemPriceData = {
            "currency": currency,
            "unit_amount": line.amount,
            "product_data": {"name": line.text[:250]},
        }
        found += [{"price_data": named, "quantity": 1}]
    return found


def begin_card(
    client: StripeClient, customer: str, currency: str, organization_id: UUID, done_url: str, back_url: str, key: UUID
) -> str:
    """The address of a page that takes another card."""
    params: SessionCreateParams = {
        "mode": "setup",
        "customer": customer,
        "currency": currency.lower(),
        "metadata": {"organization": str(organization_id)},
        "success_url": done_url,
        "cancel_url": back_url,
    }
    return client.v1.checkout.sessions.create(params, keyed("card", organization_id, key)).url or ""


def read(client: StripeClient, session_id: str) -> Session:
    """:raises stripe.InvalidRequestError: there is none."""
    parts = ["subscription.default_payment_method", "payment_intent.payment_method", "setup_intent.payment_method"]
    return _session(client.v1.checkout.sessions.retrieve(session_id, {"expand": parts}))


def _session(found: stripe.checkout.Session) -> Session:
    return Session(
        id=found.id,
        mode=found.mode,
        state=found.status or "open",
        paid=found.payment_status in ("paid", "no_payment_required"),
        url=found.url or "",
        order=found.client_reference_id or "",
        customer=id_of(found.customer),
        total=found.amount_total or 0,
        settled=id_of(found.invoice) or id_of(found.payment_intent) or found.id,
        subscription=id_of(found.subscription),
        card=_card(found),
        keeps=found.mode != "payment" or getattr(found.payment_intent, "setup_future_usage", None) == "off_session",
    )


def _card(found: stripe.checkout.Session) -> Card | None:
    holders = (
        getattr(found.subscription, "default_payment_method", None),
        getattr(found.setup_intent, "payment_method", None),
        getattr(found.payment_intent, "payment_method", None),
    )
    method = next((one for one in holders if isinstance(one, stripe.PaymentMethod)), None)
    return card_of(method) if method is not None else None


def begin_portal(client: StripeClient, customer: str, *, cancels: bool, back_url: str, key: UUID) -> str:
    """The address of the portal, with or without a way to cancel."""
    made = client.v1.billing_portal.sessions.create(
        {"customer": customer, "configuration": _configuration(client, cancels=cancels), "return_url": back_url},
        keyed("portal", key),
    )
    return made.url


def _configuration(client: StripeClient, *, cancels: bool) -> str:
    """One of two, found by what is written on it."""
    name = f"{PORTAL}-{'cancels' if cancels else 'keeps'}"
    for one in client.v1.billing_portal.configurations.list({"active": True, "limit": 100}).data:
        if one.metadata and dict(one.metadata.to_dict()).get("tenantry") == name:
            return one.id
    made = client.v1.billing_portal.configurations.create(
        {
            "features": {
                "payment_method_update": {"enabled": True},
                "invoice_history": {"enabled": True},
                "subscription_cancel": {"enabled": True, "mode": "at_period_end", "proration_behavior": "none"}
                if cancels
                else {"enabled": False},
            },
            "metadata": {"tenantry": name},
        },
        keyed_this_hour("portal", name),
    )
    return made.id
