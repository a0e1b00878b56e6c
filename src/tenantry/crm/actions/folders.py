"""Folders: making, renaming, moving, and deleting them with what lies in them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, QuerySet, Sum

from tenantry.acting.actions import Outcome, action, in_action
from tenantry.acting.plans import Plan, confirm
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, visible
from tenantry.core.errors import InvalidInput
from tenantry.core.text import InvalidText
from tenantry.crm.actions.files import discard_job
from tenantry.crm.bounds import NAME
from tenantry.crm.drive import CREATE, DELETE, EDIT, MOST_DEPTH, find_folder
from tenantry.crm.drive_errors import FolderElsewhere, FolderInItself, FolderTooDeep
from tenantry.crm.models import File, Folder
from tenantry.crm.records import FILE, FOLDER
from tenantry.crm.steps import change_record, entry_of, locked_record, locked_records, new_record


@dataclass(frozen=True, slots=True)
class Foldered:
    id: UUID
    name: str


def _named(name: str) -> str:
    try:
        return NAME.clean(name)
    except InvalidText as refused:
        raise InvalidInput({"name": str(refused)}) from refused


def _above(folder: Folder) -> list[Folder]:
    """The folder and those above it, locked on the way up: of two that are put into each other at once, one waits for
    the other, and one is tried again."""
    in_action()
    found = list[Folder]()
    next_id: UUID | None = folder.id
    while next_id is not None and len(found) <= MOST_DEPTH:
        row = Folder.objects.select_for_update(no_key=True).get(id=next_id)
        found.append(row)
        next_id = row.parent_id
    return found


def _levels_below(folder_id: UUID) -> list[list[UUID]]:
    """Ids of the folders that lie in it, level by level, whoever owns them."""
    found, level = list[list[UUID]](), [folder_id]
    while len(level) > 0 and len(found) <= MOST_DEPTH:
        level = list(Folder.objects.filter(parent_id__in=level).order_by("id").values_list("id", flat=True))
        if level:
            found.append(level)
    return found


@action(CREATE)
def create_folder(
    *, actor: Actor, now: datetime, name: str, parent_id: UUID | None = None, workspace_id: UUID | None = None
) -> Outcome[Foldered]:
    """One's own folder. In another one it stands in that one's workspace, else in the one that is named.

    :raises FolderTooDeep, NotFound, PermissionMissing, InvalidInput: see there.
    """
    name = _named(name)
    if parent_id is not None:
        parent = find_folder(actor, parent_id)
        if len(_above(parent)) >= MOST_DEPTH:
            raise FolderTooDeep(most=MOST_DEPTH)
        workspace_id = parent.workspace_id
    row = new_record(Folder, actor, now, name=name, parent_id=parent_id, workspace_id=workspace_id)
    return Outcome(Foldered(row.id, row.name), entry_of("records.created", FOLDER, row))


@action(EDIT)
def edit_folder(
    *, actor: Actor, now: datetime, folder_id: UUID, name: str, parent_id: UUID | None, version: int | None = None
) -> Outcome[Foldered]:
    """Another name, another place; what lies in it comes along.

    :raises FolderInItself, FolderTooDeep, FolderElsewhere: it can't lie there.
    :raises VersionChanged, RecordArchived, NotFound, InvalidInput: see there.
    """
    row = locked_record(actor, FOLDER, folder_id, EDIT, version=version)
    if parent_id is not None and parent_id != row.parent_id:
        _refuse_place(row, find_folder(actor, parent_id))
    changed = change_record(row, now, name=_named(name), parent_id=parent_id)
    entry = entry_of("records.edited", FOLDER, row, changed=changed) if changed else None
    return Outcome(Foldered(row.id, row.name), entry)


def _refuse_place(row: Folder, parent: Folder) -> None:
    above = _above(parent)
    if any(one.id == row.id for one in above):
        raise FolderInItself(name=row.name)
    if len(above) + 1 + len(_levels_below(row.id)) > MOST_DEPTH:
        raise FolderTooDeep(most=MOST_DEPTH)
    if parent.workspace_id != row.workspace_id:
        raise FolderElsewhere(name=row.name)


# --- Deleting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FolderDeletionPlan(Plan):
    """`folders`: with this one; `size`: bytes of `files`. `kept`: files and folders that are not the actor's to delete:
    they come to lie at the top of their owners' Drives."""

    folder_id: UUID
    name: str
    version: int
    folders: int
    files: int
    size: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Content:
    """Folders to delete, from above to below; files to delete; what to let go."""

    levels: tuple[tuple[UUID, ...], ...]
    files: QuerySet[File]
    loose_folders: QuerySet[Folder]
    loose_files: QuerySet[File]


def _content(actor: Actor, folder: Folder) -> _Content:
    """What would go with the folder: below a folder that stays, everything stays."""
    levels: list[tuple[UUID, ...]] = [(folder.id,)]
    own: QuerySet[Folder] = visible(actor, DELETE, FOLDER)
    while len(levels) <= MOST_DEPTH:
        level = tuple(sorted(own.filter(parent_id__in=levels[-1]).values_list("id", flat=True)))
        if not level:
            break
        levels.append(level)
    going = [folder_id for level in levels for folder_id in level]
    inside = File.objects.filter(folder_id__in=going)
    deletable: QuerySet[File] = visible(actor, DELETE, FILE)
    return _Content(
        tuple(levels),
        inside.filter(pk__in=deletable.values("pk")),
        Folder.objects.filter(parent_id__in=going).exclude(pk__in=going),
        inside.exclude(pk__in=deletable.values("pk")),
    )


def _plan(folder: Folder, content: _Content) -> FolderDeletionPlan:
    going = content.files.aggregate(n=Count("id"), size=Sum("size"))
    return FolderDeletionPlan(
        folder.id,
        folder.name,
        folder.version,
        sum(map(len, content.levels)),
        going["n"],
        going["size"] or 0,
        content.loose_folders.count() + content.loose_files.count(),
    )


def plan_delete_folder(*, actor: Actor, folder_id: UUID) -> FolderDeletionPlan:
    """What deleting it would do.

    :raises NotFound, PermissionMissing: see there.
    """
    folder = find(actor, FOLDER, folder_id, DELETE)
    return _plan(folder, _content(actor, folder))


@action(DELETE)
def delete_folder(
    *, actor: Actor, now: datetime, folder_id: UUID, digest: str | None = None
) -> Outcome[FolderDeletionPlan]:
    """With what lies in it, as far as that is the actor's to delete. The bytes go after the commit.

    :raises PlanChanged: `digest` is of an older plan. :raises NotFound, PermissionMissing: see there.
    """
    [folder] = locked_records(actor, FOLDER, [folder_id], DELETE)
    content = _content(actor, folder)
    # Whoever puts something into one of them waits from here on; what came before is seen by the plan.
    ids = [folder_id for level in content.levels for folder_id in level]
    list(Folder.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id"))
    plan = confirm(_plan(folder, content), digest)
    moved = {"changed_at": now, "version": F("version") + 1}
    content.loose_files.update(folder=None, **moved)
    content.loose_folders.update(parent=None, **moved)
    content.files.delete()
    for level in reversed(content.levels):
        Folder.objects.filter(id__in=level).delete()
    values = {"folders": plan.folders, "files": plan.files, "size": plan.size, "kept": plan.kept}
    return Outcome(plan, entry_of("records.deleted", FOLDER, folder, values), jobs=(discard_job(),))
