"""What a process remembers of somebody's grants is old as soon as anything else changes it, on whatever connection:
at the next request it is seen (product.md §4). Reading grants takes one query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.ground import hold, seat, structure
from factories.organizations import Organization, Person, make_organization, unique
from support.races import failures, together
from support.visitors import signed_in
from tenantry.access import grants
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.deleting_roles import delete_role
from tenantry.access.actions.giving import change_end, end_role, give_role
from tenantry.access.actions.profiles import create_profile, delete_profile, edit_profile
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.actions.roles import create_role, edit_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.core import clock
from tenantry.core.decisions import visible
from tenantry.core.permissions import Reach
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.actions import add_to_team, delete_team, join_team, remove_from_team
from tenantry.people.models import Membership, Team
from tenantry.people.records import MEMBER, TEAM, UNIT, WORKFLOW, WORKSPACE
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import delete_unit, move_unit
from tenantry.usecases.workflows import add_to_workflow, delete_workflow, remove_from_workflow
from tenantry.usecases.workspaces import (
    add_to_workspace,
    assign_workspaces,
    change_level,
    delete_workspace,
    remove_from_workspace,
)

# What the role in this file holds: something of every reach, so that every change is felt.
PERMISSIONS = {
    "people.view": "unit",
    "teams.view": "team",
    "workflows.view": "workflow",
    "deals.view": "all",
    "deals.edit": "team",
    "reports.export": "yes",
}


@dataclass
class House:
    """One organization and one person in it, whose grants are remembered."""

    org: Organization
    person: Person
    other: Person
    role: UUID
    addition: UUID
    at_unit: UUID
    levels: list[UUID]
    profile: UUID
    units: dict[str, UUID]
    spaces: list[UUID]
    flows: list[UUID]
    teams: list[UUID]

    def make(self, action: Any, **params: Any) -> Any:
        return self.org.perform(action, **params)


def content(permissions: dict[str, str], name: str = "") -> RoleContent:
    return RoleContent(name or unique("role"), "", permissions)


@pytest.fixture
def house() -> House:
    org = make_organization()
    structure(org)
    with scope.tenant(org.id), reading():
        units = dict(Unit.objects.values_list("name", "id"))
        spaces, flows, teams = (
            list(model.objects.order_by("name").values_list("id", flat=True)) for model in (Workspace, Workflow, Team)
        )
    made = {
        kind: org.perform(create_role, kind=kind, content=content(held)).id
        for kind, held in (
            ("base", PERMISSIONS),
            ("addition", {"seats.view": "yes"}),
            ("unit", {"people.edit": "yes"}),
            ("workspace", {"leads.view": "all", "workspaces.view": "yes"}),
        )
    }
    profile = org.perform(create_profile, content=ProfileContent(unique("p"), "", {"deals.view": "own"})).id
    person, other = seat(org, unit_id=units["north"]), seat(org, unit_id=units["south"])
    hold(person, made["base"], base=True)
    hold(other, org.role("member"), base=True)
    levels = [made["workspace"], org.role("workspace_viewer")]
    return House(
        org, person, other, made["base"], made["addition"], made["unit"], levels, profile, units, spaces, flows, teams
    )


def seen(person: Person) -> tuple[Any, ...]:
    """What the person may do and see, as a request finds out."""
    actor = person.actor
    with scope.tenant(person.organization_id), reading():
        lists = [
            frozenset(visible(actor, kind.permissions["view"], kind).values_list("pk", flat=True))
            for kind in (MEMBER, TEAM, UNIT, WORKSPACE, WORKFLOW)
        ]
    return (actor.grants, *lists)


def fresh(person: Person) -> Any:
    with scope.tenant(person.organization_id), reading():
        return grants.of_members([person.membership_id], clock.now())[person.membership_id]


def me(house: House) -> dict[str, UUID]:
    return {"membership_id": house.person.membership_id}


def us(house: House) -> dict[str, tuple[UUID, ...]]:
    return {"membership_ids": (house.person.membership_id,)}


def nothing(_house: House) -> Any:
    return None


Prepare = Callable[[House], Any]
Change = Callable[[House, Any], Any]
# Kind of change -> what has to stand before it, and the change.
CHANGES: dict[str, tuple[Prepare, Change]] = {
    "role edited": (
        nothing,
        lambda h, _: h.make(edit_role, role_id=h.role, content=content({"people.view": "all"}, "R")),
    ),
    "role deleted": (
        nothing,
        lambda h, _: h.make(delete_role, role_id=h.role, successor_id=h.org.role("member")),
    ),
    "base role changed": (nothing, lambda h, _: h.make(change_role, role_id=h.org.role("manager"), **me(h))),
    "base role boxed": (
        nothing,
        lambda h, _: h.make(change_role, role_id=h.role, then_role_id=h.org.role("member"), ends_at=later(), **me(h)),
    ),
    "addition given": (nothing, lambda h, _: h.make(give_role, role_id=h.addition, **me(h))),
    "addition ended": (
        lambda h: h.make(give_role, role_id=h.addition, **me(h)).assignment_id,
        lambda h, made: h.make(end_role, assignment_id=made, **me(h)),
    ),
    "end changed": (
        lambda h: h.make(give_role, role_id=h.addition, **me(h)).assignment_id,
        lambda h, made: h.make(change_end, assignment_id=made, ends_at=later(), **me(h)),
    ),
    "role at a unit": (
        nothing,
        lambda h, _: h.make(give_role, role_id=h.at_unit, unit_id=h.units["south"], **me(h)),
    ),
    "profile given": (nothing, lambda h, _: h.make(set_profile, profile_id=h.profile, **me(h))),
    "profile edited": (
        lambda h: h.make(set_profile, profile_id=h.profile, **me(h)),
        lambda h, _: h.make(
            edit_profile, profile_id=h.profile, content=ProfileContent(unique("p"), "", {"deals.view": "team"})
        ),
    ),
    "profile deleted": (
        lambda h: (
            (
                h.make(set_profile, profile_id=h.profile, **me(h)),
                h.make(create_profile, content=ProfileContent(unique("p"), "", {"deals.edit": "own"})),
            )[1].id
        ),
        lambda h, other: h.make(delete_profile, profile_id=h.profile, successor_id=other),
    ),
    "profile taken": (
        lambda h: h.make(set_profile, profile_id=h.profile, **me(h)),
        lambda h, _: h.make(set_profile, profile_id=None, **me(h)),
    ),
    "restricted": (nothing, lambda h, _: h.make(set_restrictions, values={"deals.no_edit": "yes"}, **me(h))),
    "restricted in a workspace": (
        nothing,
        lambda h, _: h.make(set_restrictions, values={"deals.seen": "own"}, workspace_id=h.spaces[0], **me(h)),
    ),
    "restriction lifted": (
        lambda h: h.make(set_restrictions, values={"deals.no_edit": "yes"}, **me(h)),
        lambda h, _: h.make(set_restrictions, values={}, **me(h)),
    ),
    "into a team": (nothing, lambda h, _: h.make(add_to_team, team_id=h.teams[0], **us(h))),
    "into a team by many": (nothing, lambda h, _: h.make(join_team, team_id=h.teams[0], **us(h))),
    "out of a team": (
        lambda h: h.make(add_to_team, team_id=h.teams[0], **us(h)),
        lambda h, _: h.make(remove_from_team, team_id=h.teams[0], **me(h)),
    ),
    "team deleted": (
        lambda h: h.make(add_to_team, team_id=h.teams[0], **us(h)),
        lambda h, _: h.make(delete_team, team_id=h.teams[0]),
    ),
    "into a workflow": (nothing, lambda h, _: h.make(add_to_workflow, workflow_id=h.flows[0], **us(h))),
    "out of a workflow": (
        lambda h: h.make(add_to_workflow, workflow_id=h.flows[0], **us(h)),
        lambda h, _: h.make(remove_from_workflow, workflow_id=h.flows[0], **me(h)),
    ),
    "workflow deleted": (
        lambda h: h.make(add_to_workflow, workflow_id=h.flows[0], **us(h)),
        lambda h, _: h.make(
            delete_workflow, workflow_id=h.flows[0], to_id=h.flows[1], organization_name="Halden Supply"
        ),
    ),
    "moved to another unit": (nothing, lambda h, _: h.make(move_to_unit, unit_id=h.units["south"], **us(h))),
    "somebody comes into one's unit": (
        nothing,
        lambda h, _: h.make(move_to_unit, unit_id=h.units["far north"], membership_ids=(h.other.membership_id,)),
    ),
    "a unit comes below one's own": (
        nothing,
        lambda h, _: h.make(move_unit, unit_id=h.units["south"], parent_id=h.units["north"]),
    ),
    "a unit leaves": (
        lambda h: h.make(move_to_unit, unit_id=h.units["far north"], membership_ids=(h.other.membership_id,)),
        lambda h, _: h.make(move_unit, unit_id=h.units["far north"], parent_id=h.units["south"]),
    ),
    "one's unit deleted": (nothing, lambda h, _: h.make(delete_unit, unit_id=h.units["north"])),
    "unit of a role deleted": (
        lambda h: h.make(give_role, role_id=h.at_unit, unit_id=h.units["south"], **me(h)),
        lambda h, _: h.make(delete_unit, unit_id=h.units["south"]),
    ),
    "into a workspace": (
        nothing,
        lambda h, _: h.make(add_to_workspace, workspace_id=h.spaces[0], role_id=h.levels[0], **us(h)),
    ),
    "into workspaces": (
        nothing,
        lambda h, _: h.make(assign_workspaces, levels=tuple((s, h.levels[0]) for s in h.spaces), **me(h)),
    ),
    "another level": (
        lambda h: h.make(add_to_workspace, workspace_id=h.spaces[0], role_id=h.levels[0], **us(h)),
        lambda h, _: h.make(change_level, workspace_id=h.spaces[0], role_id=h.levels[1], **me(h)),
    ),
    "out of a workspace": (
        lambda h: h.make(add_to_workspace, workspace_id=h.spaces[0], role_id=h.levels[0], **us(h)),
        lambda h, _: h.make(remove_from_workspace, workspace_id=h.spaces[0], **me(h)),
    ),
    "workspace deleted": (
        lambda h: h.make(add_to_workspace, workspace_id=h.spaces[0], role_id=h.levels[0], **us(h)),
        lambda h, _: h.make(delete_workspace, workspace_id=h.spaces[0]),
    ),
    "a level's role edited": (
        lambda h: h.make(add_to_workspace, workspace_id=h.spaces[0], role_id=h.levels[0], **us(h)),
        lambda h, _: h.make(edit_role, role_id=h.levels[0], content=content({"leads.view": "own"}, "L")),
    ),
}


def later() -> Any:
    return clock.now() + timedelta(days=1)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_on_another_connection_is_seen_at_the_next_request(house, kind):
    prepare, change = CHANGES[kind]
    made = prepare(house)
    before = seen(house.person)
    assert seen(house.person) == before, "the same question has the same answer"
    assert not failures(together(lambda: change(house, made)))
    after = seen(house.person)
    assert after != before, "the change was not seen"
    assert after[0] == fresh(house.person)


@pytest.mark.parametrize(
    ("base", "place"), [(True, {}), (False, {}), (False, {"unit_id": 1}), (False, {"workspace_id": 1})]
)
def test_an_end_is_seen_when_it_comes_although_nothing_is_written(house, base, place):
    ends = clock.now() + timedelta(minutes=5)
    role = house.addition if not place else house.at_unit if "unit_id" in place else house.levels[0]
    place = {k: house.units["south"] if k == "unit_id" else house.spaces[0] for k in place}
    person = house.other
    if base:
        person = seat(house.org)
        hold(person, house.role, base=True, ends_at=ends, then_role_id=house.org.role("read_only"))
    else:
        hold(person, role, ends_at=ends, **place)
    with scope.tenant(house.org.id), reading():
        member = Membership.objects.get(id=person.membership_id)

        def at(moment: Any) -> Any:
            key = (house.org.id, member.id, member.access_version, grants.catalogue_version())
            return grants.of_member(*key, moment)

        running, still = at(clock.now()), at(ends - timedelta(microseconds=1))
        assert running is still, "it is remembered until it ends"
        over = at(ends)
        assert len(over.held) == (1 if base else len(running.held) - 1)
        assert over != running
        assert at(ends + timedelta(days=1)) == over


def test_a_deactivated_person_is_out_although_their_grants_are_remembered(house):
    person = house.org.person("manager")
    client = signed_in(person)
    assert client.get("/admin/users/u").status_code == 200
    assert not failures(together(lambda: house.make(deactivate_members, membership_ids=(person.membership_id,))))
    assert client.get("/admin/users/u").status_code in (302, 303, 403)


def test_a_role_that_is_edited_opens_and_closes_pages_at_the_next_request(house):
    role = house.make(create_role, kind="base", content=content({"people.view": "all"})).id
    person = house.org.person("member")
    house.make(change_role, membership_id=person.membership_id, role_id=role)
    client = signed_in(person)
    assert client.get("/admin/users/u").status_code == 200
    for held, status in (({}, 403), ({"people.view": "own"}, 200), ({"teams.view": "all"}, 403)):
        edit = content(held, unique("role"))
        assert not failures(together(lambda edit=edit: house.make(edit_role, role_id=role, content=edit)))
        assert client.get("/admin/users/u").status_code == status, held


def test_grants_take_one_query_and_none_when_they_are_remembered(house):
    person = house.person
    for space in house.spaces:
        house.make(add_to_workspace, workspace_id=space, role_id=house.levels[0], **us(house))
    house.make(give_role, role_id=house.at_unit, unit_id=house.units["south"], **me(house))
    house.make(give_role, role_id=house.addition, **me(house))
    house.make(set_profile, profile_id=house.profile, **me(house))
    house.make(set_restrictions, values={"deals.no_edit": "yes"}, **me(house))
    with scope.tenant(house.org.id), reading():
        member = Membership.objects.get(id=person.membership_id)
        key = (house.org.id, member.id, member.access_version, grants.catalogue_version())
        with CaptureQueriesContext(connection) as asked:
            found = grants.of_member(*key, clock.now())
        assert len(asked) == 1
        with CaptureQueriesContext(connection) as asked:
            assert grants.of_member(*key, clock.now()) is found
        assert len(asked) == 0
        everybody = [house.org.owner.membership_id, person.membership_id, house.other.membership_id]
        with CaptureQueriesContext(connection) as asked:
            assert len(grants.of_members(everybody, clock.now())) == 3
        assert len(asked) == 1
    assert found.reach("deals.view") == Reach.OWN
    assert len(found.held) == 5
