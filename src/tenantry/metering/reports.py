"""What programs say that was used."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Use:
    """One report of use. `event_id`: whoever reports it chose it, and chooses it again when the report is repeated."""

    event_id: str
    meter: str
    amount: int
    at: datetime
    membership_id: UUID | None = None
