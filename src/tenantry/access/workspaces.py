"""What pages and programs show of workspaces: the list, the members with their levels and restrictions, the choices."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, RestrictionSet, Role
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, require_any, visible
from tenantry.core.errors import NotFound
from tenantry.core.named import called
from tenantry.core.permissions import restrictions
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.models import Workspace
from tenantry.people.models import Membership, Team
from tenantry.people.permissions import WORKSPACES_EDIT, WORKSPACES_MANAGE, WORKSPACES_VIEW
from tenantry.people.records import WORKSPACE


@dataclass(frozen=True, slots=True)
class Level:
    """Somebody in a workspace. `changes`: whether the actor may change or take the level; `restrictions`: titles of
    what is switched on for them there."""

    assignment_id: UUID
    membership_id: UUID
    name: str
    email: str
    status: str
    role_id: UUID
    role: str
    given_at: datetime
    ends_at: datetime | None
    restrictions: tuple[Any, ...]
    changes: bool
    own: bool


def inside(workspace_id: UUID) -> Target:
    """Whatever belongs to this workspace, as decisions see it."""
    return Target("workspace", workspace_id, workspace=workspace_id)


def visible_workspaces(actor: Actor, query: str = "") -> QuerySet[Any]:
    """Those that the actor sees, with `size`, the people in it, and `teams`, their number.

    :raises PermissionMissing: `workspaces.view`, in none at all.
    """
    require_any(actor, WORKSPACES_VIEW, WORKSPACES_MANAGE)
    rows: QuerySet[Any] = visible(actor, WORKSPACES_VIEW, WORKSPACE, Workspace.objects.all())
    return called(rows, query)


def with_sizes(rows: Iterable[Any]) -> list[tuple[Any, int, int]]:
    """(workspace, people, teams) of these; two queries."""
    found = list(rows)
    ids = [row.id for row in found]
    levels = Assignment.objects.filter(workspace_id__in=ids).exclude(membership__status=Membership.Status.REMOVED)
    people = dict(levels.order_by().values_list("workspace_id").annotate(n=Count("id")))
    teams = dict(
        Team.objects.filter(workspace_id__in=ids).order_by().values_list("workspace_id").annotate(n=Count("id"))
    )
    return [(row, people.get(row.id, 0), teams.get(row.id, 0)) for row in found]


def get_workspace(actor: Actor, workspace_id: UUID, code: str | None = None) -> Workspace:
    """:raises NotFound: unknown or out of reach. :raises PermissionMissing: seen, but not the actor's for `code`."""
    workspace: Workspace = find(actor, WORKSPACE, workspace_id, code)
    return workspace


def level_of(actor: Actor, workspace_id: UUID, membership_id: UUID) -> Level:
    """:raises NotFound: not in that workspace."""
    for one in levels_in(actor, workspace_id, 1, membership_id):
        return one
    raise NotFound


def levels_in(actor: Actor, workspace_id: UUID, limit: int, membership_id: UUID | None = None) -> list[Level]:
    """Its members by name, or one of them; two queries."""
    rows = Assignment.objects.filter(workspace_id=workspace_id).exclude(membership__status=Membership.Status.REMOVED)
    rows = rows.select_related("membership", "role").defer("membership__picture")
    if membership_id is not None:
        rows = rows.filter(membership_id=membership_id)
    taken: dict[UUID, list[Any]] = {}
    known = restrictions()
    for row in RestrictionSet.objects.filter(workspace_id=workspace_id).order_by("code"):
        if row.code in known:
            taken.setdefault(row.membership_id, []).append(known[row.code].title)
    manages = decide(actor, WORKSPACES_MANAGE, inside(workspace_id)).allowed
    return [
        Level(
            assignment_id=row.id,
            membership_id=row.membership_id,
            name=row.membership.name,
            email=row.membership.email,
            status=row.membership.status,
            role_id=row.role_id,
            role=row.role.name,
            given_at=row.given_at,
            ends_at=row.ends_at,
            restrictions=tuple(taken.get(row.membership_id, ())),
            changes=manages
            and may_assign(actor, row.role, inside(workspace_id))
            and (actor.grants.everything or row.membership_id != actor.membership_id),
            own=row.membership_id == actor.membership_id,
        )
        for row in rows.order_by("membership__sort_name", "id")[:limit]
    ]


def levels_for(actor: Actor, workspace_id: UUID) -> list[Role]:
    """The levels that the actor may give there, strongest first."""
    rows = Role.objects.filter(kind=Role.Kind.WORKSPACE).order_by("position", "sort_name")
    return [role for role in rows if may_assign(actor, role, inside(workspace_id))]


def outside(rows: QuerySet[Any], workspace_id: UUID) -> QuerySet[Any]:
    """Of these members those who are not in the workspace."""
    held = Assignment.objects.filter(membership_id=OuterRef("id"), workspace_id=workspace_id)
    return rows.filter(~Exists(held))


def managed(actor: Actor) -> QuerySet[Workspace]:
    """Those in which the actor decides who is in."""
    return visible(actor, WORKSPACES_MANAGE, WORKSPACE, Workspace.objects.all())


def managed_workspaces(actor: Actor) -> list[tuple[UUID, str]]:
    """(id, name) of them, by name."""
    return list(managed(actor).order_by("sort_name", "id").values_list("id", "name"))


def settled_workspaces(actor: Actor) -> list[tuple[UUID, str]]:
    """(id, name) of those whose settings a level held in them opens, outside of Admin."""
    ids = {
        line.scope_id
        for code in (WORKSPACES_EDIT, WORKSPACES_MANAGE)
        for line in actor.grants.lines(code)
        if line.scope.value == "workspace" and line.scope_id
    }
    if not ids:
        return []
    return list(Workspace.objects.filter(id__in=ids).order_by("sort_name").values_list("id", "name"))


def workspaces_of(actor: Actor, membership_id: UUID) -> list[Assignment]:
    """Somebody's levels in the workspaces that the actor sees."""
    if not actor.may(WORKSPACES_VIEW):
        return []
    seen = visible(actor, WORKSPACES_VIEW, WORKSPACE, Workspace.objects.all()).values("id")
    rows = Assignment.objects.filter(membership_id=membership_id, workspace_id__in=seen)
    return list(rows.select_related("workspace", "role").order_by("workspace__sort_name"))


def manages_all(actor: Actor) -> bool:
    return decide(actor, WORKSPACES_MANAGE, NOWHERE).allowed


def member_called(email: str) -> UUID | None:
    """Who has exactly this address here, for those who add people without seeing the directory."""
    rows = Membership.objects.filter(~Q(status=Membership.Status.REMOVED), email=email.strip().lower())
    return rows.values_list("id", flat=True).first()
