from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.schemas import Bounded, In, Out
from tenantry.core import bounds
from tenantry.organizations import bounds as own

ContactKind = Literal["billing", "technical", "legal"]
SetupStep = Literal["company", "people", "plan"]


class OrganizationOut(Out):
    """The organization and its company profile. Its ETag is what If-Match asks for."""

    id: UUID
    name: str
    slug: str
    blueprint: str
    state: str
    time_zone: str = Field(description="Of the tz database, as in Europe/Oslo.")
    currency: str = Field(description="ISO 4217.")
    created_at: datetime
    legal_name: str
    registered_address: str
    mailing_address: str
    tax_id: str
    website: str
    colour: str = Field(description="#rrggbb or empty; white text on it is readable (WCAG 2.2, 1.4.3).")


class EditOrganization(In):
    """Only what is sent is changed."""

    name: Annotated[str, Bounded(bounds.ORGANIZATION_NAME)] = Field(default="")
    time_zone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")] = Field(default="")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(default="")
    legal_name: Annotated[str, Bounded(own.LEGAL_NAME)] = ""
    registered_address: Annotated[str, Bounded(own.POSTAL_ADDRESS)] = ""
    mailing_address: Annotated[str, Bounded(own.POSTAL_ADDRESS)] = ""
    tax_id: Annotated[str, Bounded(own.TAX_ID)] = ""
    website: Annotated[str, Bounded(own.WEBSITE)] = ""
    colour: Annotated[str, Bounded(own.COLOUR)] = ""


class ContactOut(Out):
    kind: ContactKind
    name: str
    email: str
    phone: str


class Contacts(Out):
    items: list[ContactOut]


class PutContact(In):
    name: Annotated[str, Bounded(bounds.LINE)] = ""
    email: Annotated[str, Bounded(bounds.OPTIONAL_EMAIL)] = ""
    phone: Annotated[str, Bounded(own.PHONE)] = ""


class PutSetupStep(In):
    state: Literal["done", "skipped"]


class SetupOut(Out):
    steps: dict[str, str]
    finished_at: datetime | None


class SeatsOut(Out):
    """`limit` null is unlimited. `pending` invitations hold a seat, `expired` ones no longer do."""

    in_use: int
    limit: int | None
    free: int | None
    active: int
    pending: int
    deactivated: int
    expired: int


class EntitlementOut(Out):
    key: str
    limit: int | None


class Entitlements(Out):
    seats: SeatsOut
    items: list[EntitlementOut]
