from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf
from tenantry.api.people.schemas import Named
from tenantry.api.records.rows import RecordOut, RecordQuery
from tenantry.api.schemas import Bounded, Id, In, Out
from tenantry.core import bounds
from tenantry.crm import bounds as fields

Name = Annotated[str, Bounded(bounds.OPTIONAL_PERSON_NAME)]
Line = Annotated[str, Bounded(bounds.LINE)]
Email = Annotated[str, Bounded(bounds.OPTIONAL_EMAIL)]
Phone = Annotated[str, Bounded(bounds.PHONE)]
CompanyName = Annotated[str, Bounded(fields.NAME)]
OptionalName = Annotated[str, Bounded(fields.OPTIONAL_NAME)]
Domain = Annotated[str, Bounded(fields.DOMAIN)]
Address = Annotated[str, Bounded(fields.ADDRESS)]
LeadState = Literal["new", "working", "qualified", "unqualified", "converted"]


ForAnother = Annotated[bool, Field(description="Also where its owner could not open it; else it is refused.")]


class Placed(In):
    """Whose a new record is, and where. `owner_id` left out: the caller's own, a key's is nobody's."""

    owner_id: Id | None = None
    workspace_id: Id | None = None
    anyway: ForAnother = False


# --- Leads --------------------------------------------------------------------------------


class LeadOut(RecordOut):
    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    company_name: str
    job_title: str
    source: str
    state: LeadState
    qualified_at: datetime | None
    converted_at: datetime | None
    became_contact_id: UUID | None = Field(description="What it was converted into, as far as the caller sees it.")
    became_company_id: UUID | None
    became_deal_id: UUID | None


class LeadPage(PageOf[LeadOut]):
    pass


class LeadQuery(RecordQuery):
    state: Annotated[list[LeadState], Field(max_length=5)] = []


class NewLead(Placed):
    """At least one of the names, the company and the e-mail."""

    given_name: Name = ""
    family_name: Name = ""
    email: Email = ""
    phone: Phone = ""
    company_name: OptionalName = ""
    job_title: Line = ""
    source: Line = ""


class LeadChanges(In):
    """What is left out stays."""

    given_name: Name | None = None
    family_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    company_name: OptionalName | None = None
    job_title: Line | None = None
    source: Line | None = None


class LeadStep(In):
    state: Literal["working", "qualified", "unqualified"]


class DealToBegin(In):
    workflow_id: Id
    name: OptionalName = ""
    value: Annotated[int, Field(ge=0, le=10**15, description="In minor units of the organization's currency.")] = 0


class Conversion(In):
    """Without ids a new contact and, where the lead names one, a new company are made; `new_company` false: none."""

    contact_id: Id | None = None
    company_id: Id | None = None
    new_company: bool = True
    deal: DealToBegin | None = None


class MovedOut(Out):
    type: str
    count: int


class ConvertedOut(Out):
    lead_id: UUID
    contact_id: UUID
    company_id: UUID | None
    deal_id: UUID | None
    moved: list[MovedOut] = Field(description="What hung on the lead and hangs on the deal or the contact now.")


# --- Contacts and companies ---------------------------------------------------------------


class ContactOut(RecordOut):
    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    job_title: str
    company: Named | None = Field(description="Null: none, or none that the caller sees.")


class ContactPage(PageOf[ContactOut]):
    pass


class NewContact(Placed):
    """At least one of the names and the e-mail."""

    given_name: Name = ""
    family_name: Name = ""
    email: Email = ""
    phone: Phone = ""
    job_title: Line = ""
    company_id: Id | None = None


class ContactChanges(In):
    """What is left out stays; `company_id` null takes it out of its company."""

    given_name: Name | None = None
    family_name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    job_title: Line | None = None
    company_id: Id | None = None


class CompanyOut(RecordOut):
    domain: str
    industry: str
    phone: str
    address: str


class CompanyPage(PageOf[CompanyOut]):
    pass


class NewCompany(Placed):
    name: CompanyName
    domain: Domain = ""
    industry: Line = ""
    phone: Phone = ""
    address: Address = ""


class CompanyChanges(In):
    """What is left out stays."""

    name: CompanyName | None = None
    domain: Domain | None = None
    industry: Line | None = None
    phone: Phone | None = None
    address: Address | None = None
