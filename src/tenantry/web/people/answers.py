"""What a browser gets after something was done to a person: a row in place, or the page it came from."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from tenantry.access.directory import find_listed
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy
from tenantry.web.context import is_fragment
from tenantry.web.people.rows import row_of
from tenantry.web.people.saved import SHELF, column_context
from tenantry.web.refusals import safe_back
from tenantry.web.requests import MemberRequest
from tenantry.web.saved_views import own_columns
from tenantry.web.screens import go, page, page_behind
from tenantry.web.toasts import toast

DEACTIVATION_BY = "people.deactivation_by"


def current_url(request: MemberRequest) -> str:
    """Path and query of the page that stays behind a dialog or a button of a list; "" when it is not one of ours."""
    if is_fragment(request):
        given = page_behind(request)
        return given if given.startswith("/admin") else ""
    back = urlsplit(safe_back(request))
    path = back.path if back.path.startswith("/admin") else ""
    return f"{path}?{back.query}" if path and back.query else path


def done(request: MemberRequest, membership_id: UUID, text: str, *, undo_url: str = "") -> HttpResponse:
    """Says what happened. The directory gets the row and the seats; every other page is shown anew."""
    toast(request, text, undo_url=undo_url)
    behind = current_url(request)
    path = behind.partition("?")[0]
    if path == reverse("person_list") and is_fragment(request):
        with reading():
            own = own_columns(request.actor, SHELF.place)
        context = column_context(request, QueryDict(behind.partition("?")[2]), own)
        return page(request, "people/row_answer.html", {"row": fresh_row(request, membership_id), **context})
    if path in _lists():
        return go(request, behind)
    return go(request, reverse("person_detail", args=[membership_id]))


def _lists() -> tuple[str, ...]:
    return tuple(reverse(name) for name in ("person_list", "invitation_list", "admin_home"))


def fresh_row(request: MemberRequest, membership_id: UUID) -> Any:
    """The person's row after an action; None when they are out of reach now."""
    now = clock.now()
    with reading():
        try:
            member = find_listed(request.actor, membership_id, now)
        except NotFound:
            return None
        return row_of(request.actor, member, now, deactivation_by=policy(DEACTIVATION_BY))
