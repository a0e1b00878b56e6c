"""Letting somebody go, or back in, on a day (product.md §3): planned with its effect, changed, called off.

A planned change is a day of the organization's calendar, and the day is what is kept: where the organization's time
zone changes, the moment follows (roles with an end, `access.ends`, keep their moment). Access ends when the last day is
over there, and begins again with the first moment of the day of return. What happens then stands in `planned_work`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.formats import date_format

from tenantry.access.ends import end_of_day
from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.organizations.selectors import current_organization, refuse_other_name
from tenantry.people.errors import NotActive, NotDeactivated, NotOnOneself
from tenantry.people.models import Membership, PlannedChange
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.planned import NOTICES, open_changes, planned_of, settle
from tenantry.people.selectors import get_member, visible_members
from tenantry.usecases.offboarding import (
    LeavingPlan,
    ask_deactivation_policy,
    plan_deactivate_members,
    raise_single,
)
from tenantry.usecases.planned_ahead import LEAVING, with_something_to_settle
from tenantry.usecases.planning_errors import DayOver, DayTooFar, NothingPlanned, ReturnTooEarly

Kind = PlannedChange.Kind
Status = Membership.Status
# What happens to access alone.
ACCESS = (Kind.DEACTIVATION.value, Kind.REACTIVATION.value)
MOST_AHEAD = timedelta(days=3653)
MOST_SHOWN = 50


def due_at(kind: str, day: date, zone: str) -> datetime:
    """When the last day is over there, or the first one begins; UTC, whatever clocks do that night."""
    return end_of_day(day - timedelta(days=1) if kind == Kind.REACTIVATION else day, zone)


@dataclass(frozen=True, slots=True)
class AbsencePlan(Plan):
    """What is going to happen to one person. `last_day` None: they are out already and only come back. `leaving`: what
    the end of access does, as if it were now; nobody in `leaving.members`: it can't be planned, and why."""

    membership_id: UUID
    name: str
    last_day: date | None
    back_on: date | None
    leaving: LeavingPlan | None = None


def ask_day(kind: str, day: date, zone: str, now: datetime) -> datetime:
    """:raises DayOver, DayTooFar: see there."""
    if day > (now + MOST_AHEAD).date():
        raise DayTooFar
    # Nowhere is it two days earlier, and the first days of the calendar have none before them.
    if day < (now - timedelta(days=2)).date() or (moment := due_at(kind, day, zone)) <= now:
        raise DayOver(day=date_format(day, "DATE_FORMAT"))
    return moment


def ask_days(last_day: date, back_on: date | None, now: datetime) -> None:
    """:raises DayOver, DayTooFar, ReturnTooEarly: see there."""
    zone = current_organization().time_zone
    ask_day(Kind.DEACTIVATION, last_day, zone, now)
    if back_on is not None:
        ask_day(Kind.REACTIVATION, back_on, zone, now)
        if back_on <= last_day:
            raise ReturnTooEarly


def wanted_days(last_day: date, back_on: date | None) -> dict[Kind, date]:
    return {Kind.DEACTIVATION: last_day} | ({Kind.REACTIVATION: back_on} if back_on else {})


def plan_schedule_leaving(
    *, actor: Actor, membership_id: UUID, last_day: date, now: datetime, back_on: date | None = None
) -> AbsencePlan:
    """What would happen when the last day is over, and whether it can be planned.

    :raises NotFound, NotOfferedHere, PermissionMissing, DayOver, DayTooFar, ReturnTooEarly: see there.
    """
    # What is to be settled first can be until then; the day itself waits for nobody.
    leaving = plan_deactivate_members(actor=actor, membership_ids=[membership_id], now=now, freezing=True)
    ask_days(last_day, back_on, now)
    name = (*leaving.names, *(refused.name for refused in leaving.refused))[0]
    # What was planned before gives way to this, and is not called off on the day.
    return AbsencePlan(membership_id, name, last_day, back_on, replace(leaving, planned=0))


@action(DEACTIVATE, targets=("membership_id",))
def schedule_leaving(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    last_day: date,
    back_on: date | None = None,
    digest: str | None = None,
    organization_name: str = "",
) -> Outcome[AbsencePlan]:
    """They can't act here any more once the last day is over; with `back_on` they come back by themselves that day,
    provided a seat is free then. Replaces what was planned for them.

    `organization_name`: typed by whoever does it, where policy `people.deactivation_by` is `owner`.

    :raises PlanChanged, OrganizationNameAsked, DayOver, DayTooFar, ReturnTooEarly: see there.
    :raises NotOnOneself, NotActive, MemberOutOfHand, LastKeyholder: why they can't be let go at all.
    """
    found = plan_schedule_leaving(actor=actor, membership_id=membership_id, last_day=last_day, back_on=back_on, now=now)
    plan = confirm(found, digest)
    if plan.leaving is not None:
        raise_single(plan.leaving, actor, [membership_id], now, removing=False)
        if plan.leaving.asks_name and actor.kind != "system":
            refuse_other_name(organization_name)
    wanted = wanted_days(last_day, back_on)
    return Outcome(plan, _entry("people.leaving_planned", membership_id, _write(actor, membership_id, wanted, now)))


@action(DEACTIVATE, targets=("membership_id",))
def schedule_return(*, actor: Actor, now: datetime, membership_id: UUID, back_on: date) -> Outcome[AbsencePlan]:
    """A deactivated person comes back when that day begins, provided a seat is free then.

    :raises NotDeactivated, NotOnOneself, NotOfferedHere, MemberOutOfHand, DayOver, DayTooFar: see there.
    """
    member = _in_hand(actor, membership_id)
    if member.status != Status.DEACTIVATED:
        raise NotDeactivated(name=member.name)
    ask_day(Kind.REACTIVATION, back_on, current_organization().time_zone, now)
    written = _write(actor, membership_id, {Kind.REACTIVATION: back_on}, now)
    plan = AbsencePlan(member.id, member.name, None, back_on)
    return Outcome(plan, _entry("people.return_planned", membership_id, written))


def _in_hand(actor: Actor, membership_id: UUID) -> Membership:
    """:raises NotFound, NotOnOneself, NotOfferedHere, PermissionMissing, MemberOutOfHand: why it is not theirs."""
    member = get_member(actor, membership_id)
    if membership_id == actor.membership_id:
        raise NotOnOneself
    refuse_out_of_hand(actor, member, DEACTIVATE)
    ask_deactivation_policy(actor)
    return member


def write_days(
    actor: Actor,
    membership_ids: Iterable[UUID],
    wanted: Mapping[Kind, date],
    now: datetime,
    successor_id: UUID | None = None,
) -> dict[UUID, dict[str, str]]:
    """A step: these days for each of them; what was planned and is not wanted any more is called off. They are locked.
    Returns the days before of those for whom not everything stood as wanted already, planned by the same person.
    `successor_id`: of a removal.

    :raises PermissionMissing: in place of a removal, by somebody who may not remove.
    """
    zone = current_organization().time_zone
    after = {str(kind): day.isoformat() for kind, day in wanted.items()}
    present: dict[UUID, dict[str, PlannedChange]] = {one: {} for one in membership_ids}
    for row in open_changes(present):
        present[row.membership_id][row.kind] = row
    if not actor.may(REMOVE) and any(Kind.REMOVAL in rows for rows in present.values()):
        raise PermissionMissing(REMOVE)
    changed = {one: rows for one, rows in present.items() if not _stands(actor, rows, after, successor_id)}
    settle(changed, now, [kind for kind in Kind.values if kind not in after])
    for kind, day in wanted.items():
        held = [rows[kind].id for rows in changed.values() if kind in rows]
        values: dict[str, Any] = {"day": day, "zone": zone, "due_at": due_at(kind, day, zone), "planned_at": now}
        values |= {"planned_by_id": actor.membership_id, "noticed_at": None, "refused": ""}
        values["successor_id"] = successor_id if kind == Kind.REMOVAL else None
        PlannedChange.objects.filter(id__in=held).update(**values)
        missing = [one for one, rows in changed.items() if kind not in rows]
        PlannedChange.objects.bulk_create(PlannedChange(membership_id=one, kind=kind, **values) for one in missing)
    return {one: days_of(rows.values()) for one, rows in changed.items()}


def _stands(
    actor: Actor, rows: Mapping[str, PlannedChange], after: Mapping[str, str], successor_id: UUID | None
) -> bool:
    return days_of(rows.values()) == after and all(
        row.planned_by_id == actor.membership_id and not row.refused and row.successor_id in (None, successor_id)
        for row in rows.values()
    )


def _write(
    actor: Actor, membership_id: UUID, wanted: Mapping[Kind, date], now: datetime
) -> dict[str, dict[str, str]] | None:
    """`write_days` for one; None: everything stood already as wanted."""
    before = write_days(actor, [membership_id], wanted, now).get(membership_id)
    if before is None:
        return None
    return {"before": before, "after": {str(kind): day.isoformat() for kind, day in wanted.items()}}


def _entry(code: str, membership_id: UUID, written: dict[str, dict[str, str]] | None) -> Entry | None:
    return Entry(code, "member", membership_id, written) if written else None


def days_of(rows: Iterable[PlannedChange]) -> dict[str, str]:
    return {row.kind: row.day.isoformat() for row in rows}


@dataclass(frozen=True, slots=True)
class CalledOff:
    """`days`: what was called off, by kind."""

    membership_id: UUID
    name: str
    days: dict[str, date]


@action(DEACTIVATE, targets=("membership_id",))
def call_off(
    *, actor: Actor, now: datetime, membership_id: UUID, kinds: tuple[str, ...] = ACCESS
) -> Outcome[CalledOff]:
    """What was planned does not happen. Without the end of access its return means nothing and goes with it. A removal
    is called off by `planning_removals.call_off_removal`.

    :raises NothingPlanned, NotOnOneself, NotOfferedHere, MemberOutOfHand: see there.
    """
    member = _in_hand(actor, membership_id)
    if member.status not in (Status.ACTIVE, Status.DEACTIVATED):
        raise NotActive(name=member.name)
    wanted = ACCESS if Kind.DEACTIVATION in kinds else [kind for kind in kinds if kind in ACCESS]
    rows = settle([membership_id], now, wanted)
    if not rows:
        raise NothingPlanned(name=member.name)
    done = CalledOff(member.id, member.name, {row.kind: row.day for row in rows})
    return Outcome(done, Entry("people.planned_called_off", "member", member.id, {"days": days_of(rows)}))


# --- Reads --------------------------------------------------------------------------------


def shows_planned(actor: Actor, membership_id: UUID) -> bool:
    """What is planned for somebody is for those who might plan it; whoever it is about learns it from people."""
    return actor.may_any(DEACTIVATE, REMOVE) and actor.membership_id != membership_id


def planned_for(actor: Actor, membership_id: UUID) -> list[PlannedChange]:
    """What is planned for one person, the earliest first, with who planned it; nothing for whoever may not know.

    :raises NotFound: unknown, of another organization, or out of reach.
    """
    member = get_member(actor, membership_id)
    return planned_of(member.id) if shows_planned(actor, membership_id) else []


@dataclass(frozen=True, slots=True)
class Waiting:
    """What needs somebody: changes that could not happen when they were due, and those of the coming week; people by
    name, `reason` a code of `people.planned.REASONS`. `unsettled`: who of those of the coming week look after something
    that nobody would look after then."""

    refused: tuple[tuple[UUID, str, str, str], ...] = ()
    soon: tuple[tuple[UUID, str, str, date], ...] = ()
    unsettled: frozenset[UUID] = frozenset()


def planned_attention(actor: Actor, now: datetime) -> Waiting:
    """(membership id, name, kind, reason) and (membership id, name, kind, day), of people whom the actor may see and
    might let go; one query, and three more where somebody leaves."""
    if not actor.may_any(DEACTIVATE, REMOVE):
        return Waiting()
    seen: QuerySet[Any, Any] = visible_members(actor).exclude(id=actor.own_id).order_by().values("id")
    rows = PlannedChange.objects.filter(done_at=None, canceled_at=None, membership_id__in=seen)
    rows = rows.filter(due_at__lte=now + NOTICES[0]).select_related("membership").defer("membership__picture")
    found = list(rows.order_by("due_at", "id")[:MOST_SHOWN])
    leaving = [row.membership_id for row in found if row.kind in LEAVING]
    return Waiting(
        tuple((r.membership_id, r.membership.name, r.kind, r.refused) for r in found if r.refused),
        tuple((r.membership_id, r.membership.name, r.kind, r.day) for r in found if not r.refused),
        with_something_to_settle(leaving, now) if leaving else frozenset(),
    )
