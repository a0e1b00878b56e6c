"""Several reads by one query, for pages that need a little of much: no page asks more than ten times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import JSONObject

Key = TypeVar("Key", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Wanted:
    """`columns` of `rows`, or of rows they link to, or annotated to them; in no order."""

    rows: QuerySet[Any, Any]
    columns: tuple[str, ...]


def wanted(rows: QuerySet[Any, Any], *columns: str) -> Wanted:
    return Wanted(rows, columns)


def read_together(parts: Mapping[Key, Wanted]) -> dict[Key, list[dict[str, Any]]]:
    """By key the rows of each part, as `QuerySet.values` would give them; one query, none without parts."""
    if not parts:
        return {}
    keys = list(parts)
    marked = [_marked(index, parts[key]) for index, key in enumerate(keys)]
    found: dict[Key, list[dict[str, Any]]] = {key: [] for key in keys}
    for index, row in marked[0].union(*marked[1:], all=True) if marked[1:] else marked[0]:
        key = keys[int(index)]
        found[key].append({name: _read(parts[key], name, value) for name, value in row.items()})
    return found


def _marked(index: int, part: Wanted) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = part.rows.order_by().annotate(
        part_=Value(str(index), output_field=CharField()), row_=JSONObject(**{name: name for name in part.columns})
    )
    marked: QuerySet[Any, Any] = rows.values_list("part_", "row_")
    return marked


def _read(part: Wanted, name: str, value: Any) -> Any:
    """JSON has neither ids nor moments."""
    if name in part.rows.query.annotations:
        return part.rows.query.annotations[name].output_field.to_python(value)
    field: Any = None
    model: Any = part.rows.model
    for step in name.split("__"):
        field = model._meta.get_field(step)
        model = field.related_model
    while field.remote_field:
        field = field.target_field
    return value if field.get_internal_type() == "JSONField" else field.to_python(value)
