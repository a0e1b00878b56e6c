"""Where billing periods end: counted from the anchor, so that the 31st stays the last day of every month."""

import calendar
from datetime import UTC, datetime, timedelta

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


def after(anchor: int, interval: str, count: int) -> int:
    """The anchor and that many intervals."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in DAYS:
        return int((start + timedelta(days=DAYS[interval] * count)).timestamp())
    month = start.month - 1 + MONTHS[interval] * count
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def end_of_period(start: int, anchor: int, interval: str, count: int) -> int:
    """The first end after `start`."""
    turn = 1
    while (end := after(anchor, interval, count * turn)) <= start:
        turn += 1
    return end
