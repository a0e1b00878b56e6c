"""One place that says how a refusal looks in a browser: code, kind and sentence come from the refusal."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tenantry.access.selectors import Grantor, grantors_of
from tenantry.core.errors import NoLongerIn, PermissionMissing, Refusal
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.web.context import is_fragment
from tenantry.web.toasts import toast

STATUS = {"forbidden": 403, "missing": 404, "conflict": 409, "invalid": 422, "limited": 429, "unavailable": 503}
TEMPLATES = {403: "errors/403.html", 404: "errors/404.html", 409: "errors/409.html", 429: "errors/429.html"}


@dataclass(frozen=True, slots=True)
class Way:
    label: str
    url: str


def status_of(refusal: Refusal) -> int:
    return STATUS[refusal.kind]


def ways_out(refusal: Refusal) -> list[Way]:
    """The refusal's remedies whose page exists."""
    ways = []
    for remedy in refusal.remedies:
        try:
            ways.append(Way(str(remedy.label), reverse(remedy.url_name, args=remedy.args)))
        except NoReverseMatch:
            continue
    return ways


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page for a person who went there, a toast for one who pressed a button on a page that stays."""
    if isinstance(refusal, NoLongerIn):
        return to_start(request)
    status = status_of(refusal)
    if is_fragment(request) and request.method != "GET":
        toast(request, str(refusal), bad=True)
        response = HttpResponse(_rendered(request, "components/toasts.html", {"oob": True}), status=status)
        response["HX-Reswap"] = "none"
        return response
    name = (
        "errors/permission.html"
        if isinstance(refusal, PermissionMissing)
        else TEMPLATES.get(status, "errors/refusal.html")
    )
    return HttpResponse(_rendered(request, name, _context(request, refusal)), status=status)


def _rendered(request: HttpRequest, name: str, context: dict[str, Any]) -> str:
    if scope.current() is None:
        return render_to_string(name, context, request)
    with reading():
        return render_to_string(name, context, request)


def _context(request: HttpRequest, refusal: Refusal) -> dict[str, Any]:
    context: dict[str, Any] = {
        "refusal": refusal,
        "sentence": str(refusal),
        "remedies": ways_out(refusal),
        "back_url": safe_back(request),
        **refusal.facts(),
    }
    if isinstance(refusal, PermissionMissing):
        context["permission"] = catalogue().get(refusal.params["permission"])
        context["grantors"] = _grantors(refusal)
    return context


def _grantors(refusal: PermissionMissing) -> list[Grantor]:
    if scope.current() is None:
        return []
    with reading():
        return grantors_of(refusal.params["permission"])


def safe_back(request: HttpRequest) -> str:
    """Where the person came from, when that is a page of ours."""
    referrer = request.headers.get("Referer", "")
    allowed = url_has_allowed_host_and_scheme(referrer, {request.get_host()}, require_https=request.is_secure())
    return referrer if allowed else ""


def to_start(request: HttpRequest) -> HttpResponse:
    """Access has ended: the start page says so."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": "/"})
    return HttpResponse(status=303, headers={"Location": "/"})
