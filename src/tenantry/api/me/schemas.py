from typing import Annotated, Literal

from pydantic import Field

from tenantry.api.people.schemas import Locale, Named, Phone, TimeZone
from tenantry.api.schemas import Bounded, In, Out
from tenantry.core import bounds


class Me(Out):
    """Who calls. `person` is null for keys."""

    kind: Literal["member", "key"]
    name: str
    organization: Named
    person: Named | None
    phone: str
    locale: str
    time_zone: str = Field(description="Empty: the organization's.")
    holds_everything: bool
    permissions: dict[str, str] = Field(
        description="Code -> reach in the whole organization, several with a space between; yes where it has none."
    )


class EditMe(In):
    """Only what is sent is changed. Department and manager are the organization's."""

    given_name: Annotated[str, Bounded(bounds.PERSON_NAME)] = Field(default="")
    family_name: Annotated[str, Bounded(bounds.OPTIONAL_PERSON_NAME)] = ""
    phone: Phone = ""
    locale: Locale = ""
    time_zone: TimeZone = ""


class PutAppearance(In):
    theme: Literal["system", "light", "dark"]
