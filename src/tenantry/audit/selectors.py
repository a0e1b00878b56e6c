"""Reads of the audit: who did what, within the areas that the reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.audit.models import Entry, PersonalValue
from tenantry.audit.permissions import AREAS_BY_PERMISSION, VIEW
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Empty means everything. `action` is a code, `since` included, `until` excluded."""

    areas: tuple[str, ...] = ()
    action: str = ""
    actor_id: UUID | None = None
    target_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def readable_areas(actor: Actor) -> frozenset[str] | None:
    """The areas of entries that somebody may read; None is all of them.

    :raises PermissionMissing: none at all.
    """
    if actor.may(VIEW):
        return None
    areas: frozenset[str] = frozenset()
    for permission, opened in AREAS_BY_PERMISSION.items():
        if actor.may(permission):
            areas |= opened
    if not areas:
        raise PermissionMissing(VIEW)
    return areas


def entries(actor: Actor, wanted: AuditFilter) -> QuerySet[Entry]:
    """Entries that the actor may read; not ordered, not cut.

    :raises PermissionMissing: see `readable_areas`.
    """
    areas = readable_areas(actor)
    rows = Entry.objects.all()
    if areas is not None:
        rows = rows.filter(area__in=areas)
    if wanted.areas:
        rows = rows.filter(area__in=wanted.areas)
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.actor_id:
        rows = rows.filter(actor_id=wanted.actor_id)
    if wanted.target_id:
        rows = rows.filter(target_id=wanted.target_id)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows


def personal_of(numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Personal values by entry number, those that were not erased."""
    found: dict[int, dict[str, Any]] = {}
    for row in PersonalValue.objects.filter(number__in=list(numbers)).order_by("number", "field"):
        found.setdefault(row.number, {})[row.field] = row.value
    return found
