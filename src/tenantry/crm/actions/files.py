"""Files: they come, get other bytes, another name, another place. Archiving, giving and deleting are every record's
(`crm.actions.records`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.acting.actions import Outcome, action, in_action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import InvalidInput
from tenantry.core.ids import NIL
from tenantry.core.jobs import Job
from tenantry.core.records import target_of
from tenantry.core.tenancy import scope
from tenantry.core.text import InvalidText
from tenantry.crm.bounds import NAME
from tenantry.crm.drive import CREATE, EDIT, Room, find_folder, quota
from tenantry.crm.models import DriveUsage, File, Folder
from tenantry.crm.records import FILE
from tenantry.crm.removing import on_removal
from tenantry.crm.steps import (
    change_record,
    entry_of,
    entry_of_many,
    locked_record,
    locked_records,
    new_record,
    refuse_archived,
)
from tenantry.crm.uploading import Stored, refuse_full
from tenantry.crm.work import Subject, subject_links

DISCARD = "crm.discard_bytes"


@dataclass(frozen=True, slots=True)
class Filed:
    """`store_key`: of the bytes that it has now."""

    id: UUID
    name: str
    store_key: str


def clean_name(name: str) -> str:
    """The last part of what may be a path of another machine.

    :raises InvalidInput: nothing is left, or it can't be shown safely.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    try:
        cleaned = NAME.clean(last)
    except InvalidText as refused:
        raise InvalidInput({"name": str(refused)}) from refused
    return cleaned if cleaned.strip(".") else NAME.clean("file")


def _room_locked(owner_id: UUID | None) -> Room:
    """Whoever adds to this Drive next waits until the action is over."""
    in_action()
    owner = owner_id or NIL
    if not DriveUsage.objects.filter(owner_id=owner).exists():
        DriveUsage.objects.bulk_create([DriveUsage(owner_id=owner)], ignore_conflicts=True)
    row = DriveUsage.objects.select_for_update(no_key=True).get(owner_id=owner)
    return Room(row.used, quota() if owner_id else None)


def discard_job() -> Job:
    organization_id = scope.organization_id()
    return Job(DISCARD, {"organization_id": str(organization_id)}, once=f"{DISCARD}:{organization_id}")


def _told(_rows: Sequence[Any], _now: datetime) -> tuple[Job, ...]:
    return (discard_job(),)


on_removal(File, _told)


@action(CREATE, targets=("owner_id",))
def add_file(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    stored: Stored,
    folder_id: UUID | None = None,
    subject: Subject | None = None,
    owner_id: UUID | None = None,
    anyway: bool = False,
) -> Outcome[Filed]:
    """A file of bytes that are in the store: at the top of a Drive, in a folder, or at a record. `owner_id`: whose it
    is and for whom it counts; None: one's own.

    :raises DriveFull: under the lock that every addition takes. :raises NotFound: folder or record out of reach.
    :raises RecordArchived, ReceiverCannotOpen, InvalidInput: see there.
    """
    name = clean_name(name)
    links: dict[str, Any] = subject_links(actor, subject)
    if folder_id is not None:
        folder = find_folder(actor, folder_id)
        links = {"workspace_id": folder.workspace_id, **links, "folder_id": folder.id}
    owner_id = owner_id or actor.membership_id
    refuse_full(_room_locked(owner_id), name, stored.size)
    row = new_record(File, actor, now, name=name, owner_id=owner_id, anyway=anyway, **stored.columns, **links)
    values = {"size": row.size, **({"subject": [subject.type, str(subject.id)]} if subject else {})}
    added = Event("FileAdded", {"file_id": row.id, "owner_id": row.owner_id, "size": row.size})
    return Outcome(Filed(row.id, row.name, row.store_key), entry_of("records.created", FILE, row, values), (added,))


@action(EDIT)
def replace_file(
    *, actor: Actor, now: datetime, file_id: UUID, stored: Stored, version: int | None = None
) -> Outcome[Filed]:
    """Other bytes under the same name, place and owner, for whose Drive they count. The former ones are deleted.

    :raises DriveFull, VersionChanged, RecordArchived: see there.
    """
    row = locked_record(actor, FILE, file_id, EDIT, version=version)
    refuse_full(_room_locked(row.owner_id), row.name, stored.size - row.size)
    before = {"size": row.size, "sha256": row.sha256}
    change_record(row, now, **stored.columns)
    values = {"before": before, "after": {"size": row.size, "sha256": row.sha256}}
    return Outcome(
        Filed(row.id, row.name, row.store_key),
        entry_of("records.edited", FILE, row, values),
        jobs=(discard_job(),),
    )


@action(EDIT)
def edit_file(
    *, actor: Actor, now: datetime, file_id: UUID, name: str, folder_id: UUID | None, version: int | None = None
) -> Outcome[Filed]:
    """Another name, another place. None: at the top of its owner's Drive.

    :raises VersionChanged, RecordArchived, NotFound, InvalidInput: see there.
    """
    row = locked_record(actor, FILE, file_id, EDIT, version=version)
    folder = None if folder_id is None or folder_id == row.folder_id else find_folder(actor, folder_id)
    place = _place(actor, row, folder) if folder_id != row.folder_id else {}
    changed = change_record(row, now, name=clean_name(name), **place)
    done = Filed(row.id, row.name, row.store_key)
    return Outcome(done, entry_of("records.edited", FILE, row, changed=changed) if changed else None)


def _place(actor: Actor, row: File, folder: Folder | None) -> dict[str, Any]:
    """What moving a file writes: it stands in its folder's workspace, unless it hangs on a record.

    :raises PermissionMissing: the actor may not add files there.
    """
    values: dict[str, Any] = {"folder_id": folder.id if folder else None}
    if folder is not None and row.subject is None and folder.workspace_id != row.workspace_id:
        values["workspace_id"] = folder.workspace_id
        there = target_of(FILE, File(**{**_columns(row), **values}))
        require(actor, CREATE, there)
    return values


def _columns(row: File) -> dict[str, Any]:
    return {"id": row.id, "organization_id": row.organization_id, "owner_id": row.owner_id}


@dataclass(frozen=True, slots=True)
class Moved:
    """Files that lie elsewhere now."""

    ids: tuple[UUID, ...]


@action(EDIT)
def move_files(*, actor: Actor, now: datetime, file_ids: tuple[UUID, ...], folder_id: UUID | None) -> Outcome[Moved]:
    """Several into one folder, or to the top of their owners' Drives: all of them or none.

    :raises NotFound, PermissionMissing, RecordArchived: see there.
    """
    rows = locked_records(actor, FILE, file_ids, EDIT)
    folder = find_folder(actor, folder_id) if folder_id else None
    moved = [row for row in rows if row.folder_id != folder_id]
    for row in moved:
        refuse_archived(row)
        change_record(row, now, **_place(actor, row, folder))
    values = {"folder_id": str(folder_id) if folder_id else None, "folder": folder.name if folder else ""}
    entry = entry_of_many("records.edited", FILE, moved, values) if moved else None
    return Outcome(Moved(_ids(moved)), entry)


def _ids(rows: Iterable[Any]) -> tuple[UUID, ...]:
    return tuple(row.id for row in rows)
