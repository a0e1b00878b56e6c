"""The ids of one page of the directory of a large organization, with cursors and total."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.access.searching import asking, clauses
from tenantry.access.searching.asking import Order, Question
from tenantry.access.searching.clauses import Clause, Known
from tenantry.access.searching.knowing import State, planned_again, state_for
from tenantry.access.selectors import DirectoryFilter, asked_of, matching
from tenantry.core.actor import Actor
from tenantry.core.paging import cursor_at
from tenantry.people.models.members import seen_at
from tenantry.people.permissions import VIEW


@dataclass(frozen=True, slots=True)
class Found:
    """`total` is counted to one more than asked for. `is_late`: rows may be of a moment ago."""

    ids: Sequence[UUID]
    next: str | None
    previous: str | None
    total: int
    is_late: bool = False


def searched(
    actor: Actor, wanted: DirectoryFilter, now: datetime, *, order: Order, size: int, most: int
) -> Found | None:
    """None where the plain way answers: in organizations without search rows, and for what they can't say."""
    whom = clauses.reaching(actor)
    if whom is None or wanted.seat or not actor.may(VIEW):
        return None
    asked_ids = {
        *wanted.role_ids,
        *wanted.team_ids,
        *wanted.unit_ids,
        *wanted.workspace_ids,
        *wanted.department_ids,
        *wanted.profile_ids,
        *whom.teams,
    }
    state = state_for(asked_ids, wanted.unit_ids if wanted.below else (), whom.roots)
    if state is None:
        return None
    asked = asked_of(wanted.query)
    found = tuple(_clauses(state, wanted, asked, whom, now))
    question = Question(found, tuple(state.known.waiting), state.known.people)
    late = _Waiting(lambda: matching(actor, wanted, now), state.known.waiting, order)
    try:
        return replace(_page(question, asked, late, order=order, size=size, most=most), is_late=state.is_late)
    finally:
        planned_again()


def _clauses(
    state: State, wanted: DirectoryFilter, asked: Sequence[str], whom: clauses.Reaching, now: datetime
) -> list[Clause]:
    known: Known = state.known
    found = [clauses.statuses(known, wanted.statuses, now)]
    single = {"role": wanted.role_ids, "department": wanted.department_ids, "profile": wanted.profile_ids}
    found += [clauses.values_held(known, column, ids) for column, ids in single.items() if ids]
    if wanted.unit_ids:
        units = state.units if wanted.below else known.codes_of(wanted.unit_ids)
        found.append(clauses.codes_held(known, "unit", units))
    found += clauses.not_seen(known, wanted.last_sign_in, now)
    found += clauses.crossed(known, asked, found)
    found += clauses.words(known, asked)
    found += [clauses.places_held(known, ids) for ids in (wanted.team_ids, wanted.workspace_ids) if ids]
    if not whom.everybody:
        found.append(clauses.reached(known, whom, state.seen))
    return found


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Those whose search rows are old, asked the plain way: they are few."""

    plainly: Callable[[], QuerySet[Any]]
    ids: Sequence[UUID]
    order: Order

    def first(self, count: int) -> list[tuple[Any, UUID]]:
        if not self.ids:
            return []
        column, step = self.order.column, "lt" if self.order.down else "gt"
        rows = self.plainly().filter(id__in=self.ids).annotate(seen_at=seen_at())
        if self.order.row_id is not None:
            behind = Q(**{f"{column}__{step}": self.order.value})
            rows = rows.filter(behind | Q(**{column: self.order.value, f"id__{step}": self.order.row_id}))
        sign = "-" if self.order.down else ""
        return list(rows.order_by(f"{sign}{column}", f"{sign}id").values_list(column, "id")[:count])

    def count(self) -> int:
        return self.plainly().filter(id__in=self.ids).count() if self.ids else 0


def _page(question: Question, asked: Sequence[str], late: _Waiting, *, order: Order, size: int, most: int) -> Found:
    if clauses.NOBODY in question.wanted:
        planned_again()
        found, total = late.first(size + 1), late.count()
    else:
        begin = asking.begin_of(question, asked)
        by_name = order.column == "sort_name"
        counted = None if by_name else asking.count_to(question, begin, most + 1)
        are_many = counted is not None and counted > most
        start = asking.begin_of_page(question, begin, size + 1) if by_name else begin
        found = asking.page_ids(question, start, order, size + 1, are_many=are_many)
        if counted is None:
            is_whole = order.row_id is None and len(found) <= size
            counted = len(found) if is_whole else asking.count_to(question, begin, most + 1)
        total = counted
        if late.ids:
            # These few are looked up by their ids, which is no reading of lists.
            planned_again()
            found = sorted({*found, *late.first(size + 1)}, reverse=order.down)[: size + 1]
            total = min(most + 1, total + late.count())
    more, shown = len(found) > size, found[:size]
    if order.backwards:
        shown.reverse()
    if not shown:
        return Found([], None, None, total)
    has_next = more if not order.backwards else True
    has_previous = order.row_id is not None if not order.backwards else more
    return Found(
        [row[1] for row in shown],
        cursor_at(*shown[-1], "n") if has_next else None,
        cursor_at(*shown[0], "p") if has_previous else None,
        total,
    )
