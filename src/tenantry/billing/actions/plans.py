"""Choosing another plan, taking a planned one back, canceling and resuming."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.billing.carrying import carry_out
from tenantry.billing.changing import PlanChangePlan, planned_change, promised
from tenantry.billing.errors import AlreadyCanceling, NotCanceling, NothingPlanned, NothingToCancel, TooMuchInUse
from tenantry.billing.models import Order, Subscription
from tenantry.billing.renewing import end
from tenantry.billing.seat_pricing import withdraw_planned
from tenantry.billing.selectors import moment_of, subscription, terms_of
from tenantry.billing.states import Act, Happening, State, require_state
from tenantry.billing.steps import EXPORTS, begun, changed, expire_orders, keep, lock_subscription, move
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.ids import new_id
from tenantry.organizations.permissions import BILLING_CANCEL, BILLING_CHANGE

# How long the checkout of an order stays open.
ORDER_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PlanChosen:
    """`how`: "done", "planned" for the period's end, or "to_pay": by the order. `at`: when it holds."""

    how: str
    plan: str
    at: datetime
    order_id: UUID | None = None
    due: int = 0


def plan_change_plan(
    *,
    actor: Actor,
    plan: str,
    interval: str = "month",
    seats: int | None = None,
    now: datetime,
    at: datetime | None = None,
) -> PlanChangePlan:
    """What changing to this plan costs and does. `at`: of a quote that is read already; holds for half an hour.

    :raises PermissionMissing: a plan that costs nothing in place of one that does is a cancellation.
    :raises Refusal: see `billing.changing.planned_change`.
    """
    require_any(actor, BILLING_CHANGE)
    found = planned_change(subscription(), plan, interval, seats, now, at)
    if found.cancels:
        require_any(actor, BILLING_CANCEL)
    return found


@action(BILLING_CHANGE)
def change_plan(
    *,
    actor: Actor,
    now: datetime,
    plan: str,
    interval: str = "month",
    seats: int | None = None,
    at: datetime | None = None,
    digest: str | None = None,
) -> Outcome[PlanChosen]:
    """Up at once, when what is due now is paid: an order that the gateway settles. Down at the end of the period,
    until then it can be taken back.

    :raises PlanChanged: `digest` is of other figures. :raises TooMuchInUse: something has to be reduced first.
    :raises Refusal: see `plan_change_plan`.
    """
    lock_subscription()
    found = confirm(plan_change_plan(actor=actor, plan=plan, interval=interval, seats=seats, now=now, at=at), digest)
    row = begun(now)
    if found.when == "period_end":
        return _for_later(row, found, now)
    if found.reductions:
        raise TooMuchInUse(what=", ".join(f"{one.title} ({one.use} > {one.limit})" for one in found.reductions))
    if found.quote.due:
        return _to_pay(actor, row, found)
    done = carry_out(row, promised(found), moment_of(row, now), now)
    entry = Entry("billing.plan_changed", "subscription", row.id, done.values)
    return Outcome(PlanChosen("done", found.plan, found.at), entry, done.events, done.jobs)


def _to_pay(actor: Actor, row: Subscription, found: PlanChangePlan) -> Outcome[PlanChosen]:
    expire_orders(Order.Kind.PLAN, found.at)
    order = Order(
        id=new_id(),
        kind=Order.Kind.PLAN,
        quote=promised(found),
        asked_by_id=actor.membership_id,
        made_at=found.at,
        expires_at=found.at + ORDER_LIFE,
    )
    Order.objects.bulk_create([order])
    values = {"after": found.title, "due": found.quote.due, "currency": found.quote.currency}
    entry = Entry("billing.plan_ordered", "order", order.id, values)
    return Outcome(PlanChosen("to_pay", found.plan, found.at, order.id, found.quote.due), entry)


def _for_later(row: Subscription, found: PlanChangePlan, now: datetime) -> Outcome[PlanChosen]:
    before = row.terms["title"]
    withdraw_planned()
    row.planned = {"terms": dict(found.terms), "interval": found.interval, "seats": found.seats}
    at = moment_of(row, now)
    move(row, Happening.DOWNGRADE_PLANNED, at)
    keep(row, now)
    values = {"before": before, "after": found.title, "at": found.effective_at.isoformat()}
    entry = Entry("billing.downgrade_planned", "subscription", row.id, values)
    events = (changed(row, "downgrade_planned", found.effective_at, before, found.title),)
    return Outcome(PlanChosen("planned", found.plan, found.effective_at), entry, events)


@action(BILLING_CHANGE)
def withdraw_downgrade(*, actor: Actor, now: datetime) -> Outcome[Done]:
    """Keeps plan, interval and seats as they are.

    :raises NothingPlanned: nothing comes at the period's end.
    """
    row = lock_subscription()
    if row is None or not row.planned:
        raise NothingPlanned
    require_state(row.state, Act.WITHDRAW)
    withdraw_planned()
    at, row.planned = moment_of(row, now), {}
    if row.state in (State.DOWNGRADING, State.PENDING_PAYMENT):
        move(row, Happening.DOWNGRADE_WITHDRAWN, at)
    keep(row, now)
    entry = Entry("billing.downgrade_withdrawn", "subscription", row.id, {"name": row.terms["title"]})
    return Outcome(Done(row.id), entry, (changed(row, "downgrade_withdrawn", at),))


# --- Canceling ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CancelPlan(Plan):
    """`ends_at`: everything works until then; `exports_until`: and after it exports alone. `gives_up`: the change that
    was planned. `unpaid`: invoices that are not asked for any more."""

    title: str
    ends_at: datetime
    exports_until: datetime
    at_once: bool
    gives_up: str
    version: int


def plan_cancel_subscription(*, actor: Actor, now: datetime) -> CancelPlan:
    """:raises NothingToCancel, AlreadyCanceling, InTrial, TrialOver, SubscriptionOver: see there."""
    require_any(actor, BILLING_CANCEL)
    return _cancel_plan(subscription(), now)


def _cancel_plan(row: Subscription | None, now: datetime) -> CancelPlan:
    if row is None or row.period_end is None:
        raise NothingToCancel
    at_once = row.state == State.FROZEN
    if row.cancels and not at_once:
        raise AlreadyCanceling
    require_state(row.state, Act.CANCEL)
    # By the day where it is at once: a second later the same is confirmed.
    ends = moment_of(row, now).replace(hour=0, minute=0, second=0, microsecond=0) if at_once else row.period_end
    planned = row.planned.get("terms") or {}
    return CancelPlan(terms_of(row).title, ends, ends + EXPORTS, at_once, planned.get("title", ""), row.version)


@action(BILLING_CANCEL)
def cancel_subscription(*, actor: Actor, now: datetime, digest: str | None = None) -> Outcome[Done]:
    """At the end of the period, until then it can be resumed; a frozen one ends now.

    :raises PlanChanged: `digest` is of an older plan. :raises Refusal: see `plan_cancel_subscription`.
    """
    row = lock_subscription()
    found = confirm(_cancel_plan(row, now), digest)
    assert row is not None
    at = moment_of(row, now)
    if found.at_once:
        return _ended_now(row, at, now)
    withdraw_planned()
    row.cancels, row.planned = True, {}
    move(row, Happening.CANCEL_PLANNED, at)
    keep(row, now)
    values = {"name": found.title, "at": found.ends_at.isoformat()}
    entry = Entry("billing.cancel_planned", "subscription", row.id, values)
    return Outcome(Done(row.id), entry, (changed(row, "cancel_planned", found.ends_at),))


@action(BILLING_CANCEL)
def resume_subscription(*, actor: Actor, now: datetime) -> Outcome[Done]:
    """It goes on at the end of the period.

    :raises NotCanceling: it would anyway, or it has ended already.
    """
    row = lock_subscription()
    if row is None or not row.cancels:
        raise NotCanceling
    require_state(row.state, Act.RESUME)
    at, row.cancels = moment_of(row, now), False
    move(row, Happening.RESUMED, at)
    keep(row, now)
    entry = Entry("billing.resumed", "subscription", row.id, {"name": row.terms["title"]})
    return Outcome(Done(row.id), entry, (changed(row, "resumed", at),))


def _ended_now(row: Subscription, at: datetime, now: datetime) -> Outcome[Done]:
    done = end(row, at)
    keep(row, now)
    entry = Entry("billing.canceled", "subscription", row.id, {"name": row.terms["title"]})
    return Outcome(Done(row.id), entry, done.events)
