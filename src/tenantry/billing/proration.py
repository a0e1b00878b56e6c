"""What a part of a period costs. Exact fractions of whole minor units, one rounding a line (facts: halves away from
nothing); nothing here knows of plans or tables."""

from calendar import monthrange
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, Literal

from tenantry.billing.rounding import rounded

Basis = Literal["second", "month"]
MONTHS: Final = {"month": 1, "year": 12}
_MICRO = timedelta(microseconds=1)


def months_after(anchor: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one where it is shorter."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def months_between(anchor: datetime, moment: datetime) -> int:
    """Whole months from `anchor` that are over at `moment`."""
    months = (moment.year - anchor.year) * 12 + moment.month - anchor.month
    return months if months_after(anchor, months) <= moment else months - 1


def next_end(anchor: datetime, start: datetime, interval: str) -> datetime:
    """The end of the period that starts at `start`, a multiple of months after `anchor`."""
    return months_after(anchor, months_between(anchor, start) + MONTHS[interval])


def unused(at: datetime, start: datetime, end: datetime, basis: Basis, anchor: datetime | None = None) -> Fraction:
    """The part of a period that is left at `at`, from 1 to 0: by the second, or by whole months, of which the one that
    has begun counts as used."""
    if at <= start:
        return Fraction(1)
    if at >= end:
        return Fraction(0)
    if basis == "second":
        return Fraction((end - at) // _MICRO, (end - start) // _MICRO)
    begun = anchor or start
    first = months_between(begun, start)
    whole = months_between(begun, end) - first
    over = months_between(begun, at) - first
    begun_one = months_after(begun, first + over) < at
    return Fraction(max(0, whole - over - begun_one), whole)


def line(unit: int, quantity: int, part: Fraction) -> int:
    """Minor units of one line of an invoice; `quantity` below nothing gives back."""
    return rounded(unit * quantity * part)
