"""Things that somebody tried against a running installation, and that got further than they should have."""

import base64
import json
import logging
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from api.callers import by_key, by_session
from factories.organizations import PASSWORD, Organization, make_organization
from factories.organizations import Person as Member
from support.catalogue import change
from support.visitors import body, browser, link_in, mail_to, post, signed_in
from tenantry.config.logs import JsonLines, WithoutSecrets
from tenantry.core import crypto
from tenantry.core.errors import PermissionMissing
from tenantry.core.sheets import safe_cell
from tenantry.core.tracing import REQUEST_ID
from tenantry.people.actions import create_team
from tenantry.security.errors import PasswordRefused
from tenantry.security.passwords import Person, refuse_weak
from tenantry.usecases.joining import edit_invited


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


ANY = str(uuid4())
CURSORS = [
    cursor("n", "v", "not a moment", ANY),
    cursor("n", "v", 5, ANY),
    cursor("n", "v", 10**30, ANY),
    cursor("n", "v", "\ud800", ANY),
    cursor("n", "v", "a\0", ANY),
    cursor("n", "v", True, ANY),
    cursor("n", "v", None, ANY),
    cursor("n", "t", 2024, ANY),
    cursor("n", "t", "2024-01-01", ANY),
    cursor("n", "t", "0001-01-01T00:00:00+14:00", ANY),
    cursor("n", "t", "2024-01-01T00:00:00+00:00", 5),
    cursor(["n"], "v", "a", ANY),
    cursor("n", {}, "a", ANY),
    cursor("n"),
    base64.urlsafe_b64encode(b"[" * 1400).decode(),
    "=",
    "é",
    "\0",
    "a" * 5000,
]


@pytest.mark.parametrize(
    "path", ["/people", "/people?sort=created", "/people?sort=-last_sign_in", "/teams", "/invitations"]
)
def test_cursors_of_somebodys_own_making_are_refused(path: str):
    org = make_organization()
    org.invite()
    key = by_key(org)
    for forged in CURSORS:
        answer = key.call("GET", f"{path}{'&' if '?' in path else '?'}cursor={forged.replace('=', '%3D')}")
        # A number may be compared with a name, as text.
        assert answer.status in (200, 422), (forged, answer.raw)


def test_cursors_on_pages_too():
    client = by_session(make_organization().owner).client
    for path in ("/admin/users/u", "/admin/users/u?sort=added", "/admin/users/invitations", "/notifications"):
        for forged in CURSORS:
            answer = client.get(path.partition("?")[0], {"cursor": forged, "sort": path.partition("sort=")[2]})
            assert answer.status_code in (200, 422), (path, forged)


def test_where_somebody_is_signed_in_is_seen_only_by_whoever_may_end_it():
    org = make_organization()
    people, person = by_session(org.person("people_administrator")), org.person()
    for path in (
        f"/people/{org.owner.membership_id}/sessions",
        f"/people/{org.person('administrator').membership_id}/sessions",
    ):
        assert people.get(path).code == "member_out_of_hand"
        assert by_key(org, "people_administrator").get(path).code == "member_out_of_hand"
    assert people.get(f"/people/{person.membership_id}/sessions").status == 200
    assert people.get(f"/people/{uuid4()}/sessions").code == "not_found"


def without_teams(org: Organization) -> Member:
    """A people administrator whose role has lost `teams.manage`."""
    one = org.person("people_administrator")
    change(
        "UPDATE access_role SET permissions = permissions - 'teams.manage' WHERE id = %s",
        org.role("people_administrator"),
    )
    change("UPDATE access_catalogueversion SET number = number + 1 WHERE organization_id = %s", org.id)
    return one


def test_an_invitation_is_no_way_into_a_team():
    org = make_organization()
    team, other = (org.perform(create_team, name=name).id for name in ("North", "South"))
    inviter = without_teams(org)
    with pytest.raises(PermissionMissing):
        org.invite(by=inviter, team_ids=(team,))
    assert (
        by_session(inviter)
        .post(
            "/people",
            {"email": "x@example.test", "role_id": str(org.role("member")), "given_name": "X", "team_ids": [str(team)]},
        )
        .code
        == "permission_missing"
    )
    pending = org.invite(team_ids=(other,))
    edit = {
        "membership_id": pending.membership_id,
        "given_name": "New",
        "family_name": "",
        "role_id": org.role("member"),
    }
    with pytest.raises(PermissionMissing):
        org.perform(edit_invited, by=inviter, **edit, team_ids=(team, other))
    # Without the permission the present ones stay, whatever the form says.
    org.perform(edit_invited, by=inviter, **edit, team_ids=())
    kept = by_key(org).get(f"/people/{pending.membership_id}").body
    assert (kept["given_name"], [t["name"] for t in kept["teams"]]) == ("New", ["South"])


def logged(record: logging.LogRecord) -> dict[str, Any]:
    WithoutSecrets().filter(record)
    found: dict[str, Any] = json.loads(JsonLines().format(record))
    return found


def test_no_line_of_the_log_holds_a_token_and_every_line_its_request():
    token = crypto.new_token() + "Aa1"
    request = RequestFactory().post(f"/accounts/invitation/{token}")
    record = logging.makeLogRecord(
        {
            "msg": "Forbidden (%s): %s",
            "args": ("CSRF", request.path),
            "request": request,
            "odd": [token],
            "levelname": "WARNING",
        }
    )
    held = REQUEST_ID.set("abc")
    try:
        line = logged(record)
    finally:
        REQUEST_ID.reset(held)
    assert token not in json.dumps(line)
    assert (line["request_id"], line["level"]) == ("abc", "WARNING")


def test_the_line_of_a_request_names_it(caplog: pytest.LogCaptureFixture):
    seen: list[str | None] = []
    logger = logging.getLogger("tenantry.requests")

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            WithoutSecrets().filter(record)
            seen.append(record.request_id)  # type: ignore[attr-defined]

    listener = Listener()
    logger.addHandler(listener)
    try:
        answer = Client().get("/accounts/login")
    finally:
        logger.removeHandler(listener)
    assert seen == [answer["X-Request-Id"]]
    assert REQUEST_ID.get() is None


def test_an_address_that_htmx_never_sends_breaks_nothing():
    headers = {"HX-Request": "true", "HX-Current-URL": "http://[::1/x"}
    answer = Client(headers=headers).get("/me")
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login?next=%2Fme")
    org = make_organization()
    person = by_session(org.owner).client
    path = f"/admin/users/u/{org.person().membership_id}/sessions"
    answer = person.post(path, {"_organization": str(org.id)}, headers=headers)
    assert answer.status_code == 204


@pytest.mark.parametrize("path", ["/accounts/login", "/me", "/console/login", "/api/v1/me"])
def test_nothing_that_is_announced_to_be_huge_is_read(path: str):
    class Unread:
        def read(self, *_size: int) -> bytes:
            raise AssertionError("somebody read it")

        readline = read

    answer = browser().generic(
        "POST",
        path,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(4 * 1024**3),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert answer["X-Request-Id"]
    if path.startswith("/api"):
        assert json.loads(answer.content)["code"] == "body_too_large"


@pytest.mark.parametrize("password", ["maren.holt@halden.example", "Maren Holt 2026", "halden.example1"])
def test_a_password_like_ones_name_or_address_is_refused_in_words(password: str):
    with pytest.raises(PasswordRefused) as refused:
        refuse_weak(password, Person("maren.holt@halden.example", "Maren Holt"))
    assert "too similar to the" in str(refused.value)


def test_signing_up_with_such_a_password_says_so():
    email = f"{uuid4().hex}@example.test"
    form = {
        "organization_name": "Halden",
        "blueprint": "standard",
        "given_name": "Maren",
        "email": email,
        "password": email,
    }
    answer = browser().post("/signup", form)
    assert answer.status_code == 422
    assert "too similar to the" in body(answer)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20a", "\t=1"])
def test_no_cell_is_a_formula(text: str):
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"a{text}") == f"a{text}"


def test_a_selection_that_is_refused_whole_says_why():
    org = make_organization()
    lead, lapsed = org.person("people_administrator"), org.invite()
    team = org.perform(create_team, name="North").id
    answer = by_session(lead).post(f"/teams/{team}/joins", {"person_ids": [str(lead.membership_id)]})
    assert (answer.status, answer.code) == (403, "not_on_oneself")
    change("UPDATE people_membership SET invited_until = now() - interval '1 day' WHERE id = %s", lapsed.membership_id)
    org.limit_seats(2)
    answer = by_key(org).post("/invitations/deliveries", {"person_ids": [str(lapsed.membership_id)]})
    assert answer.code == "at_seat_limit"


def test_a_changed_password_ends_the_reset_links_that_are_out():
    owner = make_organization().owner
    browser().post("/accounts/reset", {"email": owner.email})
    path = link_in(mail_to(owner.email, "people.password_reset"))
    assert browser().get(path).status_code == 200
    client = signed_in(owner)
    change_form = {"old": PASSWORD, "new": "violet anchor 93"}
    assert post(client, owner, "/me/password", change_form).status_code == 303
    for answer in (browser().get(path), browser().post(path, {"password": "violet anchor 94"})):
        assert answer.status_code == 410
    assert signed_in(owner, "violet anchor 93").get("/me").status_code == 200


def test_administrators_fill_nobodys_mailbox_with_reset_links():
    org = make_organization()
    person, key = org.person(), by_key(org, "administrator")
    path = f"/people/{person.membership_id}/password-reset"
    assert key.post(path).status == 202
    again = key.post(path)
    assert (again.status, again.code) == (429, "too_many_attempts")
    assert again.headers["Retry-After"]
    # The link that is out stays good.
    assert browser().get(link_in(mail_to(person.email, "people.password_reset"))).status_code == 200
