"""Workspaces, and who is in them at which level."""

from typing import Any

from ninja import Query, Router

from tenantry.access.errors import AlreadyInWorkspace, RoleNotAssignable, SameRole, TooManyWorkspaces
from tenantry.access.workspaces import get_workspace, levels_in, visible_workspaces
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.workspaces.schemas import (
    AddWorkspaceMembers,
    AssignWorkspaces,
    CreatePlace,
    EditPlace,
    GiveLevel,
    PlaceQuery,
    WorkspaceDeletion,
    WorkspaceDeletionPlanOut,
    WorkspaceDeletionQuery,
    WorkspaceMemberOut,
    WorkspaceMembers,
    WorkspaceOut,
    WorkspacePage,
)
from tenantry.core.errors import PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.errors import LimitReached, WorkspaceNameTaken
from tenantry.people.errors import AlreadyRemoved, NotOnOneself, OneTeamOnly
from tenantry.people.permissions import WORKSPACES_EDIT, WORKSPACES_MANAGE, WORKSPACES_VIEW
from tenantry.usecases.workspaces import (
    add_to_workspace,
    assign_workspaces,
    change_level,
    create_workspace,
    delete_workspace,
    edit_workspace,
    plan_delete_workspace,
    remove_from_workspace,
)

router = Router(tags=["Workspaces"])
SORTS = {"name": "sort_name", "created": "created_at"}
MOST_MEMBERS = 1000
LEVELS = (NotOnOneself, RoleNotAssignable)


def _workspace(row: Any) -> WorkspaceOut:
    return WorkspaceOut(id=row.id, key=row.key, name=row.name, description=row.description, created_at=row.created_at)


@operation(router, "GET", "/workspaces", WORKSPACES_VIEW, WORKSPACES_MANAGE, answer=WorkspacePage)
def workspace_list(request: ApiRequest, query: Query[PlaceQuery]) -> Answer:
    """Workspaces that the caller sees."""
    page = keyset_page(
        visible_workspaces(request.actor),
        order=SORTS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, WorkspacePage, page, [_workspace(row) for row in page.rows])


@operation(
    router,
    "POST",
    "/workspaces",
    WORKSPACES_MANAGE,
    answer=WorkspaceOut,
    status=201,
    refuses=(WorkspaceNameTaken, LimitReached),
)
def workspace_create(request: ApiRequest, body: CreatePlace) -> Answer:
    """A new workspace without members. Needs the permission in the whole organization."""
    made = carry_out(request, create_workspace, name=body.name, description=body.description)
    with reading():
        workspace = _workspace(get_workspace(request.actor, made.id))
    return Answer(workspace, {"Location": f"/api/v1/workspaces/{workspace.id}"})


@operation(router, "GET", "/workspaces/{workspace_id}", WORKSPACES_VIEW, WORKSPACES_MANAGE, answer=WorkspaceOut)
def workspace_get(request: ApiRequest, workspace_id: Id) -> WorkspaceOut:
    """One workspace."""
    return _workspace(get_workspace(request.actor, workspace_id))


@operation(
    router, "PATCH", "/workspaces/{workspace_id}", WORKSPACES_EDIT, answer=WorkspaceOut, refuses=(WorkspaceNameTaken,)
)
def workspace_edit(request: ApiRequest, workspace_id: Id, body: EditPlace) -> WorkspaceOut:
    """Changes name or description."""
    with reading():
        workspace = get_workspace(request.actor, workspace_id)
    carry_out(
        request,
        edit_workspace,
        workspace_id=workspace_id,
        name=body.name if "name" in body.model_fields_set else workspace.name,
        description=body.description if "description" in body.model_fields_set else workspace.description,
    )
    with reading():
        return _workspace(get_workspace(request.actor, workspace_id))


@operation(
    router,
    "GET",
    "/workspaces/{workspace_id}/deletion/plan",
    WORKSPACES_MANAGE,
    answer=WorkspaceDeletionPlanOut,
    refuses=(RoleNotAssignable,),
)
def workspace_deletion_plan(
    request: ApiRequest, workspace_id: Id, query: Query[WorkspaceDeletionQuery]
) -> WorkspaceDeletionPlanOut:
    """What deleting a workspace would do to its members and teams."""
    plan = plan_delete_workspace(actor=request.actor, workspace_id=workspace_id, to_id=query.to)
    return WorkspaceDeletionPlanOut(
        digest=plan.digest,
        workspace=Named(id=plan.workspace_id, name=plan.name),
        to=Named(id=plan.to_id, name=plan.to) if plan.to_id else None,
        members=plan.members,
        moving=plan.moving,
        teams=list(plan.teams),
    )


@operation(
    router,
    "DELETE",
    "/workspaces/{workspace_id}",
    WORKSPACES_MANAGE,
    refuses=(RoleNotAssignable, OneTeamOnly, PlanChanged),
)
def workspace_delete(request: ApiRequest, workspace_id: Id, query: Query[WorkspaceDeletion]) -> None:
    """Members and teams go to `to`; without one they leave it. `digest` of the plan that was shown, or nothing."""
    carry_out(request, delete_workspace, workspace_id=workspace_id, to_id=query.to, digest=query.digest)


@operation(
    router,
    "GET",
    "/workspaces/{workspace_id}/members",
    WORKSPACES_VIEW,
    WORKSPACES_MANAGE,
    answer=WorkspaceMembers,
)
def workspace_member_list(request: ApiRequest, workspace_id: Id) -> WorkspaceMembers:
    """Who is in a workspace at which level, by name; at most 1,000."""
    get_workspace(request.actor, workspace_id)
    return WorkspaceMembers(
        items=[
            WorkspaceMemberOut(
                person=Named(id=one.membership_id, name=one.name),
                email=one.email,
                level=Named(id=one.role_id, name=one.role),
                since=one.given_at,
                ends_at=one.ends_at,
            )
            for one in levels_in(request.actor, workspace_id, MOST_MEMBERS)
        ]
    )


@operation(
    router,
    "POST",
    "/workspaces/{workspace_id}/members",
    WORKSPACES_MANAGE,
    refuses=(*LEVELS, AlreadyInWorkspace, AlreadyRemoved),
)
def workspace_member_add(request: ApiRequest, workspace_id: Id, body: AddWorkspaceMembers) -> None:
    """Adds people at one level; those in it already are left as they are."""
    ids = tuple(body.person_ids)
    carry_out(request, add_to_workspace, workspace_id=workspace_id, membership_ids=ids, role_id=body.role_id)


@operation(
    router,
    "PUT",
    "/workspaces/{workspace_id}/members/{person_id}",
    WORKSPACES_MANAGE,
    refuses=(*LEVELS, SameRole),
)
def workspace_level_change(request: ApiRequest, workspace_id: Id, person_id: Id, body: GiveLevel) -> None:
    """Gives a member another level."""
    carry_out(request, change_level, workspace_id=workspace_id, membership_id=person_id, role_id=body.role_id)


@operation(router, "DELETE", "/workspaces/{workspace_id}/members/{person_id}", WORKSPACES_MANAGE, refuses=LEVELS)
def workspace_member_remove(request: ApiRequest, workspace_id: Id, person_id: Id) -> None:
    """Takes somebody out of a workspace, with restrictions and teams in it."""
    carry_out(request, remove_from_workspace, workspace_id=workspace_id, membership_id=person_id)


@operation(
    router,
    "POST",
    "/people/{person_id}/workspaces",
    WORKSPACES_MANAGE,
    refuses=(*LEVELS, TooManyWorkspaces, AlreadyInWorkspace, AlreadyRemoved),
)
def person_workspaces_assign(request: ApiRequest, person_id: Id, body: AssignWorkspaces) -> None:
    """After adding somebody: the workspaces they come into, as many as policy `workspaces.assign_on_add_limit` says."""
    levels = tuple((one.workspace_id, one.role_id) for one in body.workspaces)
    carry_out(request, assign_workspaces, membership_id=person_id, levels=levels)
