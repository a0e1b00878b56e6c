"""The document, and a page of our own that shows it: works offline, without script or style of others."""

import json
import re
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from tenantry.api.openapi import document, problem_types, text
from tenantry.api.problems import status_of

# Reviewed: neither says anything about an organization.
PUBLIC = {
    "openapi_json": "describes the interface, nothing of an organization",
    "api_docs": "describes the interface, nothing of an organization",
}


@cache
def _document() -> dict[str, Any]:
    return document()


@cache
def _text() -> str:
    return text()


@csrf_exempt
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_text(), content_type="application/json", headers={"Cache-Control": "public, max-age=300"})


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/reference.html", _context())


@cache
def _context() -> dict[str, Any]:
    found = _document()
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in found["tags"]}
    for path, methods in found["paths"].items():
        for method, described in methods.items():
            groups[described["tags"][0]].append(_operation(path, method, described))
    return {
        "title": found["info"]["title"],
        "paragraphs": _paragraphs(found["info"]["description"]),
        "groups": [{"name": name, "slug": name.lower(), "operations": rows} for name, rows in groups.items()],
        "schemas": [_schema(name, row) for name, row in found["components"]["schemas"].items()],
        "problems": [
            {"code": kind.code, "status": status_of(kind), "sentence": _plain(str(kind.sentence))}
            for kind in problem_types()
        ],
    }


def _operation(path: str, method: str, described: dict[str, Any]) -> dict[str, Any]:
    content = described.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema")
    answers = [
        {
            "status": status,
            "type": _type(schema) if (schema := _json(response)) else "",
            "description": response.get("description", ""),
            "problem": "$ref" in response,
        }
        for status, response in described["responses"].items()
    ]
    return {
        "id": described["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": described["summary"],
        "paragraphs": _paragraphs(described.get("description", "")),
        "permissions": described["x-permissions"],
        "parameters": [{**p, "type": _type(p["schema"])} for p in described["parameters"]],
        "body": _type(body) if body else " or ".join(content),
        "answers": [a for a in answers if not a["problem"]],
        "refusals": ", ".join(a["status"] for a in answers if a["problem"]),
    }


def _paragraphs(text_: str) -> list[list[tuple[str, bool]]]:
    """Paragraphs as (text, whether it is code): the document marks code as Markdown does."""
    parts = [re.split(r"`([^`]+)`", part.replace("\n", " ")) for part in text_.strip().split("\n\n") if part]
    return [[(piece, bool(place % 2)) for place, piece in enumerate(part) if piece] for part in parts]


def _json(response: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = response.get("content", {}).get("application/json", {}).get("schema")
    return found


def _schema(name: str, row: dict[str, Any]) -> dict[str, Any]:
    required = set(row.get("required", []))
    properties = [
        {"name": key, "type": _type(value), "required": key in required, "description": value.get("description", "")}
        for key, value in row.get("properties", {}).items()
    ]
    example = row.get("example")
    return {
        "name": name,
        "description": row.get("description", ""),
        "properties": properties,
        "example": json.dumps(example, indent=2) if example else "",
    }


def _type(schema: dict[str, Any]) -> str:
    """A short name of a JSON schema: `Person`, `list of uuid`, `text or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if options := schema.get("anyOf") or schema.get("allOf"):
        return " or ".join(_type(option) for option in options)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or {"string": "text"}.get(kind, kind))


def _plain(sentence: str) -> str:
    """A sentence whose places are not filled in."""
    return re.sub(r"%\((\w+)\)s", r"‹\1›", sentence)
