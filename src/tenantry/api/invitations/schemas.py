from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Name, Named
from tenantry.api.schemas import Id, In, Out

InvitationState = Literal["pending", "expired", "accepted", "revoked"]


class InvitationOut(Out):
    id: UUID
    state: InvitationState
    way: Literal["invitation_link", "temporary_password"]
    person: Named
    email: str
    invited_by: Named | None
    created_at: datetime
    sent_at: datetime
    sent_count: int
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class InvitationPage(PageOf[InvitationOut]):
    pass


class InvitationQuery(PageQuery):
    sort: Literal["created", "-created"] = "-created"


class EditInvitation(In):
    """Only what is sent is changed."""

    given_name: Name = ""
    family_name: Name = ""
    role_id: Id | None = None
    team_ids: Annotated[list[Id], Field(max_length=100)] = []
    unit_id: Annotated[Id | None, Field(description="null: in no unit.")] = None
    profile_id: Annotated[Id | None, Field(description="null: no profile.")] = None


class InvitationLinkOut(Out):
    """Shown once; whoever has it can accept after proving the address."""

    url: str
