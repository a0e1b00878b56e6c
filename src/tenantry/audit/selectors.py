"""Reads of the audit: who did what, within the areas that the reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.audit.models import Entry, OutboxCursor, PersonalValue
from tenantry.audit.permissions import AREAS_BY_PERMISSION, VIEW
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Empty means everything. `action` is a code, `since` included, `until` excluded.

    `person_ids`: any of them did it or was done to, among many too; None does not ask.
    """

    areas: tuple[str, ...] = ()
    action: str = ""
    actor_id: UUID | None = None
    target_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    person_ids: tuple[UUID, ...] | None = None


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


def concerning(target_id: UUID) -> Q:
    """Entries whose target this is, and those about many in which it stands."""
    return Q(target_id=target_id) | Q(values__members__contains=[str(target_id)])


def _touching(person_ids: Iterable[UUID]) -> Q:
    found = Q(pk__in=[])
    for person_id in person_ids:
        found |= Q(actor_id=person_id) | concerning(person_id)
    return found


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
        rows = rows.filter(concerning(wanted.target_id))
    if wanted.person_ids is not None:
        rows = rows.filter(_touching(wanted.person_ids))
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


def installation_entries() -> QuerySet[Entry]:
    """The chain of what belongs to no organization; whoever asks has armed it and is an operator."""
    return Entry.objects.all()


@dataclass(frozen=True, slots=True)
class Parked:
    """A subscriber of the outbox that failed too often in one organization."""

    organization_id: UUID
    subscriber: str
    error: str
    since: datetime | None


def parked() -> list[Parked]:
    """The oldest 100, over all organizations (platform scope)."""
    rows = OutboxCursor.objects.exclude(parked_at=None).order_by("parked_at")[:100]
    return [Parked(r.organization_id, r.subscriber, r.error, r.parked_at) for r in rows]


def history_of(target_type: str, target_id: UUID, most: int) -> list[Entry]:
    """What was done to one record, newest first, for whoever has found the record; the caller shows sentences only."""
    return list(Entry.objects.filter(target_type=target_type, target_id=target_id).order_by("-number")[:most])
