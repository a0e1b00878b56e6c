"""The first page of Momentum: how much there is, what is new, what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Value

from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.records import RecordType
from tenantry.core.together import read_together, wanted
from tenantry.crm.models import SUBJECTS
from tenantry.crm.selectors import (
    rows_of,
    standing,
    texts_of,
    type_of,
    unassigned,
    viewable_types,
    with_owner,
)
from tenantry.crm.timeline import Moment

# Counting stops here.
MOST = 10_000
RECENT = 8


@dataclass(frozen=True, slots=True)
class Counted:
    """`number` counts to `MOST`; `mine` of them are one's own; `unassigned` have no owner."""

    record_type: RecordType
    number: int
    mine: int
    unassigned: int

    @property
    def is_over(self) -> bool:
        return self.number > MOST


def counts(actor: Actor) -> list[Counted]:
    """Of every type that others hang on and the actor may view; one query."""
    types = [one for one in viewable_types(actor) if one.key in SUBJECTS]
    parts = []
    for number, record_type in enumerate(types):
        seen: QuerySet[Any] = standing(record_type, visible(actor, record_type.permissions["view"], record_type))
        counted = record_type.model._default_manager.filter(pk__in=seen.order_by().values("pk")[: MOST + 1])
        counted = counted.annotate(type_number=Value(number)).values("type_number").order_by()
        parts.append(
            counted.annotate(
                n=Count("pk"),
                mine=Count("pk", filter=Q(owner_id=actor.own_id)),
                nobodys=Count("pk", filter=Q(owner_id__isnull=True)),
            ).values_list("type_number", "n", "mine", "nobodys")
        )
    rows = {row[0]: row[1:] for row in (parts[0].union(*parts[1:], all=True) if parts else ())}
    return [Counted(one, *rows.get(number, (0, 0, 0))) for number, one in enumerate(types)]


def newest(actor: Actor, *, most: int = RECENT) -> Sequence[Moment]:
    """What came last within reach, of those types; two queries."""
    types = [one for one in viewable_types(actor) if one.key in SUBJECTS]
    parts = []
    for number, record_type in enumerate(types):
        seen = standing(record_type, visible(actor, record_type.permissions["view"], record_type))
        parts.append(
            seen.annotate(type_number=Value(number))
            .order_by("-created_at", "-pk")
            .values_list("type_number", "pk", "created_at")[:most]
        )
    if not parts:
        return []
    found = sorted(parts[0].union(*parts[1:], all=True), key=lambda row: row[2], reverse=True)[:most]
    rows: dict[Any, Any] = {}
    asked = {}
    for number in {row[0] for row in found}:
        record_type = types[number]
        named = with_owner(rows_of(record_type).filter(pk__in=[row[1] for row in found if row[0] == number]))
        asked[record_type.key] = wanted(named, "id", "owner_id", "owner_shown", *texts_of(record_type))
    for key, some in read_together(asked).items():
        rows |= {values["id"]: _row_of(key, values) for values in some}
    return [Moment(types[number], rows[pk], at) for number, pk, at in found if pk in rows]


def _row_of(key: str, values: dict[str, Any]) -> Any:
    """The record with what lists show of it: its name, and its owner's."""
    shown = values.pop("owner_shown")
    row = type_of(key).model(**values)
    row.owner_shown = shown
    return row


def queues(actor: Actor) -> list[tuple[RecordType, int]]:
    """Every type the actor may view with how many of it nobody owns, counted to `MOST`; one query."""
    types = viewable_types(actor)
    parts = []
    for number, record_type in enumerate(types):
        waiting = unassigned(actor, record_type).order_by().values("pk")[:MOST]
        rows = record_type.model._default_manager.filter(pk__in=waiting).annotate(type_number=Value(number))
        parts.append(rows.values("type_number").order_by().annotate(n=Count("pk")).values_list("type_number", "n"))
    found = dict(parts[0].union(*parts[1:], all=True)) if parts else {}
    return [(one, found.get(number, 0)) for number, one in enumerate(types)]
