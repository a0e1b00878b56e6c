"""The document that is committed is the one of this code, complete, and shown by a page of our own."""

import json
import re
from pathlib import Path

import jsonschema_rs
from django.test import Client

from tenantry.api.openapi import PREFIX, document, problem_types, text
from tenantry.api.operations import OPERATIONS

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "develop" / "openapi.json"


def test_the_committed_document_is_this_one():
    assert COMMITTED.read_text(encoding="utf-8") == text(), (
        "write it anew: tenantry api schema --write docs/develop/openapi.json"
    )


def test_the_document_is_served_to_everybody():
    response = Client().get("/api/v1/openapi.json")
    assert json.loads(response.content) == document()
    assert Client().post("/api/v1/openapi.json").headers["Content-Type"] == "application/problem+json"


def test_every_operation_is_described_whole():
    found = document()
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        assert path.startswith(PREFIX)
        for method, described in methods.items():
            declared = OPERATIONS[described["operationId"]]
            assert method.upper() == declared.method
            assert described["security"], declared.name
            assert described["x-permissions"] == list(declared.permissions)
            assert {"401", "422", "429", "500"} <= set(described["responses"]), declared.name
            assert ("Idempotency-Key" in json.dumps(described)) == (method == "post"), declared.name
            success = described["responses"][str(declared.status)]
            assert ("content" in success) == (declared.answer is not None or bool(declared.gives)), declared.name


def test_every_reference_leads_somewhere_and_every_schema_is_one():
    found = document()
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(found))):
        target = found
        for part in reference.split("/"):
            target = target[part]
    for name in found["components"]["schemas"]:
        jsonschema_rs.validator_for({**found, "$ref": f"#/components/schemas/{name}"})


def test_examples_hold():
    found = document()
    examples = 0
    for name, schema in found["components"]["schemas"].items():
        if "example" in schema:
            examples += 1
            jsonschema_rs.validate({**found, "$ref": f"#/components/schemas/{name}"}, schema["example"])
    assert examples >= 3


def test_the_reference_page_shows_everything_without_anything_of_others():
    page = Client().get("/api/docs")
    html = page.content.decode()
    assert page.status_code == 200
    for declared in OPERATIONS.values():
        assert f'id="{declared.name}"' in html
    for kind in problem_types():
        assert f'id="problem-{kind.code}"' in html
    assert not re.search(r"<style|style=|<script(?! src=\"/static)|(src|href)=\"(?![/#])", html)


def test_every_operation_says_what_it_does_in_a_sentence():
    for described in [o for methods in document()["paths"].values() for o in methods.values()]:
        assert 3 < len(described["summary"]) < 130, described["operationId"]
