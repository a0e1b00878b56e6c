"""Who gets into the console, and for how long."""

from datetime import timedelta

import pytest
from django.test import Client

from factories.operators import PASSWORD, make_operator
from factories.organizations import make_organization
from tenantry.console.screens import COOKIE
from tenantry.core import clock, crypto
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import User
from tenantry.security.models import OperatorSession

PAGES = ("/console", "/console/organizations", "/console/outbox", "/console/jobs", "/console/audit")


def _session(client: Client, **columns: object) -> None:
    token = client.cookies[COOKIE].value
    with scope.installation("console"), writing():
        assert OperatorSession.objects.filter(token_hash=crypto.token_hash(token)).update(**columns)


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_for_an_operator_and_open_for_one(path):
    answer = Client().get(path)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/console/login")
    assert make_operator().client().get(path).status_code == 200


def test_the_cookie_is_the_consoles_alone():
    client = make_operator().client()
    cookie = client.cookies[COOKIE]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/console", "Strict", True)
    assert int(cookie["max-age"]) == 12 * 3600
    # The token is stored as its hash only, and no session of members was opened.
    assert "tenantry_session" not in client.cookies


def test_a_member_is_nobody_here():
    org = make_organization()
    client = Client()
    with scope.platform("sign_in"), reading():
        user = User.objects.get(id=org.owner.user_id)
    with scope.platform("sign_in"):
        client.force_login(user)
    assert client.get("/console")["Location"] == "/console/login"
    assert client.get("/console/outbox")["Location"] == "/console/login?next=%2Fconsole%2Foutbox"


@pytest.mark.parametrize("wrong", ["email", "password", "code"])
def test_one_answer_whatever_was_wrong(wrong):
    operator = make_operator()
    given = {"email": operator.email, "password": PASSWORD, "code": operator.code()}
    given[wrong] = {"email": "nobody@example.test", "password": "something else", "code": "000000"}[wrong]
    answer = Client(REMOTE_ADDR=f"198.51.100.{len(wrong)}").post("/console/login", given)
    assert answer.status_code == 422
    assert "Address, password and code don" in answer.content.decode()
    assert COOKIE not in answer.cookies


def test_a_code_works_once():
    operator = make_operator()
    operator.client()
    given = {"email": operator.email, "password": PASSWORD, "code": operator.code()}
    assert Client().post("/console/login", given).status_code == 422


def test_sign_in_slows_down_and_says_so():
    operator = make_operator()
    client = Client(REMOTE_ADDR="203.0.113.77")
    given = {"email": operator.email, "password": "wrong wrong wrong", "code": "123456"}
    answers = [client.post("/console/login", given).status_code for _n in range(5)]
    assert answers == [422, 422, 422, 429, 429]
    assert "Too many attempts" in client.post("/console/login", given).content.decode()


def test_next_leads_nowhere_else():
    operator = make_operator()
    for target, where in {
        "/console/jobs?state=failed": "/console/jobs?state=failed",
        "https://evil.example/console": "/console",
        "//evil.example/console": "/console",
        "/admin": "/console",
        "/console@evil.example": "/console",
        "/console/\\evil": None,
    }.items():
        operator.forget_code()
        given = {"email": operator.email, "password": PASSWORD, "code": operator.code(), "next": target}
        answer = Client().post("/console/login", given)
        assert answer.status_code == 303
        assert answer["Location"] == (where or answer["Location"])
        assert answer["Location"].startswith("/console")


def test_sign_out_ends_the_session_on_the_server():
    client = make_operator().client()
    token = client.cookies[COOKIE].value
    assert client.post("/console/logout")["Location"] == "/console/login"
    stolen = Client()
    stolen.cookies[COOKIE] = token
    assert stolen.get("/console").status_code == 303


def test_sessions_end_by_age_idleness_epoch_and_deactivation():
    operator, now = make_operator(), clock.now()
    for columns in ({"entered_at": now - timedelta(hours=12, minutes=1)}, {"seen_at": now - timedelta(minutes=61)}):
        client = operator.client()
        _session(client, **columns)
        assert client.get("/console").status_code == 303
    client = operator.client()
    operator.update(session_epoch=1)
    assert client.get("/console").status_code == 303
    client = operator.client()
    assert client.get("/console").status_code == 200
    operator.update(is_active=False)
    assert client.get("/console").status_code == 303


def test_last_seen_moves():
    client = make_operator().client()
    _session(client, seen_at=clock.now() - timedelta(minutes=50))
    assert client.get("/console").status_code == 200
    token = client.cookies[COOKIE].value
    with scope.installation("console"), reading():
        seen = OperatorSession.objects.get(token_hash=crypto.token_hash(token)).seen_at
    assert clock.now() - seen < timedelta(minutes=1)


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "ä", "'; --"])
def test_nonsense_for_a_cookie_is_nobody(cookie):
    client = Client()
    client.cookies[COOKIE] = cookie
    assert client.get("/console").status_code == 303


def test_forms_need_their_token():
    operator = make_operator()
    client = Client(enforce_csrf_checks=True)
    given = {"email": operator.email, "password": PASSWORD, "code": operator.code()}
    assert client.post("/console/login", given).status_code == 403
