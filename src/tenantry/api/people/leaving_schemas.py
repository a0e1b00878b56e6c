"""Leaving, and records that change hands, as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.people.schemas import Confirmation, ConfirmedSelection, Named, RefusedPerson, Selection, TypedName
from tenantry.api.schemas import Day, Digest, Id, In, Out, QueryIn

Freezing = Annotated[
    bool,
    Field(description="Access ends now, and what is to be settled first (`settle_first`) is settled afterwards."),
]
Tell = Annotated[bool, Field(description="Whether their managers are told.")]
Anyway = Annotated[
    bool,
    Field(description="Also what whoever receives it could not open (`closed` of the plan); else it is refused."),
]
Successor = Annotated[
    Id | None,
    Field(
        description="Who goes on with the records: required, optional or not offered by policy people.removal_records. "
        "Without one they become unassigned."
    ),
]


class ConfirmedDeactivation(Confirmation):
    organization_name: TypedName = ""
    freezing: Freezing = False
    tell: Tell = False


class DeactivatedSelection(ConfirmedSelection):
    organization_name: TypedName = ""
    freezing: Freezing = False
    tell: Tell = False


class ConfirmedRemoval(Confirmation):
    successor_id: Successor = None
    anyway: Anyway = False
    tell: Tell = False


class RemovedSelection(ConfirmedSelection):
    successor_id: Successor = None
    anyway: Anyway = False
    tell: Tell = False


class RemovalAsked(Selection):
    successor_id: Successor = None
    anyway: Anyway = False


class SuccessorAsked(QueryIn):
    successor_id: Successor = None
    anyway: Anyway = False


class OwnedOut(Out):
    """Records of one type."""

    type: str
    number: int


class ClosedOut(Out):
    """Records that whoever receives them could not open. `workspace_id`: where they lie; `workspace`: its name. Null
    and empty for those in none, and for callers who may not see it."""

    person: Named
    workspace_id: UUID | None
    workspace: str
    records: list[OwnedOut]
    number: int


class Amount(Out):
    """In the smallest unit of the currency."""

    currency: str
    minor: int


class MatterOut(Out):
    """Something to be settled. `must`: nobody leaves before; `id` and `name` of the place, where the caller sees it."""

    kind: Literal["workflow", "workspace", "unit", "team", "mentees", "approvals", "keys", "shared_views"]
    must: bool
    id: UUID | None
    name: str
    number: int = Field(description="How many, of what is counted.")


class LeavingPlanOut(Out):
    """What deactivating or removing would do. Counts are totals over `people`."""

    digest: str
    people: list[Named]
    refused: list[RefusedPerson]
    sessions: int
    invitations: int
    teams: int
    roles: int
    seats_freed: int
    planned: int = Field(description="How much that was planned for a day is called off.")
    reports: int = Field(description="How many people lose their manager.")
    asks_name: bool = Field(description="Whether the organization's name has to be sent along.")
    records: list[OwnedOut] = Field(description="They stay under these names, or change owner with a removal.")
    open_deals: int
    open_value: list[Amount] = Field(description="Of the open deals; empty for callers who may not see it of all.")
    successor: Named | None
    closed: list[ClosedOut] = Field(description="What of the records the successor could not open.")
    matters: list[MatterOut] = Field(description="All that is to be settled, at once.")


class LeftOut(Out):
    """Whom it was done to, and who was left out with the reason."""

    people: list[Named]
    refused: list[RefusedPerson]
    sessions: int
    moved: int = Field(description="Records that changed owner.")
    operation_id: UUID | None = Field(description="The long work that goes on handing records over.")


class OwnedRecords(Out):
    """What somebody owns, archived records too."""

    items: list[OwnedOut]
    total: int


class Reassigned(In):
    """Everything that is left out means all of it."""

    types: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=50)] = []
    workflow_id: Id | None = None
    state: Literal["", "open", "won", "lost"] = ""
    created_before: Day | None = None
    spread: Literal["one", "round_robin", "team", "workflow", "nobody"] = "one"
    to: Annotated[list[Id], Field(max_length=200, description="People; teams or workflows of those spreads.")] = []


class ConfirmedReassignment(Reassigned):
    digest: Digest | None = None
    anyway: Anyway = False


class Received(Out):
    id: UUID
    name: str
    number: int


class ReassignmentPlanOut(Out):
    """What handing over would do. `unassigned`: how many go to the queue."""

    digest: str
    records: list[OwnedOut]
    total: int
    open_deals: int
    open_value: list[Amount]
    receivers: list[Received]
    closed: list[ClosedOut] = Field(description="What receivers could not open: refused unless `anyway` is sent.")
    unassigned: int
    large: bool = Field(description="Carried out by long work.")


class HandedOverOut(Out):
    moved: int
    closed: int = Field(description="How many of the records whoever receives them could not open.")
    operation_id: UUID | None = Field(description="The long work that goes on with it.")


class ReceiptOut(Out):
    """What was done when somebody left, as the audit keeps it. `hash` is the entry's in the chain."""

    number: int
    code: str
    at: datetime
    name: str
    by: str
    numbers: dict[str, int]
    records: list[OwnedOut]
    successor: str
    operation_id: UUID | None
    keys: list[str]
    later: list[str] = Field(description="Kinds of what was left to be settled.")
    hash: str


class ErasurePlanOut(Out):
    """What erasing would do: values of the audit, sessions and mails that lose what is personal."""

    digest: str
    pseudonym: str
    audit: int
    sessions: int
    mails: int


class ErasedOut(Out):
    pseudonym: str
