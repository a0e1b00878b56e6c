"""What every gateway does for the engine."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Result(StrEnum):
    PAID = "paid"
    DECLINED = "declined"
    # Its owner has to confirm it at their bank.
    NEEDS_ACTION = "needs_action"
    # Nothing can be said yet: it is asked again.
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Charged:
    """`reason`: a code, where it was not paid; `ref`: what the gateway calls it; `page`: where its owner can pay by
    hand."""

    result: Result
    reason: str = ""
    ref: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A line of a bill, in words; negative for what is given back."""

    text: str
    amount: int


@dataclass(frozen=True, slots=True)
class Bill:
    """Something to be paid: an invoice of ours, or an order. `amount` in minor units is the sum of `lines`. `ref`: what
    the gateway called it before; `customer`, `method`: what it calls those. `subscription`: with a moment in
    `renews_at` it is the first bill of a period, for which the gateway has one of its own."""

    kind: str
    id: UUID
    organization_id: UUID
    number: str
    amount: int
    currency: str
    lines: tuple[Named, ...]
    at: datetime
    method: str = ""
    customer: str = ""
    subscription: str = ""
    renews_at: datetime | None = None
    ref: str = ""


class Gateway(Protocol):
    """Calls leave the database: jobs make them, or a view between two transactions, never an action."""

    key: str

    def charge(self, bill: Bill, *, attempt: int) -> Charged:
        """Takes what was paid with before, nobody being there. The same attempt charges once."""
        ...
