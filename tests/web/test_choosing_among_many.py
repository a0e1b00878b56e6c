"""Choosing among more than any list shows: workspaces, units, teams, people; by the filters and forms of the pages."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow
from support.structure import give, make_role, set_policy, somebody
from support.visitors import body, post, signed_in
from tenantry.access.models import Assignment
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Folder, Lead
from tenantry.organizations.models import Workspace
from tenantry.people.actions import join_team
from tenantry.people.models import Team

MANY = 210
LEADS, NEW_LEAD = "/apps/momentum/leads", "/apps/momentum/leads/new"
DIRECTORY = "/admin/users/u"


@pytest.fixture(scope="module")
def crowded(database):
    """An organization with more workspaces, teams and people than a page offers; the last by name of each kind."""
    org = make_organization(seats=60)
    with scope.tenant(org.id), writing():
        for model, few, last in ((Workspace, "Site", "Zebra Yard"), (Team, "Crew", "Zulu Crew")):
            names = [*(f"{few} {n:03}" for n in range(MANY)), last]
            rows = [model(name=name, sort_name=name.lower(), created_at=clock.now()) for name in names]
            model.objects.bulk_create(rows)
    return org


@pytest.fixture(scope="module")
def client(crowded):
    return signed_in(crowded.owner)


@pytest.fixture(scope="module")
def yard(crowded):
    with scope.tenant(crowded.id), reading():
        return str(Workspace.objects.get(name="Zebra Yard").id)


def site(org, number: int) -> str:
    with scope.tenant(org.id), reading():
        return str(Workspace.objects.get(name=f"Site {number:03}").id)


def boxes(answer, field: str, kind: str = "checkbox") -> dict[str, bool]:
    """Value -> whether it is on."""
    found = re.findall(rf'<input[^>]*type="{kind}" name="{field}" value="([^"]*)"( checked)?', body(answer))
    return {value: bool(checked) for value, checked in found}


# --- Filters ------------------------------------------------------------------------------


def test_a_workspace_among_many_narrows_a_list(crowded, client, yard):
    make_record(crowded, "lead", crowded.owner, given_name="Inside", workspace_id=yard)
    make_record(crowded, "lead", crowded.owner, given_name="Outside")
    start = client.get(LEADS)
    offered = boxes(start, "workspace")
    assert len(offered) == 20
    assert yard not in offered
    assert "There are more: search for a name." in body(start)
    # Without a script the list comes again with what is called so; with one only the choices do.
    assert boxes(client.get(f"{LEADS}?workspace_typed=yard+zeb"), "workspace") == {yard: False}
    first = site(crowded, 0)
    asked = client.get(
        f"/apps/momentum/records/lead/workspaces/choices?as=filter&field=workspace&workspace={first}&workspace_typed=zeb"
    )
    assert boxes(asked, "workspace") == {first: True, yard: False}
    assert "<html" not in body(asked)
    narrowed = client.get(f"{LEADS}?workspace={yard}")
    assert ("Inside" in body(narrowed), "Outside" in body(narrowed)) == (True, False)
    assert boxes(narrowed, "workspace")[yard]
    assert "something that is gone" not in body(narrowed)
    assert "Nothing within your reach is called so." in body(client.get(f"{LEADS}?workspace_typed=nowhere"))


@pytest.mark.parametrize(("field", "typed"), [("workspace", "zebra"), ("team", "ZULU")])
def test_a_filter_of_the_directory_offers_any_number(crowded, client, yard, field, typed):
    with scope.tenant(crowded.id), reading():
        wanted = yard if field == "workspace" else str(Team.objects.get(name="Zulu Crew").id)
    start = client.get(DIRECTORY)
    assert len(boxes(start, field)) == 20
    assert wanted not in boxes(start, field)
    assert boxes(client.get(f"{DIRECTORY}?{field}_typed={typed}"), field) == {wanted: False}
    asked = client.get(f"{DIRECTORY}/choices?as=filter&field={field}&{field}={wanted}&{field}_typed=nosuchname")
    assert boxes(asked, field) == {wanted: True}
    assert "Nothing within your reach is called so." in body(asked)
    assert "<html" not in body(asked)
    # What is on stays among the choices, and few choices are not searched.
    shown = client.get(f"{DIRECTORY}?{field}={wanted}")
    assert boxes(shown, field)[wanted]
    assert "role_typed" not in body(shown)


def test_the_directory_is_narrowed_by_what_was_found(crowded, client):
    person = crowded.person(given_name="Zoe", family_name="Found")
    with scope.tenant(crowded.id), reading():
        team = Team.objects.get(name="Zulu Crew").id
    crowded.perform(join_team, team_id=team, membership_ids=(person.membership_id,))
    shown = client.get(f"{DIRECTORY}?team={team}&team_typed=crew")
    assert f"{DIRECTORY}/{person.membership_id}" in body(shown)
    assert f"{DIRECTORY}/{crowded.owner.membership_id}" not in body(shown)
    # What was typed to find a choice goes no further than this page.
    assert not re.search(r'href="[^"]*_typed=', body(shown))


def test_only_filters_are_asked_and_only_what_one_sees_is_offered(crowded, yard):
    client = signed_in(crowded.owner)
    for field in ("owner", "status", "", "x" * 100, "%00"):
        assert client.get(f"{DIRECTORY}/choices?as=filter&field={field}").status_code == 404
    assert client.get("/apps/momentum/records/person/workspaces/choices").status_code == 404
    assert client.get("/apps/momentum/records/lead/workspaces/choices?field=%22%3E").status_code == 404
    alone = somebody(crowded, {"people.view": "all"})
    asked = signed_in(alone).get(
        f"{DIRECTORY}/choices?as=filter&field=workspace&workspace_typed=zebra&workspace={yard}"
    )
    assert asked.status_code == 404
    assert "Zebra" not in body(asked)
    typed = client.get(f"{LEADS}?workspace_typed=%00&workspace={new_id()}")
    assert typed.status_code == 200


# --- Forms --------------------------------------------------------------------------------


def test_a_record_is_made_in_any_of_many_workspaces(crowded, client, yard):
    start = client.get(NEW_LEAD)
    offered = boxes(start, "workspace_id", "radio")
    assert offered[""]
    assert yard not in offered
    asked = client.get(
        "/apps/momentum/records/lead/workspaces/choices?field=workspace_id&free=1&workspace_id_typed=zebra"
    )
    assert boxes(asked, "workspace_id", "radio") == {"": True, yard: False}
    # Without a script: one types, searches, chooses; nothing is found wrong with what is not finished.
    sent = {"given_name": "Ida", "family_name": "", "workspace_id": "", "workspace_id_typed": "yard"}
    found = post(client, crowded.owner, NEW_LEAD, {**sent, "find": "workspace_id"})
    assert found.status_code == 200
    assert boxes(found, "workspace_id", "radio") == {"": True, yard: False}
    assert 'value="Ida"' in body(found)
    unsure = post(client, crowded.owner, NEW_LEAD, {**sent, "workspace_id_typed": "site"})
    assert unsure.status_code == 422
    assert "Choose one of these, or leave the search for “site” empty." in body(unsure)
    assert post(client, crowded.owner, NEW_LEAD, {**sent, "workspace_id": yard}).status_code == 303
    named = {**sent, "given_name": "Ines", "workspace_id_typed": "zebra yard"}
    assert post(client, crowded.owner, NEW_LEAD, named).status_code == 303
    with scope.tenant(crowded.id), reading():
        made = Lead.objects.filter(given_name__in=("Ida", "Ines")).values_list("workspace_id", flat=True)
        assert [str(one) for one in made] == [yard, yard]


def test_a_deal_and_a_folder_are_made_there_too(crowded, client, yard):
    make_workflow(crowded)
    deals, folders = "/apps/momentum/deals/new", "/apps/workspace/drive/folders/new"
    for page, field in ((deals, "workspace_id"), (folders, "workspace")):
        found = post(client, crowded.owner, page, {"name": "Dock", f"{field}_typed": "zebra", "find": field})
        assert boxes(found, field, "radio") == {"": True, yard: False}
        assert 'value="Dock"' in body(found)
    made = post(client, crowded.owner, folders, {"name": "Dock", "workspace": yard})
    assert made.status_code == 303
    with scope.tenant(crowded.id), reading():
        assert str(Folder.objects.get(name="Dock").workspace_id) == yard


def test_who_has_to_choose_a_workspace_is_offered_theirs_and_no_others(crowded, yard):
    level = make_role(crowded, "workspace", {"leads.create": "yes", "leads.view": "all"})
    member = somebody(crowded, {})
    give(crowded, member, level, workspace_id=yard)
    client = signed_in(member)
    assert boxes(client.get(NEW_LEAD), "workspace_id", "radio") == {yard: True}
    other = site(crowded, 3)
    answers = [
        post(client, member, NEW_LEAD, {"given_name": "Nora", "workspace_id": i}) for i in (other, str(new_id()), "x")
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert all("Site 003" not in body(answer) for answer in answers)
    assert post(client, member, NEW_LEAD, {"given_name": "Nora", "workspace_id": ""}).status_code == 422
    assert post(client, member, NEW_LEAD, {"given_name": "Nora", "workspace_id": yard}).status_code == 303


def test_workspaces_of_somebody_new_are_ticked_among_many(crowded, client, yard):
    set_policy(crowded, "workspaces.assign_on_add_limit", 5)
    level = make_role(crowded, "workspace", {"workspaces.view": "yes"})
    person, first = crowded.person(), site(crowded, 1)
    page = f"{DIRECTORY}/{person.membership_id}/workspaces/new"
    start = client.get(page)
    assert yard not in boxes(start, "workspaces")
    sent = {"workspaces": [first], "role": str(level), "workspaces_typed": "zebra"}
    found = post(client, crowded.owner, page, {**sent, "find": "workspaces"})
    assert found.status_code == 200
    assert boxes(found, "workspaces") == {first: True, yard: False}
    assert f'value="{level}" selected' in body(found)
    asked = client.get(f"/admin/workspaces/choices?workspaces={first}&workspaces_typed=zebra")
    assert boxes(asked, "workspaces") == {first: True, yard: False}
    assert post(client, crowded.owner, page, {**sent, "workspaces": [first, yard]}).status_code == 303
    with scope.tenant(crowded.id), reading():
        held = Assignment.objects.filter(membership_id=person.membership_id).exclude(workspace_id=None)
        assert {str(one.workspace_id) for one in held} == {first, yard}
