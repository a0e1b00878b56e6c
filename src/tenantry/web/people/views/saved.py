"""Views of the directory under a name, and one's own columns."""

from uuid import UUID

from django.http import HttpResponse

from tenantry.people.permissions import VIEW
from tenantry.web.people.saved import SHELF
from tenantry.web.requests import MemberRequest
from tenantry.web.saved_views import all_views, keep_columns, new_view, one_view
from tenantry.web.screens import screen


@screen(VIEW, methods=("GET", "POST"))
def person_view_create(request: MemberRequest) -> HttpResponse:
    return new_view(request, SHELF)


@screen(VIEW, methods=("GET", "POST"))
def person_view(request: MemberRequest, view_id: UUID) -> HttpResponse:
    """Rename, share, show what the directory shows now, delete."""
    return one_view(request, SHELF, view_id)


@screen(VIEW, methods=("POST",))
def person_columns(request: MemberRequest) -> HttpResponse:
    """Shows these columns and keeps them as one's own; `do=usual` forgets them."""
    return keep_columns(request, SHELF)


@screen(VIEW)
def person_views(request: MemberRequest) -> HttpResponse:
    return all_views(request, SHELF)
