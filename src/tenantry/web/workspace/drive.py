"""Drive: one's own folders and files, what lies in a folder, and everything within reach."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from tenantry.core.actor import Actor
from tenantry.core.paging import keyset_page
from tenantry.core.sizes import in_words
from tenantry.crm.drive import (
    VIEW,
    files_in,
    find_folder_seen,
    folders_in,
    largest_files,
    may_add,
    own_files,
    own_folders,
    path_of,
    puts_into,
)
from tenantry.crm.records import FILE, FOLDER
from tenantry.crm.selectors import owner_names, subjects_seen, with_owner
from tenantry.web.momentum.listing import (
    ADDED_COLUMN,
    CHANGED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    Column,
    Filter,
    Listing,
    record_url,
)
from tenantry.web.momentum.pages import acts_on, record_file, record_list
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.workspace.items import items_of_files, items_of_folders, kind_of, space_of, upload_bounds

PAGE_SIZE = 50
MOST_FOLDERS = 200
MOST_LARGEST = 50


# --- Folders ------------------------------------------------------------------------------


@screen(VIEW)
def drive_home(request: MemberRequest) -> HttpResponse:
    """The top of one's own Drive."""
    actor = request.actor
    context = {"uploads": may_add(actor), "path": [], "folder": None}
    return _shown(request, own_folders(actor), own_files(actor), context)


@screen(VIEW)
def folder_detail(request: MemberRequest, folder_id: UUID) -> HttpResponse:
    actor = request.actor
    folder = find_folder_seen(actor, folder_id)
    context = {
        "uploads": puts_into(actor, folder),
        "path": path_of(actor, folder),
        "folder": folder,
        "restores": folder.archived_at is not None and acts_on(actor, FOLDER, folder)["restores"],
    }
    return _shown(request, folders_in(actor, folder), files_in(actor, folder), context)


def _shown(
    request: MemberRequest, folders: QuerySet[Any], files: QuerySet[Any], context: Mapping[str, Any]
) -> HttpResponse:
    """Folders by name, then files, the newest first, a page at a time."""
    actor, cursor = request.actor, request.GET.get("cursor")
    shown = keyset_page(with_owner(files), order="created_at", descending=True, cursor=cursor, size=PAGE_SIZE)
    inside = [] if cursor else list(with_owner(folders).order_by("sort_name", "id")[:MOST_FOLDERS])
    here = context["folder"]
    # At the top everything is one's own.
    owners = owner_names([*shown.rows, *inside, here]) if here else {actor.own_id: request.membership.name}
    found = {
        "page": shown,
        "folders": items_of_folders(actor, inside, owners),
        "files": items_of_files(actor, shown.rows, owners),
        "item": items_of_folders(actor, [here], owners)[0] if here else None,
        "space": None if here else space_of(actor.membership_id),
        "back": request.get_full_path(),
        **upload_bounds(),
    }
    return page(request, "workspace/drive/list.html", {**found, **context})


@screen(VIEW)
def drive_largest(request: MemberRequest) -> HttpResponse:
    """Where the room went: one's own largest files, archived ones too, wherever they lie."""
    actor = request.actor
    context = {
        "files": items_of_files(actor, largest_files(actor, MOST_LARGEST), {actor.own_id: request.membership.name}),
        "space": space_of(actor.membership_id),
        "back": request.get_full_path(),
    }
    return page(request, "workspace/drive/largest.html", context)


# --- Everything within reach --------------------------------------------------------------


def _subjects(request: MemberRequest, rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """Name and address of what each hangs on, where the reader sees it."""
    seen = subjects_seen(request.actor, rows)
    found: dict[UUID, Mapping[str, Any]] = {}
    for row in rows:
        if row.subject is not None and row.subject[1] in seen:
            key, name = seen[row.subject[1]]
            found[row.pk] = {"subject": (name, record_url(key, row.subject[1]))}
    return found


def _of_kind(_actor: Actor, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
    wanted = rows.none()
    for value in values:
        if value in _STARTS:
            wanted |= rows.filter(content_type__startswith=_STARTS[value])
    return wanted


_STARTS = {"picture": "image/", "pdf": "application/pdf", "text": "text/"}
_KINDS = (
    ("picture", gettext_lazy("Pictures")),
    ("pdf", gettext_lazy("PDF")),
    ("text", gettext_lazy("Text and tables")),
)
KIND = Filter("kind", gettext_lazy("Kind"), lambda _request: _KINDS, _of_kind)
FILES = Listing(
    record_type=FILE,
    name="file_list",
    noun="files",
    columns=(
        Column(
            "kind", gettext_lazy("Kind"), lambda row: kind_of(row.record.content_type), css="d-none d-lg-table-cell"
        ),
        Column(
            "size", gettext_lazy("Size"), lambda row: in_words(row.record.size), css="d-none d-sm-table-cell text-end"
        ),
        Column(
            "of",
            gettext_lazy("Belongs to"),
            lambda row: row.more.get("subject"),
            kind="link",
            css="d-none d-md-table-cell",
        ),
        OWNER_COLUMN,
        ADDED_COLUMN,
        CHANGED_COLUMN,
    ),
    usual=("kind", "size", "of", "owner", "added"),
    empty_title=gettext_lazy("No file yet"),
    empty_text=gettext_lazy("What people put into Drive or attach to records, as far as you see it, is found here."),
    filters=(OWNER, KIND),
    prepare=_subjects,
    file="file_csv",
    placeholder=gettext_lazy("Name of a file"),
)


@screen(VIEW)
def file_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, FILES, {"drive_url": reverse("drive_home")}, template="workspace/drive/all.html")


@screen(VIEW, crosses=True)
def file_csv(request: MemberRequest) -> Any:
    """The list as a table: names, sizes, owners. The files themselves are downloaded one by one."""
    return record_file(request, FILES)
