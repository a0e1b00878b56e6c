"""Views of lists under a name: a filter with its order and columns, private or everybody's to use. The directory has
them, and every list of records.

Somebody's view holds no rows: whoever opens it sees what they may see. A view leaves with its owner's removal and stays
through their deactivation. The view without a name is somebody's own choice of columns.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.bounds import LABEL
from tenantry.core.decisions import decide, require, require_any
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing
from tenantry.core.ids import NIL
from tenantry.core.records import NOWHERE
from tenantry.core.text import InvalidText, TextBound
from tenantry.crm.selectors import type_of
from tenantry.people.errors import TooManyViews, ViewNameTaken
from tenantry.people.locks import lock_members
from tenantry.people.models import SavedView
from tenantry.people.permissions import EDIT, VIEW

# The place of the directory's views; those of records have the key of their type.
PEOPLE = "people"
OF_ITS_LIST = "asks the permission of the list that the view is of"
# Of one list.
MOST = 50
QUERY = TextBound(4000, required=False)


@dataclass(frozen=True, slots=True)
class ViewSaved:
    id: UUID
    name: str
    query: str


def seen_with(place: str) -> str:
    """The permission that opens a list.

    :raises NotFound: there is no such list.
    """
    return VIEW if place == PEOPLE else type_of(place).permissions["view"]


def may_share(actor: Actor, place: str) -> bool:
    """Whoever shapes a list for others: in the directory who edits its names, of records who edits everybody's."""
    if place == PEOPLE:
        return actor.may(EDIT)
    return decide(actor, type_of(place).permissions["edit"], NOWHERE).allowed


def saved_views(actor: Actor, place: str = PEOPLE) -> QuerySet[SavedView]:
    """The actor's own, the one without a name among them, and the shared ones of others; by name."""
    rows = SavedView.objects.filter(Q(owner_id=actor.own_id) | Q(is_shared=True), place=place)
    return rows.select_related("owner").defer("owner__picture").order_by("sort_name", "id")


def own_view(actor: Actor, view_id: UUID, place: str = PEOPLE) -> SavedView:
    """A named view that the actor may change: their own, or a shared one with the permission to share.

    :raises NotFound: unknown, of another list, or somebody's private one.
    :raises PermissionMissing: shared by somebody else.
    """
    view = saved_views(actor, place).filter(id=view_id).exclude(name="").first()
    if view is None:
        raise NotFound
    if view.owner_id != actor.own_id:
        _ask_sharing(actor, place)
    return view


def _owner(actor: Actor) -> UUID:
    """Holds the acting membership, so that two savings of one name come one after the other.

    :raises NotFound: keys and operators have no views.
    """
    if not lock_members([actor.own_id]):
        raise NotFound
    return actor.own_id


def _name(owner_id: UUID, place: str, text: str, view_id: UUID | None = None) -> str:
    """:raises InvalidInput: not a name. :raises ViewNameTaken: one's own views have different names."""
    try:
        name = LABEL.clean(text)
    except InvalidText as fault:
        raise InvalidInput({"name": str(fault)}) from None
    taken = SavedView.objects.filter(owner_id=owner_id, place=place, sort_name=name.lower())
    if taken.exclude(id=view_id or NIL).exists():
        raise ViewNameTaken(name=name)
    return name


def _query(text: str) -> str:
    """:raises InvalidInput: longer than an address is."""
    try:
        return QUERY.clean(text)
    except InvalidText as fault:
        raise InvalidInput({"query": str(fault)}) from None


def _ask_sharing(actor: Actor, place: str) -> None:
    """:raises PermissionMissing: see `may_share`."""
    if place != PEOPLE:
        require(actor, type_of(place).permissions["edit"])
    elif not actor.may(EDIT):
        raise PermissionMissing(EDIT)


def _entry(code: str, view: SavedView) -> Entry:
    return Entry(code, "view", view.id, {"place": view.place}, {"name": view.name})


@action(open_to=OF_ITS_LIST)
def save_view(
    *, actor: Actor, now: datetime, name: str, query: str, is_shared: bool = False, place: str = PEOPLE
) -> Outcome[ViewSaved]:
    """`query`: as the address writes filter, order and columns; `place`: see `SavedView`.

    :raises ViewNameTaken, TooManyViews, InvalidInput, NotFound: see there.
    :raises PermissionMissing: the list, or sharing it.
    """
    require_any(actor, seen_with(place))
    if is_shared:
        _ask_sharing(actor, place)
    owner_id = _owner(actor)
    if SavedView.objects.filter(owner_id=owner_id, place=place).exclude(name="").count() >= MOST:
        raise TooManyViews(most=MOST)
    name = _name(owner_id, place, name)
    view = SavedView(
        owner_id=owner_id,
        place=place,
        name=name,
        sort_name=name.lower(),
        is_shared=is_shared,
        query=_query(query),
        created_at=now,
    )
    SavedView.objects.bulk_create([view])
    entry = _entry("people.view_shared", view) if is_shared else None
    return Outcome(ViewSaved(view.id, view.name, view.query), entry)


@action(open_to=OF_ITS_LIST)
def change_view(
    *,
    actor: Actor,
    now: datetime,
    view_id: UUID,
    name: str,
    is_shared: bool,
    query: str | None = None,
    place: str = PEOPLE,
) -> Outcome[ViewSaved]:
    """`query`: None leaves what it shows.

    :raises NotFound, PermissionMissing, ViewNameTaken, InvalidInput: see there.
    """
    require_any(actor, seen_with(place))
    _owner(actor)
    view = own_view(actor, view_id, place)
    if is_shared:
        _ask_sharing(actor, place)
    was, renamed = view.is_shared, view.name != name
    view.name = _name(view.owner_id, place, name, view.id)
    view.sort_name, view.is_shared = view.name.lower(), is_shared
    view.query = view.query if query is None else _query(query)
    view.version += 1
    view.save(update_fields=["name", "sort_name", "is_shared", "query", "version"])
    entry = None
    if was != is_shared:
        entry = _entry("people.view_shared", view) if is_shared else _entry("people.view_unshared", view)
    elif is_shared and renamed:
        entry = _entry("people.view_renamed", view)
    return Outcome(ViewSaved(view.id, view.name, view.query), entry)


@action(open_to=OF_ITS_LIST)
def delete_view(*, actor: Actor, now: datetime, view_id: UUID, place: str = PEOPLE) -> Outcome[Done]:
    """:raises NotFound, PermissionMissing: see `own_view`."""
    require_any(actor, seen_with(place))
    _owner(actor)
    view = own_view(actor, view_id, place)
    SavedView.objects.filter(id=view.id).delete()
    return Outcome(Done(view_id), _entry("people.view_deleted", view) if view.is_shared else None)


@action(open_to=OF_ITS_LIST)
def choose_columns(*, actor: Actor, now: datetime, query: str, place: str = PEOPLE) -> Outcome[Done]:
    """Somebody's own choice of columns, for addresses that name none; an empty one forgets it.

    :raises NotFound, PermissionMissing: no such list, or not theirs to see.
    """
    require_any(actor, seen_with(place))
    owner_id = _owner(actor)
    rows = SavedView.objects.filter(owner_id=owner_id, place=place, sort_name="")
    if not query:
        rows.delete()
    elif not rows.update(query=_query(query)):
        view = SavedView(owner_id=owner_id, place=place, name="", sort_name="", query=_query(query), created_at=now)
        SavedView.objects.bulk_create([view])
    return Outcome(Done(owner_id), None)
