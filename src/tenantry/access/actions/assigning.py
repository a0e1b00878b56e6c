"""Changing what somebody may do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.errors import SameRole
from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.models import Role
from tenantry.access.permissions import ASSIGN
from tenantry.access.steps import (
    allow_another_keyholder,
    assignable,
    get_role,
    give_base_role,
    keep_a_keyholder,
)
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.permissions import catalogue
from tenantry.people.errors import AlreadyRemoved, NotOnOneself
from tenantry.people.models import Membership
from tenantry.people.selectors import get_member


@dataclass(frozen=True, slots=True)
class RoleChangePlan(Plan):
    """`gains` and `loses`: permission codes."""

    membership_id: UUID
    name: str
    before_id: UUID | None
    before: str
    after_id: UUID
    after: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleChanged:
    membership_id: UUID
    before_id: UUID | None
    after_id: UUID
    name: str
    after: str


def _codes(role: Role | None) -> set[str]:
    if role is None:
        return set()
    return set(catalogue()) if role.is_keyholder else set(role.permissions)


def plan_change_role(*, actor: Actor, membership_id: UUID, role_id: UUID) -> RoleChangePlan:
    """What would change.

    :raises NotFound, SameRole, NotOnOneself, RoleNotAssignable, MemberOutOfHand: why it could not be done.
    """
    member = get_member(actor, membership_id)
    if membership_id == actor.membership_id:
        raise NotOnOneself
    if member.status == Membership.Status.REMOVED:
        raise AlreadyRemoved(name=member.name)
    standing = refuse_out_of_hand(actor, member, ASSIGN)
    after = assignable(actor, role_id, standing.target)
    before = standing.base
    if before and before.id == after.id:
        raise SameRole(name=member.name)
    had, has = _codes(before), _codes(after)
    return RoleChangePlan(
        membership_id=member.id,
        name=member.name,
        before_id=before.id if before else None,
        before=before.name if before else "",
        after_id=after.id,
        after=after.name,
        gains=tuple(sorted(has - had)),
        loses=tuple(sorted(had - has)),
    )


@action(ASSIGN, targets=("membership_id",))
def change_role(
    *, actor: Actor, now: datetime, membership_id: UUID, role_id: UUID, digest: str | None = None
) -> Outcome[RoleChanged]:
    """Gives somebody another base role, at once.

    :raises LastKeyholder, TooManyKeyholders: the invariants of keyholders.
    :raises PlanChanged: `digest` is of an older plan.
    """
    plan = plan_change_role(actor=actor, membership_id=membership_id, role_id=role_id)
    confirm(plan, digest)
    member = get_member(actor, membership_id)
    role = get_role(role_id)
    if not role.is_keyholder:
        keep_a_keyholder([member])
    allow_another_keyholder(role)
    give_base_role(membership_id, role, given_by=actor.membership_id, now=now)
    values = {"before": plan.before, "before_id": plan.before_id, "after": plan.after, "after_id": plan.after_id}
    return Outcome(
        RoleChanged(membership_id, plan.before_id, plan.after_id, plan.name, plan.after),
        Entry("people.role_changed", "member", membership_id, values),
        events=(Event("RoleChanged", {"membership_id": membership_id, "role": role.name}),),
    )
