"""Figures by month as columns, perhaps with a part of each column marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, ABOVE, HEAD, FOOT = 720, 120, 22, 22
# With more months every second one is named.
MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Column:
    """Places and heights in the drawing's own units; `words` stands on the column, nothing on an empty one."""

    month: date
    value: int
    named: bool
    x: float
    middle: float
    width: float
    y: float
    height: float
    part_y: float
    part_height: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    line: int
    columns: tuple[Column, ...]


def columns(
    months: Sequence[date], values: Sequence[int], words: Sequence[str], parts: Sequence[int] | None = None
) -> Chart:
    """`parts`: how much of each value is marked; without them all of it is."""
    top = max([1, *values])
    line = ABOVE + HEAD
    step = WIDTH / max(len(months), 1)
    width = min(step * 0.6, 34)
    found = []
    for place, (month, value, said) in enumerate(zip(months, values, words, strict=True)):
        middle = step * (place + 0.5)
        height = ABOVE * value / top
        part = height if parts is None else ABOVE * parts[place] / top
        found.append(
            Column(
                month,
                value,
                len(months) <= MOST_NAMED or place % 2 == 0,
                round(middle - width / 2, 1),
                round(middle, 1),
                round(width, 1),
                round(line - height, 1),
                round(height, 1),
                round(line - part, 1),
                round(part, 1),
                said if value else "",
            )
        )
    return Chart(WIDTH, line + FOOT, line, tuple(found))
