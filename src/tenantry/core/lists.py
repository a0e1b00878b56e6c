"""Pages of records within one's reach, at a cost that does not depend on how many records there are.

A union of ways (own, the team's, with collaboration) has no index that gives its rows in order: the planner would walk
the whole organization by age for somebody who owns little, or sort everything for somebody who owns much. So each way
is read apart, in order and no further than a page goes, and only those rows are put in order together.
"""

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func, Model, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible, ways
from tenantry.core.paging import Page, keyset_page
from tenantry.core.records import AnyOf, RecordType

Row = TypeVar("Row", bound=Model)


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
        return ordered.filter(reduce(or_, (Q(_first_of(way, ordered, count)) for way in apart)))[:count]

    return keyset_page(rows, order=order, descending=descending, cursor=cursor, size=size, take=take)


def _first_of(way: Q | AnyOf, ordered: QuerySet[Any], count: int) -> Func:
    """Holds for the first rows of one way."""
    if isinstance(way, AnyOf) and way.few:
        return _FirstOfEach(way, ordered, count)
    return AnyOf("pk", ordered.filter(way).values("pk")[:count])


class _FirstOfEach(Func):
    """The first rows of each value, by the index that starts with the column; and of those the first."""

    conditional = True
    output_field = BooleanField()

    def __init__(self, way: AnyOf, ordered: QuerySet[Any], count: int) -> None:
        names = [str(name) for name in ordered.query.order_by]
        columns = [name.removeprefix("-") for name in names]
        of_value = ordered.filter(**{way.column: RawSQL("way.value", ())}).values("pk", *columns)[:count]
        super().__init__("pk", Subquery(way.rows.distinct()), Subquery(of_value))
        order = (f'picked."{name.removeprefix("-")}"' + " DESC" * name.startswith("-") for name in names)
        self.end = f"ORDER BY {', '.join(order)} LIMIT {count}"

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        (key, values, rows), parameters = zip(*map(compiler.compile, self.get_source_expressions()), strict=True)
        # All that is put together here was compiled by Django or is a column's name.
        found = f"SELECT picked.pk FROM {values} AS way(value) CROSS JOIN LATERAL {rows} AS picked {self.end}"  # noqa: S608
        return f"{key} = ANY(ARRAY({found}))", [one for some in parameters for one in some]
