"""Workflows as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Bounded, Digest, Id, Ids, In, Out, QueryIn
from tenantry.core import bounds


class WorkflowOut(Out):
    id: UUID
    key: UUID = Field(description="Stays the same whatever the workflow is called.")
    name: str
    description: str
    size: int
    created_at: datetime


class WorkflowPage(PageOf[WorkflowOut]):
    pass


class WorkflowMemberOut(Out):
    id: UUID = Field(description="Of the person.")
    name: str
    email: str
    added_at: datetime


class WorkflowMemberPage(PageOf[WorkflowMemberOut]):
    pass


class WorkflowMemberQuery(PageQuery):
    sort: Literal["added", "-added"] = "added"


class AddWorkflowMembers(In):
    person_ids: Ids


class WorkflowDeletionQuery(QueryIn):
    """`to`: the workflow that its members and deals go to; without one its members take part in one less."""

    to: Id | None = None


class DealRoute(Out):
    stage: Named
    to: Named | None
    deals: int


class WorkflowDeletionPlanOut(Out):
    """`asks_name`: the organization's name goes into `organization_name`. `deals`, closed and archived ones too, go by
    `routes`: to the stage that is called the same, else to the first. `waiting`: requests to mentors, which lapse."""

    digest: str
    workflow: Named
    to: Named | None
    members: int
    moving: int
    deals: int
    open_deals: int
    routes: list[DealRoute]
    waiting: int
    asks_name: bool


class DeleteWorkflow(In):
    to: Id | None = None
    organization_name: Annotated[str, Bounded(bounds.LINE)] = ""
    digest: Digest | None = None
