"""What becomes of an order once the gateway says how its payment went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.billing.carrying import carry_out, carry_pack
from tenantry.billing.changing import base_of
from tenantry.billing.invoicing import add_credit, credit_balance
from tenantry.billing.models import Order, Subscription
from tenantry.billing.selectors import find_order, moment_of
from tenantry.billing.states import Act, allows
from tenantry.billing.steps import lock_subscription
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound

HOUSE = "the gateway's word, which a job carries in"
# Beside a quote: it was paid, and kept as credit instead of being carried out.
CREDITED = "credited"


@dataclass(frozen=True, slots=True)
class Settled:
    """`how`: "carried_out", "credited" because the world moved on since the quote, "failed", or "known": it was
    settled before, or nothing is to be done."""

    order_id: UUID
    how: str


def refuse_others(actor: Actor) -> None:
    """:raises NotFound: nobody but the house itself."""
    if actor.kind != "system":
        raise NotFound


@action(open_to=HOUSE)
def settle_order(
    *, actor: Actor, now: datetime, order_id: UUID, outcome: Literal["paid", "failed"], ref: str = ""
) -> Outcome[Settled]:
    """Right in any order and however often it comes: what was paid stays paid. What can't be carried out any more,
    because plan, period or balance are others than the quote's, becomes credit: nobody pays for nothing.

    :raises NotFound: no such order.
    """
    refuse_others(actor)
    row = lock_subscription()
    order = find_order(order_id)
    if order.state == Order.State.PAID or row is None:
        return Outcome(Settled(order.id, "known"), None)
    at = moment_of(row, now)
    order.settled_at, order.ref = at, ref or order.ref
    if outcome == "failed":
        return _failed(order)
    order.state = Order.State.PAID
    order.save(update_fields=["state", "settled_at", "ref"])
    if not holds(row, order):
        return _credited(row, order, at)
    carry = carry_pack if order.kind == Order.Kind.PACK else carry_out
    done = carry(row, order.quote, at, now, order.ref)
    entry = Entry("billing.order_paid", "order", order.id, done.values)
    return Outcome(Settled(order.id, "carried_out"), entry, (*done.events, _received(order)), done.jobs)


def _received(order: Order, kept: str = "") -> Event:
    """`kept`: "credit" where nothing came of it but that."""
    return Event("PaymentReceived", {"order_id": order.id, "kept": kept})


def _failed(order: Order) -> Outcome[Settled]:
    if order.state == Order.State.FAILED:
        return Outcome(Settled(order.id, "known"), None)
    order.state = Order.State.FAILED
    order.save(update_fields=["state", "settled_at", "ref"])
    entry = Entry("billing.order_failed", "order", order.id, {"after": _title(order)})
    return Outcome(Settled(order.id, "failed"), entry)


def _title(order: Order) -> str:
    return str(order.quote["pack" if order.kind == Order.Kind.PACK else "terms"]["title"])


def holds(row: Subscription, order: Order) -> bool:
    """Whether the quote is of what there is: paid now, it would be carried out."""
    if credit_balance(order.quote["currency"]) != order.quote["balance"]:
        return False
    if order.kind == Order.Kind.PACK:
        return allows(row.state, Act.BUY_PACK)
    return base_of(row) == order.quote["base"] and allows(row.state, Act.CHANGE_NOW)


def _credited(row: Subscription, order: Order, at: datetime) -> Outcome[Settled]:
    amount, currency = order.quote["due"], order.quote["currency"]
    add_credit(row, amount, "order_overtaken", at, currency=currency)
    order.quote = {**order.quote, CREDITED: True}
    order.save(update_fields=["quote"])
    values = {"amount": amount, "currency": currency}
    entry = Entry("billing.order_credited", "order", order.id, values)
    return Outcome(Settled(order.id, "credited"), entry, (_received(order, kept="credit"),))
