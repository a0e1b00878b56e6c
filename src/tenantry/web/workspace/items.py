"""Files and folders as pages of Drive show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.actor import Actor
from tenantry.core.sizes import in_words
from tenantry.crm.drive import DELETE, EDIT, Room, room_of
from tenantry.web.picking import is_searching
from tenantry.web.requests import MemberRequest
from tenantry.web.workspace.choosing import folder_picker
from tenantry.web.workspace.drive_forms import ItemForm

if TYPE_CHECKING:
    from tenantry.crm.models import File, Folder

_GLYPHS = (
    ("image/", "photo"),
    ("application/pdf", "file-description"),
    ("text/csv", "file-spreadsheet"),
    ("text/tab", "file-spreadsheet"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml", "file-spreadsheet"),
    ("application/vnd.oasis.opendocument.spreadsheet", "file-spreadsheet"),
    ("application/zip", "archive"),
    ("application/gzip", "archive"),
)
_KINDS: Mapping[str, Any] = {
    "image/png": gettext_lazy("PNG picture"),
    "image/jpeg": gettext_lazy("JPEG picture"),
    "image/gif": gettext_lazy("GIF picture"),
    "image/webp": gettext_lazy("WebP picture"),
    "application/pdf": gettext_lazy("PDF document"),
    "text/csv": gettext_lazy("Table"),
    "text/tab-separated-values": gettext_lazy("Table"),
    "text/plain": gettext_lazy("Text"),
    "application/zip": gettext_lazy("Archive"),
    "application/gzip": gettext_lazy("Archive"),
    "video/mp4": gettext_lazy("Video"),
    "audio/mpeg": gettext_lazy("Sound"),
}
_OFFICE = (
    ("wordprocessingml", gettext_lazy("Text document")),
    ("opendocument.text", gettext_lazy("Text document")),
    ("spreadsheet", gettext_lazy("Spreadsheet")),
    ("presentation", gettext_lazy("Presentation")),
)


def glyph_of(content_type: str) -> str:
    return next((glyph for start, glyph in _GLYPHS if content_type.startswith(start)), "file-text")


def kind_of(content_type: str) -> str:
    """What the bytes are, in words."""
    if content_type in _KINDS:
        return str(_KINDS[content_type])
    return str(next((words for part, words in _OFFICE if part in content_type), _("File")))


@dataclass(frozen=True, slots=True)
class Item:
    """One line: a file or a folder. `edits`, `deletes`: what the reader may do to it."""

    id: UUID
    name: str
    url: str
    glyph: str
    owner: str
    changed_at: datetime
    size: str = ""
    kind: str = ""
    picture: str = ""
    edits: bool = False
    deletes: bool = False
    archived: bool = False


def items_of_files(actor: Actor, rows: Sequence["File"], owners: Mapping[UUID, str]) -> list[Item]:
    """No query. What a line offers to do is asked again, for that file, by whatever does it."""
    edits, deletes = actor.may(EDIT), actor.may(DELETE)
    return [
        Item(
            id=row.id,
            name=row.name,
            url=reverse("file_detail", args=[row.id]),
            glyph=glyph_of(row.content_type),
            owner=owners.get(row.owner_id, "") if row.owner_id else "",
            changed_at=row.changed_at,
            size=in_words(row.size),
            kind=kind_of(row.content_type),
            picture=reverse("file_preview", args=[row.id, 1, 320]) if row.pages else "",
            edits=edits,
            deletes=deletes,
            archived=row.archived_at is not None,
        )
        for row in rows
    ]


def items_of_folders(actor: Actor, rows: Sequence["Folder"], owners: Mapping[UUID, str]) -> list[Item]:
    """See `items_of_files`."""
    edits, deletes = actor.may(EDIT), actor.may(DELETE)
    return [
        Item(
            id=row.id,
            name=row.name,
            url=reverse("folder_detail", args=[row.id]),
            glyph="folder",
            owner=owners.get(row.owner_id, "") if row.owner_id else "",
            changed_at=row.changed_at,
            edits=edits,
            deletes=deletes,
        )
        for row in rows
    ]


def item_form(
    request: MemberRequest, row: "File | Folder", place_id: UUID | None, *, without: UUID | None = None
) -> ItemForm:
    """Another name, another place. `place_id`: the folder where it lies, which may be out of the actor's sight."""
    sent = request.POST if request.method == "POST" else None
    place = folder_picker(request.actor, sent, present=place_id, without=without)
    initial = {"name": row.name, "version": row.version}
    if is_searching(sent):
        return ItemForm(None, initial={**initial, **request.POST.dict()}, actor=request.actor, place=place)
    return ItemForm(sent, initial=initial, actor=request.actor, place=place)


@dataclass(frozen=True, slots=True)
class Space:
    """How much room somebody's Drive has, in words. `room.limit` None: there is no bound."""

    room: Room
    used: str
    limit: str
    left: str


def space_of(owner_id: UUID | None) -> Space:
    room = room_of(owner_id)
    words = ("", "") if room.limit is None else (in_words(room.limit), in_words(room.left or 0))
    return Space(room, in_words(room.used), *words)


def upload_bounds() -> dict[str, Any]:
    """What the form of an upload says before anything is sent."""
    return {"most_bytes": settings.LARGEST_FILE, "most": in_words(settings.LARGEST_FILE)}
