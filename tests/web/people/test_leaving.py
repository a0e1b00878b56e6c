"""Deactivating, reactivating, removing over HTTP: each with what it refuses, from one set-up."""

import re

import pytest

from factories.organizations import make_organization
from support.structure import set_policy
from support.visitors import post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team, join_team
from tenantry.people.models import TeamMember


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


@pytest.fixture
def org():
    return make_organization(seats=20)


@pytest.fixture
def rep(org):
    return org.person("manager")


@pytest.fixture
def client(org):
    return signed_in(org.owner)


@pytest.mark.parametrize(("act", "after"), [("deactivation", "deactivated"), ("removal", "removed")])
def test_the_plan_is_shown_and_carried_out_with_its_digest(org, rep, client, act, after):
    shown = client.get(f"{page_of(rep)}/{act}")
    body = shown.content.decode()
    assert "session" in body
    assert "seat becomes free" in body
    assert org.status(rep.membership_id) == "active"
    done = post(client, org.owner, f"{page_of(rep)}/{act}", {"digest": digest_in(shown)})
    assert (done.status_code, done["Location"]) == (303, page_of(rep))
    assert org.status(rep.membership_id) == after
    assert "Undo" in client.get(page_of(rep)).content.decode()


@pytest.mark.parametrize("act", ["deactivation", "removal"])
@pytest.mark.parametrize("digest", ["", "0" * 32, "x" * 100_000])
def test_without_the_digest_the_plan_comes_back_and_nothing_happens(org, rep, client, act, digest):
    answer = post(client, org.owner, f"{page_of(rep)}/{act}", {"digest": digest})
    assert answer.status_code == 409
    assert "Something changed since you looked" in answer.content.decode()
    assert org.status(rep.membership_id) == "active"
    again = post(client, org.owner, f"{page_of(rep)}/{act}", {"digest": digest_in(answer)})
    assert again.status_code == 303


def test_a_plan_that_grew_old_is_refused_with_the_new_one(org, rep, client):
    shown = client.get(f"{page_of(rep)}/removal")
    team = org.perform(create_team, name="Field sales")
    org.perform(join_team, team_id=team.id, membership_ids=(rep.membership_id,))
    answer = post(client, org.owner, f"{page_of(rep)}/removal", {"digest": digest_in(shown)})
    assert answer.status_code == 409
    assert "team place is given up" in answer.content.decode()
    assert org.status(rep.membership_id) == "active"


def test_the_next_request_of_that_browser_is_refused(org, rep, client):
    theirs = signed_in(rep)
    assert theirs.get("/admin/users/u").status_code == 200
    shown = client.get(f"{page_of(rep)}/deactivation")
    post(client, org.owner, f"{page_of(rep)}/deactivation", {"digest": digest_in(shown)})
    assert theirs.get("/admin/users/u").status_code == 303


def test_the_only_owner_is_named_and_stays(org):
    admin = org.person("owner")
    other = signed_in(admin)
    body = other.get(f"{page_of(org.owner)}/deactivation").content.decode()
    assert digest_in(other.get(f"{page_of(org.owner)}/deactivation"))
    assert "aria-disabled" not in body
    own = signed_in(org.owner)
    refused = own.get(f"{page_of(org.owner)}/deactivation").content.decode()
    assert "do this to yourself" in refused
    assert 'name="digest"' not in refused
    assert "aria-disabled" in refused
    assert post(own, org.owner, f"{page_of(org.owner)}/deactivation", {"digest": "0" * 32}).status_code == 409
    assert org.status(org.owner.membership_id) == "active"


def test_undo_brings_back_the_same_role_and_teams(org, rep, client):
    team = org.perform(create_team, name="Field sales")
    org.perform(join_team, team_id=team.id, membership_ids=(rep.membership_id,))
    shown = client.get(f"{page_of(rep)}/deactivation")
    post(client, org.owner, f"{page_of(rep)}/deactivation", {"digest": digest_in(shown)})
    back = post(client, org.owner, f"{page_of(rep)}/reactivation")
    assert back.status_code == 303
    assert org.status(rep.membership_id) == "active"
    with scope.tenant(org.id), reading():
        assert TeamMember.objects.filter(membership_id=rep.membership_id).count() == 1
    assert "Manager" in client.get(page_of(rep)).content.decode()


def test_reactivation_at_the_limit_says_so_with_ways_out(org, rep, client):
    shown = client.get(f"{page_of(rep)}/deactivation")
    post(client, org.owner, f"{page_of(rep)}/deactivation", {"digest": digest_in(shown)})
    org.limit_seats(1)
    answer = post(client, org.owner, f"{page_of(rep)}/reactivation")
    assert answer.status_code == 409
    assert "At seat limit" in answer.content.decode()
    assert "/admin/users/invitations" in answer.content.decode()
    assert org.status(rep.membership_id) == "deactivated"


def test_htmx_gets_the_row_and_the_seats(org, rep, client):
    shown = client.get(f"{page_of(rep)}/deactivation")
    answer = post(
        client,
        org.owner,
        f"{page_of(rep)}/deactivation",
        {"digest": digest_in(shown)},
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/admin/users/u?q=pat"},
    )
    body = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="row-{rep.membership_id}"' in body
    assert 'id="seat-strip" hx-swap-oob' in body
    assert 'id="seat-counter" hx-swap-oob' in body
    assert f"{page_of(rep)}/reactivation" in body
    assert "<html" not in body


@pytest.mark.parametrize(
    "act", ["deactivation", "removal", "reactivation", "role", "edit", "password-reset", "sessions"]
)
def test_strangers_ids_are_unknown(org, rep, client, act):
    other = make_organization()
    for unknown in (other.owner.membership_id, new_id()):
        path = f"/admin/users/u/{unknown}/{act}"
        assert post(client, org.owner, path, {"digest": "0" * 32, "given_name": "X"}).status_code == 404
    assert other.status(other.owner.membership_id) == "active"


@pytest.mark.parametrize(
    ("act", "permission"),
    [
        ("deactivation", "people.deactivate"),
        ("reactivation", "people.deactivate"),
        ("removal", "people.remove"),
        ("role", "people.assign_roles"),
        ("edit", "people.edit"),
        ("password-reset", "people.reset_password"),
        ("invitation", "people.invite"),
        ("invitation/link", "people.invite"),
        ("invitation/revocation", "people.invite"),
        ("invitation/edit", "people.invite"),
    ],
)
def test_the_missing_permission_is_named_and_nothing_changes(org, rep, act, permission):
    clerk = org.person("billing_administrator")
    answer = post(signed_in(clerk), clerk, f"{page_of(rep)}/{act}", {"digest": "0" * 32})
    assert answer.status_code == 403
    assert permission in answer.content.decode()
    assert org.status(rep.membership_id) == "active"


def test_stronger_people_are_out_of_hand(org):
    people_admin = org.person("people_administrator")
    administrator = org.person("administrator")
    client = signed_in(people_admin)
    shown = client.get(f"{page_of(administrator)}/removal").content.decode()
    assert "may not act on" in shown
    assert 'name="digest"' not in shown
    body = client.get(page_of(administrator)).content.decode()
    assert "Change role" not in body
    assert "/deactivation" not in body
    answer = post(client, people_admin, f"{page_of(administrator)}/password-reset")
    assert answer.status_code == 403
    assert org.status(administrator.membership_id) == "active"


def test_a_form_of_another_organization_is_refused(org, rep, client):
    other = make_organization()
    shown = client.get(f"{page_of(rep)}/deactivation")
    answer = client.post(f"{page_of(rep)}/deactivation", {"_organization": str(other.id), "digest": digest_in(shown)})
    assert answer.status_code == 409
    assert org.status(rep.membership_id) == "active"


def test_a_removed_person_keeps_a_page_without_buttons(org, rep, client):
    shown = client.get(f"{page_of(rep)}/removal")
    post(client, org.owner, f"{page_of(rep)}/removal", {"digest": digest_in(shown)})
    body = client.get(page_of(rep)).content.decode()
    client.get(page_of(rep))
    assert "Removed on" in body
    assert "/edit" not in body
    assert "/deactivation" not in body


def test_the_seat_effect_is_said_in_numbers(org, rep, client):
    org.limit_seats(50)
    for act in ("deactivation", "removal"):
        assert "2 of 50 → 1 of 50 seats" in client.get(f"{page_of(rep)}/{act}").content.decode()
    set_policy(org, "seats.counted_statuses", ["active", "invited", "deactivated"])
    shown = client.get(f"{page_of(rep)}/deactivation").content.decode()
    assert "seat stays held: deactivated people count" in shown
    assert "2 of 50 seats, as before" in shown
    assert "2 of 50 → 1 of 50 seats" in client.get(f"{page_of(rep)}/removal").content.decode()


def test_without_a_limit_the_numbers_say_that_they_are_seats(org, rep, client):
    org.limit_seats(None)
    assert "2 → 1 seats in use" in client.get(f"{page_of(rep)}/removal").content.decode()
    set_policy(org, "seats.counted_statuses", ["active", "invited", "deactivated"])
    assert "2 seats in use, as before" in client.get(f"{page_of(rep)}/deactivation").content.decode()


def test_what_stands_against_it_is_not_called_a_change_by_somebody_else(org, rep, client):
    answer = client.get(f"{page_of(rep)}/erasure")
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "is still here. Remove them first." in body
    assert "This was not done" in body
    assert "Somebody was faster" not in body
