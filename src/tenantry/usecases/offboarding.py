"""Letting people go: deactivate, reactivate, remove. One or many, the plan and the act from the same code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from tenantry.access.errors import LastKeyholder
from tenantry.access.hands import Standing, out_of_hand, refuse_out_of_hand, standings
from tenantry.access.selectors import keyholder_ids
from tenantry.access.steps import end_assignments, keep_a_keyholder
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor, Grants
from tenantry.core.errors import NotFound, PermissionMissing, Refusal
from tenantry.organizations.selectors import policy, policy_values, refuse_other_name
from tenantry.people.errors import AlreadyRemoved, NotActive, NotDeactivated, NotOfferedHere, NotOnOneself
from tenantry.people.models import Membership, TeamMember
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.seats import COUNTED, counted_statuses, holds_seat, take_seats
from tenantry.people.selectors import get_member, visible_members
from tenantry.people.steps import deactivate_rows, reactivate_row, remove_rows
from tenantry.security.selectors import SESSION_RULES, open_sessions
from tenantry.security.steps import end_entries

Status = Membership.Status
DEACTIVATION_BY = "people.deactivation_by"


@dataclass(frozen=True, slots=True)
class LeavingPlan(Plan):
    """What happens to a selection of people. Counts are totals over `members`."""

    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    sessions: int
    invitations: int
    teams: int
    roles: int
    seats_freed: int
    # How many of them can sign in now.
    active: int
    # Whether the organization's name is typed first (policy `people.deactivation_by`).
    asks_name: bool = False
    # Whether deactivating is offered to this actor at all.
    deactivates: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    sessions: int


def _selection(actor: Actor, membership_ids: Iterable[UUID]) -> list[Membership]:
    """:raises NotFound: one of them is unknown or out of reach."""
    wanted = set(membership_ids)
    places = TeamMember.objects.filter(membership_id=OuterRef("id")).order_by().values("membership_id")
    counted = places.annotate(n=Count("id")).values("n")
    rows: list[Membership] = list(
        visible_members(actor)
        .filter(id__in=wanted)
        .annotate(places=Coalesce(Subquery(counted[:1]), Value(0)))
        .defer("picture")
        .order_by("id")
    )
    if not rows or len(rows) != len(wanted):
        raise NotFound
    return rows


def _holds_everything(standing: Standing) -> bool:
    return standing.base is not None and standing.base.is_keyholder


def _refusals(
    actor: Actor, rows: list[Membership], standing: Mapping[UUID, Standing], *, removing: bool
) -> dict[UUID, Refusal]:
    """Who can't be acted on, found by query first. Never a loop of single actions."""
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        if member.id == actor.membership_id:
            refused[member.id] = NotOnOneself()
        elif member.status == Status.REMOVED:
            refused[member.id] = AlreadyRemoved(name=member.name)
        elif not removing and member.status != Status.ACTIVE:
            refused[member.id] = NotActive(name=member.name)
        elif refusal := out_of_hand(actor, member, standing[member.id], REMOVE if removing else DEACTIVATE):
            refused[member.id] = refusal
    left = [m for m in rows if m.id not in refused]
    holders = set(keyholder_ids()) if any(_holds_everything(standing[m.id]) for m in left) else set()
    if holders and holders <= {m.id for m in left}:
        # Somebody of the selection has to stay: the one who is named first.
        keeper = next(m for m in left if m.id in holders)
        base = standing[keeper.id].base
        role = base.name if base else ""
        refused[keeper.id] = LastKeyholder(name=keeper.name, role=role, membership_id=str(keeper.id))
    return refused


def _plan(
    actor: Actor, membership_ids: Iterable[UUID], now: datetime, rules: Mapping[str, Any], *, removing: bool
) -> LeavingPlan:
    rows = _selection(actor, membership_ids)
    standing = standings(m.id for m in rows)
    refused = _refusals(actor, rows, standing, removing=removing)
    leaving = [m for m in rows if m.id not in refused]
    ids = [m.id for m in leaving]
    counted = set(rules[COUNTED])
    kept = not removing and Status.DEACTIVATED in counted
    return LeavingPlan(
        members=tuple(ids),
        names=tuple(m.name for m in leaving),
        refused=tuple(Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in rows if m.id in refused),
        sessions=open_sessions(ids, now, rules).count(),
        invitations=sum(m.status == Status.INVITED for m in leaving),
        teams=sum(m.places for m in leaving) if removing else 0,  # type: ignore[attr-defined]
        roles=sum(len(standing[i].roles) for i in ids) if removing else 0,
        seats_freed=0 if kept else sum(holds_seat(m, counted, now) for m in leaving),
        active=sum(m.status == Status.ACTIVE for m in leaving),
        asks_name=not removing and rules[DEACTIVATION_BY] == "owner",
        deactivates=may_deactivate(actor.grants, rules[DEACTIVATION_BY]),
    )


def _rules() -> dict[str, Any]:
    """The policies that a plan asks; one query."""
    return policy_values(COUNTED, DEACTIVATION_BY, *SESSION_RULES)


def may_deactivate(granted: Grants, rule: str) -> bool:
    """Whether these grants let somebody deactivate under this value of policy `people.deactivation_by`."""
    if rule == "nobody" or not granted.anywhere(DEACTIVATE):
        return False
    return rule == "permission" or granted.everything


def _ask_policy(actor: Actor, rule: str) -> None:
    """Policy `people.deactivation_by`.

    :raises NotOfferedHere, PermissionMissing: see there.
    """
    if rule == "nobody":
        raise NotOfferedHere
    if not may_deactivate(actor.grants, rule):
        raise PermissionMissing(DEACTIVATE)


def plan_deactivate_members(*, actor: Actor, membership_ids: Iterable[UUID], now: datetime) -> LeavingPlan:
    """What deactivating them would do.

    :raises NotFound, NotOfferedHere, PermissionMissing: see there.
    """
    if not actor.may(DEACTIVATE):
        raise PermissionMissing(DEACTIVATE)
    rules = _rules()
    _ask_policy(actor, rules[DEACTIVATION_BY])
    return _plan(actor, membership_ids, now, rules, removing=False)


def _raise_single(plan: LeavingPlan, actor: Actor, rows: Iterable[UUID], *, removing: bool) -> None:
    """A selection of one answers with its refusal; of several, the refused are left out and named."""
    if plan.members:
        return
    selection = _selection(actor, rows)
    standing = standings(m.id for m in selection)
    refusals = _refusals(actor, selection, standing, removing=removing)
    raise next(iter(refusals.values()))


@action(DEACTIVATE, targets=("membership_ids",))
def deactivate_members(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    digest: str | None = None,
    organization_name: str = "",
) -> Outcome[Left]:
    """They can't act here any more; everything stays under their names and nothing is deleted.

    `organization_name`: typed by whoever does it, where policy `people.deactivation_by` is `owner`.

    :raises PlanChanged: `digest` is of an older plan. :raises OrganizationNameAsked: not that name.
    :raises NotOnOneself, NotActive, MemberOutOfHand, LastKeyholder: when nobody of the selection could be.
    """
    plan = confirm(plan_deactivate_members(actor=actor, membership_ids=membership_ids, now=now), digest)
    _raise_single(plan, actor, membership_ids, removing=False)
    # Nobody types for a job or a command; whoever owns the machine is asked there.
    if plan.asks_name and actor.kind != "system":
        refuse_other_name(organization_name)
    members = _selection(actor, plan.members)
    keep_a_keyholder(members)
    ended = deactivate_rows(members, now)
    sessions = end_entries(plan.members, now)
    return Outcome(
        Left(plan.members, plan.names, plan.refused, sessions),
        _entry("people.deactivated", plan, {"sessions": sessions, "invitations": ended.invitations}),
        events=tuple(Event("MemberDeactivated", {"membership_id": m}) for m in plan.members),
    )


def _entry(code: str, plan: LeavingPlan, values: dict[str, object]) -> Entry:
    one = plan.members[0] if len(plan.members) == 1 else None
    everybody = {} if one else {"members": [str(m) for m in plan.members]}
    return Entry(code, "member" if one else "members", one, {**values, **everybody, "seats_freed": plan.seats_freed})


@dataclass(frozen=True, slots=True)
class Reactivated:
    membership_id: UUID
    name: str


@action(DEACTIVATE, targets=("membership_id",))
def reactivate_member(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Reactivated]:
    """Back with the same role and teams, provided a seat is free.

    :raises AtSeatLimit, NotDeactivated, MemberOutOfHand: see there.
    """
    _ask_policy(actor, policy(DEACTIVATION_BY))
    member = get_member(actor, membership_id)
    refuse_out_of_hand(actor, member, DEACTIVATE)
    if member.status != Status.DEACTIVATED:
        raise NotDeactivated(name=member.name)
    counted = counted_statuses()
    take_seats(int(Status.ACTIVE in counted) - int(Status.DEACTIVATED in counted), now)
    reactivate_row(member)
    return Outcome(
        Reactivated(member.id, member.name),
        Entry("people.reactivated", "member", member.id),
        events=(Event("MemberReactivated", {"membership_id": member.id}),),
    )


def plan_remove_members(*, actor: Actor, membership_ids: Iterable[UUID], now: datetime) -> LeavingPlan:
    """What removing them would do.

    :raises NotFound, PermissionMissing: see there.
    """
    if not actor.may(REMOVE):
        raise PermissionMissing(REMOVE)
    return _plan(actor, membership_ids, now, _rules(), removing=True)


@action(REMOVE, targets=("membership_ids",))
def remove_members(
    *, actor: Actor, now: datetime, membership_ids: tuple[UUID, ...], digest: str | None = None
) -> Outcome[Left]:
    """They leave for good: names stay in history; role, teams and links end; a later invitation starts afresh.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotOnOneself, AlreadyRemoved, MemberOutOfHand, LastKeyholder: when nobody of the selection could be.
    """
    plan = confirm(plan_remove_members(actor=actor, membership_ids=membership_ids, now=now), digest)
    _raise_single(plan, actor, membership_ids, removing=True)
    members = _selection(actor, plan.members)
    keep_a_keyholder(members)
    ended = remove_rows(members, now)
    end_assignments(plan.members)
    sessions = end_entries(plan.members, now)
    values: dict[str, object] = {"sessions": sessions, "invitations": ended.invitations, "teams": ended.teams}
    return Outcome(
        Left(plan.members, plan.names, plan.refused, sessions),
        _entry("people.removed", plan, values),
        events=tuple(Event("MemberRemoved", {"membership_id": m}) for m in plan.members),
    )
