"""From the mail with a temporary password to the own one, over HTTP: every state, with a way out of each."""

import re
from typing import Any
from uuid import UUID

import pytest

from factories.organizations import PASSWORD, Organization, make_organization, make_user, unique
from support.catalogue import change, rows
from support.structure import set_policy
from support.visitors import body, browser, mail_to, signed_in
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import TemporaryPassword, User
from tenantry.usecases.joining import resend_invitation, revoke_invitation
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.temporary_passwords import send_temporary_password

PAGE = "/accounts/first-password"
OWN = "my own harbour 27"
MAIL = "people.temporary_password"
TEMPORARY = {"way": "temporary_password"}


def secret_of(email: str) -> str:
    mail = mail_to(email, MAIL)
    found = re.search(r"\b[a-z2-9]{4}(-[a-z2-9]{4}){3}\b", mail["text"])
    assert found, mail["text"]
    return found[0]


def added(org: Organization | None = None, **more: Any) -> tuple[Organization, Any, str]:
    org = org or make_organization("Halden Supply")
    one = org.invite(**TEMPORARY, given_name=more.pop("given_name", "Petra"), **more)
    return org, one, secret_of(one.email)


def came(email: str, secret: str) -> Any:
    """A browser that has signed in with the temporary password."""
    client = browser()
    answer = client.post("/accounts/login", {"email": email, "password": secret})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    return client


def told(answer: Any, status: int, words: str) -> None:
    page = body(answer)
    assert answer.status_code == status, page
    assert words in page
    assert answer["Cache-Control"] == "no-store"
    card = page.partition('class="t-card')[2]
    assert '<a class="btn' in card or "<button" in card


def accounts(email: str) -> list[Any]:
    return rows("SELECT email_proven_at IS NOT NULL, must_change_password FROM people_user WHERE email = %s", email)


def test_the_mail_says_how_to_get_in():
    org, one, secret = added()
    mail = mail_to(one.email, MAIL)
    assert mail["subject"] == "Your way into Halden Supply"
    for part in (mail["text"], mail["html"]):
        assert "/accounts/login" in part
        assert one.email in part
        assert secret in part
    stored = rows("SELECT secret_hash FROM people_temporarypassword WHERE membership_id = %s", one.membership_id)
    assert "argon2" in stored[0][0]
    assert secret not in stored[0][0]
    assert org.status(one.membership_id) == "invited"


def test_signing_in_makes_nothing_and_choosing_leads_in():
    org, one, secret = added()
    client = came(one.email, secret)
    assert org.status(one.membership_id) == "invited"
    assert accounts(one.email) == []
    for path in ("/", "/admin"):
        assert "Petra" not in body(client.get(path))
    told(client.get(PAGE), 200, "Choose your own password")
    answer = client.post(PAGE, {"password": OWN})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert "Petra" in body(client.get("/"))
    assert org.status(one.membership_id) == "active"
    assert accounts(one.email) == [(True, False)]
    again = browser().post("/accounts/login", {"email": one.email, "password": OWN})
    assert (again.status_code, again["Location"]) == (303, "/")
    told(came(one.email, secret).get(PAGE), 410, "was used already")
    assert rows(
        "SELECT sealed_body IS NULL FROM core_maildelivery WHERE recipient = %s AND kind = %s", one.email, MAIL
    ) == [(True,)]


@pytest.mark.parametrize("typed", [str.upper, lambda s: s.replace("-", " "), lambda s: f" {s.replace('-', '')} "])
def test_it_may_be_typed_as_people_type(typed):
    _org, one, secret = added()
    came(one.email, typed(secret))


def test_the_page_wants_the_sign_in_and_not_too_long_ago():
    assert browser().get(PAGE)["Location"] == "/accounts/login"
    assert browser().post(PAGE, {"password": OWN})["Location"] == "/accounts/login"
    org, one, secret = added()
    client = came(one.email, secret)
    session = client.session
    session["temporary_password"] = {**session["temporary_password"], "until": clock.now().timestamp() - 1}
    session.save()
    for answer in (client.get(PAGE), client.post(PAGE, {"password": OWN})):
        told(answer, 403, "That took too long")
    assert org.status(one.membership_id) == "invited"


def test_names_are_asked_where_they_are_missing():
    org = make_organization()
    one = org.invite(**TEMPORARY, given_name="", family_name="")
    client = came(one.email, secret_of(one.email))
    assert 'name="given_name"' in body(client.get(PAGE))
    told(client.post(PAGE, {"password": OWN, "given_name": ""}), 422, "Choose your own password")
    assert client.post(PAGE, {"password": OWN, "given_name": "Ane", "family_name": "Moe"}).status_code == 303
    assert rows("SELECT given_name FROM people_membership WHERE id = %s", one.membership_id) == [("Ane",)]


@pytest.mark.parametrize("weak", ["short", "password1234"])
def test_the_own_password_meets_the_rule(weak):
    org, one, secret = added()
    client = came(one.email, secret)
    told(client.post(PAGE, {"password": weak}), 422, "Choose your own password")
    assert org.status(one.membership_id) == "invited"
    assert client.post(PAGE, {"password": OWN}).status_code == 303


def test_every_end_is_said_where_it_is_noticed():
    """Before the page, and between page and press."""
    ends = {
        "There is a newer one": lambda o, i: o.perform(resend_invitation, membership_id=i),
        "is not good any more": lambda o, i: o.perform(revoke_invitation, membership_id=i),
        "has expired": lambda _o, i: change(
            "UPDATE people_temporarypassword SET expires_at = now() - interval '1 minute' WHERE membership_id = %s", i
        ),
    }
    for words, end in ends.items():
        org, one, secret = added()
        client = came(one.email, secret)
        assert client.get(PAGE).status_code == 200
        end(org, one.membership_id)
        told(client.post(PAGE, {"password": OWN}), 410, words)
        told(came(one.email, secret).get(PAGE), 410, words)
        assert org.status(one.membership_id) != "active"
        assert accounts(one.email) == []


def test_two_browsers_and_one_password():
    _org, one, secret = added()
    first, second = came(one.email, secret), came(one.email, secret)
    assert first.post(PAGE, {"password": OWN}).status_code == 303
    told(second.post(PAGE, {"password": "another harbour 31"}), 410, "was used already")
    assert browser().post("/accounts/login", {"email": one.email, "password": OWN}).status_code == 303


def test_without_a_seat():
    org, one, secret = added()
    set_policy(org, "seats.counted_statuses", ["active"])
    org.limit_seats(1)
    client = came(one.email, secret)
    told(client.get(PAGE), 409, "No seat is free at the moment")
    told(client.post(PAGE, {"password": OWN}), 409, "No seat is free at the moment")
    org.limit_seats(2)
    assert client.post(PAGE, {"password": OWN}).status_code == 303


def test_several_organizations_may_have_sent_one():
    email = f"{unique('both')}@example.test"
    here, there = make_organization("Halden Supply"), make_organization("Fjord Partners")
    secrets = {}
    for org in (here, there):
        org.invite(**TEMPORARY, email=email, given_name="Petra")
        secrets[org.id] = secret_of(email)
    client = came(email, secrets[there.id])
    assert "Fjord Partners" in body(client.get(PAGE))
    assert client.post(PAGE, {"password": OWN}).status_code == 303
    # The other one is good for joining only now: whose account it is says its own password.
    client = came(email, secrets[here.id])
    told(client.get(PAGE), 200, "Sign in to join")
    told(client.post(PAGE, {"password": "not mine to set 5"}), 200, "Sign in to join")
    answer = client.post("/accounts/login", {"email": email, "password": OWN, "next": PAGE})
    assert answer["Location"] == PAGE
    told(client.get(PAGE), 200, "your password stays what it is")
    assert client.post(PAGE).status_code == 303
    assert rows("SELECT count(*) FROM people_membership WHERE email = %s AND status = 'active'", email) == [(2,)]


def test_whoever_has_an_account_gets_a_link_and_no_password():
    org = make_organization()
    email = f"{unique('known')}@example.test"
    make_user(email)
    org.invite(**TEMPORARY, email=email)
    mail = mail_to(email, MAIL)
    assert "/accounts/invitation/" in mail["text"]
    assert not re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", mail["text"])
    assert rows(
        "SELECT p.secret_hash FROM people_temporarypassword p JOIN people_membership m ON m.id = p.membership_id"
        " WHERE m.email = %s",
        email,
    ) == [("",)]


def test_somebody_who_is_in_gets_one_for_an_hour():
    org = make_organization()
    person = org.person(given_name="Petra")
    inside = signed_in(person)
    org.perform(send_temporary_password, membership_id=person.membership_id)
    secret = secret_of(person.email)
    # Nothing has ended yet, and the own password works.
    assert inside.get("/me").status_code == 200
    signed_in(person)
    client = came(person.email, secret)
    told(client.get(PAGE), 200, "It takes the place of your old one")
    assert client.post(PAGE, {"password": OWN}).status_code == 303
    assert inside.get("/me").status_code == 303
    assert client.get("/me").status_code == 200
    assert browser().post("/accounts/login", {"email": person.email, "password": PASSWORD}).status_code == 422
    signed_in(person, OWN)


def test_one_for_somebody_who_is_in_dies_with_their_place():
    org = make_organization()
    person = org.person()
    org.perform(send_temporary_password, membership_id=person.membership_id)
    secret = secret_of(person.email)
    client = came(person.email, secret)
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    told(client.post(PAGE, {"password": OWN}), 410, "is not good any more")
    assert signed_or_refused(person.email, OWN) == 422


def test_one_for_an_account_that_is_elsewhere_by_now_changes_nothing():
    org, other = make_organization(), make_organization()
    person = org.person()
    org.perform(send_temporary_password, membership_id=person.membership_id)
    client = came(person.email, secret_of(person.email))
    joins = other.invite(email=person.email)
    other.accept(other.token_for(joins.membership_id), signed_in_user_id=person.user_id)
    told(client.post(PAGE, {"password": OWN}), 410, "is not good any more")
    assert signed_or_refused(person.email, PASSWORD) == 303


def signed_or_refused(email: str, password: str) -> int:
    return int(browser().post("/accounts/login", {"email": email, "password": password}).status_code)


def test_a_sign_in_signs_out_whoever_was_there():
    org, one, secret = added()
    client = signed_in(org.owner)
    assert client.post("/accounts/login", {"email": one.email, "password": secret})["Location"] == PAGE
    assert client.get("/admin").status_code == 303
    told(client.get(PAGE), 200, "Choose your own password")


def test_the_session_alone_says_whose_it_is():
    """Nothing in the body counts: neither whose, nor as what."""
    org, one, secret = added()
    other = org.invite(**TEMPORARY)
    with scope.tenant(org.id), reading():
        foreign = TemporaryPassword.objects.get(membership_id=other.membership_id).id
    client = came(one.email, secret)
    extra = {"temporary_id": str(foreign), "id": str(foreign), "role": "owner", "email": other.email}
    assert client.post(PAGE, {"password": OWN, **extra}).status_code == 303
    assert org.status(other.membership_id) == "invited"
    assert org.status(one.membership_id) == "active"
    with scope.platform("sign_in"), reading():
        assert not User.objects.filter(email=other.email).exists()
    assert isinstance(foreign, UUID)
