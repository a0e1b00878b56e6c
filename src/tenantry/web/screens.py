"""How a view is declared: who may open it, and in which transaction it runs.

A GET runs view and rendering in one read-only transaction. A POST runs without one: the view calls one action through
`perform`, which commits, and then redirects or renders with `page`, in a second, read-only transaction.

A view that `crosses` reads over organizations before it renders: it opens its transactions itself, one after the
other, because the scope can't change inside of one.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse

from tenantry.core.decisions import require_any
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.web.facts import shell_facts
from tenantry.web.offers import tidied
from tenantry.web.refusals import safe_back
from tenantry.web.switching import own_organizations
from tenantry.web.templatetags.forms import ORGANIZATION_FIELD

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Screen:
    """What the sweeping tests read: `permissions` any one of which opens the view, or `public`, the reason why none."""

    permissions: tuple[str, ...]
    public: str
    signed_in: bool
    methods: tuple[str, ...]


SCREENS: dict[str, Screen] = {}


def screen(*permissions: str, methods: tuple[str, ...] = ("GET",), crosses: bool = False) -> Callable[[View], View]:
    """A page of a member. Without permissions it is open to every member; otherwise to whoever has any of them."""

    def declare(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in _allowed(methods):
                return HttpResponseNotAllowed(_allowed(methods))
            if request.actor is None:
                return sign_in_first(request)
            # Before anything is refused: the page that says so has the bar around it, too.
            request.shell_facts = functools.partial(shell_facts, request)
            if permissions:
                require_any(request.actor, *permissions)
            if switched := _of_another_organization(request):
                return switched
            if address := _tidy_address(request):
                return SeeOther(address)
            return view(request, *args, **kwargs) if crosses else _run(request, view, *args, **kwargs)

        _declare(guarded, Screen(permissions, "", True, methods))
        return cast("View", guarded)

    return declare


def public_screen(why: str, *, methods: tuple[str, ...] = ("GET",), crosses: bool = False) -> Callable[[View], View]:
    """A page for everybody; `why` is read by the reviewer of the list of public routes."""

    def declare(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in _allowed(methods):
                return HttpResponseNotAllowed(_allowed(methods))
            if request.actor is not None:
                request.shell_facts = functools.partial(shell_facts, request)
            if request.actor is not None and not crosses:
                return _run(request, view, *args, **kwargs)
            return view(request, *args, **kwargs)

        _declare(guarded, Screen((), why, False, methods))
        return cast("View", guarded)

    return declare


def _declare(guarded: Any, declaration: Screen) -> None:
    guarded.screen = declaration
    SCREENS[f"{guarded.__module__}.{guarded.__name__}"] = declaration


def _allowed(methods: tuple[str, ...]) -> tuple[str, ...]:
    return (*methods, "HEAD") if "GET" in methods else methods


def _run(request: HttpRequest, view: Callable[..., HttpResponseBase], *args: Any, **kwargs: Any) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        return view(request, *args, **kwargs)
    with reading():
        response = view(request, *args, **kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        return response


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Renders in a read-only transaction: joins the one of a GET, opens its own after an action."""
    if scope.current() is None:
        return render(request, template, context, status=status)
    with reading():
        return render(request, template, context, status=status)


class SeeOther(HttpResponseRedirectBase):
    """303: after a POST the browser gets the page (RFC 9110, 15.4.4)."""

    status_code = 303


def go(request: HttpRequest, url: str) -> HttpResponse:
    """To another page of ours, for browsers and for htmx alike."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return SeeOther(url)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; to the start page when the person is signed in but inside no organization."""
    if request.user.is_authenticated:
        return go(request, "/")
    current = page_behind(request) if request.headers.get("HX-Request") == "true" else ""
    target = current or request.get_full_path()
    if request.method not in ("GET", "HEAD") and not current:
        target = "/"
    return go(request, f"/accounts/login?{urlencode({'next': target})}")


def page_behind(request: HttpRequest) -> str:
    """Path and query of the page from which htmx asks; "" when it does not say, or says nonsense."""
    try:
        given = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return ""
    return f"{given.path}?{given.query}" if given.query else given.path


def _tidy_address(request: HttpRequest) -> str:
    """Where a list's form without a script should have led; see `web.offers.tidied`. "" where it has."""
    if request.method not in ("GET", "HEAD") or request.headers.get("HX-Request") == "true":
        return ""
    try:
        behind = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    here = behind.path == request.path and behind.netloc == request.get_host()
    left = tidied(request.GET, QueryDict(behind.query if here else "", mutable=False))
    if left is None:
        return ""
    return f"{request.path}?{left.urlencode()}" if left else request.path


def _of_another_organization(request: Any) -> HttpResponse | None:
    """Every form carries its organization: after a switch in another tab it is refused, nothing changed."""
    if request.method in ("GET", "HEAD"):
        return None
    given = request.POST.get(ORGANIZATION_FIELD, "")
    if given == str(request.organization.id):
        return None
    mine = own_organizations(request.user.pk, request.organization.id)
    context = {
        "form_organization": next((one for one in mine if str(one.id) == given), None),
        "switch_url": "/switch",
        "next": page_behind(request) or urlsplit(safe_back(request)).path or "/",
    }
    response = page(request, "errors/switched.html", context, status=409)
    if request.headers.get("HX-Request") == "true":
        response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML"
    return response
