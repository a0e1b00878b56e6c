"""Transfers of ownership as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Digest, Id, In, Out

Password = Annotated[str, Field(max_length=1024, description="One's own; wrong ones slow down as at sign-in.")]


class TransferOut(Out):
    id: UUID
    state: Literal["waiting", "accepted", "declined", "withdrawn", "expired"]
    giver: Named
    recipient: Named
    then: Named = Field(description="What the giver becomes.")
    created_at: datetime
    expires_at: datetime


class Transfers(Out):
    items: list[TransferOut]


class Transfer(In):
    recipient_id: Id
    then_role_id: Id


class ConfirmedTransfer(Transfer):
    password: Password
    digest: Digest | None = None


class Acceptance(In):
    password: Password
    digest: Digest | None = None


class TransferPlanOut(Out):
    """What handing ownership over would do: codes of permissions, of restrictions that are lifted, names of roles."""

    digest: str
    giver: Named
    recipient: Named
    role: str
    then: Named
    gains: list[str] = Field(description="Of the recipient.")
    loses: list[str] = Field(description="Of the giver.")
    restrictions: list[str]
    ended_roles: list[str]
    sessions: int = Field(description="Of the giver, ended where it is immediate.")
    immediate: bool


class TransferredOut(Out):
    """`state` is `waiting` where the recipient confirms; `accepted` where ownership is handed over already."""

    id: UUID | None
    state: Literal["waiting", "accepted"]
    recipient: Named
    role: str
    then: str
