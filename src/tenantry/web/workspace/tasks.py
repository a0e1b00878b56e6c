"""My tasks, everybody's tasks within reach, one task, and what is done to it."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.decisions import find, require_on
from tenantry.core.errors import Refusal
from tenantry.core.transactions import reading
from tenantry.crm.actions.tasks import create_task, edit_task, finish_task, reopen_task
from tenantry.crm.records import TASK
from tenantry.web.context import is_fragment
from tenantry.web.momentum.about import subject_asked, today_here
from tenantry.web.momentum.acts import behind
from tenantry.web.momentum.closed import given_access, is_meant
from tenantry.web.momentum.listing import record_url
from tenantry.web.momentum.owning import owner_picker
from tenantry.web.momentum.pages import record_list
from tenantry.web.momentum.work import came_from, form_page, refused_by, work_page
from tenantry.web.momentum.work_forms import QuickTaskForm, TaskForm
from tenantry.web.navigation import address
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast
from tenantry.web.workspace.lists import TASKS, own_parts

VIEW, CREATE, EDIT = (TASK.permissions[verb] for verb in ("view", "create", "edit"))
FILES = "files.view"


# --- Lists and pages ----------------------------------------------------------------------


@screen(VIEW, FILES)
def workspace_home(request: MemberRequest) -> HttpResponse:
    """One's own tasks; the Drive for whoever has no tasks."""
    if not request.actor.may(VIEW):
        return go(request, address("drive_home") or reverse("launcher"))
    return _own(request)


def _own(request: MemberRequest, form: QuickTaskForm | None = None, *, status: int = 200) -> HttpResponse:
    with_form = form or QuickTaskForm(initial={"due_on": today_here(request)})
    with reading():
        context = {
            "parts": own_parts(request),
            "form": with_form,
            "adds": request.actor.may(CREATE),
            "edits": request.actor.may(EDIT),
        }
    return page(request, "workspace/tasks.html", context, status=status)


@screen(VIEW)
def task_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, TASKS, template="workspace/all.html")


@screen(VIEW)
def task_detail(request: MemberRequest, task_id: UUID) -> HttpResponse:
    return work_page(request, TASK, task_id, "workspace/task.html")


# --- Adding -------------------------------------------------------------------------------


@screen(CREATE, methods=("POST",))
def task_add(request: MemberRequest) -> HttpResponse:
    """The line above one's own tasks."""
    form = QuickTaskForm(request.POST)
    if not form.is_valid():
        return _own(request, form, status=422)
    try:
        perform(create_task, actor=request.actor, **form.cleaned_data)
    except Refusal as refused:
        refused_by(form, refused)
        return _own(request, form, status=status_of(refused))
    if is_fragment(request) and request.actor.may(VIEW):
        return _own(request)
    return go(request, reverse("workspace_home"))


@screen(CREATE, methods=("GET", "POST"))
def task_create(request: MemberRequest) -> HttpResponse:
    """`type` and `id` of the address: what it is about."""
    asked = subject_asked(request)
    subject, name = asked or (None, "")
    sent = request.POST if request.method == "POST" else None
    searching = sent is not None and ("find" in sent or given_access(request) is not None)
    with reading():
        picker = owner_picker(request.actor, request.actor.membership_id, sent)
    initial = sent.dict() if sent is not None and searching else {"due_on": today_here(request)}
    form = TaskForm(None if searching else sent, actor=request.actor, picker=picker, initial=initial)
    if searching:
        return form_page(request, form, TASK, _("Add a task"), name, status=200)
    if request.method == "GET" or not form.is_valid():
        return form_page(request, form, TASK, _("Add a task"), name)
    values = dict(form.cleaned_data)
    values["owner_id"] = values.pop("owner")
    values["anyway"] = is_meant(request, values["owner_id"])
    try:
        made = perform(create_task, actor=request.actor, subject=subject, **values)
    except Refusal as refused:
        refused_by(form, refused)
        return form_page(request, form, TASK, _("Add a task"), name)
    toast(request, _("The task was added."))
    to = behind(request) or (record_url(subject.type, subject.id) if subject else "") or record_url("task", made.id)
    return go(request, to)


# --- Changing -----------------------------------------------------------------------------


@screen(EDIT, methods=("GET", "POST"))
def task_edit(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """Title, day and details; another owner is the record's own dialog."""
    with reading():
        task = find(request.actor, TASK, task_id)
        require_on(request.actor, EDIT, TASK, task)
    present = {"title": task.title, "body": task.body, "due_on": task.due_on}
    form = TaskForm(request.POST or None, actor=request.actor, initial=present)
    form.order_fields(["title", "due_on", "body"])
    if request.method == "GET" or not form.is_valid():
        return form_page(request, form, TASK, _("Edit the task"))
    try:
        perform(edit_task, actor=request.actor, task_id=task_id, changes=form.cleaned_data)
    except Refusal as refused:
        refused_by(form, refused)
        return form_page(request, form, TASK, _("Edit the task"))
    toast(request, _("Saved."))
    return go(request, behind(request) or record_url("task", task_id))


@screen(EDIT, methods=("POST",))
def task_done(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """`state`: `open` takes the tick away again. One's own tasks come back as they are now; every other page anew."""
    again = request.POST.get("state", "") == "open"
    ticked = perform(reopen_task if again else finish_task, actor=request.actor, task_id=task_id)
    said = _("“%(title)s” is open again.") if again else _("Done: “%(title)s”.")
    undo = "" if again else reverse("task_undone", args=[task_id])
    toast(request, said % {"title": ticked.title}, undo_url=undo)
    if is_fragment(request) and request.POST.get("own", ""):
        return _own(request)
    return go(request, came_from(request) or reverse("workspace_home"))


@screen(EDIT, methods=("POST",))
def task_undone(request: MemberRequest, task_id: UUID) -> HttpResponse:
    """What *Undo* of the message asks for."""
    ticked = perform(reopen_task, actor=request.actor, task_id=task_id)
    toast(request, _("“%(title)s” is open again.") % {"title": ticked.title})
    return go(request, came_from(request) or reverse("workspace_home"))
