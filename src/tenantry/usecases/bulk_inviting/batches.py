"""Batches as pages and programs show them: history, rows, counts, progress."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from tenantry.acting.models import Operation
from tenantry.acting.plans import Plan
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require_any
from tenantry.core.errors import NotFound
from tenantry.core.records import NOWHERE
from tenantry.people.models import BatchRow, InvitationBatch
from tenantry.people.permissions import INVITE, VIEW

Batch = InvitationBatch.State
State = BatchRow.State
SENDABLE = (State.READY, State.WARNING)
# The reason of a row whose address was not looked at any more (`judging.judge`).
UNASKED = "address_unasked"


@dataclass(frozen=True, slots=True)
class Answer:
    """A row that was answered with something that is counted."""

    code: str


@dataclass(frozen=True, slots=True)
class BatchDone:
    batch_id: UUID
    refused: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class SendPlan(Plan):
    """`ready` and `warnings` are sent, `errors` stay behind. `seats_free` None: unlimited, or growing with the people
    (policy `seats.growth`, in `growth`). `beyond_seats`: rows that would be refused for want of a seat."""

    batch_id: UUID
    ready: int
    warnings: int
    errors: int
    seats_needed: int
    seats_free: int | None
    beyond_seats: int
    growth: str


def batches(actor: Actor) -> QuerySet[InvitationBatch]:
    """Everybody's for whoever invites into the whole organization and sees all of its people, whom rows name; else
    one's own. Without the uploads.

    :raises PermissionMissing: `people.invite`.
    """
    require_any(actor, INVITE)
    rows = InvitationBatch.objects.select_related("created_by").defer("content", "created_by__picture")
    if not all(decide(actor, code, NOWHERE) for code in (INVITE, VIEW)):
        rows = rows.filter(created_by_id=actor.own_id)
    return rows.order_by("-created_at", "-id")


def get_batch(actor: Actor, batch_id: UUID) -> InvitationBatch:
    """:raises NotFound: unknown, of another organization, or somebody else's."""
    batch = batches(actor).filter(id=batch_id).first()
    if batch is None:
        raise NotFound
    return batch


def rows_of(batch: InvitationBatch, states: Iterable[str] = ()) -> QuerySet[BatchRow]:
    """Not ordered: page them by `position`."""
    wanted = list(states)
    rows = BatchRow.objects.filter(batch_id=batch.id)
    return rows.filter(state__in=wanted) if wanted else rows


def totals_of(rows: Iterable[InvitationBatch]) -> dict[UUID, dict[str, int]]:
    """Rows by state of several batches; one query."""
    found: dict[UUID, dict[str, int]] = {batch.id: dict.fromkeys(State.values, 0) for batch in rows}
    counted = BatchRow.objects.filter(batch_id__in=list(found)).order_by().values_list("batch_id", "state")
    for batch_id, state, count in counted.annotate(n=Count("id")):
        found[batch_id][state] = count
    return found


def counts_of(batch: InvitationBatch) -> dict[str, int]:
    return totals_of([batch])[batch.id]


def unanswered(batch: InvitationBatch) -> int:
    """Rows whose address was not looked at, because too many of the list are in use elsewhere."""
    return BatchRow.objects.filter(batch=batch, reasons__contains=[{"code": UNASKED}]).count()


def progress_of(batch: InvitationBatch) -> tuple[int, int, str]:
    """(done, total, state) of what is under way: lines read of about so many, or rows sent of those to be sent."""
    if batch.state == Batch.READING or batch.operation_id is None:
        return batch.rows_read, max(batch.rows_read, batch.reading.get("about", 0)), batch.state
    row: Any = Operation.objects.filter(id=batch.operation_id).values("done", "refused", "total").first()
    if row is None:
        return 0, 0, batch.state
    return row["done"] + row["refused"], row["total"], batch.state
