from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.schemas import In, Out

MailWord = Literal["at_once", "digest", "never"]


class NotificationOut(Out):
    id: UUID
    kind: str
    sentence: str
    about_id: UUID | None
    created_at: datetime
    is_read: bool


class NotificationPage(PageOf[NotificationOut]):
    pass


class NotificationQuery(PageQuery):
    unread: bool = Field(default=False, description="Only what was not read yet.")


class Unread(Out):
    unread: int


class ChoiceOut(Out):
    """One kind of notification and where it goes. `fixed`: it concerns who has access, and can't be switched off."""

    kind: str
    title: str
    group: str
    centre: bool
    mail: MailWord
    fixed: bool
    chosen: bool = Field(description="Whether somebody chose this; else it is the default.")


class Choices(Out):
    items: list[ChoiceOut]


class ChoiceIn(In):
    kind: Annotated[str, Field(max_length=60)]
    centre: bool
    mail: MailWord


class EditChoices(In):
    """Only the kinds that are sent are changed."""

    items: Annotated[list[ChoiceIn], Field(max_length=100)]
