"""Packs: bought once, used after the allowance of their meter, never too old (product.md §5)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.billing.actions.plans import ORDER_LIFE
from tenantry.billing.carrying import carry_pack
from tenantry.billing.errors import NoPacks, NothingSold, PackUseless
from tenantry.billing.invoicing import Line, credit_balance
from tenantry.billing.models import Order, Subscription
from tenantry.billing.quoting import Quote, quote_of
from tenantry.billing.selectors import moment_of, subscription, terms_of
from tenantry.billing.states import Act, require_state
from tenantry.billing.steps import expire_orders, lock_subscription
from tenantry.billing.use import useful
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.ids import new_id
from tenantry.metering.meters import METERS
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.organizations.selectors import entitlements


@dataclass(frozen=True, slots=True)
class PackPlan(Plan):
    """`amount`: of the meter's unit. `quote`: what is due now."""

    key: str
    title: str
    meter: str
    amount: int
    quote: Quote


@dataclass(frozen=True, slots=True)
class PackOrdered:
    """`order_id` None: credit paid for it, and it is there."""

    title: str
    order_id: UUID | None


def plan_buy_pack(*, actor: Actor, pack: str, now: datetime) -> PackPlan:
    """:raises NothingSold, NoPacks: there is no such pack. :raises InTrial, PaymentPending, …: the state keeps it
    back: in the trial there are none."""
    require_any(actor, BILLING_CHANGE)
    return _planned(subscription(), pack, now)


def _planned(row: Subscription | None, pack: str, now: datetime) -> PackPlan:
    if row is None:
        raise NothingSold
    require_state(row.state, Act.BUY_PACK)
    terms = terms_of(row)
    found = next((one for one in terms.packs if one.key == pack), None)
    if found is None:
        raise NoPacks
    if not useful((found,), entitlements()):
        raise PackUseless(what=METERS[found.meter].title)
    values = {"title": found.title, "currency": terms.currency}
    line = Line("pack", found.price, 1, values)
    # By the day: a price is no matter of seconds, and what was read can be confirmed.
    at = moment_of(row, now).replace(hour=0, minute=0, second=0, microsecond=0)
    quote = quote_of([("pack", [line])], currency=terms.currency, at=at, balance=credit_balance(terms.currency))
    return PackPlan(found.key, found.title, found.meter, found.amount, quote)


@action(BILLING_CHANGE)
def buy_pack(*, actor: Actor, now: datetime, pack: str, digest: str | None = None) -> Outcome[PackOrdered]:
    """An order to be paid; where credit pays for all of it, the pack is there at once.

    :raises PlanChanged: `digest` is of other figures. :raises Refusal: see `plan_buy_pack`.
    """
    row = lock_subscription()
    found = confirm(_planned(row, pack, now), digest)
    assert row is not None
    at = moment_of(row, now)
    promise = {
        "pack": {"key": found.key, "title": found.title, "meter": found.meter, "amount": found.amount},
        "sheets": [sheet.plain() for sheet in found.quote.sheets],
        "due": found.quote.due,
        "balance": found.quote.balance,
        "currency": found.quote.currency,
    }
    values = {"after": found.title, "due": found.quote.due, "currency": found.quote.currency}
    if not found.quote.due:
        done = carry_pack(row, promise, at, now)
        entry = Entry("billing.pack_bought", "subscription", row.id, done.values)
        return Outcome(PackOrdered(found.title, None), entry, done.events)
    expire_orders(Order.Kind.PACK, at)
    order = Order(
        id=new_id(),
        kind=Order.Kind.PACK,
        quote=promise,
        asked_by_id=actor.membership_id,
        made_at=at,
        expires_at=at + ORDER_LIFE,
    )
    Order.objects.bulk_create([order])
    return Outcome(PackOrdered(found.title, order.id), Entry("billing.pack_ordered", "order", order.id, values))
