"""What the house keeps of what a gateway says: what it calls things, the card, and what it says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.billing.actions.methods import put_card
from tenantry.billing.actions.orders import HOUSE, refuse_others
from tenantry.billing.models import GatewayTrouble, PaymentMethod
from tenantry.billing.selectors import find_order, moment_of
from tenantry.billing.steps import lock_subscription
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id


@action(open_to=HOUSE)
def keep_references(
    *,
    actor: Actor,
    now: datetime,
    gateway: str,
    customer: str | None = None,
    subscription: str | None = None,
) -> Outcome[Done]:
    """What the gateway calls customer and subscription; None: as it was."""
    refuse_others(actor)
    row = lock_subscription()
    if row is None:
        return Outcome(Done(), None)
    row.gateway = gateway
    row.customer_ref = row.customer_ref if customer is None else customer
    row.subscription_ref = row.subscription_ref if subscription is None else subscription
    # No quote rests on them: the version stays.
    row.save(update_fields=["gateway", "customer_ref", "subscription_ref"])
    return Outcome(Done(row.id), None)


@action(open_to=HOUSE)
def keep_order_reference(*, actor: Actor, now: datetime, order_id: UUID, ref: str) -> Outcome[Done]:
    """Where the order is being paid.

    :raises NotFound: no such order.
    """
    refuse_others(actor)
    lock_subscription()
    order = find_order(order_id)
    if order.state != order.State.PAID:
        order.ref = ref
        order.save(update_fields=["ref"])
    return Outcome(Done(order.id), None)


@action(open_to=HOUSE)
def keep_card(
    *,
    actor: Actor,
    now: datetime,
    ref: str,
    brand: str,
    last4: str,
    expires_month: int | None,
    expires_year: int | None,
) -> Outcome[Done]:
    """The card that the gateway charges from now on. What is due is tried again with it at once."""
    refuse_others(actor)
    row, before = lock_subscription(), PaymentMethod.objects.first()
    if row is None or (before is not None and before.ref == ref):
        return Outcome(Done(), None)
    method = PaymentMethod(
        id=new_id(),
        brand=brand,
        last4=last4,
        expires_month=expires_month,
        expires_year=expires_year,
        ref=ref,
        added_at=moment_of(row, now),
    )
    return put_card(before, method).outcome


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` and `values` make its sentence; `ref`: what the gateway calls what it is about."""

    code: str
    ref: str
    values: Any


@action(open_to=HOUSE)
def keep_troubles(*, actor: Actor, now: datetime, found: Sequence[Trouble]) -> Outcome[Done]:
    """All that the gateway says otherwise today, in place of what it said before. New ones are written down."""
    refuse_others(actor)
    lock_subscription()
    before = {(one.code, one.ref): one for one in GatewayTrouble.objects.all()}
    wanted = {(one.code, one.ref): one for one in found}
    gone = [row.id for key, row in before.items() if key not in wanted]
    if gone:
        GatewayTrouble.objects.filter(id__in=gone).delete()
    new = [one for key, one in wanted.items() if key not in before]
    GatewayTrouble.objects.bulk_create(
        GatewayTrouble(id=new_id(), code=one.code, ref=one.ref, values=one.values, found_at=now) for one in new
    )
    if not new:
        return Outcome(Done(), None)
    values = {"what": [one.code for one in new], "after": ", ".join(one.ref for one in new)}
    return Outcome(Done(), Entry("billing.gateway_differs", "organization", None, values))
