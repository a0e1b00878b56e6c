"""What bounds one person and what is taken from them: the profile, and restrictions, everywhere or in one workspace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from tenantry.access.directory import base_assignment
from tenantry.access.errors import MemberOutOfHand, RestrictionUnknown, SameProfile, SameRestrictions
from tenantry.access.hands import handled, may_assign
from tenantry.access.models import Assignment, ProfileAssignment, RestrictionSet
from tenantry.access.permissions import RESTRICT
from tenantry.access.steps import get_profile, keep_a_keyholder, put_restrictions, set_profile_row
from tenantry.access.weighing import differ, source_of, with_profile, with_restrictions
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound
from tenantry.core.permissions import restrictions
from tenantry.core.records import Target
from tenantry.organizations.models import Workspace
from tenantry.people.errors import AlreadyRemoved
from tenantry.people.models import Membership
from tenantry.people.permissions import WORKSPACES_MANAGE


@dataclass(frozen=True, slots=True)
class ProfilePlan(Plan):
    """`gains` and `loses`: codes of permissions, effective. Empty names: no profile, nothing is bounded."""

    membership_id: UUID
    name: str
    before_id: UUID | None
    before: str
    after_id: UUID | None
    after: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileSet:
    membership_id: UUID
    name: str
    after: str


def plan_set_profile(*, actor: Actor, membership_id: UUID, profile_id: UUID | None, now: datetime) -> ProfilePlan:
    """What another profile, or none, would change.

    :raises NotFound, NotOnOneself, AlreadyRemoved, PermissionMissing, MemberOutOfHand, SameProfile: see there.
    """
    member, _standing = handled(actor, membership_id, RESTRICT)
    before = ProfileAssignment.objects.filter(membership=member).select_related("profile").first()
    after = get_profile(profile_id) if profile_id else None
    if (before.profile_id if before else None) == profile_id:
        raise SameProfile(name=member.name)
    source = source_of(membership_id)
    change = differ(source, with_profile(source, after), now)
    return ProfilePlan(
        membership_id=member.id,
        name=member.name,
        before_id=before.profile_id if before else None,
        before=before.profile.name if before else "",
        after_id=profile_id,
        after=after.name if after else "",
        gains=change.gains,
        loses=change.loses,
    )


@action(RESTRICT, targets=("membership_id",))
def set_profile(
    *, actor: Actor, now: datetime, membership_id: UUID, profile_id: UUID | None, digest: str | None = None
) -> Outcome[ProfileSet]:
    """Gives somebody a profile in place of the one before; None takes it away.

    :raises PlanChanged: `digest` is of an older plan.
    """
    plan = plan_set_profile(actor=actor, membership_id=membership_id, profile_id=profile_id, now=now)
    confirm(plan, digest)
    set_profile_row(membership_id, profile_id, given_by=actor.membership_id, now=now)
    values = {"before": plan.before, "before_id": plan.before_id, "after": plan.after, "after_id": plan.after_id}
    return Outcome(
        ProfileSet(membership_id, plan.name, plan.after),
        Entry("people.profile_set", "member", membership_id, values),
        events=(Event("ProfileSet", {"membership_id": membership_id, "profile": plan.after}),),
    )


# --- Restrictions -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RestrictionPlan(Plan):
    """`added`, `lifted`, `moved`: codes of restrictions; `gains` and `loses`: codes of permissions, effective."""

    membership_id: UUID
    name: str
    workspace_id: UUID | None
    workspace: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    gains: tuple[str, ...]
    loses: tuple[str, ...]

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(sorted(dict(self.after).keys() - dict(self.before).keys()))

    @property
    def lifted(self) -> tuple[str, ...]:
        return tuple(sorted(dict(self.before).keys() - dict(self.after).keys()))

    @property
    def moved(self) -> tuple[str, ...]:
        before, after = dict(self.before), dict(self.after)
        return tuple(sorted(code for code in before.keys() & after.keys() if before[code] != after[code]))


@dataclass(frozen=True, slots=True)
class Restricted:
    membership_id: UUID
    name: str
    count: int


def _checked(values: Mapping[str, str], workspace_id: UUID | None) -> dict[str, str]:
    """:raises RestrictionUnknown: no such restriction, or not with this value, or not in a workspace."""
    declared = restrictions()
    for code, value in values.items():
        known = declared.get(code)
        if known is None or not known.allows(value) or (workspace_id is not None and not known.in_workspaces):
            raise RestrictionUnknown(code=code)
    return dict(values)


def _restrictable(actor: Actor, membership_id: UUID, workspace_id: UUID | None) -> Membership:
    """Somebody whose restrictions this actor may set: by `people.restrict` on the person, or, inside of a workspace,
    by `workspaces.manage` there on whoever has a level that the actor may give and is no keyholder.

    :raises NotFound, NotOnOneself, AlreadyRemoved, PermissionMissing, MemberOutOfHand: see there.
    """
    if workspace_id is None or not decide(actor, WORKSPACES_MANAGE, Target(workspace=workspace_id)):
        return handled(actor, membership_id, RESTRICT)[0]
    level = Assignment.objects.filter(membership_id=membership_id, workspace_id=workspace_id).select_related("role")
    held = level.first()
    base = base_assignment(membership_id)
    if held is None or (base and base.role.is_keyholder) or membership_id == actor.membership_id:
        # Refused there, or asked as for the whole organization.
        return handled(actor, membership_id, RESTRICT)[0]
    member = Membership.objects.get(id=membership_id)
    if member.status == Membership.Status.REMOVED:
        raise AlreadyRemoved(name=member.name)
    if not may_assign(actor, held.role, Target(workspace=workspace_id)):
        raise MemberOutOfHand(name=member.name, role=held.role.name)
    return member


def plan_set_restrictions(
    *, actor: Actor, membership_id: UUID, values: Mapping[str, str], now: datetime, workspace_id: UUID | None = None
) -> RestrictionPlan:
    """What exactly these restrictions (code -> value) would change, everywhere or in one workspace.

    :raises NotFound, NotOnOneself, PermissionMissing, MemberOutOfHand: why it could not be done.
    :raises RestrictionUnknown, SameRestrictions: see there.
    """
    workspace = _workspace(workspace_id)
    member = _restrictable(actor, membership_id, workspace_id)
    after = _checked(values, workspace_id)
    rows = RestrictionSet.objects.filter(Q(workspace_id=workspace_id), membership=member)
    before = dict(rows.values_list("code", "value"))
    if before == after:
        raise SameRestrictions(name=member.name)
    source = source_of(membership_id)
    change = differ(source, with_restrictions(source, after, workspace_id), now)
    return RestrictionPlan(
        membership_id=member.id,
        name=member.name,
        workspace_id=workspace_id,
        workspace=workspace.name if workspace else "",
        before=tuple(sorted(before.items())),
        after=tuple(sorted(after.items())),
        gains=change.gains,
        loses=change.loses,
    )


def _workspace(workspace_id: UUID | None) -> Workspace | None:
    if workspace_id is None:
        return None
    workspace = Workspace.objects.filter(id=workspace_id).first()
    if workspace is None:
        raise NotFound
    return workspace


@action(
    open_to="people.restrict on the person, or workspaces.manage in the workspace, is asked inside",
    targets=("membership_id",),
)
def set_restrictions(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    values: Mapping[str, str],
    workspace_id: UUID | None = None,
    digest: str | None = None,
) -> Outcome[Restricted]:
    """Sets exactly these restrictions; see `plan_set_restrictions`. What was set already keeps who set it, and when.

    :raises LastKeyholder: somebody restricted is no keyholder any more. :raises PlanChanged: see there.
    """
    plan = plan_set_restrictions(
        actor=actor, membership_id=membership_id, values=values, now=now, workspace_id=workspace_id
    )
    confirm(plan, digest)
    if plan.after:
        keep_a_keyholder(Membership.objects.filter(id=membership_id))
    put_restrictions(membership_id, dict(plan.after), workspace_id, set_by=actor.membership_id, now=now)
    entry_values = {
        "before": dict(plan.before),
        "after": dict(plan.after),
        "workspace": plan.workspace,
        "workspace_id": workspace_id,
    }
    return Outcome(
        Restricted(membership_id, plan.name, len(plan.after)),
        Entry("people.restricted", "member", membership_id, entry_values),
    )
