"""Adding people and their invitations, over HTTP."""

import re
from datetime import timedelta

import pytest

from factories.organizations import make_organization, unique
from support.visitors import browser, post, signed_in
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.actions import create_team
from tenantry.people.models import Invitation, Membership
from tenantry.usecases.offboarding import deactivate_members

NEW = "/admin/users/u/new"


@pytest.fixture
def org():
    return make_organization(seats=5)


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def fields(org, **more) -> dict[str, object]:
    return {"given_name": "Ada", "family_name": "Byron", "email": "", "role": str(org.role("member")), **more}


def count(org) -> int:
    with scope.tenant(org.id), reading():
        return Membership.objects.count()


def expire(org, invited) -> None:
    past = clock.now() - timedelta(hours=1)
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=invited.membership_id).update(invited_until=past)
        Invitation.objects.filter(membership_id=invited.membership_id).update(expires_at=past)


def test_somebody_is_added_with_role_and_team(org, client):
    team = org.perform(create_team, name="Field sales")
    shown = client.get(NEW).content.decode()
    assert "4</strong> seats of 5 are left" in shown
    email = f"{unique('ada')}@example.test"
    done = post(client, org.owner, NEW, fields(org, email=f"  {email.upper()} ", teams=[str(team.id)]))
    assert done.status_code == 303
    body = client.get(done["Location"]).content.decode()
    for expected in ("Ada Byron", email, "Pending", "Field sales", "Mail queued"):
        assert expected in body


@pytest.mark.parametrize(
    "bad",
    [
        {"email": ""},
        {"email": "nobody"},
        {"email": "a\0b@example.test"},
        {"email": "x" * 1_000_000 + "@example.test"},
        {"email": "ada@example.test", "given_name": "x" * 1_000_000},
        {"email": "ada@example.test", "family_name": "\u202eevil"},
        {"email": "ada@example.test", "role": "nonsense"},
        {"email": "ada@example.test", "teams": ["00000000-0000-0000-0000-000000000000"]},
    ],
)
def test_a_faulty_form_adds_nobody_and_keeps_what_was_typed(org, client, bad):
    org.perform(create_team, name="Field sales")
    answer = post(client, org.owner, NEW, fields(org, **{"given_name": "Keeper", **bad}))
    assert answer.status_code == 422
    assert "Keeper" in answer.content.decode() or "given_name" in bad
    assert count(org) == 1


def test_a_role_of_another_organization_is_none(org, client):
    other = make_organization()
    answer = post(client, org.owner, NEW, fields(org, email="ada@example.test", role=str(other.role("member"))))
    assert answer.status_code == 422
    assert count(org) == 1


def test_who_is_here_already_is_named_with_the_way_on(org, client):
    active, invited, off = org.person(), org.invite(), org.person()
    org.perform(deactivate_members, membership_ids=(off.membership_id,))
    for person, sentence, way in (
        (active, "already in this organization", f"/admin/users/u/{active.membership_id}"),
        (invited, "invited already", f"/admin/users/u/{invited.membership_id}"),
        (off, "is deactivated here", f"/admin/users/u/{off.membership_id}/reactivation"),
    ):
        answer = post(client, org.owner, NEW, fields(org, email=person.email))
        assert answer.status_code == 409
        assert sentence in answer.content.decode()
        assert f'href="{way}"' in answer.content.decode()
    assert count(org) == 4


def test_at_the_limit_nobody_is_added_and_the_ways_out_are_links(org, client):
    org.limit_seats(1)
    assert "All 1 seats are in use" in client.get(NEW).content.decode()
    answer = post(client, org.owner, NEW, fields(org, email="ada@example.test"))
    assert answer.status_code == 409
    assert "At seat limit" in answer.content.decode()
    assert 'href="/admin/users/invitations"' in answer.content.decode()
    assert count(org) == 1


def test_only_roles_in_hand_are_offered(org):
    people_admin = org.person("people_administrator")
    shown = signed_in(people_admin).get(NEW).content.decode()
    assert str(org.role("manager")) in shown
    assert str(org.role("owner")) not in shown
    assert str(org.role("administrator")) not in shown


def test_the_list_has_states(org, client):
    pending, late, gone = org.invite(given_name="Penny"), org.invite(given_name="Late"), org.invite(given_name="Gone")
    expire(org, late)
    post(client, org.owner, f"/admin/users/u/{gone.membership_id}/invitation/revocation")
    for state, shown, hidden in (
        ("", ("Penny", "Late"), ("Gone",)),
        ("pending", ("Penny",), ("Late", "Gone")),
        ("expired", ("Late",), ("Penny", "Gone")),
        ("revoked", ("Gone",), ("Penny", "Late")),
        ("all", ("Penny", "Late", "Gone"), ()),
        ("nonsense", ("Penny", "Late"), ("Gone",)),
    ):
        body = client.get(f"/admin/users/invitations?state={state}").content.decode()
        assert all(name in body for name in shown), state
        assert not any(f">{name} " in body for name in hidden), state
    assert org.status(gone.membership_id) == "removed"
    assert client.get("/admin/users/invitations?cursor=x").status_code == 422
    assert pending.name in client.get("/admin/users/invitations").content.decode()


def test_resend_starts_the_time_anew_and_takes_the_seat_again(org, client):
    late = org.invite()
    expire(org, late)
    path = f"/admin/users/u/{late.membership_id}"
    assert "It has expired and holds no seat" in client.get(path).content.decode()
    org.limit_seats(1)
    refused = post(client, org.owner, f"{path}/invitation")
    assert refused.status_code == 409
    assert "Expired" in client.get(path).content.decode()
    org.limit_seats(2)
    assert post(client, org.owner, f"{path}/invitation").status_code == 303
    assert "Sent 2 times" in client.get(path).content.decode()


def test_a_copied_link_is_shown_once_and_opens_the_invitation(org, client):
    invited = org.invite()
    path = f"/admin/users/u/{invited.membership_id}/invitation/link"
    assert client.get(path).status_code == 405
    shown = post(client, org.owner, path).content.decode()
    link = re.search(r'value="http[^"]*(/accounts/invitation/[^"]+)"', shown)
    assert link
    assert link.group(1) not in client.get(f"/admin/users/u/{invited.membership_id}").content.decode()
    assert browser().get(link.group(1)).status_code == 200


def test_an_invitation_is_edited_before_it_is_accepted(org, client):
    invited = org.invite(given_name="Old")
    path = f"/admin/users/u/{invited.membership_id}/invitation/edit"
    assert 'value="Old"' in client.get(path).content.decode()
    done = post(client, org.owner, path, {"given_name": "New", "family_name": "", "role": str(org.role("manager"))})
    assert done.status_code == 303
    body = client.get(f"/admin/users/u/{invited.membership_id}").content.decode()
    assert "Manager" in body
    refused = post(client, org.owner, path, {"given_name": "\0", "family_name": "", "role": "x"})
    assert refused.status_code == 422


def test_what_was_accepted_can_neither_be_sent_nor_revoked_nor_edited(org, client):
    rep = org.person()
    base = f"/admin/users/u/{rep.membership_id}/invitation"
    assert post(client, org.owner, base).status_code == 409
    assert post(client, org.owner, f"{base}/link").status_code == 409
    assert post(client, org.owner, f"{base}/revocation").status_code == 404
    assert post(client, org.owner, f"{base}/edit", fields(org)).status_code == 409
    assert org.status(rep.membership_id) == "active"
