"""Long work in batches: each batch is an action of its own that also moves the operation on, so that a kill between two
of them repeats nothing and loses nothing (design.md §6)."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.functional import Promise

from tenantry.acting.actions import Action, Done, Outcome, Part, action, in_action, perform
from tenantry.acting.errors import Busy, OperationOver
from tenantry.acting.models import Operation, OperationLine
from tenantry.audit.chain import Entry, Event
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import NIL, new_id
from tenantry.core.jobs import Job
from tenantry.core.many import insert_selected, insert_values
from tenantry.core.records import NOWHERE
from tenantry.core.transactions import reading

RUN = "acting.run_operation"
BATCH = 500
# Lines that one statement writes.
FROZEN = 5000
# An open operation that has not moved for so long has lost its worker.
STUCK_AFTER = timedelta(seconds=60)
# Whoever asked still looks at what ends sooner.
TOLD_AFTER = timedelta(seconds=5)
State = Operation.State
Line = OperationLine.State
OPEN = (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did. `finished`: nothing is left."""

    done: int
    refused: int = 0
    finished: bool = False


@dataclass(frozen=True, slots=True)
class OperationKind:
    """`permission`: whoever holds it sees and cancels operations of this kind, as does who asked for one. `batch` is
    called with `actor`, `now` and `operation_id`, again and again until it says that nothing is left. `stopped`: a step
    that is told when one is canceled or fails, in the same transaction; it answers with the events that tell others.
    `asks`: it only finds out what would be done, for somebody to confirm."""

    code: str
    title: str | Promise
    permission: str
    batch: Action[Batch]
    stopped: Callable[[Operation, datetime], tuple[Event, ...] | None] | None = None
    asks: bool = False


_kinds: dict[str, OperationKind] = {}


def register_operation(kind: OperationKind) -> OperationKind:
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise ValueError(f"two operations are called {kind.code}")
    return kind


def operation_kinds() -> Mapping[str, OperationKind]:
    return _kinds


# Kind of actor -> the actor of this moment, of an id that `Operation.actor_id` kept. Registered by `access` and
# `security`; they raise NoLongerIn.
Revival = Callable[[UUID, datetime], Actor]
_revivals: dict[str, Revival] = {}


def register_revival(kind: str, revival: Revival) -> None:
    _revivals[kind] = revival


def revived(kind: str, acting_id: UUID | None, now: datetime) -> Actor:
    """Who asked for work that goes on without them, with what they hold at this moment.

    :raises NoLongerIn: they are gone.
    """
    return _revivals[kind](acting_id or NIL, now)


def open_operation(
    actor: Actor, kind: OperationKind, now: datetime, *, total: int, params: Mapping[str, Any]
) -> tuple[Operation, Job]:
    """A step: the operation, and the job that its action hands to `Outcome.jobs`."""
    in_action()
    row = Operation(
        kind=kind.code,
        actor_kind=actor.kind,
        actor_id=actor.acting_id,
        params=dict(params),
        total=total,
        created_at=now,
        moved_at=now,
    )
    Operation.objects.bulk_create([row])
    return row, operation_job(row)


def operation_job(row: Operation) -> Job:
    return job_of(row.organization_id, row.id)


def job_of(organization_id: UUID, operation_id: UUID) -> Job:
    args = {"organization_id": str(organization_id), "operation_id": str(operation_id)}
    return Job(RUN, args, once=f"{RUN}:{operation_id}")


def add_lines(operation: Operation, target_ids: Iterable[UUID]) -> int:
    """Freezes a selection: one waiting line a target, in this order. Returns how many."""
    in_action()
    same = {
        "organization_id": operation.organization_id,
        "operation_id": operation.id,
        "state": Line.WAITING,
        "code": "",
    }
    numbered = enumerate(target_ids, 1)
    count = 0
    while some := list(islice(numbered, FROZEN)):
        # No objects: for a million people they would be most of the time.
        rows = ({**same, "id": new_id(), "position": n, "target_id": one, "values": None} for n, one in some)
        count += insert_values(OperationLine, rows)
    return count


def add_selected(operation: Operation, rows: QuerySet[Any, Any], *order: str) -> int:
    """The same for the ids of a query, which stay in the database. `order`: of the lines."""
    in_action()
    chosen = rows.order_by().annotate(line_=Window(RowNumber(), order_by=list(order))).values_list("id", "line_")
    same = {
        "organization_id": operation.organization_id,
        "operation": operation.id,
        "state": Line.WAITING,
        "code": "",
        "values": None,
    }
    return insert_selected(OperationLine, chosen, ("target_id", "position"), same)


def waiting_lines(operation: Operation, most: int = BATCH) -> list[OperationLine]:
    rows = OperationLine.objects.filter(operation=operation, state=Line.WAITING)
    return list(rows.order_by("position")[:most])


def settle_lines(lines: Sequence[OperationLine], refused: Mapping[UUID, str], values: Mapping[UUID, Any]) -> Batch:
    """Writes down what became of these lines. `refused`: target -> code; `values`: target -> what an undo needs."""
    in_action()
    for line in lines:
        line.code = refused.get(line.target_id, "")
        line.state = Line.REFUSED if line.code else Line.DONE
        line.values = values.get(line.target_id)
    OperationLine.objects.bulk_update(lines, ["state", "code", "values"])
    count = sum(line.state == Line.REFUSED for line in lines)
    return Batch(len(lines) - count, count)


def lock_operation(operation_id: UUID) -> Operation:
    """The open operation, locked: the first statement of a batch after the actor's proof.

    :raises NotFound: unknown. :raises OperationOver: canceled, failed or done meanwhile.
    """
    in_action()
    row = Operation.objects.select_for_update(no_key=True).filter(id=operation_id).first()
    if row is None:
        raise NotFound
    if row.state not in OPEN:
        raise OperationOver
    return row


def advance(operation: Operation, batch: Batch, now: datetime, *, cursor: Any = None) -> Batch:
    """Moves a locked operation on with its batch, in the batch's transaction."""
    in_action()
    operation.done += batch.done
    operation.refused += batch.refused
    operation.cursor = cursor
    operation.moved_at = now
    operation.state = State.DONE if batch.finished else State.RUNNING
    operation.finished_at = now if batch.finished else None
    operation.save(update_fields=["done", "refused", "cursor", "moved_at", "state", "finished_at"])
    return batch


def go_on_as(operation: Operation, kind: OperationKind, now: datetime) -> Job:
    """A step: a locked operation that has ended begins anew as another kind, with the same lines."""
    in_action()
    operation.kind, operation.state, operation.cursor = kind.code, State.WAITING, None
    operation.done = operation.refused = 0
    operation.moved_at, operation.finished_at = now, None
    operation.save(update_fields=["kind", "state", "cursor", "done", "refused", "moved_at", "finished_at"])
    return operation_job(operation)


def run(operation_id: UUID, *, seconds: float = inf) -> bool:
    """Carries an operation out, batch by batch, in the scope of its organization, until it is over or no batch begins
    within so many seconds. Returns whether it is over. Safe to run again at any point, and twice at once."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with reading():
            row = Operation.objects.filter(id=operation_id, state__in=OPEN).first()
        if row is None:
            return True
        now = clock.now()
        try:
            with reading():
                actor = revived(row.actor_kind, row.actor_id, now)
            batch = perform(_kinds[row.kind].batch, actor=actor, operation_id=row.id)
        except OperationOver:
            return True
        except Busy:
            # Nothing was done; the job tries again.
            raise
        except Refusal as refused:
            system = Actor.system("operations", row.organization_id)
            perform(fail_operation, actor=system, operation_id=row.id, code=refused.code)
            return True
        if batch.finished:
            return True
    return False


@action(open_to="the runner of operations, which is nobody's interface")
def fail_operation(*, actor: Actor, now: datetime, operation_id: UUID, code: str) -> Outcome[Done]:
    """What a batch refuses as a whole ends the operation; what was done stays done, and its lines say so."""
    row = Operation.objects.select_for_update(no_key=True).filter(id=operation_id, state__in=OPEN).first()
    if row is None:
        return Outcome(Done(operation_id), None)
    row.state, row.error, row.finished_at, row.moved_at = State.FAILED, code, now, now
    row.save(update_fields=["state", "error", "finished_at", "moved_at"])
    events = (*ended(row), *_tell_stopped(row, now))
    values = {**_figures(row), "code": code}
    return Outcome(Done(operation_id), Entry("operations.failed", "operation", row.id, values), events=events)


def _tell_stopped(row: Operation, now: datetime) -> tuple[Event, ...]:
    stopped = _kinds[row.kind].stopped
    return (stopped(row, now) if stopped is not None else None) or ()


def _figures(row: Operation) -> dict[str, Any]:
    left = row.total - row.done - row.refused
    return {"kind": row.kind, "count": row.total, "done": row.done, "refused": row.refused, "left": left}


def ended(row: Operation) -> tuple[Event, ...]:
    """For whoever asked, where that is somebody who can be told and who may have left it alone: it has ended."""
    took = (row.finished_at or row.moved_at) - row.created_at
    if row.actor_kind != "member" or row.actor_id is None or (row.state == State.DONE and took < TOLD_AFTER):
        return ()
    state = "planned" if row.state == State.DONE and _kinds[row.kind].asks else row.state
    told = {"membership_id": row.actor_id, "operation_id": row.id, "operation": row.kind, "state": state}
    return (Event("OperationEnded", {**told, "done": row.done, "refused": row.refused}),)


def finish(row: Operation, now: datetime) -> Part[Batch]:
    """What a batch says that found nothing left to do."""
    batch = advance(row, Batch(0, finished=True), now, cursor=row.cursor)
    return Part(batch, finished_entry(row), events=ended(row))


def finished_entry(row: Operation) -> Entry:
    return Entry("operations.finished", "operation", row.id, _figures(row))


@action(open_to="who asked for it, and whoever holds its kind's permission")
def cancel_operation(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Done]:
    """No further batch begins; what was done stays done.

    :raises NotFound, OperationOver: see there.
    """
    row = lock_operation(get_operation(actor, operation_id).id)
    row.state, row.finished_at, row.moved_at = State.CANCELED, now, now
    row.save(update_fields=["state", "finished_at", "moved_at"])
    events = _tell_stopped(row, now)
    return Outcome(Done(row.id), Entry("operations.canceled", "operation", row.id, _figures(row)), events=events)


def operations(actor: Actor) -> QuerySet[Operation]:
    """Those that the actor asked for, and those of kinds whose permission they hold in the whole organization, newest
    first: what one started may reach further than a branch's manager sees."""
    seen = [kind.code for kind in _kinds.values() if decide(actor, kind.permission, NOWHERE).allowed]
    rows = Operation.objects.filter(kind__in=seen)
    if actor.acting_id is not None:
        rows |= Operation.objects.filter(actor_kind=actor.kind, actor_id=actor.acting_id)
    return rows.order_by("-created_at", "-id")


def get_operation(actor: Actor, operation_id: UUID) -> Operation:
    """:raises NotFound: unknown, of another organization, or not the actor's to see."""
    row = operations(actor).filter(id=operation_id).first()
    if row is None:
        raise NotFound
    return row


def lines_of(operation: Operation, *states: str) -> QuerySet[OperationLine]:
    """In the order of the selection."""
    rows = OperationLine.objects.filter(operation=operation)
    return (rows.filter(state__in=states) if states else rows).order_by("position")


def stuck(now: datetime) -> QuerySet[Operation]:
    """Open ones that nothing has moved lately (platform scope)."""
    return Operation.objects.filter(state__in=OPEN, moved_at__lte=now - STUCK_AFTER).order_by(F("moved_at"))
