"""Doing something to a selection: at once for as many as fit into one batch, else batch by batch. Either way the
selection is frozen as the lines of an operation, and each line says what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.acting.actions import Outcome, action
from tenantry.acting.errors import Busy
from tenantry.acting.models import Operation, OperationLine
from tenantry.acting.operations import (
    BATCH,
    Batch,
    OperationKind,
    add_lines,
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
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PlanChanged
from tenantry.core.ids import parse_id
from tenantry.core.jobs import Job
from tenantry.organizations.locks import lock
from tenantry.organizations.selectors import refuse_other_name
from tenantry.people.locks import lock_members
from tenantry.people.selectors import visible_members
from tenantry.usecases.bulk_changing.errors import NobodyToChange, PlannedFirst
from tenantry.usecases.bulk_changing.kinds import BY_OPERATION, KINDS, BulkKind, Chunk
from tenantry.usecases.bulk_changing.planning import ORDER, Selection, kind_of, plan_change


@dataclass(frozen=True, slots=True)
class Changed:
    """`finished` false: a worker carries it out; `done` and `refused` are numbers of this moment."""

    operation_id: UUID
    total: int
    done: int
    refused: int
    finished: bool


@action(open_to="each kind of change asks for its own permission inside", targets=("membership_ids",))
def change_people(
    *,
    actor: Actor,
    now: datetime,
    do: str,
    value_id: UUID | None = None,
    membership_ids: tuple[UUID, ...] = (),
    wanted: DirectoryFilter | None = None,
    digest: str | None = None,
    organization_name: str = "",
) -> Outcome[Changed]:
    """`do`: a key of `kinds.KINDS`; `value_id`: what is chosen for it; to `membership_ids`, or to all who match
    `wanted`. `organization_name`: typed where policy `people.deactivation_by` is `owner`.

    :raises PlanChanged: `digest` is of an older plan, or the plan changed on its way.
    :raises NobodyToChange: everybody is refused.
    :raises PlannedFirst: there is a digest, but so many are planned by `planned.plan_people`.
    :raises NotFound, PermissionMissing, InvalidInput, OrganizationNameAsked: see `plan_change`, and there.
    """
    kind = kind_of(actor, do)
    selection = Selection(membership_ids, wanted)
    if selection.is_large(actor, now):
        if digest is not None:
            raise PlannedFirst
        return _unplanned(actor, kind, selection, value_id, now, organization_name)
    plan = confirm(plan_change(actor=actor, do=do, selection=selection, value_id=value_id, now=now), digest)
    if not plan.done:
        raise NobodyToChange
    ask_name(actor, plan, organization_name)
    operation, job = freeze(actor, kind.operation, selection, value_id, now)
    if operation.total <= BATCH:
        try:
            done = _batch(actor, kind, operation, now)
        except PlanChanged:
            fresh = plan_change(actor=actor, do=do, selection=selection, value_id=value_id, now=now)
            raise PlanChanged(fresh) from None
        return _at_once(done, operation, now)
    return Outcome(changed(operation), started(operation, plan.value), jobs=(job,))


def _unplanned(
    actor: Actor, kind: BulkKind, selection: Selection, value_id: UUID | None, now: datetime, organization_name: str
) -> Outcome[Changed]:
    """For programs that asked for no plan: what is refused as a whole is refused now, everything else by its line."""
    some = kind.plan(Chunk(actor, selection.some(actor, now), value_id, now))
    ask_name(actor, some, organization_name)
    operation, job = freeze(actor, kind.operation, selection, value_id, now)
    return Outcome(changed(operation), started(operation, getattr(some, kind.into or "", "")), jobs=(job,))


def ask_name(actor: Actor, plan: Any, organization_name: str) -> None:
    """:raises OrganizationNameAsked: see there."""
    # Nobody types for a job or a command; whoever owns the machine is asked there.
    if getattr(plan, "asks_name", False) and actor.kind != "system":
        refuse_other_name(organization_name)


def freeze(
    actor: Actor, code: str, selection: Selection, value_id: UUID | None, now: datetime
) -> tuple[Operation, Job]:
    """A step: an operation with the selection as its lines. What is frozen is what counts."""
    params = {"value_id": str(value_id) if value_id else None}
    operation, job = open_operation(actor, operation_kinds()[code], now, total=0, params=params)
    if selection.wanted is None:
        operation.total = add_lines(operation, selection.stream(actor, now))
    else:
        # However many they are, their ids don't leave the database.
        operation.total = add_selected(operation, matching(actor, selection.wanted, now), *ORDER)
    operation.save(update_fields=["total"])
    return operation, job


def started(operation: Operation, value: str) -> Entry:
    values = {
        "kind": operation.kind,
        "count": operation.total,
        "value": value,
        "value_id": operation.params["value_id"],
    }
    return Entry("operations.started", "operation", operation.id, values)


def _at_once(outcome: Outcome[Batch], operation: Operation, now: datetime) -> Outcome[Changed]:
    """The only batch is the whole of it."""
    advance(operation, Batch(0, finished=True), now)
    return Outcome(changed(operation), outcome.entry, outcome.events, outcome.jobs)


def changed(operation: Operation) -> Changed:
    finished = operation.state == Operation.State.DONE
    return Changed(operation.id, operation.total, operation.done, operation.refused, finished)


@action(open_to="the runner of operations, with the actor who asked; each kind asks for its own permission inside")
def change_batch(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Batch]:
    """The next people of a frozen selection. Who changed since it was planned is refused by what holds now."""
    operation = lock_operation(operation_id)
    kind = BY_OPERATION[operation.kind]
    kind_of(actor, kind.key)
    try:
        outcome = _batch(actor, kind, operation, now)
    except PlanChanged:
        # Something moved between its plan and its locks: nothing was done, and the next try sees it.
        raise Busy from None
    return outcome if outcome.result.done or outcome.result.refused else finish(operation, now).outcome


def _batch(actor: Actor, kind: BulkKind, operation: Operation, now: datetime) -> Outcome[Batch]:
    lines = waiting_lines(operation)
    if not lines:
        return Outcome(Batch(0), None)
    value_id = parse_id(operation.params["value_id"] or "")
    seen = _lock(actor, kind, lines, value_id)
    gone = {line.target_id: NotFound.code for line in lines if line.target_id not in seen}
    outcome: Outcome[Any] | None = None
    refused = dict(gone)
    if seen:
        chunk = Chunk(actor, tuple(seen), value_id, now)
        plan = kind.plan(chunk)
        refused |= {one.membership_id: one.code for one in plan.refused}
        outcome = kind.act(chunk, plan) if plan.members else None
    batch = advance(operation, settle_lines(lines, refused, {}), now)
    if outcome is None or outcome.entry is None:
        return Outcome(batch, None)
    values = {**outcome.entry.values, "operation_id": operation.id}
    return Outcome(batch, replace(outcome.entry, values=values), outcome.events, outcome.jobs)


def _lock(actor: Actor, kind: BulkKind, lines: list[OperationLine], value_id: UUID | None) -> list[UUID]:
    """Everything that the plan of these lines depends on, whoever goes on for them included. Returns who of them the
    actor still sees, in their order."""
    ids = [line.target_id for line in lines]
    lock_members([*ids, value_id] if kind.beside and value_id else ids)
    lock(*kind.locks)
    seen = set(visible_members(actor).filter(id__in=ids).values_list("id", flat=True))
    return [one for one in ids if one in seen]


for _kind in KINDS.values():
    register_operation(OperationKind(_kind.operation, _kind.title, _kind.permission, change_batch))
