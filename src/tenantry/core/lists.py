"""Pages of records within one's reach, at a cost that does not depend on how many records there are.

A union of ways (own, the team's, with collaboration) has no index that gives its rows in order: the planner would walk
the whole organization by age for somebody who owns little, or sort everything for somebody who owns much. So each way
is read apart, in order and no further than a page goes, and only those rows are put in order together.
"""

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, Model, OuterRef, Q, QuerySet, UUIDField

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible, ways
from tenantry.core.paging import Page, keyset_page
from tenantry.core.records import AnyOf, RecordType

Row = TypeVar("Row", bound=Model)


class _Unnest(Func):
    function = "unnest"
    set_returning = True
    output_field = UUIDField()


def visible_page(
    actor: Actor,
    code: str,
    record_type: RecordType,
    rows: QuerySet[Row] | None = None,
    *,
    order: str,
    descending: bool = False,
    cursor: str | None = None,
    size: int = 50,
) -> Page[Row]:
    """The page that `keyset_page(visible(...))` gives, with the same arguments.

    :raises InvalidInput: a cursor that was not made here.
    """
    if rows is None:
        rows = record_type.model._default_manager.all()
    apart = ways(actor, code, record_type) if decide(actor, code) else None
    if not apart:
        seen = visible(actor, code, record_type, rows)
        return keyset_page(seen, order=order, descending=descending, cursor=cursor, size=size)

    def take(ordered: QuerySet[Row], count: int) -> QuerySet[Row]:
        found = (Q(AnyOf("pk", _first_of(way, ordered, count))) for way in apart)
        return ordered.filter(reduce(or_, found))[:count]

    return keyset_page(rows, order=order, descending=descending, cursor=cursor, size=size, take=take)


def _first_of(way: Q | AnyOf, ordered: QuerySet[Any], count: int) -> QuerySet[Any, Any]:
    """Ids of the first rows of one way."""
    if not isinstance(way, AnyOf) or not way.few:
        return ordered.filter(way).values("pk")[:count]
    # Each value's first rows by the index that starts with the column.
    [name] = way.rows.query.values_select
    inner = ordered.filter(**{way.column: OuterRef(name)}).values("pk")[:count]
    ids: QuerySet[Any, Any] = way.rows.annotate(first=_Unnest(ArraySubquery(inner))).values("first")
    return ids
