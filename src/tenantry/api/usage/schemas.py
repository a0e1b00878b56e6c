"""Meters as the interface gives them, and what programs report."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from tenantry.api.schemas import Bounded, Days, Id, In, Moment, Out, QueryIn
from tenantry.metering import bounds
from tenantry.metering.meters import METERS
from tenantry.metering.selectors import MOST_DAYS

Amount = Annotated[int, Field(ge=1, le=bounds.MOST_AMOUNT)]
MeterKey = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$", description=f"One of {', '.join(METERS)}.")]


class UseIn(In):
    event_id: Annotated[
        str,
        Bounded(bounds.EVENT_ID, "Chosen by whoever reports; the same one again, from whomever, counts nothing."),
    ]
    meter: MeterKey
    amount: Amount
    at: Moment = Field(description="When it was used: within the last 35 days.")
    member_id: Id | None = Field(None, description="Who used it, where that is known.")


class UsageBatch(In):
    events: Annotated[list[UseIn], Field(min_length=1, max_length=bounds.MOST_EVENTS)]


class LineOut(Out):
    event_id: str
    state: Literal["counted", "duplicate", "refused"]
    code: str = Field(
        description="Why it was refused: meter_not_reported, event_too_old, event_in_future, unknown_member."
    )


class UsageReported(Out):
    counted: int
    duplicates: int
    refused: int
    items: list[LineOut] = Field(description="In the order of the events.")


class ReservationIn(In):
    meter: MeterKey
    amount: Amount
    expires_in: Annotated[int, Field(ge=bounds.SHORTEST_HOLD, le=bounds.LONGEST_HOLD, description="Seconds.")] = 600


class CommitIn(In):
    amount: Annotated[int, Field(ge=0, le=bounds.MOST_AMOUNT, description="At most what was reserved.")]


class ReservationOut(Out):
    id: Id
    meter: str
    amount: int
    state: Literal["held", "committed", "released", "expired"]
    expires_at: datetime
    committed: int | None = Field(description="What was counted; null where nothing was.")


class MeterOut(Out):
    meter: str
    title: str
    source: str
    unit: Literal["number", "bytes"]
    kind: Literal["gauge", "window"]
    window: Literal["month", "day"] | None
    used: int
    limit: int | None = Field(description="Null: not limited. Of a meter per person, each person's.")
    per_person: bool
    fullest: int | None = Field(description="Of a meter per person, what the person with most uses.")
    reserved: int
    packs_left: int
    room: int | None = Field(description="How much more may be used, packs included; null: not limited.")
    standing: Literal["open", "none", "ok", "near", "full"]
    resets_at: datetime | None


class MetersOut(Out):
    items: list[MeterOut]


class DaysQuery(QueryIn):
    days: Annotated[Days, Field(le=MOST_DAYS, description="How far back, today included, UTC.")] = 30


class DayOut(Out):
    day: date
    amount: int


class DaysOut(Out):
    meter: str
    items: list[DayOut] = Field(description="The oldest first, none left out.")
