"""What surrounds every request: its id and headers, refusals as answers, and the gate of members."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from tenantry.core import clock
from tenantry.core.errors import NoLongerIn, Refusal
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.tracing import REQUEST_ID
from tenantry.people.particulars import known_locale
from tenantry.security.browsing import note_end, present_entry
from tenantry.security.gate import Inside, enter, keep_seen
from tenantry.web.refusals import answer
from tenantry.web.requests import leave_organization

logger = logging.getLogger("tenantry.requests")
PROBES = frozenset({"healthz", "readyz", "metrics", "notifications/unread.json"})

Respond = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# They ask who is there without a member's session.
WITHOUT_GATE = ("/static/", "/healthz", "/readyz", "/metrics", "/console", "/api/", "/hooks/")

CHOOSING = "/me/password"
# Asked by pages on their own: a session that nobody uses grows idle all the same, and the log keeps to what people do.
UNREAD = "/notifications/unread.json"
# What a person whose password has grown too old may still do.
WHILE_DUE = (CHOOSING, "/me/appearance", "/accounts/logout")


def _to(request: HttpRequest, path: str) -> HttpResponse:
    """For browsers and for htmx alike."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": path})
    return HttpResponse(status=303, headers={"Location": path})


def client_address(request: HttpRequest) -> str:
    """The peer, or what the trusted proxies in front report; never a header that anybody can send."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return peer
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return forwarded[-settings.TRUSTED_PROXIES] if len(forwarded) >= settings.TRUSTED_PROXIES else peer


class RequestContext:
    """An id for the request, one log line without secrets, and the security headers."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = new_id().hex  # type: ignore[attr-defined]
        request.client_address = client_address(request)  # type: ignore[attr-defined]
        request.client_agent = request.headers.get("User-Agent", "")[:300]  # type: ignore[attr-defined]
        began = time.monotonic()
        traced = REQUEST_ID.set(request.request_id)  # type: ignore[attr-defined]
        try:
            return self._answered(request, began)
        finally:
            REQUEST_ID.reset(traced)

    def _answered(self, request: HttpRequest, began: float) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ["HX-Request"])
            self._log(request, response, began)
        return response

    def _log(self, request: HttpRequest, response: HttpResponseBase, began: float) -> None:
        # The route, not the path: paths hold one-time tokens and ids.
        route = request.resolver_match.route if request.resolver_match else "(no route)"
        # Probes come every few seconds and say nothing while they are answered well.
        quiet = route in PROBES and response.status_code < HTTPStatus.BAD_REQUEST
        logger.log(
            logging.DEBUG if quiet else logging.INFO,
            "request",
            extra={
                "request_id": request.request_id,  # type: ignore[attr-defined]
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "milliseconds": round((time.monotonic() - began) * 1000, 1),
            },
        )


class Refusals:
    """Turns named refusals that a view did not handle into pages, dialogs or toasts."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return answer(request, exception) if isinstance(exception, Refusal) else None


class MemberGate:
    """Finds out who is inside which organization, arms it, and puts the Actor on the request."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = request.organization = request.membership = None  # type: ignore[attr-defined]
        if request.path.startswith(WITHOUT_GATE):
            return self.get_response(request)
        now = clock.now()
        inside = self._enter(request, now)
        if inside is None:
            return self.get_response(request)
        request.actor = inside.actor  # type: ignore[attr-defined]
        request.organization = inside.organization  # type: ignore[attr-defined]
        request.membership = inside.membership  # type: ignore[attr-defined]
        request.entry = inside.entry  # type: ignore[attr-defined]
        request.password_due = inside.password_due  # type: ignore[attr-defined]
        if request.path != UNREAD:
            keep_seen(inside, now)
        if inside.password_due and request.path not in WHILE_DUE:
            return _to(request, CHOOSING)
        self._speak(request, inside)
        with scope.tenant(inside.organization.id):
            return self.get_response(request)

    def _speak(self, request: HttpRequest, inside: Inside) -> None:
        """In the member's own language and formats; what the browser asks for was set before."""
        code = known_locale(inside.membership.locale)
        if code:
            translation.activate(code)
            request.LANGUAGE_CODE = code

    def _enter(self, request: HttpRequest, now: datetime) -> Inside | None:
        # Asked before the scope is armed: session and user are global rows, out of a tenant's reach.
        if not request.user.is_authenticated:
            return None
        present = present_entry(request.session)
        if present is None:
            return None
        organization_id, entry_id = present
        try:
            return enter(
                organization_id=organization_id,
                entry_id=entry_id,
                user_id=UUID(str(request.user.pk)),
                address=request.client_address,  # type: ignore[attr-defined]
                agent=request.client_agent,  # type: ignore[attr-defined]
                request_id=request.request_id,  # type: ignore[attr-defined]
                now=now,
            )
        except NoLongerIn:
            leave_organization(request)
            note_end(request.session)
            return None
