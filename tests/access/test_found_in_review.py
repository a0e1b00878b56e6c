"""Holes that a review found in access, each with the way it was used."""

import pytest

from access.ground import hold, seat
from factories.organizations import Organization, make_organization, unique
from support.holding import make_role, make_unit, make_workspace, stand_in
from support.visitors import signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.restricting import set_restrictions
from tenantry.access.actions.roles import create_role, edit_role, plan_edit_role
from tenantry.access.contents import RoleContent
from tenantry.access.errors import MoveWidensReach, NotYoursToGive
from tenantry.access.models import Role
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.security.actions import create_key
from tenantry.usecases.joining import edit_invited
from tenantry.usecases.undoing import UndoOvertaken, plan_undo_entry
from tenantry.usecases.units import delete_unit

RUNS_PEOPLE = {"people.view": "all", "people.invite": "yes", "people.remove": "yes"}


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def listing(org: Organization, role_id) -> set[str]:
    """Keys of the roles whose holders may give this one."""
    with scope.tenant(org.id), reading():
        rows = Role.objects.filter(assignable_roles__contains=[str(role_id)])
        return set(rows.values_list("key", flat=True))


# --- Roles held at a narrow place vouch for nothing wider ------------------------------------------------


def test_a_role_at_a_unit_does_not_begin_to_give_one_of_the_whole_organization():
    org = make_organization(blueprint="brokerage")
    base = org.perform(create_role, kind="base", content=RoleContent(unique("Recruiter"), "", RUNS_PEOPLE)).id
    assert "managing_agent" not in listing(org, base)
    addition = org.perform(create_role, kind="addition", content=RoleContent(unique("Recruiter"), "", RUNS_PEOPLE)).id
    assert "managing_agent" not in listing(org, addition)
    unit = org.perform(create_role, kind="unit", content=RoleContent(unique("Recruiter"), "", RUNS_PEOPLE)).id
    assert "managing_agent" in listing(org, unit)


def test_nor_when_an_edit_makes_it_small_enough():
    org = make_organization(blueprint="brokerage")
    name = unique("Wide")
    role = org.perform(create_role, kind="base", content=RoleContent(name, "", {"deals.delete": "all"})).id
    org.perform(edit_role, role_id=role, content=RoleContent(name, "", RUNS_PEOPLE))
    assert listing(org, role) == set()


def test_a_level_in_a_workspace_does_not_begin_to_give_one_of_the_whole_organization(org):
    base = org.perform(create_role, kind="base", content=RoleContent(unique("All"), "", {"deals.view": "all"})).id
    assert listing(org, base) == {"administrator"}


# --- Keys -------------------------------------------------------------------------------------------------


def test_a_key_holds_nothing_that_was_taken_from_whoever_makes_it(org):
    person = org.person("administrator")
    org.perform(create_key, by=person, name=unique("key"), role_id=org.role("administrator"))
    org.perform(set_restrictions, membership_id=person.membership_id, values={"data.no_export": "yes"})
    with pytest.raises(NotYoursToGive):
        org.perform(create_key, by=person, name=unique("key"), role_id=org.role("administrator"))
    org.perform(create_key, by=person, name=unique("key"), role_id=org.role("member"))


def test_a_key_holds_no_more_than_its_maker_though_the_role_is_theirs_to_give(org):
    wide = make_role(org, "base", permissions={"billing.view": "yes", "deals.view": "all"})
    held = {"api_keys.manage": "yes", "deals.view": "team"}
    small = make_role(org, "base", permissions={"deals.view": "own"})
    maker = seat(org)
    hold(maker, make_role(org, "base", permissions=held, assignable=[wide, small]), base=True)
    with pytest.raises(NotYoursToGive):
        org.perform(create_key, by=maker, name=unique("key"), role_id=wide)
    org.perform(create_key, by=maker, name=unique("key"), role_id=small)


def test_an_owner_from_whom_something_was_taken_makes_no_key_of_an_owner(org):
    person = org.person("owner")
    org.perform(set_restrictions, membership_id=person.membership_id, values={"data.no_export": "yes"})
    with pytest.raises(NotYoursToGive):
        org.perform(create_key, by=person, name=unique("key"), role_id=org.role("owner"))


# --- Units ------------------------------------------------------------------------------------------------


def agent_of(org: Organization, unit_id, permissions, assignable=(), **more):
    """A role at a unit, for somebody new or, as `person`, for one who holds another."""
    person = more.get("person") or seat(org)
    hold(person, make_role(org, "unit", permissions=permissions, assignable=assignable), unit_id=unit_id)
    return person


def test_a_pending_person_is_not_brought_to_where_the_agent_may_do_more(org):
    few, many = make_unit(org), make_unit(org)
    adds = {"people.view": "all", "people.invite": "yes"}
    agent = agent_of(org, few, adds, [org.role("member")])
    agent_of(org, many, {**adds, "people.restrict": "yes"}, [org.role("member")], person=agent)
    invited = org.invite(unit_id=few)
    asked = {"given_name": "Pat", "family_name": "", "role_id": org.role("member"), "team_ids": ()}
    with pytest.raises(MoveWidensReach):
        org.perform(edit_invited, by=agent, membership_id=invited.membership_id, unit_id=many, **asked)
    back = org.invite(unit_id=many)
    org.perform(edit_invited, by=agent, membership_id=back.membership_id, unit_id=few, **asked)


def test_who_may_not_give_roles_does_not_lift_an_agent_to_the_unit_above(org):
    upper = make_unit(org)
    lower = make_unit(org, upper)
    role = make_role(org, "unit", permissions={"people.view": "all", "people.remove": "yes"})
    friend = org.person()
    stand_in(org, friend.membership_id, lower)
    hold(friend, role, unit_id=lower)
    manages = {"units.view": "yes", "units.manage": "yes", "people.view": "all"}
    by = agent_of(org, upper, manages, [role])
    with pytest.raises(PermissionMissing):
        org.perform(delete_unit, by=by, unit_id=lower, keep_agents=True)
    org.perform(delete_unit, by=by, unit_id=lower)


# --- Pages --------------------------------------------------------------------------------------------------


def test_the_agent_of_a_unit_reads_no_count_of_people_elsewhere():
    org = make_organization()
    unit = make_unit(org)
    agent = org.person()
    stand_in(org, agent.membership_id, unit)
    agent_of(org, unit, {"people.view": "all", "people.invite": "yes"}, person=agent)
    for _ in range(3):
        org.invite()
    pages = [signed_in(agent).get(address).content.decode() for address in ("/admin", "/admin/users/invitations")]
    assert "1 person at work" in pages[0]
    assert "invited" not in pages[0].split("</h1>")[1].split("</div>")[0]
    assert "3 people" not in pages[0]
    org.invite(unit_id=unit)
    assert "1 person at work · 1 invited" in signed_in(agent).get("/admin").content.decode()
    assert "2 people at work · 4 invited" in signed_in(org.owner).get("/admin").content.decode()


def test_a_level_in_a_workspace_opens_nothing_of_admin():
    org = make_organization(blueprint="messaging")
    person = org.person()
    hold(person, org.role("workspace_owner"), workspace_id=(space := make_workspace(org)))
    visitor = signed_in(person)
    assert visitor.get(f"/workspaces/{space}/settings").status_code == 200
    assert visitor.get("/admin").status_code == 403


def test_who_reads_roles_meets_only_those_holders_whom_they_see():
    org = make_organization()
    unit = make_unit(org)
    inside, outside = org.person("manager"), org.person("manager")
    stand_in(org, inside.membership_id, unit)
    reader = org.person()
    org.perform(
        change_role,
        membership_id=reader.membership_id,
        role_id=make_role(org, "base", permissions={"roles.view": "yes"}),
    )
    role = f"/admin/users/roles/{org.role('manager')}"
    blind = signed_in(reader).get(role).content.decode()
    assert inside.email not in blind
    assert outside.email not in blind
    agent_of(org, unit, {"people.view": "all"}, person=(one := org.person()))
    addition = make_role(org, "addition", permissions={"roles.view": "yes"})
    hold(one, addition)
    seen = signed_in(one).get(role).content.decode()
    assert inside.email in seen
    assert outside.email not in seen
    assert outside.email in signed_in(org.owner).get(role).content.decode()


def test_the_home_of_who_reads_roles_and_sees_nobody_is_a_page():
    org = make_organization()
    reader = org.person()
    role = make_role(org, "base", permissions={"roles.view": "yes"})
    org.perform(change_role, membership_id=reader.membership_id, role_id=role)
    assert signed_in(reader).get("/admin").status_code == 200


# --- What is not within reach is not there, whatever became of it -----------------------------------------


def test_undo_tells_nobody_that_something_happened_out_of_reach(org):
    unit = make_unit(org)
    agent, near, far = org.person("member"), org.person("member"), org.person("member")
    hold(agent, org.role("unit_administrator"), unit_id=unit)
    stand_in(org, near.membership_id, unit)
    for person in (near, far):
        org.perform(change_role, membership_id=person.membership_id, role_id=org.role("read_only"))
        org.perform(change_role, membership_id=person.membership_id, role_id=org.role("manager"))
    with scope.tenant(org.id), reading():
        asked = {p: Entry.objects.filter(target_id=p.membership_id, action="people.role_changed") for p in (near, far)}
        first = {person: rows.order_by("number")[0].number for person, rows in asked.items()}
        actor, now = agent.actor, clock.now()
        with pytest.raises(UndoOvertaken):
            plan_undo_entry(actor=actor, number=first[near], now=now)
        with pytest.raises(NotFound):
            plan_undo_entry(actor=actor, number=first[far], now=now)


def test_a_plan_counts_everybody_and_names_those_whom_its_reader_may_see(org):
    edits = org.perform(
        create_role,
        kind="base",
        content=RoleContent(unique("Editor"), "", {"roles.edit": "yes", "people.view": "team", "deals.view": "all"}),
    ).id
    name = unique("Seller")
    role = org.perform(create_role, kind="base", content=RoleContent(name, "", {"deals.view": "own"})).id
    with scope.tenant(org.id), writing():
        Role.objects.filter(id=edits).update(assignable_roles=[str(role)])
    reader, seller = seat(org), seat(org)
    hold(reader, edits, base=True)
    hold(seller, role, base=True)
    content = RoleContent(name, "", {"deals.view": "all"})
    for person, names in ((org.owner, ["Any"]), (reader, [])):
        with scope.tenant(org.id), reading():
            plan = plan_edit_role(actor=person.actor, role_id=role, content=content, now=clock.now())
        [gain] = [one for one in plan.consequences if one.code == "deals.view"]
        assert (gain.number, [who.name for who in gain.people]) == (1, names)
