"""Drive for programs: files go in and out as bodies; what every record has comes from `record_router`."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Router

from tenantry.api.errors import InvalidRequest, RangeRefused
from tenantry.api.files.schemas import (
    CreateFolder,
    EditFile,
    EditFolder,
    FileOut,
    FilePage,
    FileQuery,
    FolderDeletionOut,
    FolderOut,
    FolderPage,
    FolderQuery,
    SpaceOut,
    UploadedFile,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, Download, operation
from tenantry.api.records.rows import Deletion, Shape, record_router, version_asked
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.work.subjects import about
from tenantry.core import files
from tenantry.core.actor import Actor
from tenantry.core.decisions import find
from tenantry.core.errors import PlanChanged
from tenantry.core.files.errors import BytesMissing, StoreUnavailable
from tenantry.core.files.ranges import INERT, RangeNotSatisfiable, etag_of, part_asked
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.files import add_file, clean_name, edit_file, replace_file
from tenantry.crm.actions.folders import create_folder, delete_folder, edit_folder, plan_delete_folder
from tenantry.crm.drive import CREATE, DELETE, EDIT, VIEW, find_file, find_folder_seen, room_of
from tenantry.crm.drive_errors import (
    DriveFull,
    FileTooLarge,
    FolderElsewhere,
    FolderInItself,
    FolderTooDeep,
    LengthMissing,
    UploadCut,
)
from tenantry.crm.errors import RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.records import FILE, FOLDER
from tenantry.crm.selectors import hanging_on, ids_seen
from tenantry.crm.uploading import Stored, forget, received, taken_in
from tenantry.crm.work import Subject

BODY = ("application/octet-stream",)
COMING = (DriveFull, FileTooLarge, LengthMissing, UploadCut, StoreUnavailable, RecordArchived)


def _narrow_files(actor: Actor, rows: QuerySet[Any], query: FileQuery) -> QuerySet[Any]:
    if query.folder:
        rows = rows.filter(folder_id__in=_seen(actor, query.folder))
    return hanging_on(actor, rows, query.about) if query.about else rows


def _narrow_folders(actor: Actor, rows: QuerySet[Any], query: FolderQuery) -> QuerySet[Any]:
    return rows.filter(parent_id__in=_seen(actor, query.parent)) if query.parent else rows


def _seen(actor: Actor, folder_id: UUID) -> frozenset[UUID]:
    """The folder, unless it is out of sight: where one's own things lie there is not told by asking for it."""
    return ids_seen(actor, {FOLDER.key: [folder_id]})[FOLDER.key]


FILES = Shape(FILE, "/files", "file", FileOut, FilePage, FileQuery, _narrow_files, about)
FOLDERS = Shape(FOLDER, "/folders", "folder", FolderOut, FolderPage, FolderQuery, _narrow_folders)
router, folders = record_router(FILES, "Files"), record_router(FOLDERS, "Files")
drive = Router(tags=["Files"])
ONE = "/files/{record_id}"
FOLDER_PATH = "/folders/{record_id}"


# --- Files --------------------------------------------------------------------------------


@operation(
    router,
    "POST",
    "/files",
    CREATE,
    answer=FileOut,
    status=201,
    refuses=(*COMING, ReceiverCannotOpen),
    takes=BODY,
    most=settings.LARGEST_FILE,
)
def file_create(request: ApiRequest, query: Query[UploadedFile]) -> Answer:
    """Takes a file as the body. It counts for its owner's space."""
    subject = _subject(query)
    owner_id = query.owner_id or request.actor.membership_id
    with received(request, _length(request), query.name) as body, taken_in(body, query.name, owner_id) as stored:
        done = carry_out(
            request,
            add_file,
            said=_said(request, stored),
            name=query.name,
            stored=stored,
            folder_id=query.folder_id,
            subject=subject,
            owner_id=owner_id,
            anyway=query.anyway,
        )
    _tidy(stored, done.store_key)
    return FILES.made(request, done.id)


def _subject(query: UploadedFile) -> Subject | None:
    """:raises InvalidRequest: half of it was named."""
    if query.about_type and query.about_id:
        return Subject(query.about_type, query.about_id)
    if query.about_type or query.about_id:
        missing = "about_id" if query.about_type else "about_type"
        raise InvalidRequest([{"parameter": missing, "code": "required", "detail": _("Goes with the other one.")}])
    return None


def _length(request: ApiRequest) -> int:
    """:raises LengthMissing: it comes in chunks."""
    length = request.META.get("CONTENT_LENGTH")
    if not length and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise LengthMissing
    return int(length or 0)


def _said(request: ApiRequest, stored: Stored) -> bytes:
    return f"{request.META.get('QUERY_STRING', '')}\n{stored.sha256}".encode()


def _tidy(stored: Stored, store_key: str) -> None:
    """A repeated call is answered with the file that the first one made: these bytes are nobody's."""
    if store_key != stored.store_key:
        forget(scope.organization_id(), stored.store_key)


@operation(router, "PATCH", ONE, EDIT, answer=FileOut, refuses=(RecordArchived,))
def file_edit(request: ApiRequest, record_id: Id, body: EditFile) -> Answer:
    """Another name, another place."""
    sent, version = body.model_fields_set, version_asked(request, FILES, record_id)
    with reading():
        row = find(request.actor, FILE, record_id)
    carry_out(
        request,
        edit_file,
        file_id=record_id,
        name=clean_name(body.name) if "name" in sent else row.name,
        folder_id=body.folder_id if "folder_id" in sent else row.folder_id,
        version=version,
    )
    return _shown(request, FILES, record_id)


def _shown(request: ApiRequest, shape: Shape, record_id: UUID) -> Answer:
    with reading():
        return shape.found(request.actor, record_id)


@operation(
    router, "PUT", f"{ONE}/content", EDIT, answer=FileOut, refuses=COMING, takes=BODY, most=settings.LARGEST_FILE
)
def file_replace(request: ApiRequest, record_id: Id) -> Answer:
    """Other content under the same name, place and owner. The former content is deleted."""
    version = version_asked(request, FILES, record_id)
    with reading():
        row = find(request.actor, FILE, record_id, EDIT)
    with (
        received(request, _length(request), row.name) as body,
        taken_in(body, row.name, row.owner_id, replaced=row.size) as stored,
    ):
        carry_out(request, replace_file, file_id=record_id, stored=stored, version=version)
    return _shown(request, FILES, record_id)


@operation(
    router,
    "GET",
    f"{ONE}/content",
    VIEW,
    status=200,
    gives="application/octet-stream",
    refuses=(RangeRefused, BytesMissing, StoreUnavailable),
)
def file_content(request: ApiRequest, record_id: Id) -> Download:
    """The content, whole or, by `Range` and `If-Range`, a part of it."""
    with reading():
        row = find_file(request.actor, record_id)
    etag = etag_of(row.sha256)
    asked, unless = request.headers.get("Range", ""), request.headers.get("If-Range", "")
    try:
        part = part_asked(row.size, etag, asked=asked, unless=unless)
    except RangeNotSatisfiable as refused:
        raise RangeRefused(size=row.size) from refused
    empty = request.method == "HEAD" or part.length == 0
    pieces = iter(()) if empty else files.pieces(row.organization_id, row.store_key, part.first, part.last)
    return Download(row.name, pieces, {**part.headers(etag), **INERT}, part.status)


# --- Folders ------------------------------------------------------------------------------


@operation(folders, "POST", "/folders", CREATE, answer=FolderOut, status=201, refuses=(FolderTooDeep,))
def folder_create(request: ApiRequest, body: CreateFolder) -> Answer:
    """A folder of the caller's own."""
    done = carry_out(request, create_folder, name=body.name, parent_id=body.parent_id, workspace_id=body.workspace_id)
    return FOLDERS.made(request, done.id)


@operation(
    folders,
    "PATCH",
    FOLDER_PATH,
    EDIT,
    answer=FolderOut,
    refuses=(FolderInItself, FolderTooDeep, FolderElsewhere, RecordArchived),
)
def folder_edit(request: ApiRequest, record_id: Id, body: EditFolder) -> Answer:
    """Another name, another place; what lies in it comes along."""
    sent, version = body.model_fields_set, version_asked(request, FOLDERS, record_id)
    with reading():
        row = find_folder_seen(request.actor, record_id)
    carry_out(
        request,
        edit_folder,
        folder_id=record_id,
        name=body.name if "name" in sent else row.name,
        parent_id=body.parent_id if "parent_id" in sent else row.parent_id,
        version=version,
    )
    return _shown(request, FOLDERS, record_id)


@operation(folders, "GET", f"{FOLDER_PATH}/content/deletion/plan", DELETE, answer=FolderDeletionOut)
def folder_content_deletion_plan(request: ApiRequest, record_id: Id) -> FolderDeletionOut:
    """What deleting the folder with its content would do."""
    plan = plan_delete_folder(actor=request.actor, folder_id=record_id)
    return FolderDeletionOut(digest=plan.digest, folders=plan.folders, files=plan.files, size=plan.size, kept=plan.kept)


@operation(folders, "DELETE", f"{FOLDER_PATH}/content", DELETE, refuses=(PlanChanged,))
def folder_content_delete(request: ApiRequest, record_id: Id, query: Query[Deletion]) -> None:
    """The folder with its content, as far as that is the caller's to delete, for good. Deleting the folder alone lets
    its content go to the top. `digest`: of the plan that was shown."""
    carry_out(request, delete_folder, folder_id=record_id, digest=query.digest)


# --- Space --------------------------------------------------------------------------------


@operation(drive, "GET", "/drive/space", VIEW, answer=SpaceOut)
def drive_space(request: ApiRequest) -> SpaceOut:
    """How much room the caller's Drive has."""
    room = room_of(request.actor.membership_id)
    return SpaceOut(used=room.used, limit=room.limit, left=room.left, largest_file=settings.LARGEST_FILE)
