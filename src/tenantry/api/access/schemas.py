from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.schemas import Bounded, Id, Out, QueryIn
from tenantry.core import bounds

Code = Annotated[str, Bounded(bounds.LABEL)]


class ExplainQuery(QueryIn):
    permission: Code = Field(description="A code of `/permissions`.")
    record_type: Code | None = Field(None, description="member, team, unit, workspace, workflow.")
    record_id: Id | None = None
    field: Code | None = None


class RecordOut(Out):
    type: str
    id: UUID
    name: str


class EvidenceOut(Out):
    kind: str
    sentence: str
    holds: bool = Field(description="Whether it speaks for a yes.")


class StepOut(Out):
    step: Literal["organization_state", "seat", "permission", "reach", "restriction", "field"]
    outcome: Literal["passed", "refused", "not_reached", "not_asked"]
    evidence: list[EvidenceOut]


class AbleOut(Out):
    id: UUID
    name: str
    role: str


class RemedyOut(Out):
    changes: list[str] = Field(description="In words; all of them together alter the answer.")
    also: list[str] = Field(description="Codes of permissions that come, or go, with it.")
    widens: int = Field(description="How many other permissions come to reach more records, or fewer.")
    people: list[AbleOut] = Field(description="The first who could make it, of those the caller sees.")
    yours: bool = Field(description="Whether the caller could make it.")


class ExplanationOut(Out):
    person_id: UUID
    name: str
    permission: str
    record: RecordOut | None
    field: str | None
    allowed: bool
    refused_at: str | None = Field(description="The step that refuses; null when it is allowed.")
    steps: list[StepOut]
    remedies: list[RemedyOut] = Field(description="The smallest change that would alter the answer first.")
    ends: datetime | None = Field(description="When an assignment ends next, which may alter the answer.")


class OwnExplanationOut(Out):
    permission: str
    record: RecordOut | None
    allowed: bool
    sentence: str
    handover: str = Field(description="A code for one's administrator; empty for a yes.")


class DoerOut(Out):
    id: UUID
    name: str
    reason: str


class WhoQuery(PageQuery):
    permission: Code
    record_type: Code | None = None
    record_id: Id | None = None


class WhoPage(PageOf[DoerOut]):
    pass
