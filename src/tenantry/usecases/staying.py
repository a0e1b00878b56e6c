"""Who stays, when there are more people than seats: the trial is over, or a smaller plan is chosen (product.md §5).
Whoever does not stay leaves by the organization's own rules, as anybody else; nothing of theirs is lost."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from tenantry.access.selectors import asked_of, keyholder_ids
from tenantry.acting.actions import Outcome, Part, action
from tenantry.acting.plans import Plan, confirm
from tenantry.billing.offers import offered, sells
from tenantry.billing.selectors import subscription
from tenantry.core.actor import Actor
from tenantry.core.decisions import kept_back, require_any
from tenantry.core.errors import NotFound, PlanChanged, Refusal, Remedy
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.organizations.selectors import policy, refuse_other_name
from tenantry.people.models import Membership
from tenantry.people.seats import counted_statuses, seats
from tenantry.people.selectors import visible_members
from tenantry.usecases.carried import Carried
from tenantry.usecases.leaving.plans import DEACTIVATION_BY, LeavingPlan
from tenantry.usecases.offboarding import (
    Left,
    carry_out_deactivation,
    carry_out_removal,
    plan_deactivate_members,
    plan_remove_members,
    raise_single,
)

Status = Membership.Status
# More leave from the directory, which lets them go in the background.
MOST = 500


class TooManyLeave(Refusal):
    code = "too_many_leave"
    kind = "invalid"
    sentence = _("%(count)s people would leave; here at most %(most)s at once. Let the others go from the directory.")
    remedies = (Remedy(_("Directory"), "person_list", permissions=("people.view",)),)


@dataclass(frozen=True, slots=True)
class StayPlan(Plan):
    """`off`: who is deactivated; `away`: who is removed, invitations among them; None: nobody. `in_use`: seats before,
    `after`: then, `seats`: as many as there shall be."""

    seats: int
    in_use: int
    after: int
    off: LeavingPlan | None
    away: LeavingPlan | None

    @property
    def beyond(self) -> int:
        """Seats that are too many even then."""
        return max(0, self.after - self.seats)


@dataclass(frozen=True, slots=True)
class LetGo:
    """What became of them: `off` were deactivated, `away` removed; None: nobody was."""

    off: Left | None = None
    away: Left | None = None

    @property
    def number(self) -> int:
        """How many left."""
        return sum(len(part.members) for part in (self.off, self.away) if part)


def _letting_go(actor: Actor) -> Actor:
    """Letting people go is part of choosing a plan, and goes on while a trial is over.

    :raises OrganizationFrozen: or its subscription has ended.
    """
    if actor.state not in ("active", "trial_ended"):
        raise kept_back(actor.state)
    return replace(actor, state="active")


def seat_holders(actor: Actor, now: datetime) -> QuerySet[Membership]:
    """People with a seat whom the actor sees; by name."""
    rows = visible_members(actor).filter(status__in=counted_statuses(), seat_free=False)
    lapsed = rows.filter(status=Status.INVITED, invited_until__lte=now)
    return rows.exclude(id__in=lapsed.values("id")).defer("picture").order_by("sort_name", "id")


def called(rows: QuerySet[Membership], query: str) -> QuerySet[Membership]:
    """Those whose names or addresses have words that begin so."""
    for word in asked_of(query):
        rows = rows.filter(search_text__contains=f" {word}")
    return rows


def likely_to_stay(actor: Actor, number: int, now: datetime) -> list[UUID]:
    """The first proposal: oneself, whoever holds all permissions, then who was here last."""
    latest = seat_holders(actor, now).order_by(F("last_sign_in_at").desc(nulls_last=True), "sort_name", "id")
    first = [one for one in (actor.membership_id, *sorted(keyholder_ids())) if one]
    ids = dict.fromkeys([*first, *latest.values_list("id", flat=True)[: number + len(first)]])
    holding = set(seat_holders(actor, now).filter(id__in=list(ids)).values_list("id", flat=True))
    return [one for one in ids if one in holding][: max(1, number)]


def seats_to_come(now: datetime) -> int:
    """How many there will be as far as is known: of what is planned, else of the smallest plan without a price; else
    those in use."""
    row = subscription()
    planned = row.planned.get("seats") if row else None
    if planned is not None:
        return int(planned)
    free = next((one.most_seats for one in offered() if one.is_free), None) if sells() else None
    return seats(now).in_use if free is None else free


def who_leaves(*, actor: Actor, staying: Collection[UUID], now: datetime) -> tuple[UUID, ...]:
    """Who holds a seat and is not among `staying`; oneself always is.

    :raises NotFound: whoever shall stay is not known. :raises TooManyLeave: see there.
    """
    require_any(actor, BILLING_CHANGE)
    acting = _letting_go(actor)
    others = {*staying} - {actor.own_id}
    # A slip in an id would let somebody go.
    if visible_members(acting).filter(id__in=others).count() < len(others):
        raise NotFound
    leaving = seat_holders(acting, now).exclude(id__in={*others, actor.own_id}).values_list("id", flat=True)
    found = tuple(leaving[: MOST + 1])
    if len(found) > MOST:
        raise TooManyLeave(count=leaving.count(), most=MOST)
    return found


def plan_who_stays(*, actor: Actor, staying: Collection[UUID], number: int, now: datetime) -> StayPlan:
    """What letting everybody go does who holds a seat and is not among `staying`; oneself always is. `number`: as many
    seats as there shall be.

    :raises PermissionMissing: the plan is not the actor's to change, or people are not theirs to let go.
    :raises NotFound, TooManyLeave: see `who_leaves`. :raises OrganizationFrozen: see `_letting_go`.
    """
    ids = who_leaves(actor=actor, staying=staying, now=now)
    return _plan(_letting_go(actor), ids, number, now)


def _plan(acting: Actor, ids: Collection[UUID], number: int, now: datetime) -> StayPlan:
    # Where deactivating is not offered, or frees no seat, they are removed; and so is who has not come yet.
    offers = policy(DEACTIVATION_BY) != "nobody" and Status.DEACTIVATED not in counted_statuses()
    active = visible_members(acting).filter(id__in=ids, status=Status.ACTIVE) if offers else None
    off = frozenset(active.values_list("id", flat=True) if active is not None else ())
    away = frozenset(ids) - off
    # Both are let go at once: what one half takes of keyholders and leads, the other finds gone.
    carried = Carried()
    off_plan = plan_deactivate_members(actor=acting, membership_ids=off, now=now, carried=carried) if off else None
    away_plan = plan_remove_members(actor=acting, membership_ids=away, now=now, carried=carried) if away else None
    state = seats(now)
    freed = sum(plan.seats_freed for plan in (off_plan, away_plan) if plan)
    return StayPlan(number, state.in_use, state.in_use - freed, off_plan, away_plan)


@action(BILLING_CHANGE, targets=("membership_ids",))
def let_go(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    number: int,
    digest: str | None = None,
    organization_name: str = "",
) -> Outcome[LetGo]:
    """Those who do not stay (`who_leaves`) are deactivated and removed at once, or nobody is; also while a trial is
    over. Each half has its own entry, and is taken back by itself. Who can't be let go is left out and named.

    :raises PlanChanged: `digest` is of an older plan. :raises OrganizationFrozen: see `_letting_go`.
    :raises OrganizationNameAsked: not that name. :raises Refusal: when nobody can be let go; see
    `offboarding.deactivate_members` and `remove_members`.
    """
    acting = _letting_go(actor)
    lock(LockRow.Name.STRUCTURE)
    plan = confirm(_plan(acting, membership_ids, number, now), digest)
    off, away = (part if part and part.members else None for part in (plan.off, plan.away))
    if off is None and away is None:
        _raise_why(plan, acting, now)
        return Outcome(LetGo(), None)
    if off and off.asks_name and actor.kind != "system":
        refuse_other_name(organization_name)
    try:
        # First the half that may yet find that records changed hands: nothing is written before it.
        removed = carry_out_removal(acting, away, now) if away else None
    except PlanChanged:
        raise PlanChanged(_plan(acting, membership_ids, number, now)) from None
    rested = carry_out_deactivation(acting, off, now) if off else None
    first, *besides = [part for part in (rested, removed) if part]
    done = LetGo(_left(plan.off, rested), _left(plan.away, removed))
    return Outcome(done, first.entry, first.events, first.jobs, tuple(besides))


def _raise_why(plan: StayPlan, acting: Actor, now: datetime) -> None:
    """Where there are some to let go and none of them can be."""
    for part, removing in ((plan.off, False), (plan.away, True)):
        if part:
            raise_single(part, acting, [one.membership_id for one in part.refused], now, removing=removing)


def _left(plan: LeavingPlan | None, done: Part[Left] | None) -> Left | None:
    if done:
        return done.result
    return Left((), (), plan.refused, 0) if plan else None
