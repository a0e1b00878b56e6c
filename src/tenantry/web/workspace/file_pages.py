"""A file's own page, its name and place, and how files come in: many at once, with or without a script."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.decisions import decide, find
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.records import target_of
from tenantry.core.transactions import reading
from tenantry.crm.actions.files import Filed, add_file, edit_file, move_files, replace_file
from tenantry.crm.drive import CREATE, EDIT, VIEW, find_file, find_folder, find_folder_seen, path_of
from tenantry.crm.records import FILE
from tenantry.crm.selectors import subjects_seen
from tenantry.crm.uploading import taken_in
from tenantry.crm.work import Subject
from tenantry.web.context import is_fragment
from tenantry.web.dialogs import form_dialog
from tenantry.web.momentum.acts import behind
from tenantry.web.momentum.listing import record_url, rows_shown
from tenantry.web.momentum.pages import acts_on, one_url
from tenantry.web.picking import is_searching
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast
from tenantry.web.workspace.choosing import folder_picker
from tenantry.web.workspace.drive_forms import MoveForm
from tenantry.web.workspace.items import item_form, items_of_files, upload_bounds

if TYPE_CHECKING:
    from tenantry.crm.models import File

MOST = 100
# Of a document; the rest is for whoever downloads it.
MOST_PAGES = 30
# Refusals that are told one by one.
MOST_TOLD = 5
MOST_OF_NAME = 60


# --- One file -----------------------------------------------------------------------------


@screen(VIEW)
def file_detail(request: MemberRequest, file_id: UUID) -> HttpResponse:
    """What it is, whose, where, and how it looks."""
    row = find_file(request.actor, file_id)
    shown = rows_shown(request, FILE, [row])[0]
    [item] = items_of_files(request.actor, [row], {})
    folder = _folder(request, row)
    context = {
        "file": row,
        "item": item,
        "row": shown,
        "folder": folder,
        "path": [*path_of(request.actor, folder), folder] if folder else [],
        "subject": _subject(request, row),
        "pages": range(1, min(row.pages, MOST_PAGES) + 1),
        "cut": row.pages > MOST_PAGES,
        "owner_url": one_url("record_owner", FILE, row.id),
        "deletion_url": one_url("record_deletion", FILE, row.id),
        "home": reverse("folder_detail", args=[folder.id]) if folder else reverse("drive_home"),
        **acts_on(request.actor, FILE, row, target_of(FILE, row)),
    }
    return page(request, "workspace/drive/file.html", context)


def _folder(request: MemberRequest, row: "File") -> Any:
    try:
        return find_folder_seen(request.actor, row.folder_id) if row.folder_id else None
    except NotFound:
        return None


def _subject(request: MemberRequest, row: "File") -> tuple[str, str] | None:
    """Name and address of what it hangs on."""
    found = subjects_seen(request.actor, [row])
    return next(((name, record_url(key, record_id)) for record_id, (key, name) in found.items()), None)


@screen(EDIT, methods=("GET", "POST"))
def file_edit(request: MemberRequest, file_id: UUID) -> HttpResponse:
    """Another name, another place."""
    with reading():
        row: File = find(request.actor, FILE, file_id, EDIT)
        form = item_form(request, row, row.folder_id)

    def save(given: dict[str, Any]) -> HttpResponse:
        perform(
            edit_file,
            actor=request.actor,
            file_id=file_id,
            name=given["name"],
            folder_id=given["place"],
            version=given["version"],
        )
        toast(request, _("The file was changed."))
        return go(request, behind(request) or reverse("file_detail", args=[file_id]))

    context = {"name": row.name, "cancel": reverse("file_detail", args=[file_id])}
    return form_dialog(request, "workspace/drive/item_form.html", form, context, save)


@screen(EDIT, methods=("GET", "POST"))
def file_move(request: MemberRequest) -> HttpResponse:
    """Ticked files into one folder. POST with `do=move` shows the dialog, as GET does."""
    ids = _ids(request)
    asked = request.method == "POST" and request.POST.get("do", "") == ""
    sent = request.POST if asked else None
    with reading():
        place = folder_picker(request.actor, sent)
        for file_id in ids[:1]:
            find(request.actor, FILE, file_id, EDIT)
    form = MoveForm(None if is_searching(sent) else sent, actor=request.actor, place=place)
    back = behind(request) or reverse("drive_home")

    def move(given: dict[str, Any]) -> HttpResponse:
        count = len(perform(move_files, actor=request.actor, file_ids=ids, folder_id=given["place"]).ids)
        toast(request, ngettext("%(count)s file was moved.", "%(count)s files were moved.", count) % {"count": count})
        return go(request, back)

    context = {"ids": ids, "count": len(ids), "back": back}
    return form_dialog(request, "workspace/drive/move.html", form, context, move)


def _ids(request: MemberRequest) -> tuple[UUID, ...]:
    sent = (request.POST if request.method == "POST" else request.GET).getlist("ids")
    ids = tuple(dict.fromkeys(i for i in map(parse_id, sent) if i))
    if len(ids) < len(set(sent)):
        raise NotFound
    if not ids:
        raise InvalidInput({"ids": _("Select a file first.")})
    if len(ids) > MOST:
        raise InvalidInput({"ids": _("At most %(count)s are moved at once.") % {"count": MOST}})
    return ids


# --- Uploads ------------------------------------------------------------------------------


@screen(CREATE, EDIT, methods=("POST",))
def file_upload(request: MemberRequest) -> HttpResponse:
    """Files of a form: `files` into `folder`, or at the record that `type` and `id` name, or in place of what `file`
    has. One that is refused keeps no other from coming in. A script sends them one by one and asks for 204."""
    sent = request.FILES.getlist("files")
    if not sent:
        raise InvalidInput({"files": _("Choose a file first.")})
    done, refused = list[Filed](), list[tuple[str, Refusal]]()
    for upload in sent:
        try:
            done.append(_take(request, upload))
        except Refusal as error:
            if is_fragment(request) or error.kind in ("missing", "forbidden"):
                raise
            refused.append((str(upload.name), error))
    if is_fragment(request):
        return HttpResponse(status=204)
    _say(request, done, refused)
    return go(request, _onward(request, done))


def _take(request: MemberRequest, upload: Any) -> Filed:
    actor, file_id = request.actor, _given(request, "file")
    if file_id is not None:
        with reading():
            row: File = find(actor, FILE, file_id, EDIT)
        with taken_in(upload.file, upload.name, row.owner_id, replaced=row.size) as stored:
            return perform(replace_file, actor=actor, file_id=file_id, stored=stored)
    subject_id = _given(request, "id")
    subject = Subject(request.POST.get("type", ""), subject_id) if subject_id else None
    folder_id = _given(request, "folder")
    _may_come(request, folder_id)
    with taken_in(upload.file, upload.name, actor.membership_id) as stored:
        return perform(add_file, actor=actor, name=upload.name, stored=stored, folder_id=folder_id, subject=subject)


def _may_come(request: MemberRequest, folder_id: UUID | None) -> None:
    """:raises PermissionMissing, NotFound: before the bytes are moved in vain."""
    with reading():
        if folder_id is not None:
            find_folder(request.actor, folder_id)
        if not decide(request.actor, CREATE):
            find(request.actor, FILE, folder_id or request.actor.own_id, CREATE)


def _given(request: MemberRequest, name: str) -> UUID | None:
    """:raises NotFound: something that is no id."""
    value = request.POST.get(name, "")
    found = parse_id(value) if value else None
    if value and found is None:
        raise NotFound
    return found


def _say(request: MemberRequest, done: list[Filed], refused: list[tuple[str, Refusal]]) -> None:
    """`refused`: what the file is called, and why."""
    if len(done) == 1:
        toast(request, _("“%(name)s” is here.") % {"name": done[0].name})
    elif done:
        toast(
            request, ngettext("%(count)s file is here.", "%(count)s files are here.", len(done)) % {"count": len(done)}
        )
    for name, error in refused[:MOST_TOLD]:
        said = " ".join(map(str, error.fields.values())) if isinstance(error, InvalidInput) else str(error)
        toast(request, said if name in said else f"“{Truncator(name).chars(MOST_OF_NAME)}”: {said}", bad=True)
    if (more := len(refused) - MOST_TOLD) > 0:
        said = ngettext("%(count)s more file was refused.", "%(count)s more files were refused.", more)
        toast(request, said % {"count": more}, bad=True)


def _onward(request: MemberRequest, done: list[Filed]) -> str:
    back = behind(request)
    if urlsplit(back).path:
        return back
    return reverse("file_detail", args=[done[0].id]) if len(done) == 1 else reverse("drive_home")


@screen(EDIT)
def file_replacement(request: MemberRequest, file_id: UUID) -> HttpResponse:
    """Other bytes under the same name: the form of it, sent to `file_upload`."""
    row: File = find(request.actor, FILE, file_id, EDIT)
    back = reverse("file_detail", args=[row.id])
    context = {"file": row, "back": back, **upload_bounds()}
    return page(request, "workspace/drive/replacement.html", context)
