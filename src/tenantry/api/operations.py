"""How an operation is declared: who may call it, what it answers, and the door that every call passes."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Router
from ninja.decorators import decorate_view
from pydantic import BaseModel

from tenantry.api.auth import SAFE, identify
from tenantry.api.errors import (
    BodyTooLarge,
    InvalidRequest,
    MalformedRequest,
    MediaNotTaken,
    NotJson,
    TooManyCalls,
)
from tenantry.api.problems import MAX_BODY, handle, repeated_parameter, unknown_parameter
from tenantry.api.requests import ApiRequest
from tenantry.core import clock
from tenantry.core.decisions import Step, decide, kept_back
from tenantry.core.errors import PermissionMissing, Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.metering.calls import count
from tenantry.metering.errors import CallsExhausted
from tenantry.security.rates import Allowance, take

P = ParamSpec("P")
Run = Callable[..., HttpResponseBase]
JSON = ("application/json",)
# Where whoever has used up the calls of the month sees why, and does something about it.
STAYS_OPEN = ("/usage", "/billing")


@dataclass(frozen=True, slots=True)
class Operation:
    """What the sweeping tests and the reference page read. `permissions`: any one of them opens the operation;
    `open_to`: the reviewed reason why none is asked for. `takes`: media types of its body, of at most `most` bytes;
    `gives`: the media type of its answer when that is a file."""

    name: str
    method: str
    path: str
    permissions: tuple[str, ...]
    open_to: str
    reads: bool
    status: int
    answer: type[BaseModel] | None
    refuses: tuple[type[Refusal], ...] = ()
    takes: tuple[str, ...] = JSON
    most: int = MAX_BODY
    gives: str = ""
    # May answer with 202 as well.
    accepts: bool = False
    # Names of query parameters -> whether they may be repeated. Filled when the function has been read.
    parameters: dict[str, bool] = field(default_factory=dict)


OPERATIONS: dict[str, Operation] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """`accepted`: answered with 202, because it goes on in the background; for operations that declare it."""

    body: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A file, sent as it is made: its pieces open their own transactions."""

    name: str
    pieces: Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


Result = BaseModel | Answer | Download | None
Function = Callable[Concatenate[Any, P], Result]


def operation(
    router: Router,
    method: str,
    path: str,
    *permissions: str,
    open_to: str = "",
    answer: type[BaseModel] | None = None,
    status: int | None = None,
    reads: bool | None = None,
    refuses: tuple[type[Refusal], ...] = (),
    takes: tuple[str, ...] = JSON,
    most: int = MAX_BODY,
    gives: str = "",
    accepts: bool = False,
) -> Callable[[Function[P]], Function[P]]:
    """Declares one operation. A GET, or one that `reads`, runs in one read-only transaction; another one calls
    `carry_out` once and renders its answer in a transaction of its own, as does one that `gives` a file."""
    if bool(permissions) == bool(open_to):
        raise ValueError("an operation names its permissions, or why it asks for none")

    def declare(function: Function[P]) -> Function[P]:
        declared = Operation(
            name=function.__name__,
            method=method,
            path=path,
            permissions=permissions,
            open_to=open_to,
            reads=method == "GET" if reads is None else reads,
            status=status or (200 if answer else 204),
            answer=answer,
            refuses=refuses,
            takes=takes,
            most=most,
            gives=gives,
            accepts=accepts,
        )
        if declared.name in OPERATIONS:
            raise ValueError(f"operation {declared.name} is declared twice")
        OPERATIONS[declared.name] = declared
        _register(router, declared, function)
        return function

    return declare


def _register(router: Router, declared: Operation, function: Callable[..., Any]) -> None:
    @functools.wraps(function)
    def carried(request: ApiRequest, **values: Any) -> HttpResponseBase:
        if declared.reads and not declared.gives:
            with reading():
                return _answered(declared, function(request, **values))
        return _answered(declared, function(request, **values))

    decorate_view(functools.partial(_door, declared))(carried)
    router.add_api_operation(
        path=declared.path,
        # Whoever may GET may ask for the head alone (RFC 9110, 9.3.2).
        methods=["GET", "HEAD"] if declared.method == "GET" else [declared.method],
        view_func=carried,
        response=dict.fromkeys((declared.status, *((202,) if declared.accepts else ())), declared.answer),
        operation_id=declared.name,
        summary=_summary(function),
        url_name=f"api_{declared.name}",
    )
    for model in carried._ninja_operation.models:  # type: ignore[attr-defined]
        if model.__ninja_param_source__ == "query":
            repeatable = set(model.__ninja_collection_fields__)
            declared.parameters.update({name: name in repeatable for name in model.__ninja_flatten_map__})


def _summary(function: Callable[..., Any]) -> str:
    """The first sentence of the docstring; a list of operations shows nothing else."""
    return " ".join((function.__doc__ or "").split()).partition(". ")[0].rstrip(".")


def _answered(declared: Operation, result: Result) -> HttpResponseBase:
    if isinstance(result, Download):
        named = content_disposition_header(as_attachment=True, filename=result.name) or "attachment"
        headers = {"Content-Disposition": named, **result.headers}
        return StreamingHttpResponse(result.pieces, content_type=declared.gives, headers=headers, status=result.status)
    given = result if isinstance(result, Answer) else Answer(result)
    if declared.answer is None:
        return HttpResponse(status=declared.status, headers=dict(given.headers))
    if not isinstance(given.body, declared.answer):
        raise TypeError(f"{declared.name} answers with {type(given.body).__name__}")
    return HttpResponse(
        given.body.model_dump_json(),
        status=202 if given.accepted and declared.accepts else declared.status,
        content_type="application/json",
        headers=dict(given.headers),
    )


def _door(declared: Operation, run: Run) -> Run:
    @functools.wraps(run)
    def enter(request: Any, **values: Any) -> HttpResponseBase:
        request.replayed, request.allowance = False, None
        try:
            _let_in(declared, request)
            with scope.tenant(request.organization.id):
                response = run(request, **values)
        except Exception as error:  # noqa: BLE001 the edge: nothing may leave as a page
            response = handle(request, error)
        if request.allowance is not None:
            _rate_headers(response, request.allowance)
        if request.replayed:
            response["Idempotency-Replayed"] = "true"
        return response

    return enter


def _let_in(declared: Operation, request: Any) -> None:
    """Everything that is asked before a parameter or a body is looked at, in the order in which it is answered."""
    now = clock.now()
    request.actor, request.organization = identify(request, now)
    request.allowance = take(f"{request.actor.kind}:{request.actor.acting_id}", settings.API_RATE, now)
    if request.allowance.exceeded:
        raise TooManyCalls(seconds=request.allowance.wait)
    if request.actor.kind == "key":
        _count_call(declared, request.organization.id, now)
    if declared.permissions and not request.actor.may_any(*declared.permissions):
        if decide(request.actor, declared.permissions[0]).step is Step.STATE:
            raise kept_back(request.actor.state)
        raise PermissionMissing(declared.permissions[0])
    _refuse_body(declared, request)
    _refuse_parameters(declared, request)


def _count_call(declared: Operation, organization_id: UUID, now: datetime) -> None:
    """:raises CallsExhausted: the month's calls are used up; what says so, and what helps, can still be asked for."""
    try:
        count(organization_id, now)
    except CallsExhausted:
        if not declared.path.startswith(STAYS_OPEN):
            raise


def _refuse_body(declared: Operation, request: Any) -> None:
    """:raises BodyTooLarge, NotJson, MediaNotTaken, MalformedRequest: before a byte of it is read."""
    given = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (given.isascii() and given.isdigit()):
        raise MalformedRequest
    length = int(given[:12])
    if length > declared.most:
        raise BodyTooLarge(limit=declared.most)
    if declared.takes != JSON:
        if length and request.content_type not in declared.takes:
            raise MediaNotTaken(media=", ".join(declared.takes))
        return
    charset = request.content_params.get("charset", "utf-8").lower()
    if length and request.method not in SAFE and (request.content_type != "application/json" or charset != "utf-8"):
        raise NotJson


def _refuse_parameters(declared: Operation, request: Any) -> None:
    """:raises InvalidRequest: a parameter that the operation does not know, or twice what is meant once."""
    faults = [unknown_parameter(name) for name in request.GET if name not in declared.parameters]
    faults += [
        repeated_parameter(name)
        for name, values in request.GET.lists()
        if len(values) > 1 and declared.parameters.get(name) is False
    ]
    if faults:
        raise InvalidRequest(faults[:50])


def _rate_headers(response: HttpResponseBase, allowance: Allowance) -> None:
    """draft-ietf-httpapi-ratelimit-headers-10."""
    response["RateLimit-Policy"] = f'"default";q={allowance.limit};w=60'
    response["RateLimit"] = f'"default";r={allowance.remaining};t={allowance.reset}'
