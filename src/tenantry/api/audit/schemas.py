from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.policies.schemas import EffectOut
from tenantry.api.schemas import Id, Moment, Out

EntryNumber = Annotated[int, Field(ge=1, le=2**53)]
Code = Annotated[str, Field(max_length=80, pattern=r"^[a-z_.]*$")]


class AuditActor(Out):
    kind: str = Field(description="member, key, operator, system or guest.")
    id: UUID | None
    name: str


class AuditTarget(Out):
    type: str
    id: UUID | None
    name: str


class UndoState(Out):
    """Whether an entry can be taken back by the caller, and the code of what refuses it."""

    possible: bool
    refusal: str | None


class AuditEntryOut(Out):
    """One act. `values` holds codes and plain values; `personal` what names or locates a person, unless erased."""

    number: int = Field(description="Without gaps, in the order in which things happened.")
    at: datetime
    action: str
    area: str
    actor: AuditActor
    target: AuditTarget | None
    values: dict[str, Any]
    personal: dict[str, Any]
    hidden: list[str] = Field(description="Columns of the record that were changed and that the caller does not see.")
    undo: UndoState | None = Field(description="Null: nothing takes back an act of this kind, or the caller may not.")


class AuditPage(PageOf[AuditEntryOut]):
    pass


class AuditQuery(PageQuery):
    person: Annotated[Id | None, Field(description="Did it, or it was done to them.")] = None
    actor: Id | None = None
    target: Id | None = None
    area: Annotated[list[Code], Field(max_length=20)] = []
    action: Code = ""
    since: Annotated[Moment | None, Field(description="Included.")] = None
    until: Annotated[Moment | None, Field(description="Excluded.")] = None


class UndoPlanOut(Out):
    """What taking an entry back would do. `before` is what stands now, `after` what stood before the act; in words."""

    digest: str
    number: int
    action: str
    what: str
    before: str
    after: str
    effects: list[EffectOut]


class UndoneOut(Out):
    number: int = Field(description="Of the entry that was taken back.")
    what: str


class FaultOut(Out):
    number: int = Field(description="Of the entry; 0 is the end of the chain.")
    what: str


class VerificationOut(Out):
    sound: bool
    checked: int
    erased: int = Field(description="Personal values that were erased; no fault.")
    faults: list[FaultOut]
