"""Lines of reports put together for a page: one currency at a time, people by what they have done most."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.crm.reports import DONE, DoneLine, LeadLine, StageLine, WonLine

MOST_PEOPLE = 50


def currency_of(asked: str, lines: Iterable[Any], usual: str, weight: Callable[[Any], int]) -> tuple[str, list[str]]:
    """The currency that a page shows, and all that occur: what was asked for, else the organization's, else that of
    most deals. Empty where amounts are hidden or there is nothing."""
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line.currency] += weight(line)
    found = sorted(counted)
    if asked in found:
        return asked, found
    if usual in found or not found:
        return (usual if found else ""), found
    return counted.most_common(1)[0][0], found


@dataclass(frozen=True, slots=True)
class StageRow:
    line: StageLine
    # Of the fullest stage of the page, in percent.
    share: int
    # The list of these deals.
    url: str = ""


@dataclass(slots=True)
class WorkflowRows:
    id: UUID
    name: str
    stages: list[StageRow] = field(default_factory=list)
    deals: int = 0
    value: int = 0
    weighted: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """`elsewhere`: open deals in other currencies."""

    workflows: list[WorkflowRows]
    deals: int
    value: int
    weighted: int
    elsewhere: int


def board(lines: Sequence[StageLine], currency: str, url_of: Callable[[StageLine], str]) -> Board:
    mine = [line for line in lines if line.currency == currency]
    sizes = {line.stage_id: line.deals if line.value is None else line.value for line in mine}
    top = max([1, *sizes.values()])
    found: dict[UUID, WorkflowRows] = {}
    for line in mine:
        rows = found.setdefault(line.workflow_id, WorkflowRows(line.workflow_id, line.workflow))
        rows.stages.append(StageRow(line, round(100 * sizes[line.stage_id] / top), url_of(line)))
        rows.deals += line.deals
        rows.value += line.value or 0
        rows.weighted += line.weighted or 0
    workflows = list(found.values())
    return Board(
        workflows,
        sum(one.deals for one in workflows),
        sum(one.value for one in workflows),
        sum(one.weighted for one in workflows),
        sum(line.deals for line in lines if line.currency != currency),
    )


@dataclass(slots=True)
class PersonRow:
    """`cells`: one a month. `total` is what people are put in order by; `figures` has the other sums."""

    id: UUID | None
    name: str
    cells: list[int]
    total: int = 0
    figures: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        return self.figures["whole"] - self.figures["part"]

    @property
    def rate(self) -> int | None:
        """Won of what was closed, or converted of all leads, in percent."""
        return percent(self.figures["part"], self.figures["whole"])


def percent(part: int, whole: int) -> int | None:
    """None of nothing."""
    return round(100 * part / whole) if whole else None


class People:
    """Rows by person, made as lines come."""

    def __init__(self, months: Sequence[date], names: Mapping[UUID, str]) -> None:
        self.places = {month: place for place, month in enumerate(months)}
        self.names = names
        self.rows: dict[UUID | None, PersonRow] = {}

    def of(self, owner_id: UUID | None) -> PersonRow:
        if owner_id not in self.rows:
            name = self.names.get(owner_id, "") if owner_id else _("Unassigned")
            self.rows[owner_id] = PersonRow(owner_id, name or _("Somebody"), [0] * len(self.places))
        return self.rows[owner_id]

    def add(self, owner_id: UUID | None, month: date, number: int) -> PersonRow:
        row = self.of(owner_id)
        row.cells[self.places[month]] += number
        row.total += number
        return row

    def ordered(self) -> list[PersonRow]:
        return sorted(self.rows.values(), key=lambda row: (-row.total, row.name.lower(), str(row.id)))

    def sums(self) -> list[int]:
        """By month, of everybody."""
        return [sum(row.cells[place] for row in self.rows.values()) for place in range(len(self.places))]


def won_people(lines: Iterable[WonLine], currency: str, months: Sequence[date], names: Mapping[UUID, str]) -> People:
    """Cells are the value won; the number of deals where amounts are hidden."""
    people = People(months, names)
    for line in lines:
        if line.currency != currency:
            continue
        row = people.add(line.owner_id, line.month, line.won if line.value is None else line.value)
        row.figures.update({"part": line.won, "whole": line.won + line.lost, "value": line.value or 0})
    return people


def lead_people(lines: Iterable[LeadLine], months: Sequence[date], names: Mapping[UUID, str]) -> People:
    people = People(months, names)
    for line in lines:
        row = people.add(line.owner_id, line.month, line.leads)
        row.figures.update({"part": line.converted, "whole": line.leads, "qualified": line.qualified})
    return people


def done_people(lines: Iterable[DoneLine], months: Sequence[date], names: Mapping[UUID, str]) -> People:
    people = People(months, names)
    for line in lines:
        people.add(line.owner_id, line.month, line.number).figures[line.kind] += line.number
    return people


def by_kind(row: PersonRow) -> list[int]:
    return [row.figures[kind] for kind in DONE]
