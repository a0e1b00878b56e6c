"""Whatever is written into a field: never a failure of ours, never half of a row, always an answer in words.

Every field in which somebody can write, of every form of every page, and every string of every body of the interface:
found by asking for the pages and by reading the document, so that new ones are covered by themselves.
"""

import json
import re
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve

from api.callers import by_key, make_organization
from api.samples import ids_of
from support.catalogue import rows
from support.crm import OF_PATH
from support.forms import Forms
from support.pages import Scene, address, make_scene, page_routes, routes
from support.visitors import browser, signed_in
from tenantry.api.openapi import PREFIX, document
from tenantry.api.operations import OPERATIONS

MEGABYTE = 2**20
HOSTILE = {
    "emoji": "Ada 👩‍👩‍👧🏽",
    "right to left": "Ada \u202egreB",
    "nul": "Ada\0Berg",
    "half a character": "Ada \ud800",
    "blanks": " \t\u00a0\u3000 ",
    "marks": "A" + "\u0301" * 300,
    "joiners": "\u200d\u200c\u200d",
    "a megabyte": "x" * MEGABYTE,
}
# What nobody may find in a column afterwards: it makes a text read as another one.
HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\ud800-\udfff]")
# Says no more than that it was; refused, or taken.
ANSWERS = {200, 201, 202, 204, 302, 303, 400, 403, 404, 405, 409, 410, 412, 413, 415, 422, 428, 429}


def head_of(org: Any) -> int:
    found = rows("SELECT number FROM audit_head WHERE organization_id = %s", org.id)
    return int(found[0][0])


def encoded(values: dict[str, Any]) -> bytes:
    """As a program sends it that knows nothing of characters."""
    return urlencode(values, errors="surrogatepass").encode("ascii")


class Sweep:
    """What was asked, and what was answered wrongly."""

    def __init__(self, org: Any) -> None:
        self.org, self.wrong, self.asked = org, list[str](), 0
        self._head = head_of(org)

    def judge(self, what: str, answer: Any, *, words: str) -> None:
        """`words`: of what a refusal has to hold, so that it says something."""
        self.asked += 1
        said, head = answer.content.decode(errors="replace") if not answer.streaming else "", head_of(self.org)
        if answer.status_code not in ANSWERS:
            self.wrong.append(f"{what}: {answer.status_code} {said[:200]}")
        elif answer.status_code >= 400 and answer.status_code != 405 and words not in said:
            self.wrong.append(f"{what}: {answer.status_code} without a word")
        if answer.status_code >= 400 and head != self._head:
            self.wrong.append(f"{what}: {answer.status_code}, and yet something was written")
        if "/accounts/login" in answer.headers.get("Location", ""):
            self.wrong.append(f"{what}: it is signed out")
        self._head = head

    def nothing_hidden(self) -> None:
        columns = rows(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.columns o"
            " ON o.table_name = c.table_name AND o.column_name = 'organization_id' JOIN pg_tables"
            " ON tablename = c.table_name WHERE c.table_schema = 'public' AND c.data_type IN ('text', 'jsonb')"
        )
        for table, column in columns:
            for (text,) in rows(f'SELECT "{column}"::text FROM "{table}" WHERE organization_id = %s', self.org.id):
                if text and HIDDEN.search(text):
                    self.wrong.append(f"{table}.{column} holds {text[:80]!r}")


# --- Pages --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene(database: None) -> Scene:
    return make_scene()


def route_of(action: str) -> str:
    try:
        return resolve(urlsplit(action).path).route
    except Resolver404:
        return ""


def forms_of(client: Client, scene: Scene) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Every form once, however many pages show it: where to, what it would send, where somebody writes; of forms that
    ask None for what they would send."""
    seen = set()
    for route in page_routes():
        # Which parameters lack a sample is asked elsewhere.
        if not set(re.findall(r"<\w+:(\w+)>", route)) <= set(scene.samples) or route == "accounts/logout":
            continue
        path = address(route, scene)
        answer = client.get(path)
        if answer.status_code != 200 or answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            continue
        reader = Forms(path)
        reader.feed(answer.content.decode())
        posts = [(*found, texts) for found, texts in zip(reader.found, reader.texts, strict=True)]
        for action, values, texts in [*posts, *((action, None, texts) for action, texts in reader.searches)]:
            at = route_of(action)
            key = (at, values is None, frozenset(texts))
            if not texts or key in seen or at.rpartition("/")[2] in ("logout", "sessions"):
                continue
            seen.add(key)
            yield action, values, texts


def sends(values: dict[str, Any] | None, texts: set[str], turns: "Turns") -> Iterator[tuple[str, dict[str, Any]]]:
    """What to send: what no column holds in every field at once and in one of them alone, and one more sample in every
    field."""
    given, sample, name = values or {}, next(turns.samples), next(turns.alone)
    yield "nul", {**given, **dict.fromkeys(texts, HOSTILE["nul"])}
    yield sample, {**given, **dict.fromkeys(texts, HOSTILE[sample])}
    if len(texts) > 1 or name == "a megabyte":
        alone = sorted(texts)[next(turns.fields) % len(texts)]
        yield f"{name} in {alone}", {**given, alone: HOSTILE[name]}


class Turns:
    """So that every sample comes to many forms, and every place of a field to its turn."""

    def __init__(self) -> None:
        self.samples = cycle([name for name in HOSTILE if name not in ("nul", "a megabyte")])
        self.alone = cycle(("nul", "half a character", "a megabyte"))
        self.fields = count()


@pytest.mark.parametrize("who", ["owner", "guest"])
def test_every_field_of_every_form(scene, who):
    client = signed_in(scene.organization.owner) if who == "owner" else browser()
    client.raise_request_exception = False
    sweep, turns, forms = Sweep(scene.organization), Turns(), 0
    for action, values, texts in list(forms_of(client, scene)):
        forms += 1
        for what, given in sends(values, texts, turns):
            if values is None:
                sent = {name: value[:4000] for name, value in given.items()}
                answer = client.get(urlsplit(action).path, QUERY_STRING=encoded(sent).decode())
            else:
                data = {name: value for name, value in given.items() if name != "csrfmiddlewaretoken"}
                kind = "application/x-www-form-urlencoded"
                answer = client.post(urlsplit(action).path, encoded(data), content_type=kind)
            sweep.judge(f"{action} {what}", answer, words="</")
    assert forms >= (80 if who == "owner" else 4), forms
    for route in choices() if who == "owner" else ():
        asked = {"as": "heir", "field": "owner", "owner_typed": "A\0", "q": "A\0", "filter": "team"}
        answer = client.get(address(route, scene), QUERY_STRING=encoded(asked).decode())
        sweep.judge(f"{route} nul", answer, words="")
    sweep.nothing_hidden()
    assert not sweep.wrong, "\n".join(sweep.wrong)


def choices() -> list[str]:
    """Addresses that offer what is typed."""
    found = [route for route, one in routes(get_resolver().url_patterns) if getattr(one.callback, "screen", None)]
    return [route for route in found if route.endswith("/choices")]


# --- The interface ------------------------------------------------------------------------


class Bodies:
    """Bodies as the document describes them, with ids of things that there are."""

    def __init__(self, ids: dict[str, str]) -> None:
        self.ids, self.document = ids, document()

    def schema_of(self, name: str) -> dict[str, Any] | None:
        declared = OPERATIONS[name]
        described = self.document["paths"][f"{PREFIX}{declared.path}"][declared.method.lower()]
        content = described.get("requestBody", {}).get("content", {})
        return next((one["schema"] for kind, one in content.items() if "json" in kind), None)

    def _plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for many in ("anyOf", "oneOf", "allOf"):
            if many in schema:
                return self._plain(next((one for one in schema[many] if one.get("type") != "null"), schema[many][0]))
        return schema

    def make(self, schema: dict[str, Any], texts: dict[tuple[Any, ...], str], at: tuple[Any, ...] = ()) -> Any:
        """`texts`: path of a string -> what stands there; the others are what could be meant."""
        schema = self._plain(schema)
        kind = schema.get("type")
        kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
        if at in texts:
            return texts[at]
        if kind == "object" or "properties" in schema:
            found = {name: self.make(one, texts, (*at, name)) for name, one in schema.get("properties", {}).items()}
            if isinstance(schema.get("additionalProperties"), dict):
                found["data.no_export"] = self.make(schema["additionalProperties"], texts, (*at, "data.no_export"))
            return found
        if kind == "array":
            return [self.make(schema.get("items", {}), texts, (*at, 0))]
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [""])[0])
        if kind in ("integer", "number"):
            return max(1, int(schema.get("minimum", 1)))
        if kind == "boolean":
            return False
        if kind != "string":
            return None
        name = next((one for one in reversed(at) if isinstance(one, str)), "")
        if schema.get("format") == "uuid":
            return self.ids.get(name.removesuffix("s"), self.ids.get(f"{name}_id", str(uuid4())))
        if "date" in schema.get("format", ""):
            return "2030-05-04"
        return f"{uuid4().hex}@example.test" if "email" in name else "Plain"

    def strings(self, schema: dict[str, Any], at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Paths of all strings."""
        schema = self._plain(schema)
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        for name, one in schema.get("properties", {}).items():
            yield from self.strings(one, (*at, name))
        if isinstance(schema.get("additionalProperties"), dict):
            yield from self.strings(schema["additionalProperties"], (*at, "data.no_export"))
        if "array" in kinds:
            yield from self.strings(schema.get("items", {}), (*at, 0))
        if "string" in kinds:
            yield at


def test_every_string_of_every_body():
    org = make_organization()
    ids, caller = ids_of(org), by_key(org)
    client = Client(raise_request_exception=False)
    bodies, sweep, turn, fields = Bodies(ids), Sweep(org), cycle(HOSTILE), count()
    swept = 0
    for name, declared in OPERATIONS.items():
        schema = bodies.schema_of(name)
        strings = list(bodies.strings(schema)) if schema else []
        if not strings:
            continue
        swept += 1
        kind = OF_PATH.get(declared.path.split("/")[1], "")
        path = declared.path.format(**{**ids, "record_id": ids.get(f"{kind}_id", "")})
        tries = {one: dict.fromkeys(strings, HOSTILE[one]) for one in ("nul", "half a character")}
        alone, one = strings[next(fields) % len(strings)], next(turn)
        tries[f"{one} at {alone}"] = {alone: HOSTILE[one]}
        for what, texts in tries.items():
            answer = client.generic(
                declared.method,
                f"{PREFIX}{path}",
                json.dumps(bodies.make(schema, texts)).encode(),
                content_type=declared.takes[0],
                headers={**caller.headers, "If-Match": "*"},
            )
            sweep.judge(f"{name} {what}", answer, words='"detail"')
    assert swept >= 80, swept
    sweep.nothing_hidden()
    assert not sweep.wrong, "\n".join(sweep.wrong)
