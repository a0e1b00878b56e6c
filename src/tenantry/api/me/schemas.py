from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Bounded, In, Out
from tenantry.core import bounds


class Me(Out):
    """Who calls. `person` is null for keys."""

    kind: Literal["member", "key"]
    name: str
    organization: Named
    person: Named | None
    holds_everything: bool
    permissions: dict[str, str] = Field(
        description="Code -> reach in the whole organization, several with a space between; yes where it has none."
    )


class EditMe(In):
    given_name: Annotated[str, Bounded(bounds.PERSON_NAME)] = Field(default="")
    family_name: Annotated[str, Bounded(bounds.OPTIONAL_PERSON_NAME)] = ""


class PutAppearance(In):
    theme: Literal["system", "light", "dark"]


class NotificationOut(Out):
    id: UUID
    sentence: str
    about_id: UUID | None
    created_at: datetime
    is_read: bool


class NotificationPage(PageOf[NotificationOut]):
    pass


class NotificationQuery(PageQuery):
    pass
