"""Workspaces over HTTP: in Admin for who manages all of them, in their settings for who looks after one."""

import re

import pytest

from factories.organizations import make_organization
from support.structure import give, make_role, set_policy, somebody
from support.visitors import post, signed_in
from tenantry.access.models import Assignment, Role
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Workspace
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

LIST = "/admin/workspaces"
VIEWS = {"workspaces.view": "yes"}
MANAGES = {**VIEWS, "workspaces.manage": "yes"}


def shown(answer) -> str:
    return answer.content.decode()


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', shown(answer))
    assert found, shown(answer)
    return found.group(1)


def levels(org, workspace_id) -> dict:
    with scope.tenant(org.id), reading():
        return dict(Assignment.objects.filter(workspace_id=workspace_id).values_list("membership_id", "role__name"))


def name_of(org, role_id) -> str:
    with scope.tenant(org.id), reading():
        return Role.objects.get(id=role_id).name


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


@pytest.fixture
def roles(org):
    agent = make_role(org, "workspace", VIEWS)
    manager = make_role(org, "workspace", MANAGES, assignable=(agent,))
    owner = make_role(org, "workspace", {**MANAGES, "workspaces.edit": "yes"}, assignable=None)
    return {"agent": agent, "manager": manager, "owner": owner}


def test_a_workspace_is_made_filled_changed_and_deleted(org, client, roles):
    rep = org.person()
    assert "No workspaces yet" in shown(client.get(LIST))
    made = post(client, org.owner, f"{LIST}/new", {"name": " Fairs ", "description": "On the road"})
    assert made.status_code == 303
    path = made["Location"]
    workspace_id = path.rpartition("/")[2]
    assert "Nobody is in this workspace yet" in shown(client.get(path))
    assert str(rep.membership_id) in shown(client.get(f"{path}/people?q={rep.email[:14]}"))
    body = {"ids": [str(rep.membership_id)], "role": str(roles["agent"])}
    assert post(client, org.owner, f"{path}/people", body).status_code == 303
    assert levels(org, workspace_id) == {rep.membership_id: name_of(org, roles["agent"])}
    assert "Pat Example" in shown(client.get(path))
    assert str(rep.membership_id) in shown(client.get(f"/admin/users/u?workspace={workspace_id}"))
    level = f"{path}/people/{rep.membership_id}/level"
    assert client.get(level).status_code == 200
    assert post(client, org.owner, level, {"role": str(roles["owner"])}).status_code == 303
    assert levels(org, workspace_id) == {rep.membership_id: name_of(org, roles["owner"])}
    assert post(client, org.owner, f"{path}/edit", {"name": "Shows", "description": ""}).status_code == 303
    read = client.get(f"{path}/deletion")
    assert "loses this workspace" in shown(read)
    assert post(client, org.owner, f"{path}/deletion", {"workspace": "", "digest": ""}).status_code == 409
    done = post(client, org.owner, f"{path}/deletion", {"workspace": "", "digest": digest_in(read)})
    assert done.status_code == 303
    assert client.get(path).status_code == 404


def test_somebody_is_taken_out(org, client, roles):
    place = org.perform(create_workspace, name="Fairs").id
    rep = org.person()
    org.perform(add_to_workspace, workspace_id=place, membership_ids=(rep.membership_id,), role_id=roles["agent"])
    path = f"{LIST}/{place}/people/{rep.membership_id}/removal"
    assert post(client, org.owner, path).status_code == 303
    assert levels(org, place) == {}
    assert post(client, org.owner, path).status_code == 404


def test_settings_show_owners_all_managers_agents_only_and_agents_nothing(org, roles):
    place = org.perform(create_workspace, name="Fairs").id
    other = org.perform(create_workspace, name="Shows").id
    path = f"/workspaces/{place}/settings"
    people = {name: somebody(org, {}) for name in roles}
    for name, person in people.items():
        give(org, person, roles[name], workspace_id=place)
    clients = {name: signed_in(person) for name, person in people.items()}
    assert clients["agent"].get(path).status_code == 403
    page = shown(clients["owner"].get(path))
    assert f"{path}/edit" in page
    assert name_of(org, roles["owner"]) in page
    page = shown(clients["manager"].get(path))
    assert f"{path}/edit" not in page
    dialog = shown(clients["manager"].get(f"{path}/people"))
    assert str(roles["agent"]) in dialog
    assert str(roles["owner"]) not in dialog
    assert str(roles["manager"]) not in dialog
    new = org.person()
    for role, status in (("owner", 422), ("agent", 303)):
        body = {"email": new.email, "role": str(roles[role])}
        assert post(clients["manager"], people["manager"], f"{path}/people", body).status_code == status
    assert levels(org, place)[new.membership_id] == name_of(org, roles["agent"])
    unknown = {"email": "nobody@example.test", "role": str(roles["agent"])}
    assert "Nobody of this organization" in shown(post(clients["owner"], people["owner"], f"{path}/people", unknown))
    body = {"role": str(roles["agent"])}
    target = f"{path}/people/{people['owner'].membership_id}/level"
    assert post(clients["manager"], people["manager"], target, body).status_code == 403
    target = f"{path}/people/{people['manager'].membership_id}"
    assert post(clients["owner"], people["owner"], f"{target}/level", body).status_code == 303
    assert post(clients["owner"], people["owner"], f"{target}/removal").status_code == 303
    edited = {"name": "Trade shows", "description": ""}
    assert post(clients["owner"], people["owner"], f"{path}/edit", edited).status_code == 303
    with scope.tenant(org.id), reading():
        assert Workspace.objects.get(id=place).name == "Trade shows"
    for elsewhere in (other, new_id()):
        assert clients["owner"].get(f"/workspaces/{elsewhere}/settings").status_code == 404


def test_a_level_opens_nothing_of_admin(org, roles):
    place = org.perform(create_workspace, name="Fairs").id
    person = somebody(org, {})
    give(org, person, roles["owner"], workspace_id=place)
    client = signed_in(person)
    for path in ("", "/new", f"/{place}", f"/{place}/edit", f"/{place}/people", f"/{place}/deletion"):
        assert client.get(f"{LIST}{path}").status_code == 403, path
    start = shown(client.get("/"))
    assert 'href="/admin"' not in start
    assert f'href="/workspaces/{place}/settings"' in start


def test_after_add_user_workspaces_are_assigned_or_skipped(org, client, roles):
    places = [org.perform(create_workspace, name=f"Space {n}").id for n in range(3)]
    set_policy(org, "people.add_fields", ["email", "role", "workspaces"])
    set_policy(org, "workspaces.assign_on_add_limit", 2)
    body = {"email": "new@example.test", "role": str(org.role("member")), "given_name": "New", "family_name": "One"}
    added = post(client, org.owner, "/admin/users/u/new", body)
    assert added.status_code == 303
    path = added["Location"]
    assert path.endswith("/workspaces/new")
    page = shown(client.get(path))
    assert "Assign workspace" in page
    assert "Skip" in page
    three = {"workspaces": [str(i) for i in places], "role": str(roles["agent"])}
    refused = post(client, org.owner, path, three)
    assert refused.status_code == 422
    assert "At most 2 workspaces" in shown(refused)
    assert levels(org, places[0]) == {}
    two = {"workspaces": [str(i) for i in places[:2]], "role": str(roles["agent"])}
    assert post(client, org.owner, path, two).status_code == 303
    assert len(levels(org, places[0])) == len(levels(org, places[1])) == 1
