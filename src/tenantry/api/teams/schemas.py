from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named, RefusedPerson
from tenantry.api.schemas import Bounded, Digest, Id, Ids, In, Out, QueryIn
from tenantry.core import bounds

TeamName = Annotated[str, Bounded(bounds.LABEL)]
Description = Annotated[str, Bounded(bounds.PARAGRAPH)]


class TeamOut(Out):
    id: UUID
    key: UUID = Field(description="Stays the same whatever the team is called.")
    name: str
    description: str
    workspace_id: UUID | None
    size: int
    created_at: datetime


class TeamPage(PageOf[TeamOut]):
    pass


class TeamQuery(PageQuery):
    sort: Literal["name", "-name", "created", "-created"] = "name"


class CreateTeam(In):
    name: TeamName
    description: Description = ""
    workspace_id: Id | None = None


class EditTeam(In):
    """Only what is sent is changed."""

    name: TeamName = Field(default="")
    description: Description = ""
    workspace_id: Id | None = None


class AddTeamMembers(In):
    person_ids: Ids
    is_lead: bool = False


class TeamMemberOut(Out):
    id: UUID = Field(description="Of the person.")
    name: str
    email: str
    is_lead: bool
    added_at: datetime


class TeamMemberPage(PageOf[TeamMemberOut]):
    pass


class TeamMemberQuery(PageQuery):
    sort: Literal["added", "-added"] = "added"


class TeamDeletionPlanOut(Out):
    """`members`: how many people lose this team and keep everything else."""

    digest: str
    name: str
    members: int


class TeamDeletion(QueryIn):
    digest: Annotated[Digest | None, Field()] = None


class JoinPlanOut(Out):
    """Who of a selection would come into the team, and who not."""

    digest: str
    people: list[Named]
    refused: list[RefusedPerson]


class JoinedOut(Out):
    person_ids: list[UUID]
    refused: list[RefusedPerson]
