"""Delivers events to the packages above, one cursor a subscriber and organization."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenantry.audit.models import OutboxCursor, OutboxEvent
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

logger = logging.getLogger("tenantry.outbox")

BATCH = 100
PARK_AFTER = 5


@dataclass(frozen=True, slots=True)
class Delivered:
    number: int
    name: str
    payload: Mapping[str, Any]


# Called with a batch inside one transaction under the organization's scope.
Subscriber = Callable[[list[Delivered]], None]
_subscribers: dict[str, tuple[frozenset[str], Subscriber]] = {}


def subscribe(name: str, *events: str) -> Callable[[Subscriber], Subscriber]:
    def register(function: Subscriber) -> Subscriber:
        if name in _subscribers:
            raise ValueError(f"two subscribers called {name}")
        _subscribers[name] = (frozenset(events), function)
        return function

    return register


def subscriptions() -> dict[str, frozenset[str]]:
    return {name: events for name, (events, _function) in _subscribers.items()}


def dispatch(organization_id: UUID) -> None:
    """Brings every subscriber to the end of the outbox.

    :raises Exception: what a subscriber raised, after the others were served; the job is retried.
    """
    failed: Exception | None = None
    for name in _subscribers:
        try:
            while _deliver_batch(organization_id, name):
                pass
        except Exception as error:
            logger.exception("outbox subscriber failed", extra={"subscriber": name})
            _count_failure(organization_id, name, error)
            failed = error
    if failed:
        raise failed


def _cursor(name: str) -> OutboxCursor:
    OutboxCursor.objects.bulk_create([OutboxCursor(subscriber=name)], ignore_conflicts=True)
    return OutboxCursor.objects.select_for_update(no_key=True).get(subscriber=name)


def _deliver_batch(organization_id: UUID, name: str) -> bool:
    wanted, function = _subscribers[name]
    with scope.tenant(organization_id), writing():
        cursor = _cursor(name)
        if cursor.parked_at:
            return False
        numbers = (
            OutboxEvent.objects.filter(number__gt=cursor.number).order_by("number").values_list("number", flat=True)
        )
        last = list(numbers[:BATCH])
        if not last:
            return False
        rows = OutboxEvent.objects.filter(number__gt=cursor.number, number__lte=last[-1]).order_by("number", "ordinal")
        batch = [Delivered(r.number, r.name, r.payload) for r in rows if r.name in wanted]
        if batch:
            function(batch)
        cursor.number, cursor.failures, cursor.error = last[-1], 0, ""
        cursor.save(update_fields=["number", "failures", "error"])
    return True


def _count_failure(organization_id: UUID, name: str, error: Exception) -> None:
    with scope.tenant(organization_id), writing():
        cursor = _cursor(name)
        cursor.failures += 1
        cursor.error = f"{type(error).__name__}: {error}"[:500]
        cursor.parked_at = clock.now() if cursor.failures >= PARK_AFTER else None
        cursor.save(update_fields=["failures", "error", "parked_at"])
