"""Every answer that is not a success is a problem document (RFC 9457), whoever refused."""

import dataclasses
import functools
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import HttpError, ValidationError

from tenantry.access.ways_out import ways_out
from tenantry.acting.plans import Plan
from tenantry.api.errors import (
    BodyTooLarge,
    Broken,
    HttpRefusal,
    InvalidRequest,
    MalformedBody,
    MalformedRequest,
    MethodNotAllowed,
    NotAuthenticated,
    UnknownRoute,
)
from tenantry.core.errors import InvalidInput, NoLongerIn, NotFound, PlanChanged, Refusal, TooFast
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

logger = logging.getLogger("tenantry.api")

MEDIA_TYPE = "application/problem+json"
STATUS = {"forbidden": 403, "missing": 404, "conflict": 409, "invalid": 422, "limited": 429, "unavailable": 503}
RESERVED = frozenset({"type", "title", "status", "detail", "code", "instance"})
MAX_BODY = 1_000_000

View = Callable[..., HttpResponseBase]


def status_of(refusal: Refusal | type[Refusal]) -> int:
    kind = refusal if isinstance(refusal, type) else type(refusal)
    if issubclass(kind, NoLongerIn):
        return 401
    return kind.status if issubclass(kind, HttpRefusal) else STATUS[kind.kind]


def type_of(code: str) -> str:
    """Where the reference page explains the code."""
    return f"{settings.BASE_URL}/api/docs#problem-{code}"


def plain_plan(plan: Plan) -> dict[str, Any]:
    """A plan as plain values, with the digest that confirms it."""
    # What is left out of comparisons is how it is carried out, and nobody's to read.
    read = {field.name for field in dataclasses.fields(plan) if field.compare}
    values = {name: value for name, value in dataclasses.asdict(plan).items() if name in read}
    return {**values, "digest": plan.digest}


def _facts(refusal: Refusal) -> dict[str, Any]:
    if isinstance(refusal, PlanChanged):
        return {"plan": plain_plan(refusal.plan)}
    if isinstance(refusal, InvalidInput):
        return {
            "errors": [
                {"pointer": f"#/{name}", "code": refusal.code, "detail": str(text)}
                for name, text in refusal.fields.items()
            ]
        }
    return {name: value for name, value in refusal.facts().items() if name not in RESERVED}


def _remedies(request: HttpRequest, refusal: Refusal) -> list[dict[str, Any]]:
    """What helps: those that the caller can do, and for the others who can. Remedies for people alone are left out."""
    actor, opened = getattr(request, "actor", None), getattr(request, "organization", None)
    if actor is None or opened is None or not any(one.code for one in refusal.remedies):
        return []
    with scope.tenant(opened.id), reading():
        found = ways_out(refusal, actor)
    told = []
    for one in found:
        try:
            url = f"{settings.BASE_URL}{reverse(one.remedy.url_name, args=one.remedy.args)}{one.remedy.query}"
        except NoReverseMatch:
            continue
        people = [person.display_name for person in one.people]
        told.append(
            {"code": one.remedy.code, "title": str(one.remedy.label), "url": url, "yours": one.mine, "people": people}
        )
    return told


def _headers(refusal: Refusal) -> Mapping[str, str]:
    if isinstance(refusal, HttpRefusal):
        return refusal.headers()
    if isinstance(refusal, NoLongerIn):
        return NotAuthenticated().headers()
    if isinstance(refusal, TooFast):
        return {"Retry-After": str(refusal.params["seconds"])}
    return {"Retry-After": "1"} if refusal.kind == "unavailable" else {}


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The problem document of a refusal."""
    status = status_of(refusal)
    document = {
        "type": type_of(refusal.code),
        "title": refusal.code.replace("_", " ").capitalize(),
        "status": status,
        "detail": str(refusal),
        "code": refusal.code,
        "instance": getattr(request, "request_id", ""),
        **_facts(refusal),
    }
    if remedies := _remedies(request, refusal):
        document["remedies"] = remedies
    body = json.dumps(document, cls=DjangoJSONEncoder)
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE, headers=dict(_headers(refusal)))


def refusal_of(error: Exception) -> Refusal:
    """What an exception that reached the edge says to the caller. Our own faults are logged and say nothing."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, RequestDataTooBig):
        return BodyTooLarge(limit=MAX_BODY)
    if isinstance(error, HttpError) and error.status_code == 400:
        return MalformedBody()
    if isinstance(error, SuspiciousOperation):
        return MalformedRequest()
    logger.error("request failed", exc_info=error)
    return Broken()


def _invalid(error: ValidationError) -> Refusal:
    if any(fault["loc"][0] == "path" for fault in error.errors):
        # An id that can't be one is an unknown id.
        return NotFound()
    return InvalidRequest([_fault(fault) for fault in error.errors[:50]])


def _fault(fault: dict[str, Any]) -> dict[str, Any]:
    source, *place = fault["loc"]
    code = "required" if fault["type"] == "missing" else str(fault["type"])
    # The message of a schema's limit, never the value that was sent.
    said = {"code": code, "detail": str(fault["msg"])[:300]}
    if source == "query":
        return {"parameter": str(place[-1] if isinstance(place[-1], str) else place[0])[:100], **said}
    pointer = "/".join(str(part)[:100].replace("~", "~0").replace("/", "~1") for part in place[1:])
    return {"pointer": f"#/{pointer}" if pointer else "#", **said}


def unknown_parameter(name: str) -> dict[str, Any]:
    return {"parameter": name[:100], "code": "unknown_parameter", "detail": _("There is no such parameter.")}


def repeated_parameter(name: str) -> dict[str, Any]:
    return {"parameter": name[:100], "code": "repeated_parameter", "detail": _("This parameter is given once.")}


def handle(request: HttpRequest, error: Any) -> HttpResponse:
    """ninja's exception handler for everything."""
    return answer(request, refusal_of(error))


def guarded(view: View) -> View:
    """Around every address: what the framework would answer as a page becomes a problem document."""

    @functools.wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 the edge: nothing may leave as a page
            return handle(request, error)
        if response.status_code == 405:
            return answer(request, MethodNotAllowed(", ".join(sorted(response["Allow"].split(", ")))))
        return response

    return answering


@csrf_exempt
def unknown_route(request: HttpRequest) -> HttpResponse:
    """What stands behind every other address under /api/."""
    return answer(request, UnknownRoute())
