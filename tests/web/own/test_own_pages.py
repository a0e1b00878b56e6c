"""One's own name, picture, password, appearance, sessions and notifications, over HTTP."""

import io

import pytest
from PIL import Image

from factories.organizations import PASSWORD, make_organization
from support.catalogue import rows
from support.structure import set_policy
from support.visitors import body, browser, post, signed_in
from tenantry.audit.outbox import dispatch
from tenantry.core.tenancy import scope

PAGES = ("/me", "/me/password", "/me/security", "/me/preferences", "/me/organizations", "/notifications")


@pytest.fixture
def rep():
    return make_organization().person("member")


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 300)) -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", size, "#0b6478").save(written, kind)
    written.seek(0)
    written.name = f"me.{kind.lower()}"
    return written


@pytest.mark.parametrize("path", PAGES)
def test_everybody_has_them_and_guests_sign_in(rep, path):
    assert signed_in(rep).get(path).status_code == 200
    assert browser().get(path)["Location"] == f"/accounts/login?next={path.replace('/', '%2F')}"


def test_name_and_picture(rep):
    client = signed_in(rep)
    names = {"given_name": "Åsa", "family_name": "Lindqvist"}
    assert post(client, rep, "/me", {**names, "picture": picture()}).status_code == 303
    page = body(client.get("/me"))
    assert "Åsa Lindqvist" in page
    shown = client.get("/me/picture")
    assert shown["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(shown.content)).size == (256, 256)
    assert post(client, rep, "/me", {**names, "no_picture": "on"}).status_code == 303
    assert client.get("/me/picture").status_code == 404


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
    ],
)
def test_what_is_no_picture_is_refused(rep, upload):
    client = signed_in(rep)
    given = io.BytesIO(upload)
    given.name = "me.png"
    answer = post(client, rep, "/me", {"given_name": "Kept", "family_name": "", "picture": given})
    assert answer.status_code == 422
    assert 'value="Kept"' in body(answer)
    assert client.get("/me/picture").status_code == 404


@pytest.mark.parametrize("value", ["", "\0", "a" * 1_000_000, "\u202eartep", "\u200b"])
def test_bad_names(rep, value):
    answer = post(signed_in(rep), rep, "/me", {"given_name": value, "family_name": "Kept"})
    assert answer.status_code == 422
    assert 'value="Kept"' in body(answer)


def test_names_are_shown_inert(rep):
    client = signed_in(rep)
    post(client, rep, "/me", {"given_name": "<img src=x onerror=alert(1)>", "family_name": ""})
    for path in (*PAGES, "/"):
        assert "<img src=x" not in body(client.get(path))


def test_the_password_needs_the_old_one_and_ends_other_browsers(rep):
    here, elsewhere = signed_in(rep), signed_in(rep)
    wrong = post(here, rep, "/me/password", {"old": "wrong wrong wrong", "new": "another harbour 77"})
    assert wrong.status_code == 422
    assert "This is not your present password." in body(wrong)
    weak = post(here, rep, "/me/password", {"old": PASSWORD, "new": "short"})
    assert "At least 12 characters." in body(weak)
    assert post(here, rep, "/me/password", {"old": PASSWORD, "new": "another harbour 77"}).status_code == 303
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303
    assert body(here.get("/me/security")).count("last seen") == 1
    assert browser().post("/accounts/login", {"email": rep.email, "password": PASSWORD}).status_code == 422


def test_the_password_meets_what_each_of_ones_organizations_asks(rep):
    """It opens all of them, from wherever it is changed."""
    strict = make_organization()
    set_policy(strict, "password.minimum_length", 24)
    joins = strict.invite(email=rep.email)
    strict.accept(strict.token_for(joins.membership_id), signed_in_user_id=rep.user_id)
    client = signed_in(rep)
    assert client.post("/switch", {"organization": str(rep.organization_id)}).status_code == 303
    assert "At least 24 characters." in body(client.get("/me/password"))
    short = post(client, rep, "/me/password", {"old": PASSWORD, "new": "another harbour 77"})
    assert short.status_code == 422
    assert "At least 24 characters." in body(short)
    long = {"old": PASSWORD, "new": "another harbour, far away 77"}
    assert post(client, rep, "/me/password", long).status_code == 303


def test_guessing_the_old_password_slows_down(rep):
    client = signed_in(rep)
    form = {"old": "wrong wrong wrong", "new": "another harbour 77"}
    assert [post(client, rep, "/me/password", form).status_code for _i in range(4)] == [422, 422, 422, 429]


def test_appearance_is_kept_with_the_account_and_before_signing_in(rep):
    client = signed_in(rep)
    assert post(client, rep, "/me/appearance", {"theme": "dark", "next": "//evil.example"})["Location"] == "/"
    assert 'data-bs-theme="dark"' in body(client.get("/me"))
    assert 'data-bs-theme="dark"' in body(signed_in(rep).get("/me"))
    guest = browser()
    guest.post("/me/appearance", {"theme": "light"})
    assert 'data-bs-theme="light"' in body(guest.get("/accounts/login"))
    for theme in ("", "pink", "\0", "a" * 1_000_000):
        assert post(client, rep, "/me/appearance", {"theme": theme}).status_code == 422


def test_ending_another_session_of_ones_own(rep):
    here, elsewhere = signed_in(rep), signed_in(rep)
    other = elsewhere.get("/me").wsgi_request.entry.id
    assert post(here, rep, f"/me/sessions/{other}/end").status_code == 303
    assert elsewhere.get("/me").status_code == 303
    assert here.get("/me").status_code == 200
    assert post(here, rep, f"/me/sessions/{other}/end").status_code == 404


def test_nobody_ends_the_sessions_of_others(rep):
    org = make_organization()
    stranger, colleague = signed_in(org.owner), org.person()
    for person in (rep, colleague):
        entry = signed_in(person).get("/me").wsgi_request.entry.id
        assert post(stranger, org.owner, f"/me/sessions/{entry}/end").status_code == 404
        assert rows("SELECT ended_at FROM security_sessionentry WHERE id = %s", entry) == [(None,)]


def test_notifications_are_listed_and_marked_read():
    org = make_organization()
    org.person()
    with scope.tenant(org.id):
        dispatch(org.id)
    client = signed_in(org.owner)
    page = body(client.get("/notifications"))
    assert "Pat Example accepted the invitation and is in." in page
    assert "Mark all as read" in page
    assert post(client, org.owner, "/notifications/read").status_code == 303
    assert "Mark all as read" not in body(client.get("/notifications"))
    assert client.get("/notifications?cursor=nonsense").status_code == 422
    assert "Nothing new" in body(signed_in(org.person()).get("/notifications"))
