"""Tasks: made, edited, done and not done after all. Putting one away is `crm.actions.records`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.crm.models import Task
from tenantry.crm.records import TASK
from tenantry.crm.steps import change_record, entry_of, locked_record, new_record
from tenantry.crm.work import Subject, subject_links

CREATE, EDIT = TASK.permissions["create"], TASK.permissions["edit"]
EDITABLE = ("title", "body", "due_on")


@dataclass(frozen=True, slots=True)
class TaskCreated:
    id: UUID
    title: str
    owner_id: UUID | None


@action(CREATE, targets=("owner_id",))
def create_task(
    *,
    actor: Actor,
    now: datetime,
    title: str,
    body: str = "",
    due_on: date | None = None,
    subject: Subject | None = None,
    owner_id: UUID | None = NIL,
    anyway: bool = False,
) -> Outcome[TaskCreated]:
    """`owner_id`: oneself unless told, None for the queue *Unassigned*. `due_on`: a day of the owner's.

    :raises NotFound, RecordArchived: the subject. :raises ReceiverNotActive, ReceiverCannotOpen,
    PermissionMissing: see there.
    """
    columns: dict[str, Any] = {"title": title, "body": body, "due_on": due_on, **subject_links(actor, subject)}
    if owner_id != NIL:
        columns["owner_id"] = owner_id
    task = new_record(Task, actor, now, anyway=anyway, **columns)
    return Outcome(TaskCreated(task.id, title, task.owner_id), entry_of("records.created", TASK, task))


@action(EDIT)
def edit_task(
    *, actor: Actor, now: datetime, task_id: UUID, changes: Mapping[str, Any], version: int | None = None
) -> Outcome[Done]:
    """Changes what is given and leaves the rest. `changes`: of `EDITABLE`; `version`: what the actor saw.

    :raises VersionChanged, RecordArchived, NotFound, PermissionMissing: see there.
    """
    task = locked_record(actor, TASK, task_id, EDIT, version=version)
    changed = change_record(task, now, **{name: changes[name] for name in EDITABLE if name in changes})
    if not changed:
        return Outcome(Done(task_id), None)
    return Outcome(Done(task_id), entry_of("records.edited", TASK, task, changed=changed))


@dataclass(frozen=True, slots=True)
class TaskTicked:
    id: UUID
    title: str
    done: bool


@action(EDIT)
def finish_task(*, actor: Actor, now: datetime, task_id: UUID) -> Outcome[TaskTicked]:
    """One that is done already stays as it is.

    :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    task = locked_record(actor, TASK, task_id, EDIT)
    ticked = TaskTicked(task.id, task.title, True)
    if task.done_at is not None:
        return Outcome(ticked, None)
    change_record(task, now, done_at=now)
    event = Event("TaskDone", {"task_id": str(task.id), "owner_id": task.owner_id and str(task.owner_id)})
    return Outcome(ticked, entry_of("records.task_done", TASK, task), (event,))


@action(EDIT)
def reopen_task(*, actor: Actor, now: datetime, task_id: UUID) -> Outcome[TaskTicked]:
    """Not done after all.

    :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    task = locked_record(actor, TASK, task_id, EDIT)
    ticked = TaskTicked(task.id, task.title, False)
    if task.done_at is None:
        return Outcome(ticked, None)
    change_record(task, now, done_at=None)
    return Outcome(ticked, entry_of("records.task_reopened", TASK, task))
