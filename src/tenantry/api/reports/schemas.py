"""Reports as the interface gives them: every line, amounts in minor units of their currency."""

from datetime import date
from typing import Literal

from pydantic import Field

from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Out, QueryIn

MINOR = "In minor units of the currency; null where the value of deals is hidden from the caller."
MONTH = "First day of the month, in the organization's time zone."


class PeriodQuery(QueryIn):
    months: Literal["3", "6", "12", "24"] = Field("12", description="How far back, the present month included.")


class StageLineOut(Out):
    workflow: Named
    stage: Named
    probability: int = Field(description="In percent.")
    currency: str = Field(description="Empty where the value of deals is hidden from the caller.")
    deals: int
    value: int | None = Field(description=MINOR)
    weighted_value: int | None = Field(description="The value by the stage's probability, rounded half up.")


class PipelineReport(Out):
    items: list[StageLineOut]


class WonLineOut(Out):
    month: date = Field(description=MONTH)
    person: Named | None = Field(description="Who owns the deals now; null for unassigned ones.")
    currency: str
    won: int
    lost: int
    value: int | None = Field(description=MINOR)


class WonReport(Out):
    items: list[WonLineOut]


class LeadLineOut(Out):
    month: date = Field(description=MONTH)
    person: Named | None
    leads: int = Field(description="Created in the month.")
    qualified: int = Field(description="Of them, qualified since; converted ones count.")
    converted: int


class SourceLineOut(Out):
    source: str
    leads: int
    qualified: int
    converted: int


class ConversionReport(Out):
    items: list[LeadLineOut]
    sources: list[SourceLineOut] = Field(description="Those of most leads, at most 20.")


class DoneLineOut(Out):
    month: date = Field(description=MONTH)
    person: Named | None
    kind: Literal["call", "meeting", "mail", "other", "note", "task"]
    number: int


class ActivityReport(Out):
    items: list[DoneLineOut]
