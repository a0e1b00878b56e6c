"""Teams and roles over HTTP: managing all of them, managing one's own, and managing none."""

import re

import pytest

from factories.organizations import make_organization
from support.visitors import post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team, join_team
from tenantry.people.models import Team, TeamMember

LIST = "/admin/users/g"


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


def inside(org, team_id) -> set:
    with scope.tenant(org.id), reading():
        return set(TeamMember.objects.filter(team_id=team_id).values_list("membership_id", flat=True))


def teams(org) -> list[str]:
    with scope.tenant(org.id), reading():
        return list(Team.objects.order_by("sort_name").values_list("name", flat=True))


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


@pytest.fixture
def led(org):
    """A team with a manager and a member in it, and one that they are not in."""
    manager, rep = org.person("manager"), org.person()
    team, other = org.perform(create_team, name="Field sales"), org.perform(create_team, name="Service")
    org.perform(join_team, team_id=team.id, membership_ids=(manager.membership_id, rep.membership_id))
    return manager, rep, team, other


def test_a_team_is_made_filled_led_renamed_and_deleted(org, client):
    rep = org.person()
    assert "No teams yet" in client.get(LIST).content.decode()
    made = post(client, org.owner, f"{LIST}/new", {"name": " Field  sales ", "description": "Fairs"})
    assert made.status_code == 303
    path = made["Location"]
    assert "Nobody is in this team yet" in client.get(path).content.decode()
    assert str(rep.membership_id) in client.get(f"{path}/people?q={rep.email[:12]}").content.decode()
    assert post(client, org.owner, f"{path}/people", {"ids": [str(rep.membership_id)]}).status_code == 303
    lead = f"{path}/people/{rep.membership_id}/lead"
    assert post(client, org.owner, lead, {"lead": "yes"}).status_code == 303
    assert "Pat Example" in client.get(LIST).content.decode()
    assert post(client, org.owner, f"{path}/edit", {"name": "Fairs", "description": ""}).status_code == 303
    shown = client.get(f"{path}/deletion")
    assert "loses this team" in shown.content.decode()
    assert post(client, org.owner, f"{path}/deletion", {"digest": ""}).status_code == 409
    assert teams(org) == ["Fairs"]
    assert post(client, org.owner, f"{path}/deletion", {"digest": digest_in(shown)}).status_code == 303
    assert teams(org) == []
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "x" * 1_000_000, "a\0b", "\u202eevil"])
def test_names_that_cant_be_are_refused(org, client, name):
    assert post(client, org.owner, f"{LIST}/new", {"name": name, "description": "Kept"}).status_code == 422
    assert teams(org) == []


def test_a_name_is_taken_in_any_capitals(org, client, led):
    answer = post(client, org.owner, f"{LIST}/new", {"name": "FIELD SALES", "description": ""})
    assert answer.status_code == 409
    assert "There is a team called" in answer.content.decode()
    _manager, _rep, _team, other = led
    assert post(client, org.owner, f"{LIST}/{other.id}/edit", {"name": "field sales"}).status_code == 409
    assert teams(org) == ["Field sales", "Service"]


def test_a_manager_looks_after_their_own_team_only(org, led):
    manager, rep, team, other = led
    outsider = org.person()
    client = signed_in(manager)
    body = client.get(LIST).content.decode()
    assert "Field sales" in body
    assert "Service" not in body
    assert "Create a team" not in body
    assert client.get(f"{LIST}/{other.id}").status_code == 404
    assert str(outsider.membership_id) not in client.get(f"{LIST}/{team.id}/people?q=").content.decode()
    assert post(client, manager, f"{LIST}/{team.id}/people", {"ids": [str(outsider.membership_id)]}).status_code == 404
    assert post(client, manager, f"{LIST}/{other.id}/people", {"ids": [str(rep.membership_id)]}).status_code == 404
    for path, data in (
        (f"{LIST}/new", {"name": "Mine"}),
        (f"{LIST}/{team.id}/edit", {"name": "Mine"}),
        (f"{LIST}/{team.id}/deletion", {"digest": "0" * 32}),
    ):
        answer = post(client, manager, path, data)
        assert answer.status_code == 403
        assert "teams.manage" in answer.content.decode()
    own = f"{LIST}/{team.id}/people/{manager.membership_id}/removal"
    assert post(client, manager, own).status_code == 403
    assert teams(org) == ["Field sales", "Service"]
    assert inside(org, team.id) == {manager.membership_id, rep.membership_id}
    assert post(client, manager, f"{LIST}/{team.id}/people/{rep.membership_id}/removal").status_code == 303
    assert inside(org, team.id) == {manager.membership_id}


def test_who_only_sees_teams_changes_none(org, led):
    _manager, rep, team, _other = led
    clerk = org.person("billing_administrator")
    client = signed_in(clerk)
    body = client.get(f"{LIST}/{team.id}").content.decode()
    assert rep.email in body
    assert "/removal" not in body
    assert post(client, clerk, f"{LIST}/{team.id}/people/{rep.membership_id}/removal").status_code == 403
    assert client.get(f"{LIST}/{team.id}/people").status_code == 403
    assert rep.membership_id in inside(org, team.id)


def test_strangers_teams_and_people_are_unknown(org, client, led):
    _manager, rep, team, _other = led
    stranger = make_organization()
    theirs = stranger.perform(create_team, name="Theirs")
    for unknown in (theirs.id, new_id()):
        assert client.get(f"{LIST}/{unknown}").status_code == 404
        assert post(client, org.owner, f"{LIST}/{unknown}/edit", {"name": "Mine"}).status_code == 404
        assert post(client, org.owner, f"{LIST}/{unknown}/deletion", {"digest": "0" * 32}).status_code == 404
        asked = {"ids": [str(rep.membership_id)], "team": str(unknown)}
        assert post(client, org.owner, f"{LIST}/{unknown}/people", asked).status_code == 404
        assert post(client, org.owner, f"{LIST}/joining", asked).status_code == 404
    foreign = {"ids": [str(stranger.owner.membership_id)]}
    assert post(client, org.owner, f"{LIST}/{team.id}/people", foreign).status_code == 404
    assert teams(stranger) == ["Theirs"]
    assert stranger.owner.membership_id not in inside(org, team.id)


def test_from_a_persons_page_into_a_team_and_out(org, client, led):
    _manager, rep, _team, other = led
    path = f"/admin/users/u/{rep.membership_id}/teams"
    assert f"{LIST}/joining?ids={rep.membership_id}" in client.get(path).content.decode()
    assert "Service" in client.get(f"{LIST}/joining?ids={rep.membership_id}").content.decode()
    back = {"headers": {"Referer": f"http://testserver{path}"}}
    joined = post(
        client, org.owner, f"{LIST}/joining", {"team": str(other.id), "ids": [str(rep.membership_id)]}, **back
    )
    assert (joined.status_code, joined["Location"]) == (303, path)
    assert rep.membership_id in inside(org, other.id)
    gone = post(client, org.owner, f"{LIST}/{other.id}/people/{rep.membership_id}/removal", **back)
    assert gone["Location"] == path
    assert rep.membership_id not in inside(org, other.id)


def test_a_lead_is_somebody_of_the_team(org, client, led):
    _manager, _rep, _team, other = led
    outsider = org.person()
    path = f"{LIST}/{other.id}/people/{outsider.membership_id}/lead"
    assert post(client, org.owner, path, {"lead": "yes"}).status_code == 404
    assert inside(org, other.id) == set()


@pytest.mark.parametrize("data", [{}, {"ids": ["x"]}, {"ids": ["\0"]}])
def test_a_selection_has_to_be_one(org, client, led, data):
    _manager, _rep, _team, other = led
    assert post(client, org.owner, f"{LIST}/{other.id}/people", data).status_code in (404, 422)
    assert inside(org, other.id) == set()


def test_teams_are_found_by_name(client, led):
    body = client.get(f"{LIST}?q=FIELD").content.decode()
    assert "Field sales" in body
    assert "Service" not in body
    assert "No team is called so" in client.get(f"{LIST}?q=%00").content.decode()
    assert client.get(f"{LIST}?cursor=x").status_code == 422


def test_roles_say_what_they_allow_and_who_holds_them(org, client):
    mona = org.person("manager")
    body = client.get("/admin/users/roles").content.decode()
    assert "Owner" in body
    assert "1 person" in body
    manager = client.get(f"/admin/users/roles/{org.role('manager')}").content.decode()
    for expected in (mona.email, "teams.manage", "Own teams", "Not given"):
        assert expected in manager
    other = make_organization()
    assert client.get(f"/admin/users/roles/{other.role('manager')}").status_code == 404
    refused = signed_in(org.person("manager")).get("/admin/users/roles")
    assert refused.status_code == 403
    assert "roles.view" in refused.content.decode()
