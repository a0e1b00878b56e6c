"""What work hangs on, as far as the caller sees it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from tenantry.api.work.schemas import SubjectOut
from tenantry.core.actor import Actor
from tenantry.crm.selectors import ids_seen


def about(actor: Actor, rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """By record: type and id of its subject, None where it is out of the caller's sight; one query."""
    asked: dict[str, set[UUID]] = {}
    for key, record_id in (row.subject for row in rows if row.subject is not None):
        asked.setdefault(key, set()).add(record_id)
    seen = ids_seen(actor, asked)
    return {row.pk: {"about": _told(row.subject, seen)} for row in rows}


def _told(subject: tuple[str, UUID] | None, seen: Mapping[str, Collection[UUID]]) -> SubjectOut | None:
    if subject is None or subject[1] not in seen[subject[0]]:
        return None
    return SubjectOut(type=subject[0], id=subject[1])
