"""The sandbox's checkout: what a gateway's own page does when somebody pays there."""

from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.billing.actions.methods import set_payment_method
from tenantry.billing.actions.orders import holds, settle_order
from tenantry.billing.errors import OrderOver
from tenantry.billing.gateways.base import Result
from tenantry.billing.gateways.sandbox import CARDS
from tenantry.billing.selectors import find_order, moment_of, subscription
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.transactions import reading


def pay(actor: Actor, organization_id: UUID, order_id: UUID, card: str, *, confirmed: bool = False) -> Result:
    """`confirmed`: its owner said yes at their bank. A declined card pays for nothing and replaces none; the order
    waits for another one.

    :raises NotFound: no such card, or no such order. :raises OrderOver: its amounts hold no more.
    :raises PermissionMissing: see `set_payment_method`.
    """
    chosen = CARDS.get(card)
    if chosen is None:
        raise NotFound
    with reading():
        order, row = find_order(order_id), subscription()
        over = order.state != order.State.OPEN or order.expires_at <= moment_of(row, clock.now())
        if over or row is None or not holds(row, order):
            raise OrderOver
    result = Result.PAID if confirmed and chosen.first == Result.NEEDS_ACTION else chosen.first
    if result == Result.PAID:
        perform(set_payment_method, actor=actor, card=card)
        perform(
            settle_order,
            actor=Actor.system("sandbox", organization_id),
            order_id=order_id,
            outcome="paid",
            ref=f"sandbox:{order_id}",
        )
    return result
