"""The tree of units over HTTP: made, moved, filled, managed and deleted, each with its effect first."""

import re

import pytest

from factories.organizations import make_organization
from support.many import crowd
from support.structure import give, make_role, set_policy, somebody, unit_of
from support.visitors import post, signed_in
from tenantry.access.models import Assignment
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Unit
from tenantry.people.models import Membership
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import create_unit

LIST = "/admin/units"
AGENT = {
    "people.view": "all",
    "people.edit": "yes",
    "people.assign_roles": "yes",
    "units.view": "yes",
    "units.manage": "yes",
}


def shown(answer) -> str:
    return answer.content.decode()


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', shown(answer))
    assert found, shown(answer)
    return found.group(1)


def names(org) -> dict[str, str]:
    """Name -> the parent's name."""
    with scope.tenant(org.id), reading():
        return {u.name: u.parent.name if u.parent else "" for u in Unit.objects.select_related("parent")}


def unit(org, name: str, parent=None):
    return org.perform(create_unit, name=name, parent_id=parent).id


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def test_a_tree_is_made_renamed_moved_and_deleted(org, client):
    assert "No branches yet" in shown(client.get(LIST))
    north = post(client, org.owner, f"{LIST}/new", {"name": " North "})
    assert north.status_code == 303
    path = north["Location"]
    assert "It comes below North" in shown(client.get(f"{LIST}/new?unit={path.rpartition('/')[2]}"))
    oslo = post(client, org.owner, f"{LIST}/new", {"name": "Oslo", "unit": path.rpartition("/")[2]})["Location"]
    assert names(org) == {"Halden Supply": "", "North": "Halden Supply", "Oslo": "North"}
    page = shown(client.get(LIST))
    assert page.index("Halden Supply</a>") < page.index("North</a>") < page.index("Oslo</a>")
    assert "t-in2" in page
    assert post(client, org.owner, f"{oslo}/edit", {"name": "Bergen"}).status_code == 303
    south = unit(org, "South")
    chosen = post(client, org.owner, f"{oslo}/move", {"unit": str(south)})
    assert chosen.status_code == 200
    assert "branch comes below South" in shown(chosen)
    moved = post(client, org.owner, f"{oslo}/move", {"unit": str(south), "digest": digest_in(chosen)})
    assert moved.status_code == 303
    assert names(org)["Bergen"] == "South"
    dialog = client.get(f"{LIST}/{south}/deletion")
    assert "branch below it goes to Halden Supply" in shown(dialog)
    body = {"unit": str(root(org)), "digest": digest_in(dialog)}
    assert post(client, org.owner, f"{LIST}/{south}/deletion", body).status_code == 303
    assert names(org) == {"Halden Supply": "", "North": "Halden Supply", "Bergen": "Halden Supply"}


def root(org):
    with scope.tenant(org.id), reading():
        return Unit.objects.get(parent=None).id


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\0b", "\u202eevil"])
def test_names_that_cant_be_are_refused(org, client, name):
    assert post(client, org.owner, f"{LIST}/new", {"name": name}).status_code == 422
    assert names(org) == {}


def test_a_name_that_is_taken_keeps_what_was_typed(org, client):
    unit(org, "North")
    answer = post(client, org.owner, f"{LIST}/new", {"name": "NORTH"})
    assert answer.status_code == 409
    assert "There is one called" in shown(answer)
    assert 'value="NORTH"' in shown(answer)


def test_a_deletion_without_its_effect_read_changes_nothing(org, client):
    north, south = unit(org, "North"), unit(org, "South")
    person = org.person()
    org.perform(move_to_unit, membership_ids=(person.membership_id,), unit_id=north)
    path = f"{LIST}/{north}/deletion"
    read = client.get(path)
    assert "Pat Example" in shown(read)
    # Another goal than the one that was read.
    other = {"unit": str(south), "digest": digest_in(read)}
    again = post(client, org.owner, path, other)
    assert again.status_code == 409
    assert "goes to South" in shown(again)
    assert unit_of(org, person) == north
    looked = post(client, org.owner, path, {"unit": str(south), "do": "show", "keep": "yes"})
    assert looked.status_code == 200
    assert (
        post(client, org.owner, path, {"unit": str(south), "keep": "yes", "digest": digest_in(looked)}).status_code
        == 303
    )
    assert unit_of(org, person) == south


def test_a_circle_and_the_root_are_refused_in_words(org, client):
    north = unit(org, "North")
    oslo = unit(org, "Oslo", north)
    answer = post(client, org.owner, f"{LIST}/{north}/move", {"unit": str(oslo)})
    assert answer.status_code == 409
    assert "can’t stand below itself" in shown(answer) or "can&#x27;t stand below itself" in shown(answer)
    for part in ("edit", "move", "deletion"):
        assert client.get(f"{LIST}/{root(org)}/{part}").status_code == 409


def test_people_are_put_into_a_unit_and_shown_there(org, client):
    north, person = unit(org, "North"), org.person()
    assert str(person.membership_id) in shown(client.get(f"{LIST}/{north}/people?q={person.email[:14]}"))
    done = post(client, org.owner, f"{LIST}/{north}/people", {"ids": [str(person.membership_id)]})
    assert done.status_code == 303
    assert unit_of(org, person) == north
    page = shown(client.get(f"{LIST}/{north}"))
    assert f"/admin/users/u/{person.membership_id}" in page
    assert f"/admin/users/u?unit={north}" in page
    inside = shown(client.get(f"/admin/users/u?unit={root(org)}"))
    assert str(person.membership_id) in inside
    assert f"/admin/users/u/{org.owner.membership_id}" not in inside
    assert post(client, org.owner, f"{LIST}/{north}/people", {}).status_code == 422


def test_a_managing_agent_is_made_on_the_units_page(org, client):
    north, person = unit(org, "North"), org.person(role="member")
    role = make_role(org, "unit", AGENT, assignable=(org.role("member"),))
    path = f"{LIST}/{north}/agents"
    assert str(person.membership_id) in shown(client.get(path))
    made = post(client, org.owner, path, {"person": str(person.membership_id), "role": str(role)})
    assert made.status_code == 303
    with scope.tenant(org.id), reading():
        assert Assignment.objects.get(unit_id=north).membership_id == person.membership_id
    assert "Pat Example" in shown(client.get(f"{LIST}/{north}"))
    assert "Pat Example" in shown(client.get(LIST))
    assert post(client, org.owner, path, {"person": str(new_id()), "role": str(role)}).status_code == 404


def test_an_agent_sees_their_part_of_the_tree_and_an_outsider_nothing(org):
    north, south = unit(org, "North"), unit(org, "South")
    oslo = unit(org, "Oslo", north)
    agent = somebody(org, {})
    give(org, agent, make_role(org, "unit", AGENT), unit_id=north)
    client = signed_in(agent)
    page = shown(client.get(LIST))
    assert "North</a>" in page
    assert "Oslo</a>" in page
    assert "South</a>" not in page
    assert client.get(f"{LIST}/{oslo}").status_code == 200
    for other in (south, root(org), new_id()):
        assert client.get(f"{LIST}/{other}").status_code == 404
        assert post(client, agent, f"{LIST}/{oslo}/move", {"unit": str(other)}).status_code == 404
    assert post(client, agent, f"{LIST}/new", {"name": "x", "unit": str(south)}).status_code == 404
    assert post(client, agent, f"{LIST}/new", {"name": "x"}).status_code == 403
    outsider = signed_in(somebody(org, {}))
    assert outsider.get(LIST).status_code == 403
    assert outsider.get(f"{LIST}/{north}").status_code == 403


def test_the_tree_is_searched_with_the_way_to_what_is_found(org, client):
    north = unit(org, "North")
    unit(org, "Oslo", north)
    unit(org, "South")
    page = shown(client.get(f"{LIST}?q=osl"))
    assert "Oslo</a>" in page
    assert "North</a>" in page
    assert "South</a>" not in page
    assert "No branch is called so" in shown(client.get(f"{LIST}?q=nowhere"))


def test_the_entry_stands_in_the_navigation_where_units_are_used(org, client):
    set_policy(org, "organization.structure", [])
    assert f'href="{LIST}"' not in shown(client.get("/admin"))
    set_policy(org, "organization.structure", ["units"])
    assert f'href="{LIST}"' in shown(client.get("/admin"))
    set_policy(org, "organization.structure", [])
    unit(org, "North")
    assert f'href="{LIST}"' in shown(client.get("/admin"))
    assert f'href="{LIST}"' not in shown(signed_in(org.person("member")).get("/"))


def test_a_selection_of_the_directory_is_put_into_a_unit_with_its_effect_first(org, client):
    north, first, second = unit(org, "North"), org.person(), org.person()
    org.perform(move_to_unit, membership_ids=(second.membership_id,), unit_id=north)
    ids = [str(p.membership_id) for p in (first, second, org.owner)]
    chosen = post(client, org.owner, "/admin/users/u/bulk", {"do": "unit", "ids": ids})
    assert "North" in shown(chosen)
    body = {"do": "unit", "ids": ids, "unit": str(north)}
    planned = post(client, org.owner, "/admin/users/u/bulk", body)
    assert "person stands in North then" in shown(planned)
    assert "is there already" in shown(planned)
    assert unit_of(org, first) is None
    done = post(client, org.owner, "/admin/users/u/bulk", {**body, "digest": digest_in(planned)})
    assert done.status_code == 303
    assert unit_of(org, first) == north
    assert unit_of(org, org.owner) is None


def test_a_persons_page_says_where_they_stand_and_changes_it(org, client):
    north, person = unit(org, "North"), org.person()
    path = f"/admin/users/u/{person.membership_id}"
    assert "In no branch" in shown(client.get(path))
    assert post(client, org.owner, f"{path}/unit", {"unit": str(north)}).status_code == 303
    assert unit_of(org, person) == north
    page = shown(client.get(path))
    assert f'href="{LIST}/{north}"' in page
    assert "In no branch" in shown(client.get("/admin/users"))
    assert f"?unit={north}" in shown(client.get("/admin/users"))
    assert post(client, org.owner, f"{path}/unit", {"unit": str(new_id())}).status_code == 404
    assert post(client, org.owner, f"{path}/unit", {"unit": ""}).status_code == 303
    assert unit_of(org, person) is None
    own = f"/admin/users/u/{org.owner.membership_id}/unit"
    assert post(client, org.owner, own, {"unit": str(north)}).status_code == 403


def test_an_agent_adds_people_into_their_units_only(org):
    north, south = unit(org, "North"), unit(org, "South")
    agent = somebody(org, {})
    invites = {**AGENT, "people.invite": "yes"}
    give(org, agent, make_role(org, "unit", invites, assignable=(org.role("member"),)), unit_id=north)
    client = signed_in(agent)
    page = shown(client.get("/admin/users/u/new"))
    assert str(north) in page
    assert str(south) not in page
    body = {"email": "new@example.test", "role": str(org.role("member")), "given_name": "New", "family_name": "One"}
    for wrong in ("", str(south)):
        assert post(client, agent, "/admin/users/u/new", {**body, "unit": wrong}).status_code == 422
    assert post(client, agent, "/admin/users/u/new", {**body, "unit": str(north)}).status_code == 303
    invited = org.invite(unit_id=north)
    oslo = unit(org, "Oslo", north)
    edited = f"/admin/users/u/{invited.membership_id}/invitation/edit"
    names_ = {"given_name": "New", "family_name": "One", "role": str(org.role("member"))}
    assert post(client, agent, edited, {**names_, "unit": str(south)}).status_code == 422
    assert post(client, agent, edited, {**names_, "unit": str(oslo)}).status_code == 303
    with scope.tenant(org.id), reading():
        assert Membership.objects.get(id=invited.membership_id).unit_id == oslo


def test_an_agent_is_found_among_any_number_of_people(org, client):
    north, person = unit(org, "North"), org.person(role="member")
    org.perform(change_own_profile, by=person, given_name="Zoë", family_name="Zander")
    crowd(org, 510, given_name="Same")
    role = make_role(org, "unit", AGENT, assignable=(org.role("member"),))
    path, wanted = f"{LIST}/{north}/agents", str(person.membership_id)
    start = shown(client.get(path))
    assert start.count('type="radio" name="person"') == 8
    assert wanted not in start
    assert "There are more: search for a name." in start
    # Without a script the form comes again; with one only the choices do.
    found = post(client, org.owner, path, {"role": str(role), "person_typed": "zoe", "find": "person"})
    assert found.status_code == 200
    assert re.findall(r'name="person" value="([^"]+)"', shown(found)) == [wanted]
    assert f'value="{role}" selected' in shown(found)
    asked = shown(client.get("/admin/users/u/choices?field=person&person_typed=zander"))
    assert re.findall(r'name="person" value="([^"]+)"', asked) == [wanted]
    assert "<html" not in asked
    nobody = post(client, org.owner, path, {"role": str(role), "person_typed": "same"})
    assert nobody.status_code == 422
    assert "Choose one of these." in shown(nobody)
    assert post(client, org.owner, path, {"role": str(role)}).status_code == 422
    assert (
        post(client, org.owner, path, {"role": str(role), "person": wanted, "person_typed": "zoe"}).status_code == 303
    )
    with scope.tenant(org.id), reading():
        assert Assignment.objects.get(unit_id=north).membership_id == person.membership_id
