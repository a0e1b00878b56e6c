"""Saved views as a list offers them, whatever it is a list of: chips above it, a dialog that saves one, all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.core.transactions import reading
from tenantry.usecases.saving_views import (
    change_view,
    choose_columns,
    delete_view,
    may_share,
    own_view,
    save_view,
    saved_views,
)
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page
from tenantry.web.toasts import toast
from tenantry.web.view_forms import ViewForm

# More of them stand in a menu.
CHIPS = 8


@dataclass(frozen=True, slots=True)
class Shelf:
    """The views of one list. `place`: see `SavedView`; `list_name`: its view, `names`: those of one view, of all, of a
    new one and of the columns, with `args` each. `kept`: filter, order and columns of an address as views write them;
    `columns`: keys in the list's order. `unfiltered`: the chip without any filter; `always`: the key that stands for
    what shows in any case, and says that a choice was made."""

    place: str
    title: str | Promise
    unfiltered: str | Promise
    list_name: str
    names: tuple[str, str, str, str]
    kept: Callable[[QueryDict], str]
    columns: Sequence[str]
    args: tuple[str, ...] = ()
    always: str = "name"

    def list_url(self, query: str = "") -> str:
        return f"{reverse(self.list_name)}?{query}" if query else reverse(self.list_name)

    def view_url(self, view_id: UUID) -> str:
        return reverse(self.names[0], args=[*self.args, view_id])

    @property
    def all_url(self) -> str:
        return reverse(self.names[1], args=self.args)

    @property
    def new_url(self) -> str:
        return reverse(self.names[2], args=self.args)

    @property
    def columns_url(self) -> str:
        return reverse(self.names[3], args=self.args)


@dataclass(frozen=True, slots=True)
class Chip:
    """`by`: whose it is, empty for one's own. `changes`: whether the actor may rename, share and delete it."""

    id: UUID
    name: str
    query: str
    by: str
    is_shared: bool
    current: bool
    changes: bool


@dataclass(frozen=True, slots=True)
class Views:
    """`own`: the query of one's own choice of columns; `current`: the view that the address shows, `query`: what of the
    address a view keeps."""

    shelf: Shelf
    chips: tuple[Chip, ...]
    more: tuple[Chip, ...]
    current: Chip | None
    own: str
    query: str

    @property
    def save_url(self) -> str:
        """Where the present view is saved, or the saved one changed."""
        known = self.shelf.view_url(self.current.id) if self.current else self.shelf.new_url
        return f"{known}?{urlencode({'query': self.query})}"


def views_of(actor: Actor, shelf: Shelf, query: QueryDict) -> Views:
    """One query."""
    here, own, shares = shelf.kept(query), "", may_share(actor, shelf.place)
    found: list[Chip] = []
    for view in saved_views(actor, shelf.place):
        mine = view.owner_id == actor.own_id
        if not view.name:
            own = view.query if mine else own
            continue
        kept = shelf.kept(QueryDict(view.query))
        found.append(
            Chip(
                id=view.id,
                name=view.name,
                query=kept,
                by="" if mine else view.owner.name,
                is_shared=view.is_shared,
                current=bool(here) and kept == here,
                changes=mine or shares,
            )
        )
    current = next((chip for chip in found if chip.current), None)
    return Views(shelf, tuple(found[:CHIPS]), tuple(found[CHIPS:]), current, own, here)


def own_columns(actor: Actor, place: str) -> str:
    """The query of one's own choice of columns; "" without one."""
    view = saved_views(actor, place).filter(owner_id=actor.own_id, name="").first()
    return view.query if view else ""


# --- Pages --------------------------------------------------------------------------------


def _query(request: MemberRequest, shelf: Shelf) -> str:
    """Filter, order and columns that the dialog was opened over. Columns that nobody named are those one sees."""
    given = request.POST.get("query") if request.method == "POST" else request.GET.get("query")
    query = QueryDict(given or "", mutable=True)
    if "columns" not in query:
        with reading():
            own = QueryDict(own_columns(request.actor, shelf.place))
        query.setlist("columns", own.getlist("columns"))
    return shelf.kept(query)


def new_view(request: MemberRequest, shelf: Shelf) -> HttpResponse:
    """The dialog that saves what the list shows."""
    query = _query(request, shelf)
    form = ViewForm(request.POST or None, shares=may_share(request.actor, shelf.place))
    if request.method == "POST" and form.is_valid():
        try:
            saved = perform(save_view, actor=request.actor, place=shelf.place, query=query, **form.cleaned_data)
        except (NotFound, InvalidInput):
            raise
        except Refusal as refused:
            form.refuse(refused)
            return _dialog(request, shelf, form, query, status=status_of(refused))
        toast(request, _("The view “%(name)s” is saved.") % {"name": saved.name})
        return go(request, shelf.list_url(saved.query))
    return _dialog(request, shelf, form, query, status=422 if request.method == "POST" else 200)


def _dialog(request: MemberRequest, shelf: Shelf, form: ViewForm, query: str, *, status: int) -> HttpResponse:
    context = {"shelf": shelf, "form": form, "query": query, "back": shelf.list_url(query), "view": None}
    return page(request, "views/view.html", context, status=status)


def one_view(request: MemberRequest, shelf: Shelf, view_id: UUID) -> HttpResponse:
    """Rename, share, show what the list shows now, delete."""
    actor = request.actor
    with reading():
        view = own_view(actor, view_id, shelf.place)
    query = _query(request, shelf)
    if request.method == "POST" and request.POST.get("do") == "delete":
        perform(delete_view, actor=actor, view_id=view_id, place=shelf.place)
        toast(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
        return go(request, shelf.list_url(query))
    start = {"name": view.name, "is_shared": view.is_shared}
    form = ViewForm(request.POST or None, initial=start, shares=may_share(actor, shelf.place) or view.is_shared)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _changed(request, shelf, view_id, form, query)
            except (NotFound, InvalidInput):
                raise
            except Refusal as refused:
                form.refuse(refused)
                status = status_of(refused)
    context = {"shelf": shelf, "form": form, "query": query, "back": shelf.list_url(query), "view": view}
    context["differs"] = query != shelf.kept(QueryDict(view.query))
    return page(request, "views/view.html", context, status=status)


def _changed(request: MemberRequest, shelf: Shelf, view_id: UUID, form: ViewForm, query: str) -> HttpResponse:
    shows = query if request.POST.get("replace") else None
    saved = perform(
        change_view, actor=request.actor, view_id=view_id, place=shelf.place, query=shows, **form.cleaned_data
    )
    toast(request, _("The view “%(name)s” is saved.") % {"name": saved.name})
    return go(request, shelf.list_url(saved.query))


def keep_columns(request: MemberRequest, shelf: Shelf) -> HttpResponse:
    """Shows these columns and keeps them as one's own; `do=usual` forgets them."""
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query.pop("columns", None)
    own = QueryDict(mutable=True)
    if request.POST.get("do") != "usual":
        wanted = set(request.POST.getlist("columns"))
        keys = [shelf.always, *(key for key in shelf.columns if key in wanted and key != shelf.always)]
        own.setlist("columns", keys)
        query.setlist("columns", keys)
    perform(choose_columns, actor=request.actor, query=own.urlencode(), place=shelf.place)
    return go(request, shelf.list_url(shelf.kept(query)))


def all_views(request: MemberRequest, shelf: Shelf) -> HttpResponse:
    """Every view that one may use."""
    found = [(view, shelf.view_url(view.id)) for view in saved_views(request.actor, shelf.place) if view.name]
    context = {"shelf": shelf, "views": found, "shares": may_share(request.actor, shelf.place)}
    return page(request, "views/views.html", {**context, "back": shelf.list_url()})
