"""Bulk invite: a file or a list comes in, is looked through, and is sent as one."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.paging import keyset_page
from tenantry.core.sheets import BOUNDS
from tenantry.core.transactions import reading
from tenantry.organizations.structure import parts_of
from tenantry.people.permissions import INVITE
from tenantry.usecases.bulk_inviting import (
    batches,
    faulty_file,
    get_batch,
    paste_batch,
    send_batch,
    template_file,
    upload_batch,
)
from tenantry.web.people.batch_forms import PasteForm, UploadForm
from tenantry.web.people.batch_page import page_url, shown_batch
from tenantry.web.people.batch_rows import labels_of
from tenantry.web.people.batches import lines_of, recent_batches
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen

PAGE_SIZE = 50


@screen(INVITE)
def batch_list(request: MemberRequest) -> HttpResponse:
    """The history: who, when, result."""
    shown = keyset_page(
        batches(request.actor), order="created_at", descending=True, cursor=request.GET.get("cursor"), size=PAGE_SIZE
    )
    return page(request, "people/batches/list.html", {"page": shown, "lines": lines_of(shown.rows)})


@screen(INVITE, methods=("GET", "POST"))
def batch_create(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _new(request, UploadForm(), PasteForm(), 200)
    pasted = "text" in request.POST
    upload = UploadForm(None if pasted else request.POST, None if pasted else request.FILES)
    paste = PasteForm(request.POST if pasted else None)
    form = paste if pasted else upload
    if not form.is_valid():
        return _new(request, upload, paste, 422)
    try:
        if pasted:
            done = perform(paste_batch, actor=request.actor, text=paste.cleaned_data["text"])
        else:
            file = upload.cleaned_data["file"]
            done = perform(upload_batch, actor=request.actor, file_name=file.name, content=file.read())
    except Refusal as refused:
        if refused.kind not in ("invalid", "conflict"):
            raise
        form.add_error("text" if pasted else "file", str(refused))
        return _new(request, upload, paste, status_of(refused))
    return go(request, reverse("batch_detail", args=[done.batch_id]))


def _new(request: MemberRequest, upload: UploadForm, paste: PasteForm, status: int) -> HttpResponse:
    with reading():
        context = {
            "upload": upload,
            "paste": paste,
            "most": BOUNDS.file >> 20,
            "most_bytes": BOUNDS.file,
            "most_rows": BOUNDS.rows,
            "columns": _columns(request),
            **recent_batches(request.actor),
        }
        return page(request, "people/batches/new.html", context, status=status)


def _columns(request: MemberRequest) -> list[dict[str, Any]]:
    """What a file may say, with an example of each; what the organization does not use is left out."""
    parts = parts_of(request.organization)
    rows = (
        ("email", "ada@company.example", _("needed"), ""),
        ("name", "Ada Stone", "", ""),
        ("role", _("Manager"), "", ""),
        ("team", "North|Field sales", _("several with |"), ""),
        ("profile", _("Standard"), "", "profiles"),
        ("unit", "Oslo", labels_of(request.organization.labels)["unit"], "units"),
        ("department", _("Sales"), _("made when it is new"), ""),
        ("workspaces", "Fairs:Manager|Drive", _("with an access level after the colon"), "workspaces"),
    )
    return [
        {"name": name, "example": text, "hint": hint} for name, text, hint, part in rows if not part or part in parts
    ]


@screen(INVITE, methods=("GET", "POST"))
def batch_detail(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Preview, progress and result; a POST sends what was shown, by its digest."""
    if request.method == "GET":
        return shown_batch(request, batch_id)
    digest = request.POST.get("digest", "")
    try:
        perform(send_batch, actor=request.actor, batch_id=batch_id, digest=digest)
    except PlanChanged as refused:
        return shown_batch(request, batch_id, status=status_of(refused), changed=True)
    return go(request, page_url(request, batch_id))


@screen(INVITE)
def batch_template(request: MemberRequest) -> HttpResponse:
    answer = HttpResponse(template_file(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="invitations.csv"'
    return answer


@screen(INVITE, crosses=True)
def batch_faulty(request: MemberRequest, batch_id: UUID) -> StreamingHttpResponse:
    """Rows that can't be sent, with the reasons, to be mended in a spreadsheet and uploaded again."""
    with reading():
        get_batch(request.actor, batch_id)
    answer = StreamingHttpResponse(faulty_file(request.actor, batch_id), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="faulty-rows.csv"'
    return answer
