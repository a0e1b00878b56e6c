"""Views of lists of records under a name, and one's own columns there: the same as in the directory."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound
from tenantry.web.momentum.listing import Listing, kept, listing_of
from tenantry.web.requests import MemberRequest
from tenantry.web.saved_views import Shelf, all_views, keep_columns, new_view, one_view
from tenantry.web.screens import screen


def shelf_of(listing: Listing) -> Shelf:
    key = listing.record_type.key
    return Shelf(
        place=key,
        title=listing.record_type.plural,
        unfiltered=gettext_lazy("Everything"),
        list_name=listing.name,
        names=("record_view", "record_views", "record_view_create", "record_columns"),
        kept=partial(kept, listing),
        columns=tuple(column.key for column in listing.columns),
        args=(key,),
    )


def _shelf(request: MemberRequest, type_key: str) -> Shelf:
    """:raises NotFound: no list of that type has views. :raises PermissionMissing: none of its records is theirs."""
    listing = listing_of(type_key)
    if listing is None:
        raise NotFound
    require_any(request.actor, listing.record_type.permissions["view"])
    return shelf_of(listing)


@screen()
def record_views(request: MemberRequest, type_key: str) -> HttpResponse:
    return all_views(request, _shelf(request, type_key))


@screen(methods=("GET", "POST"))
def record_view_create(request: MemberRequest, type_key: str) -> HttpResponse:
    return new_view(request, _shelf(request, type_key))


@screen(methods=("GET", "POST"))
def record_view(request: MemberRequest, type_key: str, saved_id: UUID) -> HttpResponse:
    """Rename, share, show what the list shows now, delete."""
    return one_view(request, _shelf(request, type_key), saved_id)


@screen(methods=("POST",))
def record_columns(request: MemberRequest, type_key: str) -> HttpResponse:
    """Shows these columns and keeps them as one's own; `do=usual` forgets them."""
    return keep_columns(request, _shelf(request, type_key))
