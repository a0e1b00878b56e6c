"""Who may call, how refusals look, and what is strict."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver

from api.callers import Caller, by_key, by_session, make_organization
from support.races import together
from tenantry.api import health, reference
from tenantry.api.operations import OPERATIONS
from tenantry.api.service import api as _whole  # noqa: F401 declares every operation
from tenantry.core import clock
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.security.actions import revoke_key
from tenantry.security.models import ApiKey
from tenantry.security.rates import take
from tenantry.usecases.offboarding import deactivate_members


def test_a_key_and_a_session_are_who_they_are():
    org = make_organization()
    me = by_key(org, "administrator").get("/me")
    assert me.status == 200, me.raw
    assert (me.body["kind"], me.body["person"], me.body["organization"]["id"]) == ("key", None, str(org.id))
    assert me.body["permissions"]["people.view"] == "all"
    mine = by_session(org.owner).get("/me")
    assert mine.body["person"]["id"] == str(org.owner.membership_id)
    assert set(mine.body["permissions"]) == set(catalogue())


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer tk_wrong", "Basic dXNlcjpwYXNz", "tk_x", "Bearer \u00e9", f"Bearer tk_{'x' * 500}"]
)
def test_a_bad_key_is_refused_even_beside_a_good_session(given):
    org = make_organization()
    browser = by_session(org.owner)
    assert browser.get("/me").status == 200
    refused = browser.get("/me", Authorization=given)
    assert (refused.status, refused.code) == (401, "not_authenticated")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert Caller().get("/people").code == "not_authenticated"


def test_a_key_shows_when_it_was_used_last():
    org = make_organization()
    key = by_key(org)
    before = clock.now()
    assert key.get("/me").status == 200
    with scope.tenant(org.id), reading():
        assert before <= ApiKey.objects.get(id=key.key_id).used_at <= clock.now()


def test_a_revoked_key_and_a_deactivated_member_are_out_at_once():
    org = make_organization()
    key, person = by_key(org), org.person("administrator")
    browser = by_session(person)
    assert key.get("/people").status == browser.get("/people").status == 200
    org.perform(revoke_key, key_id=key.key_id)
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    assert key.get("/people").code == browser.get("/people").code == "not_authenticated"


def test_a_session_needs_its_csrf_token_to_write_and_a_key_does_not():
    org = make_organization()
    browser = by_session(org.owner, enforce_csrf=True)
    assert browser.get("/teams").status == 200
    refused = browser.post("/teams", {"name": "North"})
    assert (refused.status, refused.code) == (403, "csrf_missing")
    assert by_key(org).get("/teams").body["items"] == []
    token = "x" * 32
    browser.client.cookies["tenantry_csrf"] = token
    assert browser.post("/teams", {"name": "North"}, **{"X-CSRFToken": token}).status == 201
    strict = Caller(by_key(org).headers, Client(enforce_csrf_checks=True))
    assert strict.post("/teams", {"name": "South"}).status == 201


def test_everything_that_goes_wrong_is_a_problem_document(monkeypatch):
    org = make_organization()
    key = by_key(org)
    assert (key.get("/nothing").status, key.get("/nothing").code) == (404, "unknown_route")
    assert key.get("/api/").code == key.get("/api/v2/people").code == "unknown_route"
    refused = key.call("PATCH", "/people")
    assert (refused.status, refused.code, refused.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD, POST")
    assert key.call("HEAD", "/people").status == 200
    assert (key.get("/people?limit=0").status, key.get("/people?limit=0").code) == (422, "invalid_input")
    assert key.get("/people?limit=0").body["errors"][0]["parameter"] == "limit"
    monkeypatch.setattr("tenantry.api.people.views.directory_page", lambda *_all, **_more: 1 / 0)
    broken = key.get("/people")
    assert (broken.status, broken.code) == (500, "internal_error")
    assert "division" not in broken.raw.decode()


def test_refusals_carry_their_facts():
    org = make_organization(seats=1)
    key = by_key(org)
    refused = key.post("/people", {"email": "a@example.test", "role_id": str(org.role("member"))})
    assert (refused.status, refused.code, refused.body["limit"], refused.body["free"]) == (409, "at_seat_limit", 1, 0)
    assert refused.body["type"].endswith("/api/docs#problem-at_seat_limit")


STRICT = (
    "surprise=1 limit=1&limit=2 limit=x limit=1.0 limit=%00 limit=0 limit=201 limit=-1 cursor=!! cursor=AAAA cursor=%00"
    " role=1 status=nobody sort=password not_seen_for_days=0"
).split()


@pytest.mark.parametrize("query", STRICT)
def test_parameters_are_strict(query):
    refused = by_key(make_organization()).get(f"/people?{query}")
    assert (refused.status, refused.code) == (422, "invalid_input"), refused.raw


@pytest.mark.parametrize("query", ["q=%00", "q=%F0%9F%98%80", "q=%E2%80%AE", "q=%3Cscript%3E", "q=%25_", "q=%FF", "q="])
def test_a_search_finds_nothing_rather_than_failing(query):
    assert by_key(make_organization()).get(f"/people?{query}").status == 200


BAD_BODIES = [
    (b"", 422), (b"{", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422), (b"\xff\xfe", 400), (b"[" * 100_000, 400),
    (b'{"name": "a", "name": "b"}', 400), (b'{"name": NaN}', 400), (b'{"name": "\\ud800"}', 400),
    (b'{"name": "a\\u0000b"}', 422), (b'{"name": ""}', 422), (b'{"name": "  "}', 422), (b'{"name": 1}', 422),
    (b'{"name": null}', 422), (b'{"name": ["a"]}', 422), (b'{"name": "a", "role": "owner"}', 422),
    (b'{"name": "a", "organization_id": "x"}', 422), ('{"name": "a\u202eb"}'.encode(), 422),
    (json.dumps({"name": "x" * 81}).encode(), 422), (json.dumps({"name": "x" * 900_000}).encode(), 422),
    (b'{"name": "' + b"x" * 1_100_000 + b'"}', 413), (b'{"name": "a", "description": 5}', 422),
    (b'{"name": ' + b"9" * 5000 + b"}", 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_bad_body_is_named_and_changes_nothing(body, status):
    key = by_key(make_organization())
    refused = key.call("POST", "/teams", raw=body)
    assert refused.status == status, refused.raw
    assert refused.code
    assert key.get("/teams").body["items"] == []


def test_other_media_types_are_refused():
    key = by_key(make_organization())
    form = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    for kind in ("text/plain", *form, "application/json; charset=latin-1"):
        refused = key.call("POST", "/teams", raw=b'{"name": "a"}', **{"Content-Type": kind})
        assert (refused.status, refused.code) == (415, "not_json")
    assert (
        key.call("POST", "/teams", raw=b'{"name": "a"}', **{"Content-Type": "application/json; charset=UTF-8"}).status
        == 201
    )


def test_what_is_said_of_a_fault_names_its_place_and_not_the_value():
    key = by_key(make_organization())
    refused = key.post("/people", {"email": "not an address", "role_id": "x", "team_ids": ["y"], "is_owner": True})
    places = {error["pointer"] for error in refused.body["errors"]}
    assert places == {"#/email", "#/role_id", "#/team_ids/0", "#/is_owner"}
    assert "not an address" not in refused.raw.decode()


def test_calls_are_counted_and_refused_beyond_the_rate(settings):
    settings.API_RATE = 3
    org = make_organization()
    key, other = by_key(org), by_key(org)
    left = [key.get("/me").headers["RateLimit"].split(";")[1] for _ in range(3)]
    assert left == ["r=2", "r=1", "r=0"]
    refused = key.get("/me")
    assert (refused.status, refused.code) == (429, "too_many_calls")
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert other.get("/me").status == 200


def test_every_operation_declares_who_may_call_it():
    assert len(OPERATIONS) > 40
    for operation in OPERATIONS.values():
        assert set(operation.permissions) <= set(catalogue()), operation.name
        assert bool(operation.permissions) != bool(operation.open_to), operation.name


def test_every_address_is_an_operation_or_on_the_list_of_public_ones():
    routes = {pattern.name for pattern in resolvers(get_resolver("tenantry.api.urls"))}
    operations = {f"api_{name}" for name in OPERATIONS}
    assert routes == operations | set(health.PUBLIC) | set(reference.PUBLIC) | {"api_unknown_route"}


def resolvers(resolver):
    for pattern in resolver.url_patterns:
        yield from resolvers(pattern) if hasattr(pattern, "url_patterns") else [pattern]


def test_a_request_that_no_view_saw_is_a_problem_too():
    refused = Caller().get("/people", Host="evil.example")
    assert (refused.status, refused.code) == (400, "malformed_request")


def test_calls_at_once_are_all_counted():
    now = clock.now()
    taken = together(*[lambda: take("member:somebody", 10, now)] * 20)
    assert sorted(t.wait > 0 for t in taken) == [False] * 10 + [True] * 10
    assert {t.wait for t in taken if t.exceeded} == {6}
    later = take("member:somebody", 10, now + timedelta(seconds=6))
    assert (later.exceeded, later.remaining) == (False, 0)
    assert take("member:somebody", 10, now + timedelta(minutes=5)).remaining == 9
