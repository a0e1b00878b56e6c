"""What pages of tasks are made of: the parts of one's own, and the list of all within reach."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy

from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.crm.records import TASK
from tenantry.crm.work import (
    DONE,
    LATER,
    OVERDUE,
    PARTS,
    TODAY,
    count_open,
    in_part,
    ordered,
    own_tasks,
    part_of,
    today_of,
)
from tenantry.web.momentum.about import about, today_here, zone_here
from tenantry.web.momentum.listing import ADDED_COLUMN, OWNER, OWNER_COLUMN, Column, Filter, Listing, Row, rows_shown
from tenantry.web.momentum.work import ABOUT_COLUMN
from tenantry.web.requests import MemberRequest
from tenantry.web.times import worded

# Open tasks that one page shows; the list of tasks has the others.
MOST_OPEN = 200
LAST_DONE = 8
TITLES = {
    OVERDUE: gettext_lazy("Overdue"),
    TODAY: gettext_lazy("Today"),
    LATER: gettext_lazy("Later"),
    DONE: gettext_lazy("Done"),
}
# What says that a part is empty; the others are left out then.
NOTHING = {TODAY: gettext_lazy("Nothing is due today.")}


@dataclass(frozen=True, slots=True)
class TaskLine:
    """`due`: in words, "" for none; `about`: name and address of what it hangs on; `part`: of `crm.work.PARTS`."""

    row: Row
    due: str
    part: str
    about: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """`more`: how many of it are not shown."""

    key: str
    title: Any
    lines: tuple[TaskLine, ...]
    total: int
    nothing: Any = ""

    @property
    def more(self) -> int:
        return self.total - len(self.lines)


def own_parts(request: MemberRequest) -> list[Part]:
    """Overdue, today, later, and what was done last; in at most four queries."""
    today, rows = today_here(request), own_tasks(request.actor)
    still = list(ordered(rows.filter(done_at=None), LATER)[: MOST_OPEN + 1])
    cut = len(still) > MOST_OPEN
    done = list(ordered(rows.filter(in_part(DONE, today)), DONE)[:LAST_DONE])
    lines = task_lines(request, [*still[:MOST_OPEN], *done])
    totals = count_open(rows, today) if cut else {}
    parts = []
    for key in PARTS:
        found = tuple(line for line in lines if line.part == key)
        parts.append(Part(key, TITLES[key], found, totals.get(key, len(found)), NOTHING.get(key, "")))
    return [part for part in parts if part.lines or part.nothing]


def task_lines(request: MemberRequest, tasks: Sequence[Any]) -> list[TaskLine]:
    """In the given order."""
    today, zone, now = today_here(request), zone_here(request), clock.now()

    def due(day: date | None) -> str:
        return worded(day, now=now, zone=zone) if day else ""

    return [
        TaskLine(row, due(row.record.due_on), part_of(row.record, today), row.more["about"])
        for row in rows_shown(request, TASK, tasks, about)
    ]


def _due(request: MemberRequest, rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """What `about` finds, and the part in which each stands."""
    today, found = today_here(request), about(request, rows)
    return {row.pk: {**found[row.pk], "part": part_of(row, today)} for row in rows}


def _in_parts(actor: Actor, rows: Any, values: Iterable[str]) -> Any:
    wanted, today = Q(pk__in=[]), today_of(actor, clock.now())
    for value in values:
        if value in PARTS:
            wanted |= in_part(value, today)
    return rows.filter(wanted)


TASKS = Listing(
    record_type=TASK,
    name="task_list",
    noun="tasks",
    columns=(
        Column("due", gettext_lazy("Due"), lambda row: row.record.due_on, template="workspace/due.html"),
        ABOUT_COLUMN,
        OWNER_COLUMN,
        ADDED_COLUMN,
    ),
    usual=("due", "about", "owner"),
    empty_title=gettext_lazy("No tasks yet"),
    empty_text=gettext_lazy("Tasks of everybody whose work you see come together here."),
    filters=(
        Filter("due", gettext_lazy("Due"), lambda _request: [(key, TITLES[key]) for key in PARTS], _in_parts),
        OWNER,
    ),
    prepare=_due,
    placeholder=gettext_lazy("What is to be done"),
    create_url="task_create",
    create_label=gettext_lazy("Add a task"),
)
