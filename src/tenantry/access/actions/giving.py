"""Roles beside the base role: additions in the whole organization, and roles at a unit for its subtree."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.access.directory import base_assignment
from tenantry.access.errors import (
    BaseRoleStays,
    EndPassed,
    NoBaseRole,
    NotBeside,
    RoleHeldAlready,
    RoleNotAssignable,
    SameEnd,
)
from tenantry.access.hands import handled, may_assign
from tenantry.access.models import Assignment, Role
from tenantry.access.permissions import ASSIGN
from tenantry.access.steps import assignable, get_role, put_into_scope
from tenantry.access.weighing import beside, differ, earlier, last_end, source_of, with_another, without, written
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound
from tenantry.organizations.models import Unit
from tenantry.organizations.units import place_of
from tenantry.people.models import Membership
from tenantry.people.seats import seats_kept
from tenantry.people.steps import bump_access


@dataclass(frozen=True, slots=True)
class GivePlan(Plan):
    """`ends_at` may be sooner than asked: see `sooner`, the name of the base role that can't be followed beside it."""

    membership_id: UUID
    name: str
    role_id: UUID
    role: str
    unit_id: UUID | None
    unit: str
    ends_at: datetime | None
    sooner: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleGiven:
    assignment_id: UUID
    membership_id: UUID
    name: str
    role: str


def plan_give_role(
    *,
    actor: Actor,
    membership_id: UUID,
    role_id: UUID,
    now: datetime,
    unit_id: UUID | None = None,
    ends_at: datetime | None = None,
) -> GivePlan:
    """What one more role would give: an addition in the whole organization, or a role at a unit for its subtree.

    :raises NotFound, NotOnOneself, PermissionMissing, MemberOutOfHand, RoleNotAssignable: why it could not be done.
    :raises NoBaseRole, NotBeside, RoleHeldAlready, EndPassed: see there.
    """
    member, standing = handled(actor, membership_id, ASSIGN)
    place = place_of(unit_id)
    if unit_id is not None:
        require(actor, ASSIGN, place)
        role = assignable(actor, role_id, place, Role.Kind.UNIT)
    else:
        role = assignable(actor, role_id, standing.target, Role.Kind.ADDITION)
    if ends_at is not None and ends_at <= now:
        raise EndPassed
    base = base_assignment(membership_id)
    if base is None:
        raise NoBaseRole(name=member.name)
    _refuse_beside(member, role, base, unit_id)
    end = earlier(ends_at, last_end(role, base))
    source = source_of(membership_id)
    change = differ(source, with_another(source, written(role, unit_id=unit_id, ends_at=end)), now)
    return GivePlan(
        membership_id=member.id,
        name=member.name,
        role_id=role.id,
        role=role.name,
        unit_id=unit_id,
        unit=Unit.objects.get(id=unit_id).name if unit_id else "",
        ends_at=end,
        sooner=base.role.name if end != ends_at else "",
        gains=change.gains,
        loses=change.loses,
    )


def _refuse_beside(member: Membership, role: Role, base: Assignment, unit_id: UUID | None) -> None:
    if not beside(role, base.role):
        raise NotBeside(role=role.name, base=base.role.name)
    if _same(member.id, role.id, unit_id).exists():
        raise RoleHeldAlready(name=member.name, role=role.name)


def _same(membership_id: UUID, role_id: UUID, unit_id: UUID | None) -> QuerySet[Assignment]:
    place = Q(unit_id=unit_id, workspace=None)
    return Assignment.objects.filter(place, membership_id=membership_id, role_id=role_id, is_base=False)


@action(ASSIGN, targets=("membership_id",))
def give_role(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    role_id: UUID,
    unit_id: UUID | None = None,
    ends_at: datetime | None = None,
    digest: str | None = None,
) -> Outcome[RoleGiven]:
    """One more role for somebody; see `plan_give_role`. Levels in a workspace are given there.

    :raises PlanChanged: `digest` is of an older plan.
    """
    plan = plan_give_role(
        actor=actor, membership_id=membership_id, role_id=role_id, now=now, unit_id=unit_id, ends_at=ends_at
    )
    confirm(plan, digest)
    put_into_scope(
        [membership_id],
        get_role(role_id),
        unit_id=unit_id,
        ends_at=plan.ends_at,
        given_by=actor.membership_id,
        now=now,
    )
    made = _same(membership_id, role_id, unit_id).get()
    values = {
        "role": plan.role,
        "role_id": role_id,
        "unit": plan.unit,
        "unit_id": unit_id,
        "assignment_id": made.id,
        "ends_at": plan.ends_at,
    }
    told = {"membership_id": membership_id, "role": plan.role, "place": plan.unit, "ends_at": plan.ends_at}
    return Outcome(
        RoleGiven(made.id, membership_id, plan.name, plan.role),
        Entry("people.role_given", "member", membership_id, values),
        events=(Event("RoleGiven", told),),
    )


def _held(actor: Actor, membership_id: UUID, assignment_id: UUID) -> tuple[Membership, Assignment]:
    """A role beside the base role that this actor may take and change.

    :raises NotFound: no such role of theirs, or a level in a workspace. :raises BaseRoleStays: the base role.
    """
    member, standing = handled(actor, membership_id, ASSIGN)
    rows = Assignment.objects.filter(id=assignment_id, membership_id=membership_id, workspace=None)
    held = rows.select_related("role", "unit").first()
    if held is None:
        raise NotFound
    if held.is_base:
        raise BaseRoleStays
    place = standing.target
    if held.unit_id is not None:
        place = place_of(held.unit_id)
        require(actor, ASSIGN, place)
    if not may_assign(actor, held.role, place):
        raise RoleNotAssignable(role=held.role.name)
    return member, held


@dataclass(frozen=True, slots=True)
class EndPlan(Plan):
    """Taking one role away."""

    membership_id: UUID
    name: str
    assignment_id: UUID
    role: str
    unit: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


def plan_end_role(*, actor: Actor, membership_id: UUID, assignment_id: UUID, now: datetime) -> EndPlan:
    """What taking one role beside the base role away would do.

    :raises NotFound, BaseRoleStays, NotOnOneself, PermissionMissing, MemberOutOfHand, RoleNotAssignable: see there.
    """
    member, held = _held(actor, membership_id, assignment_id)
    source = source_of(membership_id)
    change = differ(source, without(source, held), now)
    unit = held.unit.name if held.unit else ""
    return EndPlan(member.id, member.name, held.id, held.role.name, unit, change.gains, change.loses)


@action(ASSIGN, targets=("membership_id",))
def end_role(
    *, actor: Actor, now: datetime, membership_id: UUID, assignment_id: UUID, digest: str | None = None
) -> Outcome[RoleGiven]:
    """Takes a role away that is held beside the base role, at once.

    :raises PlanChanged: `digest` is of an older plan. :raises AtSeatLimit: it was one without a fee.
    """
    plan = confirm(
        plan_end_role(actor=actor, membership_id=membership_id, assignment_id=assignment_id, now=now), digest
    )
    _member, held = _held(actor, membership_id, assignment_id)
    values = {
        "role": plan.role,
        "role_id": held.role_id,
        "unit": plan.unit,
        "unit_id": held.unit_id,
        "ends_at": held.ends_at,
    }
    with seats_kept(now):
        held.delete()
    bump_access([membership_id])
    told = {"membership_id": membership_id, "role": plan.role, "place": plan.unit}
    return Outcome(
        RoleGiven(assignment_id, membership_id, plan.name, plan.role),
        Entry("people.role_ended", "member", membership_id, values),
        events=(Event("RoleEnded", told),),
    )


@action(ASSIGN, targets=("membership_id",))
def change_end(
    *, actor: Actor, now: datetime, membership_id: UUID, assignment_id: UUID, ends_at: datetime | None
) -> Outcome[RoleGiven]:
    """Moves the end of a role that is held beside the base role; None takes it away. A base role's end is a change of
    that role.

    :raises EndPassed, SameEnd: see there. :raises NotBeside: it can't outlive the present base role.
    """
    member, held = _held(actor, membership_id, assignment_id)
    base = base_assignment(membership_id)
    if ends_at is not None and ends_at <= now:
        raise EndPassed
    latest = last_end(held.role, base) if base else None
    if base and base.then_role and latest is not None and (ends_at is None or ends_at > latest):
        raise NotBeside(role=held.role.name, base=base.then_role.name)
    if ends_at == held.ends_at:
        raise SameEnd
    values = {"role": held.role.name, "before": {"ends_at": held.ends_at}, "after": {"ends_at": ends_at}}
    held.ends_at, held.noticed_at = ends_at, None
    with seats_kept(now):
        held.save(update_fields=["ends_at", "noticed_at"])
    bump_access([membership_id])
    return Outcome(
        RoleGiven(held.id, membership_id, member.name, held.role.name),
        Entry("people.role_end_changed", "member", membership_id, values),
    )
