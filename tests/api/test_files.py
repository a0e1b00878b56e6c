"""Drive for programs: a file goes in as a body and comes out whole or in part."""

from urllib.parse import quote

import pytest

from api.callers import by_session, make_organization
from support.uploads import MARKUP, discarded, file_row, used
from tenantry.core import files
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations.models import Entitlement

OCTETS = {"Content_Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def org():
    return make_organization()


@pytest.fixture(scope="module")
def caller(org):
    return by_session(org.owner)


def send(caller, content: bytes, name: str = "offer.txt", **headers: str):
    return caller.call("POST", f"/files?name={quote(name)}", raw=content, **OCTETS, **headers)


def test_a_file_goes_in_and_comes_out(caller, org):
    made = send(caller, MARKUP, "page.html")
    assert (made.status, made.body["size"], made.body["content_type"]) == (201, len(MARKUP), "text/plain")
    path = made.headers["Location"]
    got = caller.get(f"{path}/content")
    assert (got.status, got.raw, got.headers["Content-Type"]) == (200, MARKUP, "application/octet-stream")
    assert got.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert "sandbox" in got.headers["Content-Security-Policy"]
    part = caller.get(f"{path}/content", Range="bytes=2-8")
    assert (part.status, part.raw) == (206, MARKUP[2:9])
    behind = caller.get(f"{path}/content", Range="bytes=9999-")
    assert (behind.status, behind.code) == (416, "range_not_satisfiable")
    assert behind.headers["Content-Range"] == f"bytes */{len(MARKUP)}"


def test_a_repeated_call_makes_one_file_and_keeps_one_copy(caller, org):
    first = send(caller, b"once", Idempotency_Key="offer-1")
    again = send(caller, b"once", Idempotency_Key="offer-1")
    assert first.body["id"] == again.body["id"]
    kept = {key for shelf in files.shelves(org.id) for key in shelf}
    assert file_row(org, first.body["id"]).store_key in kept
    other = send(caller, b"something else", Idempotency_Key="offer-1")
    assert other.status == 422
    assert {key for shelf in files.shelves(org.id) for key in shelf} == kept


def test_other_content_and_another_name(caller, org):
    made = send(caller, b"first").body
    changed = caller.call("PUT", f"/files/{made['id']}/content", raw=b"second, longer", **OCTETS)
    assert (changed.status, changed.body["size"], changed.body["version"]) == (200, 14, 2)
    folder = caller.call("POST", "/folders", {"name": "Offers"}).body["id"]
    moved = caller.call("PATCH", f"/files/{made['id']}", {"name": "new.txt", "folder_id": folder})
    assert (moved.body["name"], moved.body["folder_id"]) == ("new.txt", folder)
    assert discarded(org)
    plan = caller.get(f"/folders/{folder}/content/deletion/plan").body
    assert (plan["files"], plan["size"]) == (1, 14)
    gone = caller.call("DELETE", f"/folders/{folder}/content?digest={plan['digest']}")
    assert gone.status == 204
    assert caller.get(f"/files/{made['id']}").status == 404


def test_what_does_not_fit_is_refused_with_its_figures():
    org = make_organization()
    with scope.platform("demo", org.id), writing():
        Entitlement.objects.update_or_create(key="drive_bytes", defaults={"limit": 100})
    caller = by_session(org.owner)
    refused = send(caller, b"x" * 101)
    assert (refused.status, refused.code, refused.body["limit"]) == (409, "drive_full", 100)
    assert caller.get("/drive/space").body["left"] == 100
    assert used(org, org.owner.membership_id) == 0


@pytest.mark.parametrize("length", ["5000000000", "4294967297", "9" * 30])
def test_a_body_that_is_announced_too_large_is_not_read(caller, length):
    answer = caller.client.generic(
        "POST",
        "/api/v1/files?name=a",
        b"only this",
        content_type="application/octet-stream",
        headers=caller.headers,
        CONTENT_LENGTH=length,
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_in_chunks_has_to_say_its_length(caller, org):
    before = used(org, org.owner.membership_id)
    answer = caller.client.generic(
        "POST",
        "/api/v1/files?name=a",
        b"",
        content_type="application/octet-stream",
        headers={**caller.headers, "Transfer-Encoding": "chunked"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "length_missing")
    assert used(org, org.owner.membership_id) == before
