"""People as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from tenantry.acting.plans import Refused
from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.schemas import Bounded, Days, Digest, Id, Ids, In, Moment, Out, QueryIn
from tenantry.core import bounds

PersonStatus = Literal["active", "pending", "expired", "deactivated", "removed"]
Name = Annotated[str, Bounded(bounds.OPTIONAL_PERSON_NAME)]
Phone = Annotated[str, Bounded(bounds.PHONE)]
Locale = Annotated[str, Field(max_length=20, description="Empty: as the browser asks.")]
TimeZone = Annotated[str, Field(max_length=80, description="IANA name. Empty: the organization's.")]


Way = Literal["invitation_link", "temporary_password", "administrator_password"]
GivenPassword = Annotated[str, Field(max_length=bounds.PASSWORD_MAX)]


class Named(Out):
    id: UUID
    name: str


class Person(Out):
    """Somebody in this organization. `id` is the membership's, not the sign-in identity's."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                "status": "active",
                "given_name": "Maren",
                "family_name": "Holt",
                "name": "Maren Holt",
                "email": "maren.holt@example.com",
                "role": {"id": "01890a5d-ac96-774b-bcce-b302099a8001", "name": "Owner"},
                "teams": [{"id": "01890a5d-ac96-774b-bcce-b302099a8002", "name": "North"}],
                "unit": {"id": "01890a5d-ac96-774b-bcce-b302099a8004", "name": "Oslo"},
                "department": {"id": "01890a5d-ac96-774b-bcce-b302099a8005", "name": "Sales"},
                "manager": None,
                "phone": "+47 22 00 00 00",
                "locale": "",
                "time_zone": "Europe/Oslo",
                "profile_id": None,
                "last_sign_in_at": "2026-05-04T08:00:00Z",
                "created_at": "2026-01-12T09:30:00Z",
                "joined_at": "2026-01-12T09:41:00Z",
                "invited_until": None,
                "deactivated_at": None,
                "removed_at": None,
            }
        }
    )

    id: UUID
    status: PersonStatus
    given_name: str
    family_name: str
    name: str = Field(description="Given and family name, or the address while there is none.")
    email: str
    role: Named | None
    teams: list[Named] = Field(description="Those that the caller may see.")
    unit: Named | None = Field(description="Where they stand in the tree of units.")
    department: Named | None
    manager: Named | None
    phone: str
    locale: str
    time_zone: str
    profile_id: UUID | None = Field(description="The profile that bounds what they do in the applications.")
    last_sign_in_at: datetime | None
    created_at: datetime
    joined_at: datetime | None
    invited_until: datetime | None = Field(description="End of the open invitation.")
    deactivated_at: datetime | None
    removed_at: datetime | None


class PersonPage(PageOf[Person]):
    pass


class PeopleQuery(PageQuery):
    q: Annotated[str, Field(max_length=200, description="Words of name or address; every one has to occur.")] = ""
    status: Annotated[list[PersonStatus], Field(description="None: everybody but removed people.")] = []
    role: Annotated[list[Id], Field(max_length=50)] = []
    team: Annotated[list[Id], Field(max_length=50)] = []
    unit: Annotated[list[Id], Field(max_length=50, description="There, and in everything below.")] = []
    workspace: Annotated[list[Id], Field(max_length=50)] = []
    department: Annotated[list[Id], Field(max_length=50)] = []
    profile: Annotated[list[Id], Field(max_length=50)] = []
    never_signed_in: Annotated[Literal["true", "false"], Field()] = "false"
    not_seen_for_days: Days | None = None
    sort: Literal["name", "-name", "email", "-email", "last_sign_in", "-last_sign_in", "added", "-added"] = "name"


class InvitePerson(In):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "pat@example.com",
                "role_id": "01890a5d-ac96-774b-bcce-b302099a8001",
                "given_name": "Pat",
                "family_name": "Reyes",
                "team_ids": [],
            }
        }
    )

    email: Annotated[str, Bounded(bounds.EMAIL)]
    role_id: Id
    given_name: Name = ""
    family_name: Name = ""
    team_ids: Annotated[list[Id], Field(max_length=100)] = []
    unit_id: Id | None = None
    profile_id: Id | None = None
    department_id: Id | None = None
    way: Annotated[Way | None, Field(description="One of policy people.entry_modes; left out, its first.")] = None
    password: Annotated[GivenPassword, Field(description="With the way `administrator_password`, and no other.")] = ""
    must_change: Annotated[
        bool, Field(description="Whether they choose their own before anything else, where a password was given.")
    ] = True


class SetPassword(In):
    password: GivenPassword
    must_change: Annotated[bool, Field(description="Whether they choose their own before anything else.")] = True


class EditPerson(In):
    """Only what is sent is changed. Null takes department or manager away, an empty text what it says."""

    given_name: Annotated[str, Bounded(bounds.PERSON_NAME)] = Field(default="")
    family_name: Name = ""
    department_id: Id | None = None
    manager_id: Id | None = Field(default=None, description="Somebody active; circles are refused.")
    phone: Phone = ""
    locale: Locale = ""
    time_zone: TimeZone = ""


class Confirmation(In):
    """`digest` of the plan that was shown: an effect that changed meanwhile is refused (409) with the new plan. Left
    out, the effect of this moment is carried out."""

    digest: Digest | None = None


class Selection(In):
    person_ids: Ids


class ConfirmedSelection(Selection):
    digest: Digest | None = None


TypedName = Annotated[
    str,
    Field(max_length=200, description="The organization's name, where policy people.deactivation_by is `owner`."),
]


class GiveRole(In):
    """With `ends_at` it gives way to `then_role_id` by itself at that moment."""

    role_id: Id
    ends_at: Moment | None = None
    then_role_id: Id | None = None
    digest: Digest | None = None


class RoleChoice(QueryIn):
    role_id: Id
    ends_at: Moment | None = None
    then_role_id: Id | None = None


class RoleChangePlanOut(Out):
    """What changing somebody's role would do: permission codes gained and lost."""

    digest: str
    person: Named
    before: Named | None
    after: Named
    gains: list[str]
    loses: list[str]
    ends_at: datetime | None
    then: Named | None
    ended_roles: list[str] = Field(description="Held beside it, and not beside the new one: they end.")


class RefusedPerson(Out):
    id: UUID
    name: str
    code: str
    detail: str


class SessionOut(Out):
    id: UUID
    entered_at: datetime
    seen_at: datetime
    address: str
    agent: str


class Sessions(Out):
    items: list[SessionOut]


def named(ids: Any, names: Any) -> list[Named]:
    return [Named(id=i, name=name) for i, name in zip(ids, names, strict=True)]


def refused_people(rows: tuple[Refused, ...]) -> list[RefusedPerson]:
    return [RefusedPerson(id=r.membership_id, name=r.name, code=r.code, detail=r.sentence) for r in rows]


def session_out(row: Any) -> SessionOut:
    return SessionOut(id=row.id, entered_at=row.entered_at, seen_at=row.seen_at, address=row.address, agent=row.agent)


class ResendPlanOut(Out):
    """What sending invitations again would do. `seats_taken`: by expired ones, which hold a seat again."""

    digest: str
    people: list[Named]
    refused: list[RefusedPerson]
    seats_taken: int


class ResentOut(Out):
    person_ids: list[UUID]
    refused: list[RefusedPerson]
    expires_at: datetime
