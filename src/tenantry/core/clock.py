"""The one place that reads the clock. Actions receive `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)
