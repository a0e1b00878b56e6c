"""Signing in tells nobody whether an address has an account, a temporary password, several or nothing (case 22)."""

from typing import Any

import pytest

from factories.organizations import PASSWORD, Organization, make_organization, unique
from support.catalogue import change, rows
from support.structure import set_policy
from support.visitors import body, browser, mail_to
from tenantry.config.hashers import Argon2
from tenantry.people import ways
from tenantry.people.ways import secret_hash
from tenantry.usecases.joining import revoke_invitation
from tenantry.usecases.temporary_passwords import send_temporary_password

TEMPORARY = "temporary_password"
WRONG = "abcd-efgh-jkmn-pqrs"


def addressed(org: Organization) -> dict[str, str]:
    """What an address may be -> one of that kind."""
    active, reset = org.person(), org.person()
    org.perform(send_temporary_password, membership_id=reset.membership_id)
    mail_to(reset.email, "people.temporary_password")
    kinds = {"unknown": f"{unique('nobody')}@example.test", "active": active.email, "reset": reset.email}
    kinds["link"] = org.invite().email
    for kind in ("temporary", "expired", "revoked", "several"):
        one = org.invite(way=TEMPORARY)
        mail_to(one.email, "people.temporary_password")
        kinds[kind] = one.email
    kinds["not mailed"] = org.invite(way=TEMPORARY).email
    change(
        "UPDATE people_temporarypassword SET expires_at = now() - interval '1 day' WHERE membership_id ="
        " (SELECT id FROM people_membership WHERE email = %s)",
        kinds["expired"],
    )
    revoked = rows("SELECT id FROM people_membership WHERE email = %s", kinds["revoked"])[0][0]
    org.perform(revoke_invitation, membership_id=revoked)
    other = make_organization()
    other.invite(way=TEMPORARY, email=kinds["several"])
    mail_to(kinds["several"], "people.temporary_password")
    return kinds


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that Argon2 works."""
    done: list[str] = []
    encode, verify = Argon2.encode, Argon2.verify

    def counted_encode(self: Any, password: str, salt: str) -> str:
        done.append("encode")
        return encode(self, password, salt)

    def counted_verify(self: Any, password: str, encoded: str) -> bool:
        done.append("verify")
        return bool(verify(self, password, encoded))

    monkeypatch.setattr(Argon2, "encode", counted_encode)
    monkeypatch.setattr(Argon2, "verify", counted_verify)
    return done


@pytest.mark.parametrize("typed", [WRONG, "something else 9", "x"])
def test_a_wrong_password_is_answered_alike_after_the_same_work(hashing, typed):
    kinds = addressed(make_organization())
    answers = {}
    for kind, email in kinds.items():
        hashing.clear()
        client = browser()
        answer = client.post("/accounts/login", {"email": email, "password": typed})
        page = body(answer).replace(email, "…")
        answers[kind] = (answer.status_code, page, tuple(sorted(client.cookies)), len(hashing))
    assert len(set(answers.values())) == 1, {kind: (a[0], a[2:]) for kind, a in answers.items()}
    assert answers["unknown"][3] == 2


def test_of_several_passwords_one_is_asked(hashing):
    """The keyed mark finds it: the right one costs no more than a wrong one, however many there are."""
    email = f"{unique('many')}@example.test"
    secrets = []
    for _ in range(4):
        org = make_organization()
        one = org.invite(way=TEMPORARY, email=email)
        mail_to(email, "people.temporary_password")
        secrets.append(f"abcd-efgh-jkmn-{unique('x')[-4:]}".replace("0", "2").replace("1", "3"))
        change(
            "UPDATE people_temporarypassword SET secret_hash = %s WHERE membership_id = %s",
            secret_hash(secrets[-1]),
            one.membership_id,
        )
    for secret in secrets:
        hashing.clear()
        answer = browser().post("/accounts/login", {"email": email, "password": secret})
        assert answer.status_code == 303
        assert len(hashing) == 2


def test_the_mark_alone_opens_nothing(monkeypatch):
    """Whose first characters are those of the stored one is still asked for all of it."""
    monkeypatch.setattr(ways, "_mark", lambda _secret: "0000")
    org = make_organization()
    one = org.invite(way=TEMPORARY)
    mail_to(one.email, "people.temporary_password")
    assert browser().post("/accounts/login", {"email": one.email, "password": WRONG}).status_code == 422


def test_guessing_slows_down():
    org = make_organization()
    one = org.invite(way=TEMPORARY)
    mail_to(one.email, "people.temporary_password")
    client = browser()
    answers = [client.post("/accounts/login", {"email": one.email, "password": WRONG}).status_code for _ in range(6)]
    assert answers[:3] == [422] * 3
    assert answers[-1] == 429


def test_the_secret_stands_nowhere():
    """Security case 2: neither audit rows, nor jobs, nor the mail log hold it in the open."""
    org = make_organization()
    one = org.invite(way=TEMPORARY)
    text = mail_to(one.email, "people.temporary_password")["text"]
    secret = next(word for word in text.split() if word.count("-") == 3 and len(word) == 19)
    tables = [t for (t,) in rows("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")]
    for table in tables:
        assert rows(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", f"%{secret}%") == [(0,)], table


def test_a_password_from_an_administrator_stands_nowhere():
    given = "Harbour-lamp 5271"
    org = make_organization()
    set_policy(org, "people.entry_modes", ["administrator_password"])
    org.invite(password=given)
    tables = [t for (t,) in rows("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")]
    for table in tables:
        assert rows(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", f"%{given}%") == [(0,)], table


def test_other_organizations_say_nothing_of_an_account_either():
    """Adding by link or temporary password: the same for an address with an account and for one without."""
    org = make_organization()
    known = make_organization().owner.email
    for way in ("invitation_link", TEMPORARY):
        made = {}
        for email in (known, f"{unique('new')}@example.test"):
            one = org.invite(way=way, email=email)
            made[email] = (one.way, one.asked, one.returned, org.status(one.membership_id))
            org.perform(revoke_invitation, membership_id=one.membership_id)
        assert len(set(made.values())) == 1
    assert browser().post("/accounts/login", {"email": known, "password": PASSWORD}).status_code == 303
