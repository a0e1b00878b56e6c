"""The OpenAPI 3.1 document: what ninja reads from the functions, and what the door adds to every operation."""

import json
import re
from typing import Any

from pydantic.json_schema import models_json_schema

from tenantry.api.operations import JSON, OPERATIONS, Operation
from tenantry.api.problems import MEDIA_TYPE, status_of
from tenantry.api.schemas import Problem
from tenantry.api.service import api
from tenantry.core.errors import Refusal

PREFIX = "/api/v1"
KEY, SESSION, CSRF = "ApiKey", "Session", "CsrfToken"
SAID = {
    400: "The request or its body is not well formed.",
    401: "No valid key or session.",
    403: "A permission is missing, or this person may not be acted on.",
    404: "Unknown, of another organization, or out of reach: one answer for all three.",
    405: "This address does not take this method.",
    409: "The state does not allow it; `code` says why.",
    412: "Somebody else changed it since the ETag was read.",
    413: "The body is too large.",
    415: "The body is not of a media type that is taken here.",
    416: "The file has none of the bytes that were asked for.",
    422: "Values were refused; `errors` names each.",
    428: "If-Match is missing.",
    429: "Too many calls; Retry-After says when to come back.",
    500: "Our fault; `instance` finds it in the logs.",
    503: "Too many collisions with others; try again.",
}


def document() -> dict[str, Any]:
    """The whole document, in a stable order."""
    found: dict[str, Any] = json.loads(
        json.dumps(api.get_openapi_schema(path_prefix=f"{PREFIX.lstrip('/')}/"), default=str)
    )
    _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas = {**found["components"]["schemas"], **problem["$defs"]}
    for methods in found["paths"].values():
        methods.pop("head", None)
        for described in methods.values():
            _complete(described, OPERATIONS[described["operationId"]])
    found["components"] = {
        "schemas": {name: {**_without_titles(row), "title": name} for name, row in sorted(schemas.items())},
        "responses": {f"Problem{status}": _problem(status) for status in SAID},
        "headers": _headers(),
        "securitySchemes": _schemes(),
    }
    found["paths"] = _without_titles(found["paths"])
    _drop_unused(found)
    found["servers"] = [{"url": "/"}]
    found["tags"] = [{"name": name} for name in dict.fromkeys(t for o in _described(found) for t in o["tags"])]
    return found


def _drop_unused(found: dict[str, Any]) -> None:
    """Schemas that nothing refers to: ninja leaves those of parameters behind."""
    schemas = found["components"]["schemas"]
    wanted: set[str] = set()
    waiting = [found["paths"], found["components"]["responses"]]
    while waiting:
        names = set(re.findall(r"#/components/schemas/([\w.-]+)", json.dumps(waiting.pop()))) - wanted
        wanted |= names
        waiting += [schemas[name] for name in names]
    found["components"]["schemas"] = {name: row for name, row in schemas.items() if name in wanted}


def _described(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [described for methods in found["paths"].values() for described in methods.values()]


def text() -> str:
    """As it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _complete(described: dict[str, Any], declared: Operation) -> None:
    writes = declared.method != "GET" and not declared.reads
    # A session that sends a method other than GET proves that its own page sent it.
    session: dict[str, list[str]] = {SESSION: []} if declared.method == "GET" else {SESSION: [], CSRF: []}
    described["security"] = [{KEY: []}, session]
    described["x-permissions"] = list(declared.permissions)
    for parameter in described["parameters"]:
        _settle(parameter)
    if declared.method == "POST":
        described["parameters"].append(_header("Idempotency-Key", "Names one intention; see above.", "^[!-~]{1,200}$"))
    if declared.name == "organization_edit":
        described["parameters"].append(_header("If-Match", "The ETag that was read, or *.", None) | {"required": True})
    if declared.takes != JSON:
        files = {media: {"schema": {"type": "string", "format": "binary"}} for media in declared.takes}
        described["requestBody"] = {"required": True, "content": files}
    if declared.gives:
        described["responses"][str(declared.status)]["content"] = {declared.gives: {"schema": {"type": "string"}}}
    for status, response in described["responses"].items():
        if int(status) < 400:
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _names(declared)}
    codes = sorted({refusal.code for refusal in declared.refuses})
    if codes:
        told = ", ".join(f"`{code}`" for code in codes)
        described["description"] = f"{described.get('description', '')}\n\nRefusals: {told}.".strip()
    for status in sorted(_statuses(declared, writes=writes)):
        described["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _settle(parameter: dict[str, Any]) -> None:
    """An address can leave a parameter out, but has no null."""
    options = [option for option in parameter["schema"].get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        parameter["schema"] = options[0]
    if parameter["schema"].get("type") == "array":
        parameter |= {"style": "form", "explode": True}
    parameter["schema"].pop("description", None)


def _without_titles(value: Any) -> Any:
    """Made from names, they say nothing that the name does not."""
    if isinstance(value, list):
        return [_without_titles(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: item if name == "example" else _without_titles(item)
        for name, item in value.items()
        if not (name == "title" and isinstance(item, str))
    }


def _names(declared: Operation) -> list[str]:
    names = ["RateLimit", "RateLimit-Policy", "X-Request-Id"]
    if declared.method == "POST" and not declared.reads:
        names.append("Idempotency-Replayed")
    if declared.answer and "next" in declared.answer.model_fields:
        names.append("Link")
    if declared.name in ("organization_get", "organization_edit"):
        names.append("ETag")
    if declared.status == 201 and declared.name != "invitation_link_create":
        names.append("Location")
    return names


def _statuses(declared: Operation, *, writes: bool) -> set[int]:
    found = {400, 401, 422, 429, 500}
    found |= {status_of(refusal) for refusal in declared.refuses}
    if declared.permissions or declared.method != "GET":
        found.add(403)
    if "{" in declared.path or declared.path.startswith("/me"):
        found.add(404)
    if declared.method != "GET":
        # Bodies name people, teams and roles.
        found |= {404, 413, 415}
    if writes:
        found |= {409, 503}
    return found


def _header(name: str, description: str, pattern: str | None) -> dict[str, Any]:
    schema = {"type": "string", **({"pattern": pattern} if pattern else {})}
    return {"in": "header", "name": name, "required": False, "description": description, "schema": schema}


def _problem(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": SAID[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def _headers() -> dict[str, Any]:
    said = {
        "RateLimit": 'Calls left and seconds until all are: "default";r=599;t=1.',
        "RateLimit-Policy": 'Calls a window of seconds: "default";q=600;w=60.',
        "X-Request-Id": "Id of this request in our logs.",
        "Idempotency-Replayed": "`true`: carried out by an earlier call with this key.",
        "Link": "next and prev (RFC 8288).",
        "ETag": "For If-Match.",
        "Location": "Of what was made.",
    }
    return {name: {"description": text_, "schema": {"type": "string"}} for name, text_ in said.items()}


def _schemes() -> dict[str, Any]:
    return {
        KEY: {"type": "http", "scheme": "bearer", "bearerFormat": "tk_…", "description": "An API key."},
        SESSION: {"type": "apiKey", "in": "cookie", "name": "tenantry_session", "description": "A member's session."},
        CSRF: {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "Beside the session."},
    }


def problem_types() -> list[type[Refusal]]:
    """Every refusal that this process knows, by code."""
    found: dict[str, type[Refusal]] = {}
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and kind is not Refusal:
            found.setdefault(kind.code, kind)
    return [found[code] for code in sorted(found)]
