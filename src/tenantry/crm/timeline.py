"""What hangs on a record: its tasks, notes, activities, files, as far as somebody sees them.

Whoever has found a lead, contact, company or deal sees everything attached to it, of the types that they may view at
all: a deal without its notes is half a deal. Where a restriction narrows a type, and in lists and searches of that type
itself, `visible` says (docs/decisions/0021-what-hangs-on-a-record.md).
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.paging import cursor_at, foreign_cursor, read_cursor
from tenantry.core.permissions import Reach
from tenantry.core.records import RecordType
from tenantry.crm.selectors import attached_types, standing, with_owner

PAGE_SIZE = 20


def attached(actor: Actor, record_type: RecordType, subject_type: RecordType, subject_id: UUID) -> QuerySet[Any]:
    """Records of a type that hang on this subject, which the caller has found by `find`; archived ones too."""
    code = record_type.permissions["view"]
    rows: QuerySet[Any] = record_type.model._default_manager.filter(**{f"{subject_type.key}_id": subject_id})
    if not decide(actor, code):
        return rows.none()
    places = (None, *actor.grants.taken_in)
    if any(actor.grants.left(code, place) != Reach.ALL for place in places):
        return visible(actor, code, record_type, rows)
    return rows


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that hangs on the record. `at`: when it was made."""

    record_type: RecordType
    record: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """Newest first. `next`: the cursor behind the last, None at the end."""

    moments: list[Moment]
    next: str | None


def timeline(
    actor: Actor,
    subject_type: RecordType,
    subject_id: UUID,
    *,
    types: Iterable[str] = (),
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Timeline:
    """Everything that hangs on it, newest first, archived records aside; one query a type. `types`: keys of those
    wanted, all unless told.

    :raises InvalidInput: a cursor that was not made here.
    """
    wanted = frozenset(types)
    found = []
    for record_type in attached_types():
        if (wanted and record_type.key not in wanted) or not decide(actor, record_type.permissions["view"]):
            continue
        rows = standing(record_type, attached(actor, record_type, subject_type, subject_id))
        rows = with_owner(_behind(rows, cursor)).order_by("-created_at", "-pk")[: size + 1]
        found.append([Moment(record_type, row, row.created_at) for row in rows])
    merged = list(heapq.merge(*found, key=lambda one: (one.at, one.record.pk), reverse=True))
    shown = merged[:size]
    more = len(merged) > size
    return Timeline(shown, cursor_at(shown[-1].at, shown[-1].record.pk, "n") if more else None)


def _behind(rows: QuerySet[Any], cursor: str | None) -> QuerySet[Any]:
    if not cursor:
        return rows
    _direction, at, row_id = read_cursor(cursor)
    if not isinstance(at, datetime):
        raise foreign_cursor()
    return rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=row_id))
