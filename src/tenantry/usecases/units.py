"""The tree of units: making, renaming, moving a subtree, deleting, and where people stand in it.

`units.manage` is asked on the unit, on the parent it leaves and on the one it comes to (product.md §3). Every change
holds the lock on the structure, so that two moves at once can't make a circle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from tenantry.access.errors import RoleNotAssignable
from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment
from tenantry.access.permissions import ASSIGN
from tenantry.access.widening import refuse_widening
from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, require
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.errors import RootUnitStays, UnitBelowItself, UnitNameTaken
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow, Unit, UnitLink
from tenantry.organizations.steps import erase_unit, insert_unit, relink_unit, root_unit
from tenantry.organizations.units import place_of
from tenantry.people.errors import NotOnOneself
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership
from tenantry.people.permissions import UNITS_MANAGE
from tenantry.people.records import UNIT
from tenantry.people.steps import bump_access

MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class UnitCreated:
    id: UUID
    name: str
    parent: str


def _managed(actor: Actor, unit_id: UUID) -> Unit:
    """:raises NotFound, PermissionMissing: out of sight, or not the actor's to change."""
    unit: Unit = find(actor, UNIT, unit_id, UNITS_MANAGE)
    return unit


def _refuse_taken(name: str, parent_id: UUID | None, *, but: UUID | None = None) -> None:
    rows = Unit.objects.filter(parent_id=parent_id, sort_name=name.lower())
    if (rows.exclude(id=but) if but else rows).exists():
        raise UnitNameTaken(name=name)


@action(UNITS_MANAGE)
def create_unit(*, actor: Actor, now: datetime, name: str, parent_id: UUID | None = None) -> Outcome[UnitCreated]:
    """A unit below `parent_id`; without one, below the root, which stands for the organization.

    :raises UnitNameTaken: below that parent, in any spelling of capitals.
    """
    lock(LockRow.Name.STRUCTURE)
    if parent_id is None:
        known = Unit.objects.filter(parent=None).values_list("id", flat=True).first()
        require(actor, UNITS_MANAGE, place_of(known) if known else NOWHERE)
        parent = root_unit(now)
    else:
        parent = _managed(actor, parent_id)
    _refuse_taken(name, parent.id)
    unit = insert_unit(name, parent.id, now)
    values = {"name": name, "parent": parent.name, "parent_id": parent.id}
    return Outcome(UnitCreated(unit.id, name, parent.name), Entry("structure.unit_created", "unit", unit.id, values))


@action(UNITS_MANAGE)
def rename_unit(*, actor: Actor, now: datetime, unit_id: UUID, name: str) -> Outcome[Done]:
    """:raises UnitNameTaken, RootUnitStays: see there."""
    lock(LockRow.Name.STRUCTURE)
    unit = _managed(actor, unit_id)
    if unit.parent_id is None:
        raise RootUnitStays
    if unit.name == name:
        return Outcome(Done(unit_id), None)
    _refuse_taken(name, unit.parent_id, but=unit_id)
    before = unit.name
    unit.name, unit.sort_name, unit.version = name, name.lower(), unit.version + 1
    unit.save(update_fields=["name", "sort_name", "version"])
    values = {"before": {"name": before}, "after": {"name": name}}
    return Outcome(Done(unit_id), Entry("structure.unit_renamed", "unit", unit_id, values))


# --- Moving -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitMovePlan(Plan):
    """`units`, `people`: in the whole subtree. `losing`, `gaining`: whose role at a unit ends or begins to reach it."""

    unit_id: UUID
    name: str
    before_id: UUID
    before: str
    after_id: UUID
    after: str
    units: int
    people: int
    losing: tuple[str, ...]
    gaining: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitMoved:
    id: UUID
    name: str
    before_id: UUID
    after: str


def plan_move_unit(*, actor: Actor, unit_id: UUID, parent_id: UUID) -> UnitMovePlan:
    """What moving it would do.

    :raises UnitBelowItself, RootUnitStays, UnitNameTaken, MoveWidensReach: why it can't be moved there.
    """
    unit = _managed(actor, unit_id)
    if unit.parent_id is None:
        raise RootUnitStays
    before, after = _managed(actor, unit.parent_id), _managed(actor, parent_id)
    here, there = place_of(unit_id).units, place_of(parent_id).units
    if unit_id in there:
        raise UnitBelowItself(name=unit.name)
    refuse_widening(actor, here, there | {unit_id})
    _refuse_taken(unit.name, parent_id, but=unit_id)
    below = UnitLink.objects.filter(above_id=unit_id).values("below_id")
    return UnitMovePlan(
        unit_id=unit_id,
        name=unit.name,
        before_id=before.id,
        before=before.name,
        after_id=after.id,
        after=after.name,
        units=len(below),
        people=_people(Membership.objects.filter(unit_id__in=below)).count(),
        losing=_agents(here - there - {unit_id}),
        gaining=_agents(there - here),
    )


def _people(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    return rows.exclude(status=Membership.Status.REMOVED)


def _agents(unit_ids: Iterable[UUID]) -> tuple[str, ...]:
    """Names of those who hold a role at one of these units, each once."""
    rows = Assignment.objects.filter(unit_id__in=list(unit_ids)).select_related("membership")
    return tuple({row.membership_id: row.membership.name for row in rows.order_by("membership__sort_name")}.values())


@action(UNITS_MANAGE)
def move_unit(
    *, actor: Actor, now: datetime, unit_id: UUID, parent_id: UUID, digest: str | None = None
) -> Outcome[UnitMoved]:
    """Hangs a unit with everything below it under another parent.

    :raises PlanChanged: `digest` is of an older plan. Further refusals: see `plan_move_unit`.
    """
    lock(LockRow.Name.STRUCTURE)
    plan = confirm(plan_move_unit(actor=actor, unit_id=unit_id, parent_id=parent_id), digest)
    result = UnitMoved(unit_id, plan.name, plan.before_id, plan.after)
    if plan.before_id == parent_id:
        return Outcome(result, None)
    relink_unit(unit_id, parent_id)
    values = {
        "name": plan.name,
        "before": plan.before,
        "before_id": plan.before_id,
        "after": plan.after,
        "after_id": plan.after_id,
        "units": plan.units,
        "people": plan.people,
    }
    return Outcome(result, Entry("structure.unit_moved", "unit", unit_id, values))


# --- Deleting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitDeletionPlan(Plan):
    """`people` and `sub_units` go to `to`; `names` are the first of the people. `agents`: who holds a role there;
    `keeps_agents`: they hold it at `to` then, else it ends."""

    unit_id: UUID
    name: str
    to_id: UUID
    to: str
    people: int
    names: tuple[str, ...]
    sub_units: tuple[str, ...]
    agents: tuple[str, ...]
    keeps_agents: bool


def plan_delete_unit(
    *, actor: Actor, unit_id: UUID, to_id: UUID | None = None, keep_agents: bool = False
) -> UnitDeletionPlan:
    """What deleting it would do. `to_id` None: the parent.

    :raises RootUnitStays, UnitBelowItself, UnitNameTaken, MoveWidensReach, NotOnOneself, RoleNotAssignable: why not.
    """
    unit = _managed(actor, unit_id)
    if unit.parent_id is None:
        raise RootUnitStays
    _managed(actor, unit.parent_id)
    to = _managed(actor, to_id or unit.parent_id)
    here, there = place_of(unit_id), place_of(to.id)
    if unit_id in there.units:
        raise UnitBelowItself(name=unit.name)
    refuse_widening(actor, here.units, there.units)
    children = list(Unit.objects.filter(parent_id=unit_id).order_by("sort_name"))
    for child in children:
        _refuse_taken(child.name, to.id, but=unit_id)
    _refuse_agents(actor, unit_id, there if keep_agents else here, keep=keep_agents)
    people = _people(Membership.objects.filter(unit_id=unit_id)).order_by("sort_name", "id")
    return UnitDeletionPlan(
        unit_id=unit_id,
        name=unit.name,
        to_id=to.id,
        to=to.name,
        people=people.count(),
        names=tuple(member.name for member in people.defer("picture")[:MOST_NAMES]),
        sub_units=tuple(child.name for child in children),
        agents=_agents([unit_id]),
        keeps_agents=keep_agents,
    )


def _refuse_agents(actor: Actor, unit_id: UUID, place: Target, *, keep: bool) -> None:
    """Roles held there are given or taken like any other, and nobody's own (product.md §3).

    :raises NotOnOneself, RoleNotAssignable: see there. :raises PermissionMissing: who keeps a role is given it at
    another place.
    """
    if actor.grants.everything:
        return
    rows = list(Assignment.objects.filter(unit_id=unit_id).select_related("role"))
    if actor.grants.unit_id == unit_id or any(row.membership_id == actor.membership_id for row in rows):
        raise NotOnOneself
    if rows and keep:
        require(actor, ASSIGN, place)
    for row in rows:
        if not may_assign(actor, row.role, place):
            raise RoleNotAssignable(role=row.role.name)


@action(UNITS_MANAGE)
def delete_unit(
    *,
    actor: Actor,
    now: datetime,
    unit_id: UUID,
    to_id: UUID | None = None,
    keep_agents: bool = False,
    digest: str | None = None,
) -> Outcome[Done]:
    """Its people and sub-units go to `to_id`, or to the parent; roles held at it go along or end.

    :raises PlanChanged: `digest` is of an older plan. Further refusals: see `plan_delete_unit`.
    """
    standing = Membership.objects.filter(unit_id=unit_id).values_list("id", flat=True)
    holding = Assignment.objects.filter(unit_id=unit_id).values_list("membership_id", flat=True)
    # Before the structure, as everywhere: members come first in the order of locks.
    lock_members({*standing, *holding})
    lock(LockRow.Name.STRUCTURE)
    plan = confirm(plan_delete_unit(actor=actor, unit_id=unit_id, to_id=to_id, keep_agents=keep_agents), digest)
    # Its own name is free from here on: a unit below it may be called the same.
    Unit.objects.filter(id=unit_id).update(sort_name=str(unit_id))
    for child_id in list(Unit.objects.filter(parent_id=unit_id).values_list("id", flat=True)):
        relink_unit(child_id, plan.to_id)
    touched = {*standing.all(), *holding.all()}
    Membership.objects.filter(unit_id=unit_id).update(unit_id=plan.to_id)
    _settle_agents(unit_id, plan.to_id, keep=keep_agents)
    erase_unit(unit_id)
    bump_access(touched)
    values = {
        "name": plan.name,
        "to": plan.to,
        "to_id": plan.to_id,
        "people": plan.people,
        "units": len(plan.sub_units),
        "agents": len(plan.agents),
    }
    return Outcome(Done(unit_id), Entry("structure.unit_deleted", "unit", unit_id, values))


def _settle_agents(unit_id: UUID, to_id: UUID, *, keep: bool) -> None:
    """Who holds the same role at the other unit already keeps that one."""
    rows = Assignment.objects.filter(unit_id=unit_id)
    if keep:
        held = set(Assignment.objects.filter(unit_id=to_id).values_list("membership_id", "role_id"))
        moving = [row.id for row in rows if (row.membership_id, row.role_id) not in held]
        Assignment.objects.filter(id__in=moving).update(unit_id=to_id)
    rows.all().delete()
