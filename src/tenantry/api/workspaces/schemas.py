"""Workspaces as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Digest, Id, Ids, In, Out, QueryIn
from tenantry.api.units.schemas import PlaceName, Purpose


class WorkspaceOut(Out):
    id: UUID
    key: UUID = Field(description="Stays the same whatever the workspace is called.")
    name: str
    description: str
    created_at: datetime


class WorkspacePage(PageOf[WorkspaceOut]):
    pass


class PlaceQuery(PageQuery):
    sort: Literal["name", "-name", "created", "-created"] = "name"


class CreatePlace(In):
    name: PlaceName
    description: Purpose = ""


class EditPlace(In):
    """Only what is sent is changed."""

    name: PlaceName = Field(default="")
    description: Purpose = ""


class WorkspaceMemberOut(Out):
    person: Named
    email: str
    level: Named
    since: datetime
    ends_at: datetime | None


class WorkspaceMembers(Out):
    items: list[WorkspaceMemberOut]


class AddWorkspaceMembers(In):
    """`role_id`: the access level, a role of kind `workspace`."""

    person_ids: Ids
    role_id: Id


class GiveLevel(In):
    role_id: Id


class WorkspaceDeletionQuery(QueryIn):
    """`to`: the workspace that members and teams go to; without one members leave and teams stay outside."""

    to: Id | None = None


class WorkspaceDeletion(WorkspaceDeletionQuery):
    digest: Annotated[Digest | None, Field()] = None


class WorkspaceDeletionPlanOut(Out):
    digest: str
    workspace: Named
    to: Named | None
    members: int
    moving: int
    teams: list[str]


class AssignedWorkspace(In):
    workspace_id: Id
    role_id: Id


class AssignWorkspaces(In):
    workspaces: Annotated[list[AssignedWorkspace], Field(min_length=1, max_length=100)]
