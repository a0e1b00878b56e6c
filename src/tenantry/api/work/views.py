"""Tasks, notes and activities, for programs."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.records.rows import Shape, record_router, version_asked
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id, In
from tenantry.api.work.schemas import (
    ActivityOut,
    ActivityPage,
    ActivityQuery,
    AddNote,
    CreateTask,
    EditActivity,
    EditNote,
    EditTask,
    LogActivity,
    NoteOut,
    NotePage,
    TaskOut,
    TaskPage,
    TaskQuery,
    WorkQuery,
)
from tenantry.api.work.subjects import about
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import VersionChanged
from tenantry.core.transactions import reading
from tenantry.crm.actions.activities import edit_activity, log_activity
from tenantry.crm.actions.notes import add_note, edit_note
from tenantry.crm.actions.tasks import create_task, edit_task, finish_task, reopen_task
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.records import ACTIVITY, NOTE, TASK
from tenantry.crm.selectors import hanging_on
from tenantry.crm.work import in_part, today_of


def _narrowed(actor: Actor, rows: QuerySet[Any], query: WorkQuery) -> QuerySet[Any]:
    return hanging_on(actor, rows, query.about) if query.about else rows


def _tasks(actor: Actor, rows: QuerySet[Any], query: Any) -> QuerySet[Any]:
    rows = _narrowed(actor, rows, query)
    return rows.filter(in_part(query.due, today_of(actor, clock.now()))) if query.due else rows


def _activities(actor: Actor, rows: QuerySet[Any], query: Any) -> QuerySet[Any]:
    rows = _narrowed(actor, rows, query)
    return rows.filter(kind=query.kind) if query.kind else rows


TASKS = Shape(TASK, "/tasks", "task", TaskOut, TaskPage, TaskQuery, _tasks, about)
NOTES = Shape(NOTE, "/notes", "note", NoteOut, NotePage, WorkQuery, _narrowed, about)
ACTIVITIES = Shape(ACTIVITY, "/activities", "activity", ActivityOut, ActivityPage, ActivityQuery, _activities, about)
tasks = record_router(TASKS, "Tasks")
notes = record_router(NOTES, "Notes")
activities = record_router(ACTIVITIES, "Activities")


def _sent(body: In, *leave: str) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.model_fields_set if name not in leave}


def _changed(request: ApiRequest, shape: Shape, record_id: UUID) -> Answer:
    with reading():
        return shape.found(request.actor, record_id)


# --- Tasks --------------------------------------------------------------------------------


@operation(
    tasks,
    "POST",
    "/tasks",
    TASKS.code("create"),
    answer=TaskOut,
    status=201,
    refuses=(ReceiverNotActive, ReceiverCannotOpen, RecordArchived),
)
def task_create(request: ApiRequest, body: CreateTask) -> Answer:
    """A task, for oneself unless told."""
    subject = body.about.named if body.about else None
    made = carry_out(request, create_task, subject=subject, **_sent(body, "about"))
    return TASKS.made(request, made.id)


@operation(
    tasks, "PATCH", "/tasks/{record_id}", TASKS.code("edit"), answer=TaskOut, refuses=(RecordArchived, VersionChanged)
)
def task_edit(request: ApiRequest, record_id: Id, body: EditTask) -> Answer:
    """Changes what is sent. With `If-Match`, the version that was read."""
    version = version_asked(request, TASKS, record_id)
    carry_out(request, edit_task, task_id=record_id, changes=_sent(body), version=version)
    return _changed(request, TASKS, record_id)


@operation(tasks, "POST", "/tasks/{record_id}/done", TASKS.code("edit"), answer=TaskOut, refuses=(RecordArchived,))
def task_finish(request: ApiRequest, record_id: Id) -> Answer:
    """Done; what is done already stays so."""
    carry_out(request, finish_task, task_id=record_id)
    return _changed(request, TASKS, record_id)


@operation(tasks, "DELETE", "/tasks/{record_id}/done", TASKS.code("edit"), refuses=(RecordArchived,))
def task_reopen(request: ApiRequest, record_id: Id) -> None:
    """Not done after all."""
    carry_out(request, reopen_task, task_id=record_id)


# --- Notes --------------------------------------------------------------------------------


@operation(notes, "POST", "/notes", NOTES.code("create"), answer=NoteOut, status=201, refuses=(RecordArchived,))
def note_add(request: ApiRequest, body: AddNote) -> Answer:
    """A note of one's own."""
    made = carry_out(request, add_note, body=body.body, subject=body.about.named if body.about else None)
    return NOTES.made(request, made.id)


@operation(
    notes, "PATCH", "/notes/{record_id}", NOTES.code("edit"), answer=NoteOut, refuses=(RecordArchived, VersionChanged)
)
def note_edit(request: ApiRequest, record_id: Id, body: EditNote) -> Answer:
    """Another text. With `If-Match`, the version that was read."""
    version = version_asked(request, NOTES, record_id)
    carry_out(request, edit_note, note_id=record_id, body=body.body, version=version)
    return _changed(request, NOTES, record_id)


# --- Activities ---------------------------------------------------------------------------


@operation(
    activities,
    "POST",
    "/activities",
    ACTIVITIES.code("create"),
    answer=ActivityOut,
    status=201,
    refuses=(RecordArchived,),
)
def activity_log(request: ApiRequest, body: LogActivity) -> Answer:
    """Something that happened with a customer."""
    subject = body.about.named if body.about else None
    made = carry_out(request, log_activity, subject=subject, **_sent(body, "about"))
    return ACTIVITIES.made(request, made.id)


@operation(
    activities,
    "PATCH",
    "/activities/{record_id}",
    ACTIVITIES.code("edit"),
    answer=ActivityOut,
    refuses=(RecordArchived, VersionChanged),
)
def activity_edit(request: ApiRequest, record_id: Id, body: EditActivity) -> Answer:
    """Changes what is sent. With `If-Match`, the version that was read."""
    version = version_asked(request, ACTIVITIES, record_id)
    carry_out(request, edit_activity, activity_id=record_id, changes=_sent(body), version=version)
    return _changed(request, ACTIVITIES, record_id)
