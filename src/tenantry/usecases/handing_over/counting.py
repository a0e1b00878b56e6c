"""How many records somebody owns: by type, by owner, and by workflow where that matters. One query for all types."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateTimeField, F, Max, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.core.records import RecordType, owned_types
from tenantry.people.selectors import visible_members
from tenantry.usecases.handing_over.giving import Givers
from tenantry.usecases.handing_over.portions import Part, has_column, owned_by, records
from tenantry.usecases.handing_over.spreads import Group


def groups_of(givers: Givers, part: Part, *, workflows: bool, places: bool) -> list[Group]:
    """In the order of types and givers, by workflow and by workspace where that matters; one query."""
    rows = []
    for record_type in part.types:
        ids = [one for one in givers.ids if record_type in givers.types(one, part)]
        if ids:
            rows.append(_counted(record_type, records(record_type, part), ids, workflows=workflows, places=places))
    if not rows:
        return []
    order = {one.key: n for n, one in enumerate(part.types)}
    found = [Group(key, owner or NIL, flow, n, place, last) for key, owner, flow, place, n, last in _union(rows)]
    return sorted(
        found, key=lambda one: (order[one.type_key], one.owner, str(one.workflow or ""), str(one.place or ""))
    )


def places_of(owner_ids: Iterable[UUID], types: Iterable[RecordType]) -> list[Group]:
    """All records of these people by type and workspace; whoever sees them. One query."""
    ids = list(owner_ids)
    rows = [_counted(one, one.model._default_manager.all(), ids, places=True) for one in types]
    return [Group(key, owner, None, n, place) for key, owner, _flow, place, n, _last in _union(rows)] if ids else []


def _union(rows: list[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    return rows[0].union(*rows[1:], all=True) if rows[1:] else rows[0]


def _counted(
    record_type: RecordType,
    rows: QuerySet[Any],
    ids: Iterable[UUID],
    *,
    workflows: bool = False,
    places: bool = False,
) -> QuerySet[Any, Any]:
    column = str(record_type.owner)
    people = [one for one in ids if one != NIL]
    owned = Q(**{f"{column}__in": people}) if people else Q(pk__in=[])
    if NIL in ids:
        owned |= Q(**{f"{column}__isnull": True})
    nowhere = Cast(Value(None), UUIDField())
    workflow = F(record_type.workflow) if record_type.workflow and workflows else nowhere
    place = F(record_type.workspace) if record_type.workspace and places else nowhere
    last = Max("created_at") if has_column(record_type.model, "created_at") else Cast(Value(None), DateTimeField())
    named = {
        "key_": Value(record_type.key, CharField()),
        "owner_": F(column),
        "workflow_": workflow,
        "place_": place,
    }
    counted: QuerySet[Any, Any] = (
        rows.filter(owned).order_by().annotate(**named).values_list(*named).annotate(n_=Count("*"), last_=last)
    )
    return counted


def lock_records(givers: Givers, part: Part) -> None:
    """Type by type, in the order of their ids."""
    for record_type in part.types:
        for owner_id in givers.ids:
            if record_type in givers.types(owner_id, part):
                rows = owned_by(record_type, records(record_type, part), owner_id)
                list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def owned_counts(actor: Actor, membership_ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """How many records of each type somebody owns, by membership id (nil: the queue), of those whom the actor sees;
    types of which there are none are left out. Two queries."""
    wanted = set(membership_ids)
    people = wanted - {NIL}
    seen = set(visible_members(actor).filter(id__in=people).values_list("id", flat=True)) if people else set()
    return counts_of(seen | (wanted & {NIL}), tuple(owned_types().values()))


def counts_of(owner_ids: Iterable[UUID], types: Iterable[RecordType]) -> dict[UUID, dict[str, int]]:
    """See `owned_counts`; whoever sees them. One query."""
    ids = list(owner_ids)
    found: dict[UUID, dict[str, int]] = {one: {} for one in ids}
    rows = [_counted(one, one.model._default_manager.all(), ids) for one in types]
    if ids and rows:
        for key, owner, _flow, _place, n, _last in _union(rows):
            found[owner or NIL][key] = n
    return found
