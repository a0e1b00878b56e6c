"""Choosing among more than any list shows: workspaces, units, teams, people; by the filters and forms of the pages."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

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
from tenantry.organizations.models import Unit, Workspace
from tenantry.people.actions import join_team
from tenantry.people.models import Department, Membership, Team, TeamMember, WorkflowMember
from tenantry.usecases.departments import create_department
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow

MANY = 210
FEW = 10
BULK = "/admin/users/u/bulk"
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
    for number in range(FEW):
        org.perform(create_unit, name=f"Branch {number}")
        org.perform(create_department, name=f"Desk {number}")
    north = org.perform(create_unit, name="Zürich").id
    org.perform(create_unit, name="Zürich", parent_id=north)
    org.perform(create_department, name="Zoölogy")
    for number in range(FEW):
        org.person(given_name="Crowd", family_name=f"Number {number}")
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


def hidden(answer, field: str) -> str:
    """The value of a hidden field."""
    return re.search(rf'type="hidden" name="{field}" value="([^"]*)"', body(answer))[1]


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


# --- Groups of people ---------------------------------------------------------------------


def places(org) -> dict[str, str]:
    """Path -> id of the units called Zürich."""
    with scope.tenant(org.id), reading():
        rows = {row.id: row for row in Unit.objects.filter(name="Zürich")}
    [outer] = [row for row in rows.values() if row.parent_id not in rows]
    return {"outer": str(outer.id), "inner": next(str(i) for i in rows if i != outer.id)}


def crew(org) -> str:
    with scope.tenant(org.id), reading():
        return str(Team.objects.get(name="Zulu Crew").id)


def desk(org) -> str:
    with scope.tenant(org.id), reading():
        return str(Department.objects.get(name="Zoölogy").id)


def test_a_further_role_is_held_at_one_of_many_units(crowded, client):
    role, person, found = make_role(crowded, "unit", {"people.view": "all"}), crowded.person(), places(crowded)
    page = f"{DIRECTORY}/{person.membership_id}/roles/new"
    start = client.get(page)
    assert len(boxes(start, "unit", "radio")) == 8
    assert "<select" not in body(start).partition('id="pick-unit"')[2].partition("</fieldset>")[0]
    # Without accents; told apart by what is above them; what was chosen beside it stays.
    looked = post(client, crowded.owner, page, {"role": str(role), "unit_typed": "zurich", "find": "unit"})
    assert looked.status_code == 200
    assert boxes(looked, "unit", "radio") == {found["outer"]: False, found["inner"]: False}
    assert "Zürich › Zürich" in body(looked)
    assert f'value="{role}" selected' in body(looked)
    asked = client.get(f"{DIRECTORY}/choices?as=unit-assign&field=unit&unit_typed=ZÜR&unit={found['inner']}")
    assert boxes(asked, "unit", "radio") == {found["inner"]: True, found["outer"]: False}
    # Two are called so: one of them is chosen, not guessed.
    unsure = post(client, crowded.owner, page, {"role": str(role), "unit_typed": "Zürich"})
    assert unsure.status_code == 422
    chosen = {"role": str(role), "unit": found["inner"], "unit_typed": "zurich"}
    planned = post(client, crowded.owner, page, chosen)
    assert f'name="unit" value="{found["inner"]}"' in body(planned)
    confirmed = {"role": str(role), "unit": found["inner"], "digest": hidden(planned, "digest")}
    assert post(client, crowded.owner, page, confirmed).status_code == 303
    # By its name alone, which the confirmation knows by its id.
    named = post(client, crowded.owner, page, {"role": str(role), "unit_typed": "branch 7"})
    assert re.search(r'name="unit" value="[0-9a-f-]{36}"', body(named))
    assert post(client, crowded.owner, page, {"role": str(role), "unit": str(new_id())}).status_code == 422


def test_whoever_is_added_comes_into_any_team_unit_and_department(crowded, client):
    page, found = f"{DIRECTORY}/new", places(crowded)
    start = client.get(page)
    assert "<option" not in body(start).partition('id="pick-teams"')[2].partition("</fieldset>")[0]
    role = {"role": str(crowded.role("member"))}
    sent = {"email": "zoe@example.test", "given_name": "Zoë", **role, "teams": [], "department": ""}
    looked = post(client, crowded.owner, page, {**sent, "teams_typed": "zulu", "find": "teams"})
    assert looked.status_code == 200
    assert boxes(looked, "teams") == {crew(crowded): False}
    assert 'value="zoe@example.test"' in body(looked)
    assert re.search(r'<details class="t-more"\s+open>', body(looked))
    again = {**sent, "teams": [crew(crowded)], "unit_typed": "zurich", "find": "unit"}
    looked = post(client, crowded.owner, page, again)
    assert boxes(looked, "teams")[crew(crowded)]
    assert boxes(looked, "unit", "radio") == {"": True, found["outer"]: False, found["inner"]: False}
    wanted = {**sent, "teams": [crew(crowded)], "unit": found["inner"], "department_typed": "zoology"}
    assert post(client, crowded.owner, page, wanted).status_code == 303
    with scope.tenant(crowded.id), reading():
        made = Membership.objects.get(email="zoe@example.test")
        assert (str(made.unit_id), str(made.department_id)) == (found["inner"], desk(crowded))
        assert [str(one.team_id) for one in TeamMember.objects.filter(membership_id=made.id)] == [crew(crowded)]
    edited = f"{DIRECTORY}/{made.id}/invitation/edit"
    assert boxes(client.get(edited), "teams")[crew(crowded)]
    assert boxes(client.get(edited), "unit", "radio")[found["inner"]]
    base = {"given_name": "Zoë", "family_name": "", **role, "unit": found["outer"]}
    named = {**base, "teams": [], "teams_typed": "crew 007"}
    assert post(client, crowded.owner, edited, named).status_code == 303
    with scope.tenant(crowded.id), reading():
        assert [one.team.name for one in TeamMember.objects.filter(membership_id=made.id)] == ["Crew 007"]
        assert str(Membership.objects.get(id=made.id).unit_id) == found["outer"]
    nowhere = post(client, crowded.owner, edited, {**named, "teams_typed": "crew"})
    assert nowhere.status_code == 422
    assert post(client, crowded.owner, edited, {**named, "teams": [str(new_id())]}).status_code == 422


def test_people_and_units_are_moved_to_any_unit(crowded, client):
    person, found = crowded.person(), places(crowded)
    own = f"{DIRECTORY}/{person.membership_id}/unit"
    assert found["inner"] not in boxes(client.get(own), "unit", "radio")
    looked = post(client, crowded.owner, own, {"unit": "", "unit_typed": "zurich", "find": "unit"})
    assert boxes(looked, "unit", "radio") == {"": True, found["outer"]: False, found["inner"]: False}
    assert post(client, crowded.owner, own, {"unit": found["inner"]}).status_code == 303
    units = "/admin/units"
    with scope.tenant(crowded.id), reading():
        moved = str(Unit.objects.get(name="Branch 9").id)
    for act in ("move", "deletion"):
        page = f"{units}/{moved}/{act}"
        looked = post(client, crowded.owner, page, {"unit_typed": "zurich", "find": "unit"})
        assert boxes(looked, "unit", "radio") == {found["outer"]: False, found["inner"]: False}
        assert moved not in boxes(client.get(page), "unit", "radio")
        assert post(client, crowded.owner, page, {"unit": str(new_id())}).status_code == 404
    planned = post(client, crowded.owner, f"{units}/{moved}/move", {"unit_typed": "branch 8"})
    assert "What happens" in body(planned)


def test_several_come_into_any_team_unit_and_department(crowded, client):
    ids, found = [str(crowded.person().membership_id)], places(crowded)
    for do, typed, wanted in (
        ("team", "zulu", crew(crowded)),
        ("unit", "zurich", found["inner"]),
        ("department", "zoology", desk(crowded)),
    ):
        asked = {"do": do, "ids": ids}
        start = post(client, crowded.owner, BULK, asked)
        assert "Choose one of these." not in body(start)
        assert wanted not in boxes(start, do, "radio")
        looked = post(client, crowded.owner, BULK, {**asked, "asked": "1", f"{do}_typed": typed, "find": do})
        assert looked.status_code == 200
        assert wanted in boxes(looked, do, "radio")
        assert "digest" not in body(looked)
        vague = post(client, crowded.owner, BULK, {**asked, "asked": "1", f"{do}_typed": "nosuch"})
        assert (vague.status_code, "Choose one of these" in body(vague)) == (422, True)
        none = post(client, crowded.owner, BULK, {**asked, "asked": "1"})
        assert "Choose one of these." in body(none)
        planned = post(client, crowded.owner, BULK, {**asked, "asked": "1", do: wanted, f"{do}_typed": typed})
        assert f'name="{do}" value="{wanted}"' in body(planned)
        done = {**asked, do: wanted, "digest": hidden(planned, "digest")}
        assert post(client, crowded.owner, BULK, done).status_code == 303
    assert post(client, crowded.owner, BULK, {"do": "team", "ids": ids, "team": str(new_id())}).status_code == 404


def test_a_person_comes_into_any_team_from_their_page(crowded, client):
    person = crowded.person()
    page = f"/admin/users/g/joining?ids={person.membership_id}"
    assert page in body(client.get(f"{DIRECTORY}/{person.membership_id}/teams"))
    assert crew(crowded) not in boxes(client.get(page), "team", "radio")
    sent = {"ids": str(person.membership_id), "team_typed": "zulu"}
    looked = post(client, crowded.owner, "/admin/users/g/joining", {**sent, "find": "team"})
    assert boxes(looked, "team", "radio") == {crew(crowded): False}
    assert post(client, crowded.owner, "/admin/users/g/joining", sent).status_code == 422
    done = post(client, crowded.owner, "/admin/users/g/joining", {**sent, "team": crew(crowded)})
    assert done["Location"] == f"{DIRECTORY}/{person.membership_id}/teams"
    with scope.tenant(crowded.id), reading():
        assert TeamMember.objects.filter(membership_id=person.membership_id, team_id=crew(crowded)).exists()
    assert client.get(f"/admin/users/g/joining?ids={new_id()}").status_code == 404


def test_groups_are_offered_to_whoever_may_fill_them(crowded, client):
    alone = signed_in(somebody(crowded, {"people.view": "all"}))
    for kind in ("team", "unit-edit", "unit-assign", "unit-manage", "unit-invite", "department"):
        asked = f"{DIRECTORY}/choices?as={kind}&field=unit&unit_typed=z"
        assert client.get(asked).status_code == 200
        refused = alone.get(asked)
        assert refused.status_code in (403, 404)
        assert not re.search("Zürich|Zulu|Zoölogy", body(refused))
    for wrong in ("as=unit", "as=team&field=%22", "as=unit-%00", "as=heir&field=A"):
        assert client.get(f"{DIRECTORY}/choices?{wrong}").status_code == 404
    north = places(crowded)["outer"]
    agent = somebody(crowded, {})
    give(crowded, agent, make_role(crowded, "unit", {"people.view": "all", "people.edit": "yes"}), unit_id=north)
    asked = signed_in(agent).get(f"{DIRECTORY}/choices?as=unit-edit&field=unit")
    assert set(boxes(asked, "unit", "radio")) == set(places(crowded).values())


# --- Who goes on --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def heir(crowded):
    person = crowded.person()
    crowded.perform(change_own_profile, by=person, given_name="Zoltán", family_name="Zimmer")
    return person


def leaver_of(crowded):
    person = crowded.person()
    make_record(crowded, "lead", person)
    return person


def test_a_successor_is_found_among_many_without_a_script(crowded, client, heir):
    leaver, wanted = leaver_of(crowded), str(heir.membership_id)
    page = f"{DIRECTORY}/{leaver.membership_id}/removal"
    start = boxes(client.get(page), "successor", "radio")
    assert (start.pop(""), len(start), wanted in start) == (True, 8, False)
    looked = post(client, crowded.owner, page, {"successor": "", "successor_typed": "zoltan", "find": "successor"})
    assert looked.status_code == 200
    assert boxes(looked, "successor", "radio") == {"": True, wanted: False}
    # With one, only the choices come; whoever leaves is none of them.
    asked = f"{DIRECTORY}/choices?as=heir&field=successor&free=1&leaving={leaver.membership_id}"
    assert boxes(client.get(f"{asked}&successor_typed=zolt%C3%A1n"), "successor", "radio") == {"": True, wanted: False}
    mine = client.get(f"{asked}&successor_typed=pat").content.decode()
    assert str(leaver.membership_id) not in mine
    for typed, said in (("nobody known", "Nobody active here is called so."), ("pat", "Choose one of these")):
        vague = post(client, crowded.owner, page, {"successor": "", "successor_typed": typed, "digest": "0" * 32})
        assert (vague.status_code, said in body(vague)) == (422, True)
        assert 'name="successor_typed" value="' + typed in body(vague)
    assert crowded.status(leaver.membership_id) == "active"
    named = {"successor": "", "successor_typed": "zoltan zimmer"}
    planned = post(client, crowded.owner, page, {**named, "show": "1"})
    assert "record goes to Zoltán Zimmer" in body(planned)
    done = {"successor": wanted, "successor_typed": "zoltan", "digest": hidden(planned, "digest")}
    assert post(client, crowded.owner, page, done).status_code == 303


def test_what_is_to_be_settled_is_given_to_anybody(crowded, client, heir):
    leaver, flow = crowded.person(), make_workflow(crowded, "Zeta")
    crowded.perform(add_to_workflow, workflow_id=flow, membership_ids=(leaver.membership_id,))
    page, field = f"{DIRECTORY}/{leaver.membership_id}", f"person_workflow:{flow}"
    assert str(heir.membership_id) not in boxes(client.get(f"{page}/deactivation"), field, "radio")
    sent = {"how": "deactivation", f"{field}_typed": "zimm"}
    looked = post(client, crowded.owner, f"{page}/deactivation", {**sent, "find": field})
    assert boxes(looked, field, "radio") == {str(heir.membership_id): False}
    assert "<details" in body(looked)
    # On the tab of the records the form has another address.
    sent_there = {**sent, "how": "records", "find": field}
    there = post(client, crowded.owner, f"{page}/leaving/matters", sent_there)["Location"]
    assert urlsplit(there).path == f"{page}/records"
    assert f"{field.replace(':', '%3A')}_typed=zimm" in there
    vague = post(client, crowded.owner, f"{page}/leaving/matters", {**sent, "matter": f"workflow:{flow}"})
    assert (vague.status_code, "Choose one of these" in body(vague)) == (422, True)
    named = {**sent, f"{field}_typed": "ZOLTÁN ZIMMER", "matter": f"workflow:{flow}"}
    assert post(client, crowded.owner, f"{page}/leaving/matters", named).status_code == 303
    with scope.tenant(crowded.id), reading():
        assert WorkflowMember.objects.filter(workflow_id=flow, membership_id=heir.membership_id).exists()


def test_of_several_and_on_a_day_anybody_goes_on(crowded, client, heir):
    leavers, wanted = [leaver_of(crowded) for _n in range(2)], str(heir.membership_id)
    sent = {"do": "removal", "ids": [str(one.membership_id) for one in leavers]}
    assert wanted not in boxes(post(client, crowded.owner, BULK, sent), "successor", "radio")
    typed = {**sent, "successor": "", "successor_typed": "zimmer"}
    looked = post(client, crowded.owner, BULK, {**typed, "find": "successor"})
    assert boxes(looked, "successor", "radio") == {"": True, wanted: False}
    planned = post(client, crowded.owner, BULK, {**typed, "successor": wanted, "show": "1"})
    assert "records go to Zoltán Zimmer" in body(planned)
    done = {**sent, "successor": wanted, "digest": hidden(planned, "digest")}
    assert post(client, crowded.owner, BULK, done).status_code == 303
    leaver = leaver_of(crowded)
    page = f"{DIRECTORY}/{leaver.membership_id}/planned"
    day = (clock.now() + timedelta(days=9)).date().isoformat()
    begun = {"how": "removal", "last_day": day, "successor": "", "successor_typed": "zimmer"}
    looked = post(client, crowded.owner, page, {**begun, "find": "successor"})
    assert boxes(looked, "successor", "radio") == {"": True, wanted: False}
    assert f'value="{day}"' in body(looked)
    planned = post(client, crowded.owner, page, {**begun, "successor_typed": "zoltan zimmer"})
    assert f'name="successor" value="{wanted}"' in body(planned)
    several = {**begun, "ids": [str(leaver.membership_id)], "find": "successor"}
    looked = post(client, crowded.owner, f"{BULK}/leaving", several)
    assert boxes(looked, "successor", "radio") == {"": True, wanted: False}
    assert f'value="{day}"' in body(looked)


# --- Accents, and addresses ---------------------------------------------------------------


@pytest.mark.parametrize("typed", ["zoltan", "ZOLTÁN", "zim zolta\u0301n"])
def test_people_are_found_without_their_accents_everywhere(crowded, client, heir, typed):
    wanted = str(heir.membership_id)
    for asked, field in (
        (f"{DIRECTORY}/choices?field=person&person_typed={typed}", "person"),
        (f"{DIRECTORY}/choices?as=heir&field=person&person_typed={typed}", "person"),
        (f"/apps/momentum/owners/choices?field=owner&owner_typed={typed}", "owner"),
    ):
        assert wanted in boxes(client.get(asked), field, "radio"), asked


def test_lists_of_places_are_searched_without_accents_too(crowded, client):
    for page, name in (("/admin/units?q=zurich", "Zürich"), ("/admin/users/departments?q=zoology", "Zoölogy")):
        assert name in body(client.get(page)), page
    wanted = places(crowded)
    assert set(boxes(client.get(f"{DIRECTORY}?unit_typed=zurich"), "unit")) == set(wanted.values())


def test_an_address_says_no_search_that_is_over(crowded, client, yard):
    """What a form sends without a script besides what it asks."""
    empty = client.get(f"{LEADS}?q=&owner_typed=&workspace={yard}&workspace_typed=&state=")
    assert (empty.status_code, empty["Location"]) == (303, f"{LEADS}?workspace={yard}")
    assert client.get(f"{LEADS}?owner_typed=+")["Location"] == LEADS
    # What is looked for is answered; once it was, it goes no further.
    asked = f"{LEADS}?workspace_typed=yard"
    assert client.get(asked).status_code == 200
    behind = {"Referer": f"http://testserver{asked}"}
    chosen = client.get(f"{asked}&owner_typed=&workspace={yard}", headers=behind)
    assert chosen["Location"] == f"{LEADS}?workspace={yard}"
    other = client.get(f"{LEADS}?workspace_typed=zebra&workspace={yard}", headers=behind)
    assert other.status_code == 200
    for elsewhere in ("http://elsewhere.example/x?workspace_typed=yard", "http://[", f"http://testserver{DIRECTORY}"):
        assert client.get(asked, headers={"Referer": elsewhere}).status_code == 200
    directory = client.get(f"{DIRECTORY}?team_typed=&unit_typed=&q=zi&cursor=")
    assert directory["Location"] == f"{DIRECTORY}?q=zi"
    # With a script nothing of it is sent; a search that was emptied is answered where it is.
    choices = "/apps/momentum/owners/choices?field=owner&owner_typed="
    assert client.get(choices, headers={"HX-Request": "true"}).status_code == 200
