"""The columns that a table is asked for, found by its heading."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from tenantry.core.sheets.bounds import Bounds
from tenantry.core.sheets.errors import DuplicateColumn, MissingColumn, NoHeading, TooManyColumns

_BETWEEN = re.compile(r"[\W_]+")
# How much of a foreign heading a refusal repeats.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Column:
    """`aliases`: other headings that mean it. Case, spaces, hyphens and underscores don't count in either."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


class Row(NamedTuple):
    """`cells` in the order of the columns asked for, "" where there is nothing. `surplus`: the line has more cells than
    the heading, so a separator inside a cell may have moved the others."""

    line: int
    cells: tuple[str, ...]
    surplus: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """Where each column stands: `places` in the order asked for, None for one that the file does not have. `names`: the
    file's headings, each with the column that it means or "". `width`: cells that have a heading."""

    places: tuple[int | None, ...]
    names: tuple[tuple[str, str], ...]
    width: int

    def picker(self) -> Callable[[list[str]], tuple[str, ...]]:
        """Cells in the order of the columns asked for, from a row of at least `width` cells."""
        # What a file lacks is read from one empty cell behind the last.
        places = [self.width if place is None else place for place in self.places]
        if len(places) > 1:
            return itemgetter(*places)
        return lambda cells: (cells[places[0]],)


def folded(heading: str) -> str:
    return _BETWEEN.sub("", heading).casefold()


def known(columns: Sequence[Column]) -> dict[str, int]:
    """Folded heading -> place among the columns asked for."""
    return {folded(text): place for place, column in enumerate(columns) for text in (column.name, *column.aliases)}


def matches(cells: Sequence[str], names: dict[str, int]) -> int:
    """How many cells are headings that are asked for."""
    return len({names[text] for cell in cells if (text := folded(cell)) in names})


def heading_of(cells: Sequence[str], columns: Sequence[Column], line: int, bounds: Bounds) -> Heading:
    """:raises TooManyColumns, NoHeading, DuplicateColumn, MissingColumn: see there."""
    if len(cells) > bounds.columns:
        raise TooManyColumns(line=line, maximum=bounds.columns)
    names = known(columns)
    places: list[int | None] = [None] * len(columns)
    found = []
    for place, cell in enumerate(cells):
        wanted = names.get(folded(cell))
        if cell.strip():
            found.append((cell.strip()[:_SHOWN], "" if wanted is None else columns[wanted].name))
        if wanted is None:
            continue
        first = places[wanted]
        if first is not None:
            raise DuplicateColumn(column=columns[wanted].name, first=cells[first].strip(), second=cell.strip())
        places[wanted] = place
    if all(place is None for place in places):
        raise NoHeading(columns=", ".join(column.name for column in columns))
    for column, at in zip(columns, places, strict=True):
        if at is None and column.required:
            shown = ", ".join(name for name, _column in found)
            raise MissingColumn(column=column.name, found=shown[:_SHOWN])
    return Heading(tuple(places), tuple(found), len(cells))
