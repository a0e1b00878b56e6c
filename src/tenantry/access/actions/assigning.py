"""The base role of one person, for good or until it gives way to another."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.directory import base_assignment
from tenantry.access.errors import EndPassed, FollowerNeeded, SameRole
from tenantry.access.hands import Standing, handled
from tenantry.access.models import Assignment, Role
from tenantry.access.permissions import ASSIGN
from tenantry.access.steps import (
    allow_another_keyholder,
    assignable,
    get_role,
    give_base_role,
    keep_a_keyholder,
)
from tenantry.access.weighing import differ, held_beside, settle, source_of, with_base
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.people.seats import seats_kept
from tenantry.people.selectors import get_member


@dataclass(frozen=True, slots=True)
class RoleChangePlan(Plan):
    """`gains` and `loses`: codes of permissions, effective, until `ends_at`; `then`: what follows; `ended`: roles that
    may not stand beside the new one and end; `sooner`: those that end with it."""

    membership_id: UUID
    name: str
    before_id: UUID | None
    before: str
    after_id: UUID
    after: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]
    ends_at: datetime | None = None
    then_id: UUID | None = None
    then: str = ""
    ended: tuple[str, ...] = ()
    sooner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleChanged:
    membership_id: UUID
    before_id: UUID | None
    after_id: UUID
    name: str
    after: str


def _follower(
    actor: Actor, standing: Standing, role: Role, ends_at: datetime | None, then_role_id: UUID | None, now: datetime
) -> Role | None:
    """What a base role with an end gives way to.

    :raises EndPassed, FollowerNeeded, RoleNotAssignable: see there.
    """
    if ends_at is None:
        if then_role_id is not None:
            raise FollowerNeeded
        return None
    if ends_at <= now:
        raise EndPassed
    if then_role_id is None or then_role_id == role.id:
        raise FollowerNeeded
    then = assignable(actor, then_role_id, standing.target)
    if then.is_keyholder:
        raise FollowerNeeded
    return then


def plan_change_role(
    *,
    actor: Actor,
    membership_id: UUID,
    role_id: UUID,
    now: datetime,
    ends_at: datetime | None = None,
    then_role_id: UUID | None = None,
) -> RoleChangePlan:
    """What would change. `ends_at`: the new role gives way to `then_role_id` at that moment.

    :raises NotFound, SameRole, NotOnOneself, RoleNotAssignable, MemberOutOfHand: why it could not be done.
    :raises EndPassed, FollowerNeeded: of the end.
    """
    member, standing = handled(actor, membership_id, ASSIGN)
    role = assignable(actor, role_id, standing.target)
    then = _follower(actor, standing, role, ends_at, then_role_id, now)
    before = base_assignment(membership_id)
    if before and (before.role_id, before.ends_at, before.then_role_id) == (role.id, ends_at, then_role_id):
        raise SameRole(name=member.name)
    base = Assignment(role=role, ends_at=ends_at, then_role=then)
    settled = [(row, settle(row, base)) for row in held_beside(membership_id)]
    ended = [row for row, (stays, _end) in settled if not stays]
    source = source_of(membership_id)
    change = differ(source, with_base(source, role, ended, ends_at, then), now)
    return RoleChangePlan(
        membership_id=member.id,
        name=member.name,
        before_id=before.role_id if before else None,
        before=before.role.name if before else "",
        after_id=role.id,
        after=role.name,
        gains=change.gains,
        loses=change.loses,
        ends_at=ends_at,
        then_id=then.id if then else None,
        then=then.name if then else "",
        ended=tuple(row.role.name for row in ended),
        sooner=tuple(row.role.name for row, (stays, end) in settled if stays and end != row.ends_at),
    )


@action(ASSIGN, targets=("membership_id",))
def change_role(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    role_id: UUID,
    ends_at: datetime | None = None,
    then_role_id: UUID | None = None,
    digest: str | None = None,
) -> Outcome[RoleChanged]:
    """Gives somebody another base role, at once, for good or until `ends_at`.

    :raises LastKeyholder, TooManyKeyholders: the invariants of keyholders. :raises AtSeatLimit: it had no fee.
    :raises PlanChanged: `digest` is of an older plan.
    """
    plan = plan_change_role(
        actor=actor, membership_id=membership_id, role_id=role_id, now=now, ends_at=ends_at, then_role_id=then_role_id
    )
    confirm(plan, digest)
    role = get_role(role_id)
    with seats_kept(now):
        if not role.is_keyholder or ends_at is not None:
            keep_a_keyholder([get_member(actor, membership_id)])
        allow_another_keyholder(role, membership_id)
        before = base_assignment(membership_id)
        then = get_role(then_role_id) if then_role_id else None
        give_base_role(membership_id, role, given_by=actor.membership_id, now=now, ends_at=ends_at, then_role=then)
    values = {
        "before": plan.before,
        "before_id": plan.before_id,
        "before_ends_at": before.ends_at if before else None,
        "before_then_id": before.then_role_id if before else None,
        "after": plan.after,
        "after_id": plan.after_id,
        "ends_at": ends_at,
        "then": plan.then,
        "then_id": plan.then_id,
        "ended": list(plan.ended),
    }
    told = {"membership_id": membership_id, "role": role.name, "ends_at": ends_at}
    return Outcome(
        RoleChanged(membership_id, plan.before_id, plan.after_id, plan.name, plan.after),
        Entry("people.role_changed", "member", membership_id, values),
        events=(Event("RoleChanged", told),),
    )
