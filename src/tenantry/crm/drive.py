"""Drive as somebody looks at it: what lies where, how much there is, how much more may come."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from tenantry.access.places import BETWEEN
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, visible
from tenantry.core.errors import NotFound
from tenantry.core.ids import NIL
from tenantry.core.records import Target, connections
from tenantry.crm.models import DriveUsage, File, Folder
from tenantry.crm.records import FILE, FOLDER
from tenantry.crm.selectors import standing, with_owner, workspaces_for
from tenantry.organizations.selectors import entitlements

VIEW, CREATE = FILE.permissions["view"], FILE.permissions["create"]
EDIT, DELETE = FILE.permissions["edit"], FILE.permissions["delete"]
ENTITLEMENT = "drive_bytes"
MOST_DEPTH = 10
# To the folders above one, the nearest first.
_STEPS = tuple("parent__" * depth + "parent_id" for depth in range(MOST_DEPTH))


# --- How much -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of one person's Drive. `limit` None: as much as one likes. A gift of files may take it beyond its limit:
    nothing is lost then, only nothing can be added."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    def holds(self, more: int) -> bool:
        return self.limit is None or more == 0 or self.used + more <= self.limit


def quota() -> int | None:
    """Bytes that each person's Drive may hold: what plan or operator grant, else what the installation says."""
    granted = entitlements()
    return granted.get(ENTITLEMENT, settings.DRIVE_QUOTA)


def room_of(owner_id: UUID | None) -> Room:
    """Two queries. Files that nobody owns have no bound."""
    row = DriveUsage.objects.filter(owner_id=owner_id or NIL).first()
    return Room(row.used if row else 0, quota() if owner_id else None)


# --- Where --------------------------------------------------------------------------------


def own_folders(actor: Actor) -> QuerySet[Folder]:
    """Those at the top of one's Drive."""
    return _standing(actor, FOLDER).filter(owner_id=actor.own_id, parent=None)


def own_files(actor: Actor) -> QuerySet[File]:
    """Those at the top of one's Drive; what hangs on records is found there."""
    return _standing(actor, FILE).filter(owner_id=actor.own_id, folder=None)


def folders_in(actor: Actor, folder: Folder) -> QuerySet[Folder]:
    return _standing(actor, FOLDER).filter(parent_id=folder.id)


def files_in(actor: Actor, folder: Folder) -> QuerySet[File]:
    return _standing(actor, FILE).filter(folder_id=folder.id)


def _standing(actor: Actor, record_type: Any) -> QuerySet[Any]:
    return standing(record_type, visible(actor, VIEW, record_type))


def all_files(actor: Actor, *, archived: bool = False) -> QuerySet[File]:
    """Everything within reach, wherever it lies."""
    rows: QuerySet[File] = visible(actor, VIEW, FILE)
    return rows.filter(archived_at__isnull=not archived)


def largest_files(actor: Actor, most: int) -> list[File]:
    """What takes one's room, archived ones too; one's own, as far as one may see files."""
    rows: QuerySet[File] = visible(actor, VIEW, FILE)
    return list(rows.filter(owner_id=actor.own_id).order_by("-size", "id")[:most])


def path_of(actor: Actor, folder: Folder) -> list[Folder]:
    """The folders above, the uppermost first, as far as the actor sees them; two queries at any depth. The
    folder gets the name of its owner with them (`with_owner`)."""
    if folder.parent_id is None:
        return []
    here: Any = folder
    *ids, here.owner_shown = with_owner(Folder.objects.filter(pk=folder.pk)).values_list(*_STEPS, "owner_shown").get()
    above = [i for i in ids if i]
    seen: QuerySet[Folder] = visible(actor, VIEW, FOLDER)
    rows = {row.id: row for row in seen.filter(pk__in=above)}
    return [rows[i] for i in takewhile(rows.__contains__, above)][::-1]


def destinations(actor: Actor, *, without: UUID | None = None) -> QuerySet[Folder]:
    """Folders that things may be put into. `without` is left out with everything below it."""
    if not actor.membership_id:
        return Folder.objects.none()
    into = Q(workspace_id__in=workspaces_for(actor, CREATE).order_by().values("id"))
    if may_add(actor):
        into |= Q(workspace_id=None)
    found: QuerySet[Folder] = _standing(actor, FOLDER).filter(into)
    if without is None:
        return found
    below = Q(id=without)
    for step in _STEPS:
        below |= Q(**{step: without})
    return found.exclude(id__in=Folder.objects.filter(below).values("id"))


def paths_of(actor: Actor, ids: Collection[UUID]) -> dict[UUID, str]:
    """Each with those above it, as far as the actor sees them: "Contracts › 2026". Two queries at any depth."""
    seen: QuerySet[Folder] = visible(actor, VIEW, FOLDER)
    # Asked where nothing lies in anything, too: a page asks as often for one folder as for many.
    rows = list(seen.filter(id__in=[*ids, NIL]).values_list("id", "name", *_STEPS))
    upper = {one for _id, _name, *some in rows for one in some if one}
    names = dict(seen.filter(id__in=[*upper, NIL]).values_list("id", "name"))
    return {
        one: BETWEEN.join([name, *(names[above] for above in takewhile(names.__contains__, some))][::-1])
        for one, name, *some in rows
    }


def place_of(actor: Actor, workspace_id: UUID | None) -> Target:
    """Where something new of the actor's own would stand."""
    unit, linked = actor.grants.unit_id, connections()
    return Target(
        kind=FILE.key,
        owner=actor.own_id,
        owner_teams=actor.grants.teams,
        units=frozenset(linked.units_above(unit)) if unit else frozenset(),
        workspace=workspace_id,
    )


def may_add(actor: Actor, workspace_id: UUID | None = None) -> bool:
    """Whether the actor may put a file there."""
    return bool(actor.membership_id) and decide(actor, CREATE, place_of(actor, workspace_id)).allowed


def puts_into(actor: Actor, folder: Folder) -> bool:
    """Into folders of one's own, and into others where one may add files: whoever sees a folder shares it."""
    return folder.archived_at is None and may_add(actor, folder.workspace_id)


def find_file(actor: Actor, file_id: UUID) -> File:
    """:raises NotFound: unknown or out of reach."""
    found: File = find(actor, FILE, file_id)
    return found


def find_folder_seen(actor: Actor, folder_id: UUID) -> Folder:
    """To look at; archived ones too.

    :raises NotFound: unknown or out of reach.
    """
    found: Folder = find(actor, FOLDER, folder_id)
    return found


def find_folder(actor: Actor, folder_id: UUID) -> Folder:
    """To put something into.

    :raises NotFound: unknown, out of reach, or put away.
    """
    found = find_folder_seen(actor, folder_id)
    if found.archived_at is not None:
        raise NotFound
    return found
