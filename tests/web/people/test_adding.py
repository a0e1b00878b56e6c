"""Add user by every way in, over HTTP: what the dialog offers, what comes of it, and what it does not tell."""

import re
from typing import Any

import pytest
from django.test import Client

from factories.organizations import PASSWORD, Organization, make_organization, make_user, unique
from support.catalogue import rows
from support.structure import set_policy
from support.visitors import body, browser, mail_to, post, signed_in
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership
from tenantry.usecases.departments import create_department
from tenantry.usecases.joining import revoke_invitation
from tenantry.usecases.offboarding import deactivate_members, remove_members

NEW = "/admin/users/u/new"
GIVEN = "Harbour-lamp 52"
ALL = ["invitation_link", "temporary_password", "administrator_password"]


@pytest.fixture
def org() -> Organization:
    made = make_organization()
    set_policy(made, "people.entry_modes", ALL)
    return made


@pytest.fixture
def client(org: Organization) -> Client:
    return signed_in(org.owner)


def fields(org: Organization, way: str, **more: Any) -> dict[str, Any]:
    email = f"{unique('ada')}@example.test"
    return {
        "given_name": "Ada",
        "family_name": "Byron",
        "email": email,
        "role": str(org.role("member")),
        "way": way,
    } | more


def added(client: Client, org: Organization, way: str, **more: Any) -> tuple[str, str]:
    """The address and the page afterwards."""
    values = fields(org, way, **more)
    answer = post(client, org.owner, NEW, values)
    assert answer.status_code == 303, body(answer)
    return values["email"], body(client.get(answer["Location"]))


def status(email: str) -> str:
    return str(rows("SELECT status FROM people_membership WHERE email = %s AND status <> 'removed'", email)[0][0])


def enters(email: str, password: str) -> str:
    answer = browser().post("/accounts/login", {"email": email, "password": password})
    return str(answer["Location"]) if answer.status_code == 303 else str(answer.status_code)


def test_the_dialog_offers_what_the_policy_names(org, client):
    page = body(client.get(NEW))
    assert re.findall(r'name="way" value="(\w+)" id="\w+"( checked)?', page) == [
        (ALL[0], " checked"), (ALL[1], ""), (ALL[2], ""),
    ]  # fmt: skip
    assert 'name="password"' in page
    assert "At least 12 characters." in page
    set_policy(org, "people.entry_modes", ["temporary_password"])
    page = body(client.get(NEW))
    assert 'name="way"' not in page
    assert 'name="password"' not in page
    assert "The password in the mail works once, for 7 days." in page
    set_policy(org, "people.entry_modes", ["administrator_password"])
    page = body(client.get(NEW))
    assert 'name="way"' not in page
    assert 'name="password"' in page


@pytest.mark.parametrize("way", ALL)
def test_a_way_that_is_not_offered_is_refused(org, client, way):
    set_policy(org, "people.entry_modes", [one for one in ALL if one != way])
    values = fields(org, way, password=GIVEN)
    answer = post(client, org.owner, NEW, values)
    assert answer.status_code == 422
    assert rows("SELECT count(*) FROM people_membership WHERE email = %s", values["email"]) == [(0,)]


def test_by_link_and_by_temporary_password_people_are_pending(org, client):
    for way, kind in (("invitation_link", "people.invitation"), ("temporary_password", "people.temporary_password")):
        # What was typed for another way is nobody's password.
        email, page = added(client, org, way, password=GIVEN)
        assert "is invited." in page
        assert "Mail queued" in page
        assert status(email) == "invited"
        assert mail_to(email, kind)
        assert enters(email, GIVEN) == "422"


def test_with_a_password_they_are_in_at_once(org, client):
    email, page = added(client, org, "administrator_password", password=GIVEN)
    assert status(email) == "active"
    assert "Ada Byron is added." in page
    assert "Address not proven" in page
    mail = mail_to(email, "people.welcome")
    assert GIVEN not in mail["text"] + mail["html"]
    assert "/accounts/login" in mail["text"]
    assert enters(email, GIVEN) == "/"


def test_whoever_must_change_it_does_so_first(org, client):
    email, _page = added(client, org, "administrator_password", password=GIVEN, must_change="on")
    theirs = browser()
    assert theirs.post("/accounts/login", {"email": email, "password": GIVEN}).status_code == 303
    for path in ("/", "/me"):
        assert theirs.get(path)["Location"] == "/me/password"
    assert theirs.get("/api/v1/people").json()["code"] == "password_given"
    assert "Somebody else chose your password." in body(theirs.get("/me/password"))
    chosen = {"_organization": str(org.id), "old": GIVEN, "new": "my own harbour 27"}
    assert theirs.post("/me/password", chosen).status_code == 303
    assert theirs.get("/me").status_code == 200
    assert rows("SELECT must_change_password FROM people_user WHERE email = %s", email) == [(False,)]


@pytest.mark.parametrize(
    ("password", "said"),
    [("", "Please choose a password for them."), ("short", "At least 12 characters."), ("password1234", "common")],
)
def test_the_password_meets_the_rule(org, client, password, said):
    values = fields(org, "administrator_password", password=password)
    answer = post(client, org.owner, NEW, values)
    assert answer.status_code == 422
    page = body(answer)
    assert said in page
    assert values["email"] in page
    assert rows("SELECT count(*) FROM people_user WHERE email = %s", values["email"]) == [(0,)]


@pytest.mark.parametrize("proven", [True, False])
def test_an_account_keeps_its_password_and_is_asked(org, client, proven):
    """Its answer is the same, word for word, as for an address without one; only the owner decides."""
    _fresh, plain = added(client, org, "administrator_password", password=GIVEN)
    email = f"{unique('known')}@example.test"
    if proven:
        make_user(email)
        old = PASSWORD
    else:
        elsewhere, old = make_organization(), "Another-lamp 81"
        set_policy(elsewhere, "people.entry_modes", ["administrator_password"])
        elsewhere.invite(email=email, password=old, must_change=False)
    values = fields(org, "administrator_password", password=GIVEN, email=email)
    answer = post(client, org.owner, NEW, values)
    assert answer.status_code == 303
    page = body(client.get(answer["Location"]))
    said = re.compile(r'class="t-toast.*?</span>', re.DOTALL)
    assert said.findall(page) == said.findall(plain) != []
    assert rows(
        "SELECT status, user_id FROM people_membership WHERE email = %s AND organization_id = %s", email, org.id
    ) == [("invited", None)]
    assert enters(email, GIVEN) == "422"
    assert enters(email, old) == "/"
    assert "/accounts/invitation/" in mail_to(email, "people.invitation")["text"]


def test_how_often_one_learns_of_accounts_is_bounded(org, client):
    for _ in range(31):
        email = f"{unique('known')}@example.test"
        make_user(email)
        values = fields(org, "administrator_password", password=GIVEN, email=email)
        answer = post(client, org.owner, NEW, values)
    assert answer.status_code == 429


def test_who_is_here_already_can_be_helped_on_the_spot(org, client):
    pending, gone, here = org.invite(), org.person(), org.person()
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    expected = {
        pending.email: f'formaction="/admin/users/u/{pending.membership_id}/invitation"',
        gone.email: f'href="/admin/users/u/{gone.membership_id}/reactivation"',
        here.email: f'href="/admin/users/u/{here.membership_id}"',
    }
    for email, way_on in expected.items():
        answer = post(client, org.owner, NEW, fields(org, "invitation_link", email=email))
        assert answer.status_code == 409
        assert way_on in body(answer)


def test_whoever_was_removed_begins_afresh(org, client):
    gone = org.person("manager")
    org.perform(remove_members, membership_ids=(gone.membership_id,))
    email, page = added(client, org, "invitation_link", email=gone.email)
    assert "They were here before and begin afresh, without the role they had." in page
    held = rows(
        "SELECT r.key FROM access_assignment a JOIN access_role r ON r.id = a.role_id JOIN people_membership m"
        " ON m.id = a.membership_id WHERE m.email = %s AND m.status = 'invited'",
        email,
    )
    assert held == [("member",)]


def test_whoever_was_removed_unproven_may_be_added_with_a_password_again(org, client):
    email, _page = added(client, org, "administrator_password", password=GIVEN)
    with scope.tenant(org.id), reading():
        member = Membership.objects.get(email=email)
    org.perform(remove_members, membership_ids=(member.id,))
    assert enters(email, GIVEN) != "422"
    again, _page = added(client, org, "administrator_password", password="Newer-lamp 77 x", email=email)
    assert status(again) == "active"
    assert enters(email, GIVEN) == "422"
    assert enters(email, "Newer-lamp 77 x") == "/"


def test_whoever_proves_the_address_takes_the_account_over(org, client):
    """By a reset link, by another organization's invitation: the administrator's password is dead."""
    reset, _page = added(client, org, "administrator_password", password=GIVEN)
    browser().post("/accounts/reset", {"email": reset})
    link = re.search(r"/accounts/reset/\S+", mail_to(reset, "people.password_reset")["text"])[0]
    assert browser().post(link, {"password": "my own harbour 27"}).status_code == 200
    invited, _page = added(client, org, "administrator_password", password=GIVEN)
    inside = browser()
    inside.post("/accounts/login", {"email": invited, "password": GIVEN})
    other = make_organization()
    one = other.invite(email=invited)
    other.accept(other.token_for(one.membership_id), password="my own harbour 27")
    assert inside.get("/me").status_code == 303
    for email in (reset, invited):
        assert enters(email, GIVEN) == "422"
        assert enters(email, "my own harbour 27") == "/"
        assert rows("SELECT email_proven_at IS NOT NULL FROM people_user WHERE email = %s", email) == [(True,)]
        assert status(email) == "active" if email == reset else True


def test_a_revoked_temporary_password_opens_nothing(org, client):
    email, _page = added(client, org, "temporary_password")
    secret = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", mail_to(email, "people.temporary_password")["text"])[0]
    with scope.tenant(org.id), reading():
        member = Membership.objects.get(email=email)
    org.perform(revoke_invitation, membership_id=member.id)
    theirs = browser()
    assert (
        theirs.post("/accounts/login", {"email": email, "password": secret})["Location"] == "/accounts/first-password"
    )
    assert theirs.get("/accounts/first-password").status_code == 410


def department_of(email: str) -> Any:
    return rows("SELECT department_id FROM people_membership WHERE email = %s", email)[0][0]


def test_a_department_is_chosen_where_the_organization_keeps_any(org, client):
    assert 'name="department"' not in body(client.get(NEW))
    sales = org.perform(create_department, name="Sales").id
    assert 'name="department"' in body(client.get(NEW))
    email, _page = added(client, org, "invitation_link", department=str(sales))
    assert department_of(email) == sales
    email, _page = added(client, org, "temporary_password")
    assert department_of(email) is None


def test_a_department_of_another_organization_is_none(org, client):
    org.perform(create_department, name="Sales")
    foreign = make_organization().perform(create_department, name="Theirs").id
    assert post(client, org.owner, NEW, fields(org, "invitation_link", department=str(foreign))).status_code == 422
    with pytest.raises(NotFound):
        org.invite(department_id=foreign)
