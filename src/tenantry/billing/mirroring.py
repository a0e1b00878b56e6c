"""The gateway's subscription made to say what ours says: after every change, and once a day."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.billing.actions.gateway import keep_card, keep_references
from tenantry.billing.actions.plans import cancel_subscription, resume_subscription
from tenantry.billing.gateways.stripe.client import KEY, asking, is_set
from tenantry.billing.gateways.stripe.customers import Card, default_card
from tenantry.billing.gateways.stripe.prices import items_of
from tenantry.billing.gateways.stripe.subscriptions import Wanted, converge, look, running
from tenantry.billing.models import Subscription
from tenantry.billing.selectors import (
    holding_of,
    moment_of,
    payment_method,
    planned_terms,
    renews,
    subscription,
)
from tenantry.billing.states import RUNNING
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.transactions import reading

MIRROR: Final = "billing.mirror"


def house(organization_id: UUID) -> Actor:
    """Who carries in what Stripe says."""
    return Actor.system(KEY, organization_id)


def wanted_of(row: Subscription) -> Wanted | None:
    """None: nothing runs, or nothing of it is charged again and again."""
    if row.state not in RUNNING or row.period_start is None or row.period_end is None or not row.customer_ref:
        return None
    held, method = holding_of(row), payment_method()
    then = planned_terms(row) or (held.terms if row.planned else None)
    interval = row.planned.get("interval") or row.interval
    seats = row.planned.get("seats")
    after = items_of(then, interval, held.seats if seats is None else seats, held.switched) if then else None
    return Wanted(
        organization_id=row.organization_id,
        customer=row.customer_ref,
        method=method.ref if method else "",
        items=items_of(held.terms, row.interval, held.seats, held.switched),
        period=(row.period_start, row.period_end),
        cancels=not renews(row) or after == (),
        then=after or None,
        now=moment_of(row, clock.now()),
        version=row.version,
    )


def mirror(organization_id: UUID) -> None:
    """What somebody did at Stripe comes first, then ours is carried there. However often: it comes to the same.

    :raises GatewayAway, GatewayRefused: it is tried again.
    """
    with reading():
        row = subscription()
    if row is None or row.gateway != KEY or not row.customer_ref or not is_set():
        return
    with asking() as client:
        seen = look(client, row.subscription_ref)
        if seen is None and row.state in RUNNING:
            # Begun on a page of which no more than the payment was heard.
            seen = next(iter(running(client, row.customer_ref, organization_id)), None)
        if seen is not None and seen.told and _obeyed(organization_id, cancels=seen.cancels):
            with reading():
                row = subscription()
            assert row is not None
        card = default_card(client, row.customer_ref)
        with reading():
            held, wanted = payment_method(), wanted_of(row)
        if card is not None and (held is None or held.ref != card.ref):
            keep(organization_id, card)
        if wanted is not None:
            # What we hold may be of a customer that is no more.
            wanted = replace(wanted, method=card.ref if card is not None else "")
        ref = converge(client, wanted, seen)
    if ref != row.subscription_ref:
        perform(keep_references, actor=house(organization_id), gateway=KEY, subscription=ref)


def _obeyed(organization_id: UUID, *, cancels: bool) -> bool:
    """The portal's word about the end: carried out, unless it is so already."""
    try:
        perform(cancel_subscription if cancels else resume_subscription, actor=house(organization_id))
    except Refusal:
        return False
    return True


def keep(organization_id: UUID, card: Card) -> None:
    perform(
        keep_card,
        actor=house(organization_id),
        ref=card.ref,
        brand=card.brand,
        last4=card.last4,
        expires_month=card.expires_month,
        expires_year=card.expires_year,
    )
