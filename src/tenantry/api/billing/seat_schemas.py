from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.leaving_schemas import LeavingPlanOut, LeftOut
from tenantry.api.people.schemas import Named, TypedName
from tenantry.api.schemas import Count, Digest, Id, In, Moment, Out, QueryIn

Kind = Literal[
    "opening",
    "invited",
    "added",
    "renewed",
    "joined",
    "reactivated",
    "returned",
    "deactivated",
    "removed",
    "revoked",
    "lapsed",
    "shortened",
    "deleted",
    "rule",
    "exempted",
    "counted",
    "bought",
    "given_back",
    "plan",
]
Effect = Literal["", "charged", "renewal", "plan", "within", "withdrawn"]


class SeatHolders(Out):
    """People of one status. `status` is what the directory calls it."""

    status: Literal["active", "pending", "deactivated", "expired"]
    number: int
    holds: bool = Field(description="Whether each of them holds a seat, but for those who are free.")
    free: int = Field(description="Of them, who hold a role without a fee and so no seat.")


class SeatsInUse(Out):
    in_use: int
    limit: int | None = Field(description="Null: no limit.")
    free: int | None
    growth: Literal["licensed", "per_person"]
    free_roles: list[str] = Field(description="Keys of the roles without a fee.")
    people: list[SeatHolders]


class SeatLineOut(Out):
    """A change of the number of seats in use, or of those that are licensed."""

    id: UUID
    at: datetime
    kind: Kind
    change: int
    in_use_after: int
    member_id: UUID | None = Field(description="Whom it concerns; null: many, by another rule.")
    member_name: str = Field(description="Empty where the caller does not see them.")
    actor_kind: str = Field(description="member, key, operator, system or guest; empty for what happens by itself.")
    actor_id: UUID | None
    action: str
    counted: list[str] = Field(description="The statuses that held a seat at that moment.")
    growth: Literal["licensed", "per_person"]
    licensed: int = Field(description="Seats that were bought, or less than nothing: given back; seats in use stay.")
    effect: Effect = Field(
        description=(
            "What it comes to, for `billing.view`: charged once on an invoice; from a renewal on, each period; part of"
            " a plan's invoice; within what is paid; withdrawn. Empty: not decided yet."
        )
    )
    amount: int | None = Field(description="In minor units; null: nothing. The parts of an invoice are its line.")
    currency: str
    invoice_id: UUID | None = Field(description="Onto which it came.")


class SeatLedgerPage(PageOf[SeatLineOut]):
    pass


class SeatLedgerQuery(PageQuery):
    person: Annotated[Id | None, Field(description="Whom it concerns.")] = None
    kind: Annotated[list[Kind], Field(max_length=20)] = []
    since: Annotated[Moment | None, Field(description="Included.")] = None
    until: Annotated[Moment | None, Field(description="Excluded.")] = None


# --- Who stays ----------------------------------------------------------------------------

# Of more the body would be too large: they are let go from the directory.
MOST_STAYING = 10_000


class StayQuery(QueryIn):
    seats: Annotated[
        Count | None, Field(description="As many as there shall be; left out, as many as the next plan has.")
    ] = None


class StayProposal(Out):
    """Who would stay: the caller, whoever holds all permissions, then who was here last."""

    seats: int
    in_use: int
    people: list[Named] = Field(description=f"At most {MOST_STAYING}.")


class StayIn(In):
    seats: Annotated[int, Field(ge=0, le=10_000_000, description="How many there shall be.")]
    person_ids: Annotated[
        list[Id],
        Field(
            min_length=1,
            max_length=MOST_STAYING,
            description="Who stays. Everybody else who holds a seat leaves, but for the caller.",
        ),
    ]


class ConfirmedStay(StayIn):
    digest: Digest | None = None
    organization_name: TypedName = ""


class StayPlanOut(Out):
    """What becomes of everybody else: who is active is deactivated, or removed where deactivating is not offered or
    frees no seat; invitations are revoked. Null: nobody."""

    digest: str
    seats: int
    in_use: int
    after: int = Field(description="Seats in use then.")
    beyond: int = Field(description="Seats that are too many even then.")
    deactivated: LeavingPlanOut | None
    removed: LeavingPlanOut | None


class StayOut(Out):
    """To whom what was done, in one transaction, and who was left out with the reason. Null: nobody."""

    in_use: int
    deactivated: LeftOut | None
    removed: LeftOut | None
