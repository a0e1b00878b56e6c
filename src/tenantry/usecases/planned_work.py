"""What the house does by itself about planned changes: tells before, carries out, keeps what could not be.

Nobody stands behind a job, so what must hold is asked when the day comes: the policy, the last keyholder, the seat.
And the plan itself (product.md §3, invariants on every path): whoever planned it and is still here must be able to do
it by hand at that moment. Whoever planned it and has left vouches for it as long as the person's roles are those of
then: letting people go must not depend on somebody who may have gone first.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from tenantry.access.hands import out_of_hand, standing_of
from tenantry.access.models import Assignment
from tenantry.access.proofs import revive_member
from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.errors import Busy
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, PermissionMissing, PlanChanged
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import current_organization, policy
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership, PlannedChange
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.planned import due, of_another_zone, settle, to_announce
from tenantry.people.selectors import names_of
from tenantry.usecases.handing_over import plan_reassign_records
from tenantry.usecases.leaving.errors import SettleFirst
from tenantry.usecases.leaving.records import owned_by_each, spread_of
from tenantry.usecases.offboarding import (
    DEACTIVATION_BY,
    carry_out_deactivation,
    carry_out_removal,
    may_deactivate,
    plan_deactivate_members,
    plan_remove_members,
    raise_single,
    reactivate_member,
    tells,
)
from tenantry.usecases.planned_ahead import outlook
from tenantry.usecases.planning import due_at
from tenantry.usecases.planning_errors import PlannerMayNot, RolesChangedSince

Kind = PlannedChange.Kind
Status = Membership.Status
OF_THE_HOUSE = "the house alone: what was planned says all that is done"
MOST_TOLD = 50


def _refuse_others(actor: Actor) -> None:
    if actor.kind != "system":
        raise PermissionMissing(DEACTIVATE)


def _told(row: PlannedChange) -> dict[str, object]:
    """What the event says: whoever planned it, the person's manager and the administrators, never the person."""
    manager = Membership.objects.filter(id=row.membership_id).values_list("manager_id", flat=True).first()
    everybody = [row.planned_by_id, manager, *_administrators()]
    tell = [str(i) for i in dict.fromkeys(everybody) if i and i != row.membership_id]
    return {"membership_id": row.membership_id, "kind": row.kind, "day": row.day.isoformat(), "tell": tell}


def _administrators() -> list[UUID]:
    """Active people whose role in the whole organization lets people go; those with all permissions first."""
    may = Q(role__is_keyholder=True) | Q(role__permissions__has_key=DEACTIVATE)
    rows = Assignment.objects.filter(may, unit=None, workspace=None, membership__status=Status.ACTIVE)
    ids = rows.order_by("-role__is_keyholder", "id").values_list("membership_id", flat=True)[:MOST_TOLD]
    return list(dict.fromkeys(ids))


@action(open_to=OF_THE_HOUSE, targets=("membership_id",))
def realign_planned(*, actor: Actor, now: datetime, membership_id: UUID, planned_id: UUID) -> Outcome[Done]:
    """The organization's time zone changed: the day stays, its moment moves.

    :raises PermissionMissing: to everybody but the house.
    """
    _refuse_others(actor)
    row = of_another_zone().filter(id=planned_id, membership_id=membership_id).first()
    if row is None:
        return Outcome(Done(), None)
    _realign(row)
    return Outcome(Done(row.id), None)


def _realign(row: PlannedChange) -> None:
    row.zone = current_organization().time_zone
    row.due_at = due_at(row.kind, row.day, row.zone)
    PlannedChange.objects.filter(id=row.id).update(zone=row.zone, due_at=row.due_at)


@action(open_to=OF_THE_HOUSE, targets=("membership_id",))
def announce_planned(*, actor: Actor, now: datetime, membership_id: UUID, planned_id: UUID) -> Outcome[Done]:
    """Tells that somebody leaves, or comes back, soon, and what stands in the way as of now; once for each notice.

    :raises PermissionMissing: to everybody but the house.
    """
    _refuse_others(actor)
    row = to_announce(now).filter(id=planned_id, membership_id=membership_id).first()
    if row is None:
        return Outcome(Done(), None)
    PlannedChange.objects.filter(id=row.id).update(noticed_at=now)
    entry = Entry("people.planned_announced", "member", membership_id, {"kind": row.kind, "day": row.day.isoformat()})
    ahead = outlook(actor, row, now)
    code = ahead.code or (SettleFirst.code if ahead.must else "")
    told = {**_told(row), "code": code} if code else _told(row)
    return Outcome(Done(row.id), entry, events=(Event("PlannedSoon", told),))


@action(open_to=OF_THE_HOUSE, targets=("membership_id",))
def carry_out_planned(*, actor: Actor, now: datetime, membership_id: UUID, planned_id: UUID) -> Outcome[Done]:
    """Does what is due, once; nothing when it was done, called off or moved meanwhile.

    :raises PermissionMissing: to everybody but the house.
    :raises LastKeyholder, AtSeatLimit, NotOfferedHere, PlannerMayNot, RolesChangedSince: why it can't be done now.
    """
    _refuse_others(actor)
    row = due(now).filter(id=planned_id, membership_id=membership_id).first()
    if row is None:
        return Outcome(Done(), None)
    if row.zone != current_organization().time_zone:
        _realign(row)
        if row.due_at > now:
            return Outcome(Done(), None)
    member = Membership.objects.defer("picture").get(id=membership_id)
    if member.status not in WAITED_FOR[Kind(row.kind)]:
        return _overtaken(member, row, now)
    _ask_planner(row, member, now)
    PlannedChange.objects.filter(id=row.id).update(done_at=now, refused="")
    outcome = DEEDS[Kind(row.kind)](actor, member, row, now)
    if outcome.entry is None:
        raise ValueError("leaving and returning are written down")
    values = {**outcome.entry.values, "planned": row.day.isoformat()}
    return Outcome(Done(row.id), replace(outcome.entry, values=values), outcome.events, outcome.jobs)


def _let_go(actor: Actor, member: Membership, row: PlannedChange, now: datetime) -> Outcome[Any]:
    plan = plan_deactivate_members(actor=actor, membership_ids=[member.id], now=now, freezing=True)
    raise_single(plan, actor, [member.id], now, removing=False)
    outcome: Outcome[Any] = carry_out_deactivation(actor, plan, now, as_planned=True).outcome
    if not any(one.must for one in plan.matters):
        return outcome
    # Nobody was there to read what is left.
    return replace(outcome, events=(*outcome.events, Event("PlannedLeft", _told(row))))


def _let_in(actor: Actor, member: Membership, row: PlannedChange, now: datetime) -> Outcome[Any]:
    outcome: Outcome[Any] = reactivate_member(actor=actor, now=now, membership_id=member.id)
    return outcome


def _remove(actor: Actor, member: Membership, row: PlannedChange, now: datetime) -> Outcome[Any]:
    """With all that a removal by hand refuses; whoever goes on with the records is told as by hand."""
    lock(LockRow.Name.STRUCTURE)
    lock_members([one for one in (member.id, row.successor_id) if one])
    plan = plan_remove_members(actor=actor, membership_ids=[member.id], now=now, successor_id=row.successor_id)
    raise_single(plan, actor, [member.id], now, removing=True)
    try:
        done = carry_out_removal(actor, plan, now)
    except PlanChanged:
        # A record of theirs changed hands on the way: nobody has to hear of it, it is tried again.
        raise Busy from None
    return Outcome(done.result, done.entry, (*done.events, *tells(actor, plan, "removal", tell=False)), done.jobs)


# Who can be let go, let in or removed on the day; anybody else was so by hand before.
WAITED_FOR = {
    Kind.DEACTIVATION: (Status.ACTIVE,),
    Kind.REACTIVATION: (Status.DEACTIVATED,),
    Kind.REMOVAL: (Status.ACTIVE, Status.DEACTIVATED),
}
DEEDS = {Kind.DEACTIVATION: _let_go, Kind.REACTIVATION: _let_in, Kind.REMOVAL: _remove}


def _overtaken(member: Membership, row: PlannedChange, now: datetime) -> Outcome[Done]:
    """The person is already as planned, or an end that never came is behind its return: nothing is left to do."""
    gone = settle([member.id], now, [row.kind])
    if row.kind == Kind.REACTIVATION:
        behind = PlannedChange.objects.filter(membership=member, done_at=None, canceled_at=None, due_at__lte=now)
        behind.update(canceled_at=now)
    values = {"kind": row.kind, "day": row.day.isoformat(), "count": len(gone)}
    return Outcome(Done(row.id), Entry("people.planned_overtaken", "member", member.id, values))


def _ask_planner(row: PlannedChange, member: Membership, now: datetime) -> None:
    """See the module's first lines.

    :raises PlannerMayNot, RolesChangedSince: why the plan does not hold any more.
    """
    try:
        planner = revive_member(row.planned_by_id, now) if row.planned_by_id else None
    except NoLongerIn:
        planner = None
    if planner is not None:
        removing = row.kind == Kind.REMOVAL
        code = REMOVE if removing else DEACTIVATE
        may = planner.may(REMOVE) if removing else may_deactivate(planner.grants, policy(DEACTIVATION_BY))
        if may and out_of_hand(planner, member, standing_of(member.id), code) is None:
            _ask_receiving(planner, row, now)
            return
        # What refuses everybody is not the planner's fault, and is said as it is.
        if not removing and policy(DEACTIVATION_BY) == "nobody":
            return
        raise PlannerMayNot(planner=names_of([row.planned_by_id]).get(row.planned_by_id or row.id, ""))
    given = Assignment.objects.filter(membership=member, workspace=None, given_at__gt=row.planned_at)
    if given.exists():
        raise RolesChangedSince(name=member.name)


def _ask_receiving(planner: Actor, row: PlannedChange, now: datetime) -> None:
    """:raises PermissionMissing: they named themselves, and would come to see what they may not."""
    if row.successor_id is None or row.successor_id != planner.membership_id:
        return
    if any(owned_by_each([row.membership_id]).values()):
        spread = spread_of(row.successor_id)
        plan_reassign_records(actor=planner, from_ids=[row.membership_id], spread=spread, now=now)


@action(open_to=OF_THE_HOUSE, targets=("membership_id",))
def note_refused(*, actor: Actor, now: datetime, membership_id: UUID, planned_id: UUID, code: str) -> Outcome[Done]:
    """Keeps why something due could not happen, and tells it once for each reason; it is tried again.

    :raises PermissionMissing: to everybody but the house.
    """
    _refuse_others(actor)
    row = due(now).filter(id=planned_id, membership_id=membership_id).first()
    if row is None:
        return Outcome(Done(), None)
    PlannedChange.objects.filter(id=row.id).update(refused=code, noticed_at=now)
    if row.refused == code:
        return Outcome(Done(row.id), None)
    values = {"kind": row.kind, "day": row.day.isoformat(), "code": code}
    told = {**_told(row), "code": code}
    entry = Entry("people.planned_refused", "member", membership_id, values)
    return Outcome(Done(row.id), entry, events=(Event("PlannedRefused", told),))
