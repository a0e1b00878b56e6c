"""Who calls: an API key as a bearer token, or a member's session with its CSRF token."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from tenantry.api.errors import CsrfMissing, NotAuthenticated
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn
from tenantry.security.browsing import present_entry
from tenantry.security.errors import PasswordDue, PasswordGiven
from tenantry.security.gate import enter, keep_seen
from tenantry.security.keys import find_key

if TYPE_CHECKING:
    from tenantry.organizations.models import Organization

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def identify(request: Any, now: datetime) -> tuple[Actor, "Organization"]:
    """The actor and its organization. Whoever sends an Authorization header is judged by it alone: a bad key beside a
    good session is refused.

    :raises NotAuthenticated: nobody we know. :raises CsrfMissing: a session's write without its token.
    """
    given = request.headers.get("Authorization")
    return _by_session(request, now) if given is None else _by_key(request, given, now)


def _by_key(request: Any, given: str, now: datetime) -> tuple[Actor, "Organization"]:
    scheme, _space, secret = given.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated
    found = find_key(
        secret.strip(),
        address=request.client_address,
        agent=request.client_agent,
        request_id=request.request_id,
        now=now,
    )
    if found is None:
        raise NotAuthenticated
    return found


def _by_session(request: Any, now: datetime) -> tuple[Actor, "Organization"]:
    present = present_entry(request.session) if request.user.is_authenticated else None
    if present is None:
        raise NotAuthenticated
    organization_id, entry_id = present
    try:
        inside = enter(
            organization_id=organization_id,
            entry_id=entry_id,
            user_id=UUID(str(request.user.pk)),
            address=request.client_address,
            agent=request.client_agent,
            request_id=request.request_id,
            now=now,
        )
    except NoLongerIn:
        raise NotAuthenticated from None
    if inside.password_due:
        raise PasswordGiven if request.user.must_change_password else PasswordDue
    if request.method not in SAFE:
        _check_csrf(request)
    keep_seen(inside, now)
    return inside.actor, inside.organization


class _Check(CsrfViewMiddleware):
    """Django's check without Django's page: it answers with the reason."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _check_csrf(request: Any) -> None:
    """:raises CsrfMissing: no token, or not this browser's."""
    check = _Check(lambda _request: None)  # type: ignore[arg-type]
    # The middleware has passed over the view, which is exempt for the sake of keys.
    request.csrf_processing_done = False
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}) is not None:
        raise CsrfMissing


def _nothing() -> HttpResponse:
    """Stands for a view that is not exempt."""
    return HttpResponse()
