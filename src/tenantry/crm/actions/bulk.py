"""Doing something to a selection of records: at once for as many as fit into one batch, else batch by batch. Either way
the selection is frozen as the lines of an operation, and each line says what became of its record."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Outcome, action
from tenantry.acting.models import Operation
from tenantry.acting.operations import (
    BATCH,
    Batch,
    OperationKind,
    add_selected,
    advance,
    finish,
    lock_operation,
    open_operation,
    operation_kinds,
    register_operation,
    settle_lines,
    waiting_lines,
)
from tenantry.acting.plans import confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.errors import NotFound
from tenantry.core.ids import new_id
from tenantry.core.jobs import Job
from tenantry.core.records import RecordType
from tenantry.crm.actions.records import written
from tenantry.crm.bulk import (
    ARCHIVE,
    DELETE,
    GIVE,
    RESTORE,
    RecordsPlan,
    Selection,
    code_of,
    judged,
    plan_act_on_records,
)
from tenantry.crm.opening import closed_among, closed_kept, total_of
from tenantry.crm.opening_errors import ReceiverCannotOpen, refuse_closed
from tenantry.crm.questions import follow_words
from tenantry.crm.removing import losses, remove
from tenantry.crm.selectors import type_of
from tenantry.crm.steps import entry_of_many, owners_kept, refuse_receiver
from tenantry.metering.meters import RECORDS
from tenantry.metering.steps import require_room
from tenantry.people.locks import lock_statuses
from tenantry.people.permissions import EDIT

BY_RECORD = "asks the permission of the records' own type, for each of them"
# Codes of operations begin so.
CODE = "records.bulk_"


@dataclass(frozen=True, slots=True)
class ActedOn:
    """`finished` false: a worker carries it out; `done` and `refused` are numbers of this moment. `closed`: how many
    whoever is given them could not open, as it was confirmed."""

    operation_id: UUID
    total: int
    done: int
    refused: int
    finished: bool
    closed: int = 0


@dataclass(frozen=True, slots=True)
class _Done:
    """What one batch comes to."""

    entry: Entry | None
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()


@action(open_to=BY_RECORD, targets=("owner_id",))
def act_on_records(
    *,
    actor: Actor,
    now: datetime,
    act: str,
    selection: Selection,
    owner_id: UUID | None = None,
    digest: str | None = None,
    anyway: bool = False,
) -> Outcome[ActedOn]:
    """`act`: of `crm.bulk.ACTS`; `owner_id`: to whom they are given, None for the queue. Who may not act on some of
    them acts on the others. `anyway`: also what whoever is given it could not open.

    :raises PlanChanged: `digest` is of an older plan.
    :raises ReceiverCannotOpen: some of it, and `anyway` was not said.
    :raises NotFound, PermissionMissing, InvalidInput, ReceiverNotActive: see `plan_act_on_records`, and there.
    :raises MeterExhausted: the plan has no room for what comes back from the archive.
    """
    plan = plan_act_on_records(actor=actor, act=act, selection=selection, now=now, owner_id=owner_id)
    refuse_closed(confirm(plan, digest).closed, anyway=anyway)
    params = {"type": selection.type_key, "owner_id": str(owner_id) if owner_id else None, "anyway": anyway}
    operation, job = open_operation(actor, operation_kinds()[CODE + act], now, total=0, params=params)
    operation.total = add_selected(operation, selection.seen(actor), "-created_at", "-id")
    operation.save(update_fields=["total"])
    if operation.total > BATCH:
        started = {"kind": operation.kind, "count": operation.total, "value": "", "value_id": None}
        entry = Entry("operations.started", "operation", operation.id, started)
        return Outcome(_acted(operation, plan), entry, jobs=(job,))
    outcome = _batch(actor, act, operation, now)
    advance(operation, Batch(0, finished=True), now)
    return Outcome(_acted(operation, plan), outcome.entry, outcome.events, outcome.jobs)


def _acted(row: Operation, plan: RecordsPlan) -> ActedOn:
    finished = row.state == Operation.State.DONE
    return ActedOn(row.id, row.total, row.done, row.refused, finished, total_of(plan.closed))


@action(open_to="the runner of operations, with the actor who asked; each record's permission is asked inside")
def act_on_batch(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Batch]:
    """The next records of a frozen selection. What changed since it was planned is judged by what holds now."""
    operation = lock_operation(operation_id)
    outcome = _batch(actor, operation.kind.removeprefix(CODE), operation, now)
    return outcome if outcome.result.done or outcome.result.refused else finish(operation, now).outcome


def _batch(actor: Actor, act: str, operation: Operation, now: datetime) -> Outcome[Batch]:
    lines = waiting_lines(operation)
    if not lines:
        return Outcome(Batch(0), None)
    record_type = type_of(operation.params["type"])
    given = operation.params["owner_id"]
    owner_id = UUID(given) if given else None
    if act == GIVE:
        # Who is to receive leaves before this batch, or after its commit.
        lock_statuses([owner_id] if owner_id else [])
        refuse_receiver(actor, owner_id)
    code = code_of(actor, record_type, act, owner_id)
    ids = [line.target_id for line in lines]
    seen: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
    rows = {row.pk: row for row in seen.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk")}
    changing, refused = judged(actor, record_type, code, act, rows.values(), owner_id)
    refused |= {one: NotFound.code for one in ids if one not in rows}
    closed = closed_among(actor, owner_id, record_type, changing, now) if act == GIVE else frozenset()
    if closed and not operation.params.get("anyway"):
        # Access was lost since it was confirmed: these stay where they are.
        refused |= dict.fromkeys(closed, ReceiverCannotOpen.code)
        changing, closed = [row for row in changing if row.pk not in closed], frozenset()
    done = _ACTS[act](record_type, changing, owner_id, now) if changing else _Done(None)
    values = {one: {"type": record_type.key} for one in ids}
    batch = advance(operation, settle_lines(lines, refused, values), now)
    entry = done.entry
    if entry is not None:
        more = {"operation_id": str(operation.id), **closed_kept(len(closed))}
        entry = replace(entry, values={**entry.values, **more})
    moved = follow_words(actor, now) if act == GIVE else ()
    return Outcome(batch, entry, (*done.events, *moved), done.jobs)


# --- What is done to the records of one batch ---------------------------------------------


def _give(record_type: RecordType, rows: list[Any], owner_id: UUID | None, now: datetime) -> _Done:
    kept = owners_kept(rows, ownership := new_id())
    written(rows, now, owner_id=owner_id, ownership=ownership)
    values = {"to_id": owner_id, "members": [str(owner_id)] if owner_id else [], **kept}
    told = {"type": record_type.key, "records": list(kept["from"]), "owner_id": owner_id}
    return _Done(entry_of_many("records.reassigned", record_type, rows, values), (Event("RecordsReassigned", told),))


def _archive(record_type: RecordType, rows: list[Any], _owner_id: UUID | None, now: datetime) -> _Done:
    written(rows, now, archived_at=now)
    return _Done(entry_of_many("records.archived", record_type, rows))


def _restore(record_type: RecordType, rows: list[Any], _owner_id: UUID | None, now: datetime) -> _Done:
    if record_type.metered:
        require_room(RECORDS, len(rows), now)
    written(rows, now, archived_at=None)
    return _Done(entry_of_many("records.restored", record_type, rows))


def _delete(record_type: RecordType, rows: list[Any], _owner_id: UUID | None, now: datetime) -> _Done:
    gone = losses(record_type, {row.pk for row in rows})
    values = {"losses": {f"{loss.what}.{loss.type}": loss.count for loss in gone}}
    return _Done(entry_of_many("records.deleted", record_type, rows, values), (), remove(record_type, rows, now))


_ACTS: dict[str, Callable[[RecordType, list[Any], UUID | None, datetime], _Done]] = {
    GIVE: _give,
    ARCHIVE: _archive,
    RESTORE: _restore,
    DELETE: _delete,
}
_TITLES = {
    GIVE: _("Change the owner of records"),
    ARCHIVE: _("Archive records"),
    RESTORE: _("Restore records"),
    DELETE: _("Delete records"),
}
for _act, _title in _TITLES.items():
    register_operation(OperationKind(CODE + _act, _title, EDIT, act_on_batch))
