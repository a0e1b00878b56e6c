"""Views of lists under a name: of the directory (`people`), and of every list of records by the key of its type."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Router
from pydantic import Field

from tenantry.api.conditions import require_version, tag
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.views.schemas import EditView, NewView, ViewOut, Views
from tenantry.core.decisions import require_any
from tenantry.core.transactions import reading
from tenantry.people.errors import TooManyViews, ViewNameTaken
from tenantry.usecases.saving_views import change_view, delete_view, own_view, save_view, saved_views, seen_with

router = Router(tags=["Saved views"])
OF_ITS_LIST = "asks the permission of the list that the views are of"
Place = Annotated[
    str, Path(description="`people`, or the key of a type of record: `lead`, `deal`."), Field(max_length=40)
]


def _out(view: Any) -> ViewOut:
    return ViewOut(
        id=view.id,
        name=view.name,
        query=view.query,
        is_shared=view.is_shared,
        owner=Named(id=view.owner_id, name=view.owner.name),
        version=view.version,
    )


def _found(request: ApiRequest, place: str, view_id: UUID) -> Answer:
    """:raises NotFound: unknown, of another list, or somebody's private one."""
    require_any(request.actor, seen_with(place))
    view = own_view(request.actor, view_id, place)
    return Answer(_out(view), tag(view.version))


@operation(router, "GET", "/views/{place}", open_to=OF_ITS_LIST, answer=Views)
def view_list(request: ApiRequest, place: Place) -> Views:
    """Those that the caller may use: their own, and the shared ones of others; by name."""
    require_any(request.actor, seen_with(place))
    return Views(items=[_out(view) for view in saved_views(request.actor, place) if view.name])


@operation(
    router,
    "POST",
    "/views/{place}",
    open_to=OF_ITS_LIST,
    answer=ViewOut,
    status=201,
    refuses=(ViewNameTaken, TooManyViews),
)
def view_create(request: ApiRequest, place: Place, body: NewView) -> Answer:
    """Keeps a filter, an order and columns under a name. Keys have no views of their own."""
    saved = carry_out(request, save_view, place=place, name=body.name, query=body.query, is_shared=body.is_shared)
    with reading():
        return _found(request, place, saved.id)


@operation(router, "PATCH", "/views/{place}/{view_id}", open_to=OF_ITS_LIST, answer=ViewOut, refuses=(ViewNameTaken,))
def view_edit(request: ApiRequest, place: Place, view_id: Id, body: EditView) -> Answer:
    """Renames and shares one's own, or with the permission to share what somebody shared, and what it shows."""
    with reading():
        require_any(request.actor, seen_with(place))
        present = own_view(request.actor, view_id, place)
    if request.headers.get("If-Match"):
        require_version(request, present.version)
    carry_out(
        request,
        change_view,
        place=place,
        view_id=view_id,
        name=present.name if body.name is None else body.name,
        is_shared=present.is_shared if body.is_shared is None else body.is_shared,
        query=body.query,
    )
    with reading():
        return _found(request, place, view_id)


@operation(router, "DELETE", "/views/{place}/{view_id}", open_to=OF_ITS_LIST)
def view_delete(request: ApiRequest, place: Place, view_id: Id) -> None:
    """Nobody loses a record by it."""
    carry_out(request, delete_view, view_id=view_id, place=place)
