from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.schemas import Bounded, Ids, In, Out
from tenantry.core import bounds

TeamName = Annotated[str, Bounded(bounds.LABEL)]
Description = Annotated[str, Bounded(bounds.PARAGRAPH)]


class TeamOut(Out):
    id: UUID
    key: UUID = Field(description="Stays the same whatever the team is called.")
    name: str
    description: str
    size: int
    created_at: datetime


class TeamPage(PageOf[TeamOut]):
    pass


class TeamQuery(PageQuery):
    sort: Literal["name", "-name", "created", "-created"] = "name"


class CreateTeam(In):
    name: TeamName
    description: Description = ""


class EditTeam(In):
    """Only what is sent is changed."""

    name: TeamName = Field(default="")
    description: Description = ""


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
