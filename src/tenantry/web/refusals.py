"""One place that says how a refusal looks in a browser: code, kind and sentence come from the refusal."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from tenantry.access import ways_out as ways
from tenantry.access.selectors import Grantor, grantors_of
from tenantry.core.actor import Actor
from tenantry.core.decisions import Step
from tenantry.core.errors import InvalidInput, NoLongerIn, PermissionMissing, Refusal
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.web.context import is_fragment
from tenantry.web.navigation import address
from tenantry.web.toasts import toast

STATUS = {"forbidden": 403, "missing": 404, "conflict": 409, "invalid": 422, "limited": 429, "unavailable": 503}
# Parameter of an address -> the type of record it names.
_RECORDS = {
    "membership_id": "member",
    "team_id": "team",
    "unit_id": "unit",
    "workspace_id": "workspace",
    "workflow_id": "workflow",
}
TEMPLATES = {403: "errors/403.html", 404: "errors/404.html", 409: "errors/409.html", 429: "errors/429.html"}


@dataclass(frozen=True, slots=True)
class Way:
    """`url` "": not the reader's to go, and the label says whose."""

    label: str
    url: str


def status_of(refusal: Refusal) -> int:
    return STATUS[refusal.kind]


def ways_out(refusal: Refusal, actor: Actor | None) -> list[Way]:
    """The refusal's remedies whose page exists: those of the actor, then who can do the others."""
    mine, others = [], dict[tuple[str, ...], list[str]]()
    opened = scope.current()
    if actor is None or opened is None or opened.organization_id != actor.organization_id:
        # Whoever stands outside of the organization that refused has no way inside.
        found = ways.ways_out(refusal, None)
    else:
        with reading():
            found = ways.ways_out(refusal, actor)
    for one in found:
        url = address(one.remedy.url_name, one.remedy.args)
        if not url:
            continue
        if one.mine:
            mine.append(Way(str(one.remedy.label), f"{url}{one.remedy.query}"))
        elif one.people:
            others.setdefault(tuple(person.display_name for person in one.people), []).append(str(one.remedy.label))
    said = _("%(what)s: ask %(names)s.")
    return mine + [
        Way(said % {"what": ", ".join(what), "names": ", ".join(names)}, "") for names, what in others.items()
    ]


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page for a person who went there, a toast for one who pressed a button on a page that stays."""
    if isinstance(refusal, NoLongerIn):
        return to_start(request)
    status = status_of(refusal)
    if is_fragment(request) and request.method != "GET":
        first = next((way.url for way in ways_out(refusal, getattr(request, "actor", None)) if way.url), "")
        toast(request, _toasted(refusal), url=first, bad=True)
        response = HttpResponse(_rendered(request, "components/toasts.html", {"oob": True}), status=status)
        response["HX-Reswap"] = "none"
        return response
    name = (
        "errors/permission.html"
        if isinstance(refusal, PermissionMissing)
        else TEMPLATES.get(status, "errors/refusal.html")
    )
    return HttpResponse(_rendered(request, name, _context(request, refusal)), status=status)


def _said(refusal: Refusal) -> str:
    """What is wrong with the values, where no form shows it beside its field."""
    return (
        " ".join(str(text) for text in refusal.fields.values()) if isinstance(refusal, InvalidInput) else str(refusal)
    )


def _toasted(refusal: Refusal) -> str:
    if not refusal.handover:
        return _said(refusal)
    return _("%(sentence)s Code for your administrator: %(code)s") % {"sentence": refusal, "code": refusal.handover}


def _rendered(request: HttpRequest, name: str, context: dict[str, Any]) -> str:
    if scope.current() is None:
        return render_to_string(name, context, request)
    with reading():
        return render_to_string(name, context, request)


def _context(request: HttpRequest, refusal: Refusal) -> dict[str, Any]:
    context: dict[str, Any] = {
        "refusal": refusal,
        "sentence": _said(refusal),
        "remedies": ways_out(refusal, getattr(request, "actor", None)),
        "back_url": safe_back(request),
        **refusal.facts(),
        "handover": refusal.handover,
        "handover_url": handover_url(request, refusal),
    }
    if isinstance(refusal, PermissionMissing):
        context["permission"] = catalogue().get(refusal.params["permission"])
        context["grantors"] = _grantors(refusal)
    return context


def handover_url(request: HttpRequest, refusal: Refusal) -> str:
    """Where the explanation opens for whoever may see it: with the record that the refused address names, when the
    refusal was about one. "" for guests, keys, and refusals that no permission decides."""
    actor = getattr(request, "actor", None)
    code = refusal.params.get("permission")
    if actor is None or actor.membership_id is None or not refusal.handover or code not in catalogue():
        return ""
    asked = {"permission": code}
    if refusal.params.get("step") in (Step.REACH, Step.RESTRICTION, Step.FIELD):
        asked |= _record_of(request)
    return f"{reverse('person_why', args=[actor.membership_id])}?{urlencode(asked)}"


def _record_of(request: HttpRequest) -> dict[str, str]:
    """The record that the address is about, by the name of its parameter."""
    sent = request.resolver_match.kwargs if request.resolver_match else {}
    for parameter, kind in _RECORDS.items():
        if parameter in sent:
            return {"type": kind, "id": str(sent[parameter])}
    return {}


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
