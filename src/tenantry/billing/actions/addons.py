"""Add-ons of the plan, switched on for single people: what that costs and when, before it is done."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry
from tenantry.billing.coming import renewal_amount
from tenantry.billing.errors import AddonUnknown
from tenantry.billing.models import AddonSwitch, Interval, Subscription
from tenantry.billing.quoting import Holding, addon_parts
from tenantry.billing.selectors import holding_of, moment_of, renews, subscription
from tenantry.billing.states import Act, State, require_state
from tenantry.billing.steps import counted_next, keep, lock_subscription
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.ids import NIL
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.people.errors import NotActive
from tenantry.people.models import Membership
from tenantry.people.seats import counted_statuses, seats
from tenantry.people.selectors import PLANNED, visible_members

MOST = 500
Status = Membership.Status


@dataclass(frozen=True, slots=True)
class AddonPlan(Plan):
    """`members`: those for whom it changes; `same`: how many have it so already. Amounts are minor units before tax
    and credit: `charged` at `charged_at` for the rest of the period (None: nothing before the renewal), the whole
    renewal as it was and as it will be. `before`, `after`: how many people are charged at `renews_at`."""

    key: str
    title: str
    on: bool
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    same: int
    price: int
    interval: str
    currency: str
    before: int
    after: int
    charged_at: datetime | None
    charged: int
    renews_at: datetime | None
    renewal_before: int
    renewal_after: int


def plan_switch_addon(*, actor: Actor, key: str, membership_ids: Iterable[UUID], on: bool, now: datetime) -> AddonPlan:
    """:raises AddonUnknown: the plan has none of that name. :raises NotFound: somebody is unknown or out of reach.
    :raises TrialOver, PaymentPending, NotWhileFrozen, SubscriptionOver: nothing can be added in this state.
    """
    require_any(actor, BILLING_CHANGE)
    return _planned(actor, subscription(), key, membership_ids, now, on=on)


def _planned(
    actor: Actor, row: Subscription | None, key: str, membership_ids: Iterable[UUID], now: datetime, *, on: bool
) -> AddonPlan:
    held = holding_of(row) if row is not None else None
    addon = next((one for one in held.terms.addons if one.key == key), None) if held else None
    if row is None or held is None or addon is None:
        raise AddonUnknown
    _require(row, on=on)
    changing, refused, same = _sorted_out(actor, key, membership_ids, on=on)
    counted = counted_statuses()
    moved = sum(one.status in counted for one in changing)
    before = held.switched.get(key, 0)
    after = before + moved if on else before - moved
    at = moment_of(row, now)
    charged_at = counted_next(row, at) if row.period_end is not None else None
    running = row.period_end is not None and renews(row)
    people = seats(now)
    then = [replace(held, switched={**held.switched, key: count}) for count in (before, after)]
    renewal = [renewal_amount(row, people, one) if running else 0 for one in then]
    return AddonPlan(
        key=key,
        title=addon.title,
        on=on,
        members=tuple(one.id for one in changing),
        names=tuple(one.name for one in changing),
        refused=refused,
        same=same,
        price=addon.prices[row.interval],
        interval=row.interval,
        currency=held.terms.currency,
        before=before,
        after=after,
        charged_at=charged_at,
        charged=_until_renewal(held, key, before, after, charged_at),
        renews_at=row.period_end if running else None,
        renewal_before=renewal[0],
        renewal_after=renewal[1],
    )


def _require(row: Subscription, *, on: bool) -> None:
    """In a trial nothing is charged. Off is possible wherever something runs."""
    if row.state == State.TRIAL or (not on and row.state == State.PENDING_PAYMENT):
        return
    require_state(row.state, Act.BUY_SEATS)


def _until_renewal(held: Holding, key: str, before: int, after: int, at: datetime | None) -> int:
    """By how much the invoice of `at` grows or shrinks."""
    if at is None:
        return 0

    def charge(count: int) -> int:
        return sum(line.amount for _key, lines in addon_parts(held, {key: count}, at, "month") for line in lines)

    return charge(after) - charge(before)


def _sorted_out(
    actor: Actor, key: str, membership_ids: Iterable[UUID], *, on: bool
) -> tuple[list[Membership], tuple[Refused, ...], int]:
    """By name those for whom it changes, who can't have it, and how many have it so already."""
    wanted = set(membership_ids)
    if not 0 < len(wanted) <= MOST:
        raise InvalidInput({"person_ids": _("One to %(most)s people at once.") % {"most": MOST}})
    rows = list(visible_members(actor).filter(id__in=wanted).only(*PLANNED).order_by("sort_name", "id"))
    if len(rows) != len(wanted):
        raise NotFound
    having = set(AddonSwitch.objects.filter(membership_id__in=wanted, key=key).values_list("membership_id", flat=True))
    changing, refused = [], []
    for member in rows:
        if (member.id in having) == on:
            continue
        if on and member.status != Status.ACTIVE:
            refusal = NotActive(name=member.name)
            refused.append(Refused(member.id, member.name, refusal.code, str(refusal)))
        else:
            changing.append(member)
    return changing, tuple(refused), len(rows) - len(changing) - len(refused)


@action(BILLING_CHANGE, targets=("membership_ids",))
def switch_addon(
    *,
    actor: Actor,
    now: datetime,
    key: str,
    membership_ids: tuple[UUID, ...],
    on: bool,
    digest: str | None = None,
) -> Outcome[AddonPlan]:
    """An add-on of the plan for these people, on or off. Who was switched on is charged when people are counted next,
    at the renewal at the latest; who is switched off stays paid until then.

    :raises PlanChanged: `digest` is of other figures. :raises Refusal: see `plan_switch_addon`.
    """
    row = lock_subscription()
    found = confirm(_planned(actor, row, key, membership_ids, now, on=on), digest)
    assert row is not None
    if not found.members:
        return Outcome(found, None)
    _begin(row, moment_of(row, now))
    if on:
        AddonSwitch.objects.bulk_create(AddonSwitch(membership_id=one, key=key, since=now) for one in found.members)
    else:
        AddonSwitch.objects.filter(membership_id__in=found.members, key=key).delete()
    keep(row, now)
    return Outcome(found, _entry(found))


def _begin(row: Subscription, at: datetime) -> None:
    """What was charged so far is written down before it becomes more."""
    held = holding_of(row)
    row.charged_addons = dict(held.charged_addons)
    if row.period_end is not None and row.interval == Interval.YEAR and row.counted_at is None:
        row.counted_at = at


def _entry(found: AddonPlan) -> Entry:
    one = found.members[0] if len(found.members) == 1 else None
    values = {"name": found.title} if one else {"name": found.title, "members": list(found.members)}
    kind, target = ("member", one) if one else ("members", NIL)
    if found.on:
        return Entry("billing.addon_switched_on", kind, target, values)
    return Entry("billing.addon_switched_off", kind, target, values)
