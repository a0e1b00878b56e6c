"""Workspaces: making, changing, deleting them, and who is in them at which level.

A level is a role of kind `workspace`, held in one workspace. Membership follows `workspaces.manage` there, whatever the
person's base role is, and the level has to be one that the actor may give there (product.md §3).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tenantry.access.errors import AlreadyInWorkspace, RoleNotAssignable, SameRole, TooManyWorkspaces
from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, RestrictionSet, Role
from tenantry.access.steps import assignable
from tenantry.access.workspaces import inside
from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, require
from tenantry.core.errors import InvalidInput, NotFound, Remedy
from tenantry.organizations.entitlements import require_room
from tenantry.organizations.errors import WorkspaceNameTaken
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow, Workspace
from tenantry.organizations.selectors import policy
from tenantry.people.errors import AlreadyRemoved, NotOnOneself, OneTeamOnly
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership, Team, TeamMember
from tenantry.people.permissions import WORKSPACES_EDIT, WORKSPACES_MANAGE
from tenantry.people.records import WORKSPACE
from tenantry.people.steps import bump_access

MOST_NAMES = 20
FEWER = (Remedy(_("Delete a workspace"), "workspace_list", permissions=("workspaces.manage",), code="delete_one"),)


@dataclass(frozen=True, slots=True)
class WorkspaceCreated:
    id: UUID
    name: str


def _managed(actor: Actor, workspace_id: UUID, code: str = WORKSPACES_MANAGE) -> Workspace:
    """:raises NotFound, PermissionMissing: out of sight, or not the actor's to change."""
    workspace: Workspace = find(actor, WORKSPACE, workspace_id, code)
    return workspace


def _refuse_taken(name: str, *, but: UUID | None = None) -> None:
    rows = Workspace.objects.filter(sort_name=name.lower())
    if (rows.exclude(id=but) if but else rows).exists():
        raise WorkspaceNameTaken(name=name)


@action(WORKSPACES_MANAGE)
def create_workspace(*, actor: Actor, now: datetime, name: str, description: str = "") -> Outcome[WorkspaceCreated]:
    """Without members. Needs the permission in the whole organization.

    :raises WorkspaceNameTaken: in any spelling of capitals. :raises LimitReached: the plan has no further one.
    """
    require(actor, WORKSPACES_MANAGE)
    lock(LockRow.Name.STRUCTURE)
    _refuse_taken(name)
    require_room("workspaces", Workspace.objects.count(), FEWER)
    made = Workspace(name=name, sort_name=name.lower(), description=description, created_at=now)
    Workspace.objects.bulk_create([made])
    entry = Entry("structure.workspace_created", "workspace", made.id, {"name": name})
    return Outcome(WorkspaceCreated(made.id, name), entry)


@action(WORKSPACES_EDIT)
def edit_workspace(
    *, actor: Actor, now: datetime, workspace_id: UUID, name: str, description: str = ""
) -> Outcome[Done]:
    """:raises WorkspaceNameTaken, NotFound: see there."""
    lock(LockRow.Name.STRUCTURE)
    workspace = _managed(actor, workspace_id, WORKSPACES_EDIT)
    before = {"name": workspace.name, "description": workspace.description}
    after = {"name": name, "description": description}
    if before == after:
        return Outcome(Done(workspace_id), None)
    _refuse_taken(name, but=workspace_id)
    workspace.name, workspace.sort_name, workspace.description = name, name.lower(), description
    workspace.version += 1
    workspace.save(update_fields=["name", "sort_name", "description", "version"])
    entry = Entry("structure.workspace_edited", "workspace", workspace_id, {"before": before, "after": after})
    return Outcome(Done(workspace_id), entry)


# --- Members and levels -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InWorkspace:
    """Who is in the workspace now, at this level."""

    workspace_id: UUID
    name: str
    members: tuple[UUID, ...]
    level: str


def _refuse_oneself(actor: Actor, ids: Iterable[UUID]) -> None:
    """Own place and level are somebody else's to change; whoever holds everything gains nothing by it."""
    if actor.membership_id in set(ids) and not actor.grants.everything:
        raise NotOnOneself


def _people(ids: Iterable[UUID]) -> list[Membership]:
    """:raises NotFound, AlreadyRemoved: unknown, or not a member any more. Whom the actor sees does not matter."""
    wanted = set(ids)
    rows = list(Membership.objects.filter(id__in=wanted).defer("picture").order_by("sort_name", "id"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    for member in rows:
        if member.status == Membership.Status.REMOVED:
            raise AlreadyRemoved(name=member.name)
    return rows


@action(WORKSPACES_MANAGE, targets=("membership_ids",))
def add_to_workspace(
    *, actor: Actor, now: datetime, workspace_id: UUID, membership_ids: tuple[UUID, ...], role_id: UUID
) -> Outcome[InWorkspace]:
    """Everybody at the same level; people here already are left as they are.

    :raises AlreadyInWorkspace: nobody would be added. :raises NotOnOneself, RoleNotAssignable, NotFound: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    workspace = _managed(actor, workspace_id)
    level = assignable(actor, role_id, inside(workspace_id), Role.Kind.WORKSPACE)
    _refuse_oneself(actor, membership_ids)
    people = _people(membership_ids)
    here = set(_levels(workspace_id).values_list("membership_id", flat=True))
    coming = [member for member in people if member.id not in here]
    if not coming:
        raise AlreadyInWorkspace(name=people[0].name, workspace=workspace.name)
    _put([(member.id, workspace_id, level.id) for member in coming], actor, now)
    ids = tuple(member.id for member in coming)
    values = {"name": workspace.name, "level": level.name, "level_id": level.id, "members": [str(i) for i in ids]}
    entry = Entry("structure.workspace_members_added", "workspace", workspace_id, values)
    return Outcome(InWorkspace(workspace_id, workspace.name, ids, level.name), entry)


def _levels(workspace_id: UUID) -> QuerySet[Assignment]:
    return Assignment.objects.filter(workspace_id=workspace_id)


def _put(rows: list[tuple[UUID, UUID, UUID]], actor: Actor, now: datetime) -> None:
    """(member, workspace, level) each."""
    Assignment.objects.bulk_create(
        Assignment(
            membership_id=member_id,
            workspace_id=workspace_id,
            role_id=role_id,
            is_base=False,
            given_by_id=actor.membership_id,
            given_at=now,
        )
        for member_id, workspace_id, role_id in rows
    )
    bump_access({member_id for member_id, _workspace_id, _role_id in rows})


@dataclass(frozen=True, slots=True)
class LevelChanged:
    membership_id: UUID
    before_id: UUID
    after_id: UUID
    after: str


def _held(actor: Actor, workspace_id: UUID, membership_id: UUID) -> Assignment:
    """Somebody's level, when it is the actor's to take.

    :raises NotFound: not in that workspace. :raises NotOnOneself, RoleNotAssignable: see there.
    """
    held = _levels(workspace_id).filter(membership_id=membership_id).select_related("role", "membership").first()
    if held is None:
        raise NotFound
    _refuse_oneself(actor, [membership_id])
    if not may_assign(actor, held.role, inside(workspace_id)):
        raise RoleNotAssignable(role=held.role.name)
    return held


@action(WORKSPACES_MANAGE, targets=("membership_id",))
def change_level(
    *, actor: Actor, now: datetime, workspace_id: UUID, membership_id: UUID, role_id: UUID
) -> Outcome[LevelChanged]:
    """:raises SameRole, NotOnOneself, RoleNotAssignable, NotFound: see there."""
    lock(LockRow.Name.STRUCTURE)
    workspace = _managed(actor, workspace_id)
    held = _held(actor, workspace_id, membership_id)
    level = assignable(actor, role_id, inside(workspace_id), Role.Kind.WORKSPACE)
    if held.role_id == level.id:
        raise SameRole(name=held.membership.name)
    before, ended = held.role, held.ends_at
    held.role, held.ends_at, held.noticed_at = level, None, None
    held.given_by_id, held.given_at = actor.membership_id, now
    held.save(update_fields=["role", "ends_at", "noticed_at", "given_by", "given_at"])
    bump_access([membership_id])
    values = {
        "name": workspace.name,
        "members": [str(membership_id)],
        "before": before.name,
        "before_id": before.id,
        "before_ends_at": ended,
        "after": level.name,
        "after_id": level.id,
    }
    entry = Entry("structure.workspace_level_changed", "workspace", workspace_id, values)
    return Outcome(LevelChanged(membership_id, before.id, level.id, level.name), entry)


@action(WORKSPACES_MANAGE, targets=("membership_id",))
def remove_from_workspace(*, actor: Actor, now: datetime, workspace_id: UUID, membership_id: UUID) -> Outcome[Done]:
    """Level, restrictions and teams of this workspace end; everything else stays.

    :raises NotOnOneself, RoleNotAssignable, NotFound: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    workspace = _managed(actor, workspace_id)
    held = _held(actor, workspace_id, membership_id)
    held.delete()
    restricted, _rows = RestrictionSet.objects.filter(workspace_id=workspace_id, membership_id=membership_id).delete()
    left, _rows = TeamMember.objects.filter(team__workspace_id=workspace_id, membership_id=membership_id).delete()
    bump_access([membership_id])
    values = {
        "name": workspace.name,
        "level": held.role.name,
        "level_id": held.role_id,
        "members": [str(membership_id)],
        # What an undo would not bring back.
        "lost": bool(held.ends_at or restricted or left),
    }
    entry = Entry("structure.workspace_member_removed", "workspace", workspace_id, values)
    return Outcome(Done(workspace_id), entry)


@action(WORKSPACES_MANAGE, targets=("membership_id",))
def assign_workspaces(
    *, actor: Actor, now: datetime, membership_id: UUID, levels: tuple[tuple[UUID, UUID], ...]
) -> Outcome[Done]:
    """After adding somebody: (workspace, level) each, at most as many as policy `workspaces.assign_on_add_limit`.

    :raises TooManyWorkspaces, NotOnOneself, RoleNotAssignable, NotFound: see there.
    """
    limit = policy("workspaces.assign_on_add_limit")
    if len(levels) > limit:
        raise TooManyWorkspaces(limit=limit)
    if len({workspace_id for workspace_id, _level in levels}) != len(levels) or not levels:
        raise InvalidInput({"workspaces": _("Each workspace once, and at least one.")})
    lock(LockRow.Name.STRUCTURE)
    _refuse_oneself(actor, [membership_id])
    [member] = _people([membership_id])
    here = set(Assignment.objects.filter(membership=member).values_list("workspace_id", flat=True))
    named = []
    for workspace_id, role_id in levels:
        workspace = _managed(actor, workspace_id)
        level = assignable(actor, role_id, inside(workspace_id), Role.Kind.WORKSPACE)
        if workspace_id in here:
            raise AlreadyInWorkspace(name=member.name, workspace=workspace.name)
        named.append(f"{workspace.name} ({level.name})")
    _put([(member.id, workspace_id, role_id) for workspace_id, role_id in levels], actor, now)
    ids = {str(workspace_id): str(role_id) for workspace_id, role_id in levels}
    values = {"workspaces": ", ".join(named), "levels": ids}
    return Outcome(Done(member.id), Entry("people.workspaces_assigned", "member", member.id, values))


# --- Deleting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkspaceDeletionPlan(Plan):
    """`to`: the workspace that members (`moving`; the others are there already) and teams go to; without one the
    members' places in it end and its teams belong to the whole organization. `names` are the first of the members."""

    workspace_id: UUID
    name: str
    to_id: UUID | None
    to: str
    members: int
    names: tuple[str, ...]
    moving: int
    teams: tuple[str, ...]


def plan_delete_workspace(*, actor: Actor, workspace_id: UUID, to_id: UUID | None = None) -> WorkspaceDeletionPlan:
    """What deleting it would do.

    :raises NotFound, PermissionMissing, RoleNotAssignable, NotOnOneself, InvalidInput: why it can't be.
    :raises OneTeamOnly: somebody would be in two teams of the other one, against policy `teams.per_person`.
    """
    workspace = _managed(actor, workspace_id)
    require(actor, WORKSPACES_MANAGE)
    if to_id == workspace_id:
        raise InvalidInput({"to": _("Choose another workspace.")})
    to = _managed(actor, to_id) if to_id else None
    if to is not None:
        _ask_teams(workspace_id, to.id)
    rows = list(_levels(workspace_id).select_related("role", "membership").order_by("membership__sort_name", "id"))
    moving = _moving(actor, rows, to_id) if to_id else []
    return WorkspaceDeletionPlan(
        workspace_id=workspace_id,
        name=workspace.name,
        to_id=to_id,
        to=to.name if to else "",
        members=len(rows),
        names=tuple(row.membership.name for row in rows[:MOST_NAMES]),
        moving=len(moving),
        teams=tuple(Team.objects.filter(workspace=workspace).order_by("sort_name").values_list("name", flat=True)),
    )


def _ask_teams(workspace_id: UUID, to_id: UUID) -> None:
    """:raises OneTeamOnly: see `plan_delete_workspace`."""
    if policy("teams.per_person") != "one_per_workspace":
        return
    there = TeamMember.objects.filter(team__workspace_id=to_id).values("membership_id")
    coming = TeamMember.objects.filter(team__workspace_id=workspace_id, membership_id__in=there)
    doubled = coming.select_related("membership").order_by("membership__sort_name").first()
    if doubled is not None:
        raise OneTeamOnly(name=doubled.membership.name)


def _moving(actor: Actor, rows: Iterable[Assignment], to_id: UUID) -> list[Assignment]:
    """Those who come into the other workspace at the level they have. Whoever is there keeps the level of that place,
    and nobody brings themselves.

    :raises RoleNotAssignable: a level is not the actor's to give there.
    """
    there = set(_levels(to_id).values_list("membership_id", flat=True))
    own = None if actor.grants.everything else actor.membership_id
    moving = [row for row in rows if row.membership_id not in there and row.membership_id != own]
    for row in moving:
        if not may_assign(actor, row.role, inside(to_id)):
            raise RoleNotAssignable(role=row.role.name)
    return moving


@action(WORKSPACES_MANAGE)
def delete_workspace(
    *, actor: Actor, now: datetime, workspace_id: UUID, to_id: UUID | None = None, digest: str | None = None
) -> Outcome[Done]:
    """Members and teams go to `to_id`; without one the places end and the teams stay, outside of every workspace.

    :raises PlanChanged: `digest` is of an older plan. Further refusals: see `plan_delete_workspace`.
    """
    members = _levels(workspace_id).values_list("membership_id", flat=True)
    # Before the structure, as everywhere: members come first in the order of locks.
    lock_members(members)
    lock(LockRow.Name.STRUCTURE)
    plan = confirm(plan_delete_workspace(actor=actor, workspace_id=workspace_id, to_id=to_id), digest)
    touched = set(members.all())
    if to_id:
        moving = _moving(actor, _levels(workspace_id).select_related("role"), to_id)
        ids = [row.membership_id for row in moving]
        Assignment.objects.filter(id__in=[row.id for row in moving]).update(workspace_id=to_id)
        RestrictionSet.objects.filter(workspace_id=workspace_id, membership_id__in=ids).update(workspace_id=to_id)
    Team.objects.filter(workspace_id=workspace_id).update(workspace_id=to_id)
    _levels(workspace_id).delete()
    RestrictionSet.objects.filter(workspace_id=workspace_id).delete()
    Workspace.objects.filter(id=workspace_id).delete()
    bump_access(touched)
    values = {"name": plan.name, "to": plan.to, "to_id": to_id, "members": [str(i) for i in sorted(touched)]}
    return Outcome(Done(workspace_id), Entry("structure.workspace_deleted", "workspace", workspace_id, values))
