"""How a view of the console is declared. Nothing of a member's session counts here, and every view needs an operator.

A GET runs view and rendering in one read-only transaction over the whole installation. A POST, and a GET that is
itself written down, runs without one and calls one action in the installation's own scope.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from tenantry.acting.actions import Action, Result, perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.security.operators import LONGEST, InConsole, enter_console, note_operator_seen

P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]
COOKIE = "tenantry_console"
PATH = "/console"
REASON = "console"


class ConsoleRequest(HttpRequest):
    """A request of an operator."""

    operator: InConsole
    client_address: str
    client_agent: str
    request_id: str


@dataclass(frozen=True, slots=True)
class OperatorScreen:
    """What the sweeping tests read. `public`: the reason why no operator is asked for."""

    methods: tuple[str, ...]
    public: str = ""


OPERATOR_SCREENS: dict[str, OperatorScreen] = {}


class SeeOther(HttpResponseRedirectBase):
    status_code = 303


def operator_screen(*, methods: tuple[str, ...] = ("GET",), acts: bool = False) -> Callable[[View[P]], View[P]]:
    """A page of operators. `acts`: its GET calls an action (reading a mail is written down)."""

    def declare(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            refused = _enter(request, methods)
            if refused is not None:
                return refused
            try:
                if acts or request.method not in ("GET", "HEAD"):
                    return view(request, *args, **kwargs)
                with scope.platform(REASON), reading():
                    return view(request, *args, **kwargs)
            except NoLongerIn:
                return sign_in_first(request)

        _declare(guarded, OperatorScreen(methods))
        return cast("View[P]", guarded)

    return declare


def open_screen(why: str, *, methods: tuple[str, ...]) -> Callable[[View[P]], View[P]]:
    """The sign-in page alone."""

    def declare(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request.user = AnonymousUser()
            allowed = _allowed(methods)
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            return view(request, *args, **kwargs)

        _declare(guarded, OperatorScreen(methods, why))
        return cast("View[P]", guarded)

    return declare


def _declare(guarded: Any, declaration: OperatorScreen) -> None:
    guarded.operator_screen = declaration
    OPERATOR_SCREENS[f"{guarded.__module__}.{guarded.__name__}"] = declaration


def _allowed(methods: tuple[str, ...]) -> tuple[str, ...]:
    return (*methods, "HEAD") if "GET" in methods else methods


def _enter(request: Any, methods: tuple[str, ...]) -> HttpResponseBase | None:
    """Puts the operator on the request, or answers why not."""
    # A member's cookie comes along on this host; it is not even read.
    request.user = AnonymousUser()
    inside = present(request)
    if inside is None:
        return sign_in_first(request)
    if request.method not in _allowed(methods):
        return HttpResponseNotAllowed(_allowed(methods))
    request.operator = inside
    return None


def present(request: Any) -> InConsole | None:
    """The operator of this browser; "last seen" is kept to the minute."""
    token, now = request.COOKIES.get(COOKIE, ""), clock.now()
    if not token:
        return None
    with scope.installation(REASON):
        with reading():
            inside = enter_console(
                token,
                address=request.client_address,
                agent=request.client_agent,
                request_id=request.request_id,
                now=now,
            )
        if inside is not None and inside.seen_is_old:
            with writing():
                note_operator_seen(inside.session_id, now)
    return inside


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the console's sign-in page, and back to what was asked for."""
    target = request.get_full_path() if request.method in ("GET", "HEAD") else PATH
    where = f"{PATH}/login" + ("" if target == PATH else f"?{urlencode({'next': target})}")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return SeeOther(where)


def safe_next(request: HttpRequest, target: str) -> str:
    """`target` when it is an address of the console, else its start."""
    inside = target == PATH or target.startswith((f"{PATH}/", f"{PATH}?"))
    if inside and url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return PATH


def guest(request: Any) -> Actor:
    return Actor.guest(None, address=request.client_address, agent=request.client_agent)


def act(request: Any, action: Action[Result], **params: Any) -> Result:
    """One action of this operator, written down in the installation's chain."""
    with scope.installation(REASON):
        return perform(action, actor=request.operator.actor, **params)


def act_in(request: Any, organization_id: UUID, action: Action[Result], **params: Any) -> Result:
    """One action of this operator inside an organization, written down in that organization's chain."""
    with scope.platform(REASON, organization_id):
        return perform(action, actor=request.operator.actor, **params)


@contextmanager
def inside(organization_id: UUID) -> Iterator[None]:
    """Within one organization and outside of a transaction: for what acts several times, and asks a gateway between."""
    with scope.platform(REASON, organization_id):
        yield


@contextmanager
def looking_into(organization_id: UUID) -> Iterator[None]:
    """Reads one organization as its own members would; for views that are declared with `acts`.

    :raises Http404: there is none.
    """
    with scope.platform(REASON, organization_id), reading():
        try:
            yield
        except NotFound:
            raise Http404 from None


def show(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Renders a page of the console; `operator` is the one who looks."""
    full = {"operator": getattr(request, "operator", None), **context}
    return render(request, template, full, status=status)


def keep_cookie(response: HttpResponse, token: str) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path=PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


def drop_cookie(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE, path=PATH, samesite="Strict")
    return response
