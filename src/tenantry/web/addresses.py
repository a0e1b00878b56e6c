"""What an address says, read tolerantly: what can't be meant finds nothing."""

from datetime import UTC, date, datetime, time, tzinfo

from tenantry.core.bounds import SEARCH
from tenantry.core.text import InvalidText


def words_of(text: str) -> str:
    """What is searched for; words that nobody is called by where it can't be meant."""
    try:
        return SEARCH.clean(text)
    except InvalidText:
        # Nobody is called so.
        return "\ufffd"


def day_of(text: str) -> date | None:
    """Of an address; None for what is no day."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    # One day more has to exist too.
    return day if day is None or 1 < day.year < 9999 else None


def start_of(day: date, zone: tzinfo) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
