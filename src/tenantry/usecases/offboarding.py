"""Letting people go: deactivate, reactivate, remove. One or many, the plan and the act from the same code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.steps import end_assignments, keep_a_keyholder
from tenantry.acting.actions import Outcome, Part, action
from tenantry.acting.plans import Refused, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing, PlanChanged
from tenantry.core.jobs import Job
from tenantry.crm.opening import total_of
from tenantry.crm.questions import follow_words
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import policy, refuse_other_name
from tenantry.people.errors import NotDeactivated, NotOfferedHere
from tenantry.people.models import Membership
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.seats import counted_statuses, take_seats
from tenantry.people.selectors import get_member
from tenantry.people.steps import deactivate_rows, reactivate_row, remove_rows
from tenantry.security.steps import end_entries
from tenantry.usecases.carried import Carried
from tenantry.usecases.handing_over import hand_over, plan_reassign_records
from tenantry.usecases.leaving.errors import SuccessorCannotOpen
from tenantry.usecases.leaving.handing_on import hand_on
from tenantry.usecases.leaving.held import held_by
from tenantry.usecases.leaving.offers import end_offers
from tenantry.usecases.leaving.plans import (
    DEACTIVATION_BY,
    Leave,
    LeavingPlan,
    leaving_plan,
    look,
    may_deactivate,
    rules_of,
    selection,
)
from tenantry.usecases.leaving.records import owned_by_each, spread_of

__all__ = ["DEACTIVATION_BY", "LeavingPlan", "may_deactivate"]

Status = Membership.Status
# Of what a plan counts, what a receipt says besides.
ENDING = frozenset({"workflows", "workspaces", "views"})


@dataclass(frozen=True, slots=True)
class Left:
    """`moved`: records that changed owner; `operation_id`: what goes on handing them over."""

    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    sessions: int
    moved: int = 0
    operation_id: UUID | None = None


def _ask_policy(actor: Actor, rule: str) -> None:
    """Policy `people.deactivation_by`.

    :raises NotOfferedHere, PermissionMissing: see there.
    """
    if rule == "nobody":
        raise NotOfferedHere
    if not may_deactivate(actor.grants, rule):
        raise PermissionMissing(DEACTIVATE)


def ask_deactivation_policy(actor: Actor) -> None:
    """Policy `people.deactivation_by`, for acts that are not among those above.

    :raises NotOfferedHere, PermissionMissing: see there.
    """
    _ask_policy(actor, policy(DEACTIVATION_BY))


# --- Deactivating ---------------------------------------------------------------------------


def plan_deactivate_members(
    *,
    actor: Actor,
    membership_ids: Iterable[UUID],
    now: datetime,
    carried: Carried | None = None,
    freezing: bool = False,
) -> LeavingPlan:
    """What deactivating them would do. `carried`: when they are a chunk of a larger selection; `freezing`: although
    something is to be settled first, which then waits.

    :raises NotFound, NotOfferedHere, PermissionMissing: see there.
    """
    if not actor.may(DEACTIVATE):
        raise PermissionMissing(DEACTIVATE)
    rules = rules_of()
    _ask_policy(actor, rules[DEACTIVATION_BY])
    return leaving_plan(actor, membership_ids, now, rules, Leave(removing=False, freezing=freezing, carried=carried))


def raise_single(
    plan: LeavingPlan, actor: Actor, rows: Iterable[UUID], now: datetime, *, removing: bool, anyway: bool = False
) -> None:
    """A selection of one answers with its refusal; of several, the refused are left out and named."""
    if plan.members:
        return
    leave = Leave(removing, plan.successor_id, plan.freezing, anyway=anyway)
    raise next(iter(look(actor, rows, now, rules_of(), leave).refused.values()))


@action(DEACTIVATE, targets=("membership_ids",))
def deactivate_members(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    digest: str | None = None,
    organization_name: str = "",
    freezing: bool = False,
    tell: bool = False,
) -> Outcome[Left]:
    """They can't act here any more; everything stays under their names and nothing is deleted.

    `organization_name`: typed by whoever does it, where policy `people.deactivation_by` is `owner`; `freezing`: what is
    to be settled first is settled afterwards; `tell`: their managers.

    :raises PlanChanged: `digest` is of an older plan. :raises OrganizationNameAsked: not that name.
    :raises NotOnOneself, NotActive, MemberOutOfHand, LastKeyholder, SettleFirst: when nobody could be.
    """
    lock(LockRow.Name.STRUCTURE)
    found = plan_deactivate_members(actor=actor, membership_ids=membership_ids, now=now, freezing=freezing)
    plan = confirm(found, digest)
    raise_single(plan, actor, membership_ids, now, removing=False)
    # Nobody types for a job or a command; whoever owns the machine is asked there.
    if plan.asks_name and actor.kind != "system":
        refuse_other_name(organization_name)
    done = carry_out_deactivation(actor, plan, now)
    return Outcome(done.result, done.entry, (*done.events, *tells(actor, plan, "deactivation", tell=tell)))


def carry_out_deactivation(actor: Actor, plan: LeavingPlan, now: datetime, *, as_planned: bool = False) -> Part[Left]:
    """What a confirmed plan says; for actions that asked everything else. `as_planned`: it was planned for this day,
    and a planned return stays.

    :raises LastKeyholder: nobody with all permissions would be left.
    """
    members = selection(actor, plan.members)
    keep_a_keyholder(members)
    offers, withdrawn = end_offers(plan.members, now)
    ended = deactivate_rows(members, now, as_planned=as_planned)
    sessions = end_entries(plan.members, now)
    values: dict[str, object] = {"sessions": sessions, "invitations": ended.invitations}
    if ended.planned:
        values["called_off"] = ended.planned
    if offers:
        values["offers"] = offers
    if plan.owned:
        values["kept"] = dict(plan.records)
    if plan.keys:
        values["keys"] = list(plan.keys)
    return Part(
        Left(plan.members, plan.names, plan.refused, sessions),
        _entry("people.deactivated", plan, values),
        events=(Event("MembersDeactivated", {"membership_ids": plan.members}), *withdrawn),
    )


def _entry(code: str, plan: LeavingPlan, values: dict[str, object]) -> Entry:
    one = plan.members[0] if len(plan.members) == 1 else None
    everybody = {} if one else {"members": [str(m) for m in plan.members]}
    left = [[matter.kind, str(matter.id or ""), matter.number] for matter in plan.matters if matter.must]
    later = {"later": left} if plan.freezing and left else {}
    return Entry(
        code, "member" if one else "members", one, {**values, **everybody, **later, "seats_freed": plan.seats_freed}
    )


def tells(actor: Actor, plan: LeavingPlan, how: str, *, tell: bool) -> Iterable[Event]:
    """Managers of who leaves, each of each; and who goes on with their records, whom nobody asks."""
    people = Membership.objects.filter(id__in=plan.members).values_list("id", "manager_id")
    for one, manager_id in people:
        wanted = dict.fromkeys(i for i in (manager_id if tell else None, plan.successor_id) if i)
        told = [i for i in wanted if i != actor.membership_id and i not in plan.members]
        if told:
            yield Event("SomebodyLeft", {"membership_id": one, "kind": how, "tell": told})


# --- Coming back ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reactivated:
    membership_id: UUID
    name: str


@action(DEACTIVATE, targets=("membership_id",))
def reactivate_member(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Reactivated]:
    """Back with the same role and teams, provided a seat is free.

    :raises AtSeatLimit, NotDeactivated, MemberOutOfHand: see there.
    """
    ask_deactivation_policy(actor)
    member = get_member(actor, membership_id)
    refuse_out_of_hand(actor, member, DEACTIVATE)
    if member.status != Status.DEACTIVATED:
        raise NotDeactivated(name=member.name)
    counted = counted_statuses()
    back = int(Status.ACTIVE in counted) - int(Status.DEACTIVATED in counted)
    take_seats(0 if member.seat_free else back, now)
    reactivate_row(member, now)
    return Outcome(
        Reactivated(member.id, member.name),
        Entry("people.reactivated", "member", member.id),
        events=(Event("MemberReactivated", {"membership_id": member.id}),),
    )


# --- Removing -------------------------------------------------------------------------------


def plan_remove_members(
    *,
    actor: Actor,
    membership_ids: Iterable[UUID],
    now: datetime,
    carried: Carried | None = None,
    successor_id: UUID | None = None,
    anyway: bool = False,
    supposing: bool = False,
) -> LeavingPlan:
    """What removing them would do. `successor_id`: who goes on with their records (policy `people.removal_records`),
    `anyway`: also with what they could not open, else those who own such records are left out and named; `supposing`:
    that everything that stands in the way were settled. Such a plan is read, never carried out.

    :raises NotFound, PermissionMissing, SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive: see there; the actor
    names themselves and would come to see what they may not.
    """
    if not actor.may(REMOVE):
        raise PermissionMissing(REMOVE)
    leave = Leave(removing=True, successor_id=successor_id, freezing=supposing, carried=carried, anyway=anyway)
    plan = leaving_plan(actor, membership_ids, now, rules_of(), leave)
    left_out = [one.membership_id for one in plan.refused if one.code == SuccessorCannotOpen.code]
    if (plan.owned or left_out) and successor_id is not None and successor_id == actor.membership_id:
        givers = [one for one, counts in owned_by_each([*plan.members, *left_out]).items() if counts]
        plan_reassign_records(actor=actor, from_ids=givers, spread=spread_of(successor_id), now=now)
    return plan


@action(REMOVE, targets=("membership_ids", "successor_id"))
def remove_members(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    digest: str | None = None,
    successor_id: UUID | None = None,
    anyway: bool = False,
    tell: bool = False,
) -> Outcome[Left]:
    """They leave for good: names stay in history; role, teams and links end; a later invitation starts afresh. What
    they own goes to the successor (`anyway`: also what that one could not open), or becomes unassigned. `tell`: their
    managers; the successor always is.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotOnOneself, AlreadyRemoved, MemberOutOfHand, LastKeyholder, SettleFirst, SuccessorRequired,
    SuccessorCannotOpen: when nobody of the selection could be.
    :raises SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive, NotFound: of the successor.
    :raises PermissionMissing: they would come to see, as successor, what they may not.
    """
    lock(LockRow.Name.STRUCTURE)
    found = plan_remove_members(
        actor=actor, membership_ids=membership_ids, now=now, successor_id=successor_id, anyway=anyway
    )
    plan = confirm(found, digest)
    raise_single(plan, actor, membership_ids, now, removing=True, anyway=anyway)
    done = carry_out_removal(actor, plan, now)
    return Outcome(done.result, done.entry, (*done.events, *tells(actor, plan, "removal", tell=tell)), done.jobs)


@dataclass(frozen=True, slots=True)
class _Handed:
    """What became of the records: the values of the entry, and what goes with it."""

    moved: int = 0
    operation_id: UUID | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()


def _hand_over(actor: Actor, plan: LeavingPlan, now: datetime) -> _Handed:
    """:raises PlanChanged: they own something else by now."""
    if not plan.owned:
        return _Handed()
    givers = [one for one, counts in owned_by_each(plan.members).items() if counts]
    spread = spread_of(plan.successor_id)
    handover = plan_reassign_records(actor=actor, from_ids=givers, spread=spread, now=now, locking=True)
    if (handover.counts, handover.closed) != (plan.records, plan.closed):
        # Nobody is planned with what the successor can't open, unless that was said to be meant.
        anyway, heir = bool(plan.closed), plan.successor_id
        # Of the whole selection: its digest is what is confirmed next.
        ids = (*plan.members, *(one.membership_id for one in plan.refused))
        raise PlanChanged(
            plan_remove_members(actor=actor, membership_ids=ids, now=now, successor_id=heir, anyway=anyway)
        )
    done = hand_over(actor, handover, now)
    values = {"records": dict(plan.records), "handover_id": done.result.handover_id, "to_id": plan.successor_id}
    if plan.closed:
        values["closed"] = total_of(plan.closed)
    return _Handed(done.result.moved, done.result.operation_id, values, done.events, done.jobs)


def carry_out_removal(actor: Actor, plan: LeavingPlan, now: datetime) -> Part[Left]:
    """What a confirmed plan says, its records included; for actions that asked everything else.

    :raises LastKeyholder: nobody with all permissions would be left.
    """
    members = selection(actor, plan.members)
    keep_a_keyholder(members)
    held = held_by(members)
    records = _hand_over(actor, plan, now)
    on = hand_on(plan.members, plan.successor_id, now)
    asked = follow_words(actor, now)
    offers, withdrawn = end_offers(plan.members, now)
    ended = remove_rows(members, now)
    end_assignments(plan.members)
    sessions = end_entries(plan.members, now)
    values: dict[str, object] = {"sessions": sessions, "invitations": ended.invitations, "teams": ended.teams}
    if ended.planned:
        values["called_off"] = ended.planned
    if ended.reports:
        values["reports"] = [str(i) for i in ended.reports]
    handed = (("mentees", on.mentees), ("views", on.views), ("addons", on.addons), ("offers", offers))
    values |= {name: number for name, number in handed if number}
    if plan.successor_id and (on.mentees or on.views):
        # Also of somebody without records: from whom a taking back takes them.
        values["to_id"] = plan.successor_id
    if plan.keys:
        values["keys"] = list(plan.keys)
    alone = (("mentees", plan.ending("mentees") - on.mentees), ("shared_views", plan.ending("shared_views") - on.views))
    ending = {kind: number for kind, number in plan.ends if kind in ENDING}
    values["ended"] = ending | {kind: number for kind, number in alone if number}
    values["held"] = held
    return Part(
        Left(plan.members, plan.names, plan.refused, sessions, records.moved, records.operation_id),
        _entry("people.removed", plan, {**values, **records.values}),
        (Event("MembersRemoved", {"membership_ids": plan.members}), *records.events, *asked, *withdrawn),
        records.jobs,
    )
