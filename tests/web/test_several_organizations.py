"""A person in two organizations: sessions, audit and notifications of each stay in each."""

import pytest

from factories.organizations import make_organization
from support.policies import entries_of
from support.visitors import body, post, signed_in
from tenantry.audit.outbox import dispatch
from tenantry.core.tenancy import scope
from tenantry.usecases.offboarding import deactivate_members


@pytest.fixture
def two():
    """Two organizations, and a person of both by membership: (organization, membership id)."""
    first, second = make_organization("Halden Supply"), make_organization("Secret Harbour")
    person = first.person("administrator")
    invited = second.invite("administrator", email=person.email)
    second.accept(second.token_for(invited.membership_id), signed_in_user_id=person.user_id)
    return first, second, person, invited.membership_id


def go_to(client, org):
    assert client.post("/switch", {"organization": str(org.id)}).status_code == 303


def inside(client, org):
    """Whether this browser gets a page of that organization without a password."""
    go_to(client, org)
    return org.owner.email in body(client.get("/admin/users/u"))


def test_ending_sessions_here_ends_none_there(two):
    first, second, person, _there = two
    client = signed_in(person)
    assert inside(client, second)
    assert inside(client, first)
    boss = signed_in(first.owner)
    assert post(boss, first.owner, f"/admin/users/u/{person.membership_id}/sessions").status_code == 303
    assert inside(client, second)
    answer = client.post("/switch", {"organization": str(first.id)})
    assert answer["Location"] == "/accounts/login"


def test_deactivated_here_they_work_there(two):
    first, second, person, _there = two
    client = signed_in(person)
    go_to(client, first)
    first.perform(deactivate_members, membership_ids=(person.membership_id,))
    assert client.get("/admin/users/u").status_code != 200
    assert inside(client, second)
    assert client.post("/switch", {"organization": str(first.id)}).status_code == 404


def test_the_sessions_that_administrators_see_are_those_of_here(two):
    first, second, person, there = two
    client = signed_in(person)
    go_to(client, first)
    go_to(client, second)
    page = body(signed_in(first.owner).get(f"/admin/users/u/{person.membership_id}/sessions"))
    assert page.count("<tr") + page.count("t-row") > 0
    assert signed_in(first.owner).get(f"/admin/users/u/{there}/sessions").status_code == 404


def test_the_audit_of_one_shows_nothing_of_the_other(two):
    first, second, person, _there = two
    client = signed_in(person)
    go_to(client, second)
    second.perform(deactivate_members, membership_ids=(second.person().membership_id,))
    assert entries_of(second, "people.deactivated")
    assert not entries_of(first, "people.deactivated")
    page = body(signed_in(first.owner).get("/admin/audit"))
    assert "Secret Harbour" not in page
    assert "deactivated" not in body(signed_in(first.owner).get(f"/admin/users/u/{person.membership_id}/audit"))


def test_notifications_of_one_are_not_shown_in_the_other(two):
    first, second, person, _there = two
    second.accept(second.token_for(second.invite().membership_id), given_name="Niamh", family_name="Byrne")
    for org in (first, second):
        with scope.tenant(org.id):
            dispatch(org.id)
    client = signed_in(second.owner)
    assert "Niamh Byrne" in body(client.get("/notifications"))
    mine = signed_in(person)
    go_to(mine, first)
    assert "Niamh Byrne" not in body(mine.get("/notifications"))


def test_ones_organizations_are_shown_to_nobody_else(two):
    """Neither on the pages of a person, nor in the directory, nor to an administrator who looks for them."""
    first, _second, person, _there = two
    boss = signed_in(first.owner)
    for path in ("", "/audit", "/sessions", "/address", "/why"):
        assert "Secret Harbour" not in body(boss.get(f"/admin/users/u/{person.membership_id}{path}"))
    for path in ("/admin/users/u", "/admin/users/u?q=Secret", "/admin", "/"):
        assert "Secret Harbour" not in body(boss.get(path))
    assert b"Secret" not in b"".join(boss.get("/admin/users/u.csv").streaming_content)
    mine = signed_in(person)
    assert "Secret Harbour" in body(mine.get("/"))


def test_a_form_of_the_one_is_refused_after_a_switch_to_the_other(two):
    first, second, person, _there = two
    client = signed_in(person)
    go_to(client, second)
    answer = post(client, person, "/me/address", {"email": "new@example.test", "password": "x"})
    assert answer.status_code == 409
    assert "You have switched to Secret Harbour" in body(answer)
    assert first
