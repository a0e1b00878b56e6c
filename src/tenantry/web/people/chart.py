"""Joins and leaves by month as bars: joins above a line, leaves below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tenantry.people.selectors import Month

WIDTH, ABOVE, BELOW, GAP, FOOT = 720, 96, 56, 14, 22


@dataclass(frozen=True, slots=True)
class Bar:
    """Places and heights in the drawing's own units."""

    month: date
    x: float
    middle: float
    width: float
    joined: int
    joined_y: float
    joined_height: float
    left: int
    left_height: float
    left_text_y: float


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    line: int
    bars: tuple[Bar, ...]


def movements(months: Sequence[Month]) -> Chart:
    top = max([1, *(month.joined for month in months), *(month.left for month in months)])
    line = ABOVE + GAP
    step = WIDTH / max(len(months), 1)
    width = min(step * 0.5, 28)
    bars = []
    for place, month in enumerate(months):
        middle = step * (place + 0.5)
        # The same scale on both sides, cut off below where few leave and many come.
        joined, left = ABOVE * month.joined / top, min(ABOVE * month.left / top, BELOW)
        bars.append(
            Bar(
                month.first,
                round(middle - width / 2, 1),
                round(middle, 1),
                round(width, 1),
                month.joined,
                round(line - joined, 1),
                round(joined, 1),
                month.left,
                round(left, 1),
                round(line + left + 12, 1),
            )
        )
    return Chart(WIDTH, line + BELOW + GAP + FOOT, line, tuple(bars))
