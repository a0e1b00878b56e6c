"""Notes and activities: their lists, their pages, and the dialogs in which they are written."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.decisions import find, require_on
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.crm.actions.activities import edit_activity, log_activity
from tenantry.crm.actions.notes import add_note, edit_note
from tenantry.crm.actions.records import archive_records, restore_records
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.records import ACTIVITY, NOTE
from tenantry.crm.selectors import attached_types
from tenantry.crm.work import Subject
from tenantry.web.forms import HouseForm
from tenantry.web.momentum.about import about, subject_asked, today_here, zone_here
from tenantry.web.momentum.acts import behind
from tenantry.web.momentum.closed import closed_shown
from tenantry.web.momentum.listing import (
    ADDED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    Column,
    Filter,
    Listing,
    record_url,
    rows_shown,
)
from tenantry.web.momentum.pages import acts_on, one_url, record_list
from tenantry.web.momentum.work_forms import ActivityForm, NoteForm
from tenantry.web.navigation import address
from tenantry.web.picking import shown_pickers
from tenantry.web.refusals import safe_back, status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.templatetags.work import KINDS
from tenantry.web.toasts import toast

ABOUT_COLUMN = Column(
    "about", gettext_lazy("About"), lambda row: row.more["about"], kind="link", css="d-none d-sm-table-cell"
)
NOTES = Listing(
    record_type=NOTE,
    name="note_list",
    noun="notes",
    columns=(ABOUT_COLUMN, OWNER_COLUMN, ADDED_COLUMN),
    usual=("about", "owner", "added"),
    empty_title=gettext_lazy("No notes yet"),
    empty_text=gettext_lazy("What is worth remembering about a customer is written on their page, and found here."),
    filters=(OWNER,),
    prepare=about,
    placeholder=gettext_lazy("Words of the note"),
    create_url="note_create",
    create_label=gettext_lazy("Write a note"),
)


def _of_kind(_actor: Any, rows: Any, values: Sequence[str]) -> Any:
    return rows.filter(kind__in=values)


ACTIVITIES = Listing(
    record_type=ACTIVITY,
    name="activity_list",
    noun="activities",
    columns=(
        Column("kind", gettext_lazy("Kind"), lambda row: KINDS.get(row.record.kind, ""), css="d-none d-sm-table-cell"),
        ABOUT_COLUMN,
        Column("happened", gettext_lazy("When"), lambda row: row.record.happened_at, kind="when"),
        Column(
            "minutes",
            gettext_lazy("Minutes"),
            lambda row: "–" if row.record.minutes is None else row.record.minutes,
            css="d-none d-lg-table-cell num",
        ),
        OWNER_COLUMN,
        ADDED_COLUMN,
    ),
    usual=("kind", "about", "happened", "owner"),
    empty_title=gettext_lazy("No activities yet"),
    empty_text=gettext_lazy("Calls, meetings and mails are logged on the page of a customer, and found here."),
    filters=(Filter("kind", gettext_lazy("Kind"), lambda _request: list(KINDS.items()), _of_kind), OWNER),
    prepare=about,
    placeholder=gettext_lazy("What it was about"),
    create_url="activity_create",
    create_label=gettext_lazy("Log an activity"),
)


# --- Lists and pages ----------------------------------------------------------------------


@screen(NOTE.permissions["view"])
def note_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, NOTES)


@screen(ACTIVITY.permissions["view"])
def activity_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, ACTIVITIES)


def work_page(request: MemberRequest, record_type: RecordType, record_id: UUID, template: str) -> HttpResponse:
    """The page of something that hangs on a record; `about`: the name and address of that.

    :raises NotFound: unknown or out of reach.
    """
    record = find(request.actor, record_type, record_id)
    [row] = rows_shown(request, record_type, [record], about)
    context = {
        "row": row,
        "record": record,
        "record_type": record_type,
        "about": row.more["about"],
        "today": today_here(request),
        **acts_on(request.actor, record_type, record),
        "list_url": address(f"{record_type.key}_list"),
        "owner_url": one_url("record_owner", record_type, record_id),
        "deletion_url": one_url("record_deletion", record_type, record_id),
    }
    return page(request, template, context)


@screen(NOTE.permissions["view"])
def note_detail(request: MemberRequest, note_id: UUID) -> HttpResponse:
    return work_page(request, NOTE, note_id, "momentum/work/note.html")


@screen(ACTIVITY.permissions["view"])
def activity_detail(request: MemberRequest, activity_id: UUID) -> HttpResponse:
    return work_page(request, ACTIVITY, activity_id, "momentum/work/activity.html")


# --- Writing ------------------------------------------------------------------------------


def _after(request: MemberRequest, key: str, record_id: UUID, subject: Subject | None) -> str:
    """Back to the page where it was written; else to its subject, else to itself."""
    return behind(request) or (record_url(subject.type, subject.id) if subject else "") or record_url(key, record_id)


def form_page(
    request: MemberRequest,
    form: HouseForm,
    record_type: RecordType,
    heading: str,
    about_name: str = "",
    *,
    status: int | None = None,
) -> HttpResponse:
    """The dialog: as it opens, or again with what is wrong beside its field or above all of them. `status`: of one that
    was sent to search."""
    context = {
        "form": form,
        "picked": shown_pickers(form),
        "heading": heading,
        "about_name": about_name,
        "list_type": record_type,
        "list_url": address(f"{record_type.key}_list"),
        "back": behind(request),
    }
    if isinstance(form.refusal, ReceiverCannotOpen):
        with reading():
            context |= closed_shown(request, form.refusal)
    if status is None:
        status = 200 if request.method == "GET" else status_of(form.refusal) if form.refusal else 422
    return page(request, "momentum/work/form.html", context, status=status)


def refused_by(form: HouseForm, refused: Refusal) -> None:
    """:raises Refusal: it is about the whole page: out of reach, or not allowed."""
    if refused.kind in ("missing", "forbidden"):
        raise refused
    form.refuse(refused)


@screen(NOTE.permissions["create"], methods=("GET", "POST"))
def note_create(request: MemberRequest) -> HttpResponse:
    """`type` and `id` of the address: what it is about."""
    asked = subject_asked(request)
    subject, name = asked or (None, "")
    form = NoteForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return form_page(request, form, NOTE, _("Write a note"), name)
    try:
        made = perform(add_note, actor=request.actor, subject=subject, **form.cleaned_data)
    except Refusal as refused:
        refused_by(form, refused)
        return form_page(request, form, NOTE, _("Write a note"), name)
    toast(request, _("The note was added."))
    return go(request, _after(request, "note", made.id, subject))


def _editing(request: MemberRequest, record_type: RecordType, record_id: UUID) -> Any:
    """:raises NotFound, PermissionMissing: out of reach, or not theirs to edit."""
    with reading():
        record = find(request.actor, record_type, record_id)
        require_on(request.actor, record_type.permissions["edit"], record_type, record)
    return record


@screen(NOTE.permissions["edit"], methods=("GET", "POST"))
def note_edit(request: MemberRequest, note_id: UUID) -> HttpResponse:
    note = _editing(request, NOTE, note_id)
    form = NoteForm(request.POST or None, initial={"body": note.body})
    if request.method == "GET" or not form.is_valid():
        return form_page(request, form, NOTE, _("Edit the note"))
    try:
        perform(edit_note, actor=request.actor, note_id=note_id, **form.cleaned_data)
    except Refusal as refused:
        refused_by(form, refused)
        return form_page(request, form, NOTE, _("Edit the note"))
    toast(request, _("Saved."))
    return go(request, _after(request, "note", note_id, None))


@screen(ACTIVITY.permissions["create"], methods=("GET", "POST"))
def activity_create(request: MemberRequest) -> HttpResponse:
    """`type` and `id` of the address: what it is about."""
    asked = subject_asked(request)
    subject, name = asked or (None, "")
    initial = {"happened_at": clock.now(), "kind": "call"}
    form = ActivityForm(request.POST or None, zone=zone_here(request), initial=initial)
    if request.method == "GET" or not form.is_valid():
        return form_page(request, form, ACTIVITY, _("Log an activity"), name)
    try:
        made = perform(log_activity, actor=request.actor, subject=subject, **form.cleaned_data)
    except Refusal as refused:
        refused_by(form, refused)
        return form_page(request, form, ACTIVITY, _("Log an activity"), name)
    toast(request, _("The activity was logged."))
    return go(request, _after(request, "activity", made.id, subject))


@screen(ACTIVITY.permissions["edit"], methods=("GET", "POST"))
def activity_edit(request: MemberRequest, activity_id: UUID) -> HttpResponse:
    row = _editing(request, ACTIVITY, activity_id)
    present = {name: getattr(row, name) for name in ("kind", "title", "body", "happened_at", "minutes")}
    form = ActivityForm(request.POST or None, zone=zone_here(request), initial=present)
    if request.method == "GET" or not form.is_valid():
        return form_page(request, form, ACTIVITY, _("Edit the activity"))
    try:
        perform(edit_activity, actor=request.actor, activity_id=activity_id, changes=form.cleaned_data)
    except Refusal as refused:
        refused_by(form, refused)
        return form_page(request, form, ACTIVITY, _("Edit the activity"))
    toast(request, _("Saved."))
    return go(request, _after(request, "activity", activity_id, None))


# --- Putting away -------------------------------------------------------------------------


def came_from(request: MemberRequest) -> str:
    """As `behind`; for the button of a message, which knows no page, the one on which it was shown."""
    page_shown = urlsplit(safe_back(request))
    path = page_shown.path if page_shown.path.startswith("/apps/") else ""
    return behind(request) or (f"{path}?{page_shown.query}" if path and page_shown.query else path)


EDITS = tuple(one.permissions["edit"] for one in attached_types())


def _work_type(type_key: str) -> RecordType:
    """:raises NotFound: nothing that hangs on records."""
    found = next((one for one in attached_types() if one.key == type_key), None)
    if found is None:
        raise NotFound
    return found


@screen(*EDITS, methods=("POST",))
def work_removal(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    """Into the archive, from which *Undo* brings it back."""
    record_type = _work_type(type_key)
    perform(archive_records, actor=request.actor, type_key=type_key, record_ids=(record_id,))
    undo = reverse("work_return", args=[type_key, record_id])
    toast(request, _("%(what)s removed.") % {"what": record_type.title}, undo_url=undo)
    own, back = record_url(type_key, record_id), behind(request)
    return go(request, address(f"{type_key}_list") if not back or back.partition("?")[0] == own else back)


@screen(*EDITS, methods=("POST",))
def work_return(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    record_type = _work_type(type_key)
    perform(restore_records, actor=request.actor, type_key=type_key, record_ids=(record_id,))
    toast(request, _("%(what)s is back.") % {"what": record_type.title})
    return go(request, came_from(request) or record_url(type_key, record_id))
