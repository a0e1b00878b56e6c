"""What a deletion takes along, read from the links between the models, so that no type is forgotten."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CASCADE, F, Model, QuerySet

from tenantry.acting.actions import in_action
from tenantry.core.jobs import Job
from tenantry.core.records import RecordType, owned_types
from tenantry.crm.models import Attached
from tenantry.crm.selectors import links_to

# What else happens when records of a model are deleted: called with the rows, before they go. Answers with jobs of the
# commit.
Removal = Callable[[Sequence[Any], datetime], tuple[Job, ...]]
_removals: dict[type[Model], Removal] = {}


def on_removal(model: type[Model], removal: Removal) -> None:
    if _removals.setdefault(model, removal) is not removal:
        raise ValueError(f"{model.__name__} has two removals")


@dataclass(frozen=True, slots=True)
class Loss:
    """`what`: `deleted` with its subject, or `released`: it stays and names the deleted record no more."""

    what: str
    type: str
    count: int


@dataclass(frozen=True, slots=True)
class _Link:
    """A column of a record type that names records of another."""

    record_type: RecordType
    column: str
    goes: bool


def _links(record_type: RecordType) -> Iterator[_Link]:
    types: Mapping[Any, RecordType] = {one.model: one for one in owned_types().values()}
    for relation in links_to(record_type.model):
        other = types.get(relation.related_model)
        if other is None:
            continue
        outlives = issubclass(other.model, Attached) and other.model.outlives_subject
        yield _Link(other, relation.field.attname, relation.on_delete is CASCADE and not outlives)


def losses(record_type: RecordType, record_ids: Collection[UUID]) -> tuple[Loss, ...]:
    """How much goes along or comes loose, whoever owns it; one query a link."""
    return _counted(record_type, list(record_ids))


def losses_of(record_type: RecordType, rows: QuerySet[Any]) -> tuple[Loss, ...]:
    """The same of the records of a query, however many they are."""
    return _counted(record_type, rows.order_by().values("pk"))


def _counted(record_type: RecordType, ids: Any) -> tuple[Loss, ...]:
    found: dict[tuple[str, str], int] = {}
    for link in _links(record_type):
        count = link.record_type.model._default_manager.filter(**{f"{link.column}__in": ids}).count()
        key = ("deleted" if link.goes else "released", link.record_type.key)
        found[key] = found.get(key, 0) + count
    return tuple(Loss(what, type_key, n) for (what, type_key), n in sorted(found.items()) if n)


def remove(record_type: RecordType, rows: Sequence[Any], now: datetime) -> tuple[Job, ...]:
    """Deletes these locked records and what goes with them. Returns the jobs of the commit."""
    in_action()
    ids = [row.pk for row in rows]
    jobs: tuple[Job, ...] = ()
    for link in _links(record_type):
        others = link.record_type.model._default_manager.filter(**{f"{link.column}__in": ids})
        if not link.goes:
            others.update(**{link.column: None}, changed_at=now, version=F("version") + 1)
            continue
        going = list(others.select_for_update().order_by("pk"))
        if going:
            jobs += remove(link.record_type, going, now)
    if removal := _removals.get(record_type.model):
        jobs += removal(rows, now)
    record_type.model._default_manager.filter(pk__in=ids).delete()
    return jobs
