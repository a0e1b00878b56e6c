"""What a plan says somebody gains or loses is what they gain or lose, in organizations made up at random."""

import time
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import Organization, make_organization, unique
from support import catalogue as rows
from tenantry.access import grants
from tenantry.access.actions.deleting_roles import delete_role, plan_delete_role
from tenantry.access.actions.profiles import (
    create_profile,
    delete_profile,
    edit_profile,
    plan_delete_profile,
    plan_edit_profile,
)
from tenantry.access.actions.roles import create_role, edit_role, plan_edit_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.access.models import Assignment, Profile, ProfileAssignment, RestrictionSet, Role
from tenantry.access.simulating import SHOWN
from tenantry.access.weighing import difference
from tenantry.core import clock
from tenantry.core.actor import Grants
from tenantry.core.errors import PlanChanged
from tenantry.core.permissions import YES, catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Unit, UnitLink

CODES = ("deals.view", "deals.edit", "contacts.view", "contacts.delete", "reports.export", "people.view", "roles.view")
PEOPLE = 5
BOUNDED = tuple(code for code in CODES if catalogue()[code].in_applications)
AT_UNITS = tuple(code for code in CODES if "unit" in catalogue()[code].scopes)
WORLDS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(codes: tuple[str, ...]) -> Any:
    def value(code: str) -> Any:
        return st.sampled_from(("own", "team", "workflow", "unit", "all") if catalogue()[code].has_reach else (YES,))

    return st.lists(st.sampled_from(codes), unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({code: value(code) for code in chosen})
    )


# Of one person: base role (0 the edited one, 1 and 2 others), addition, unit role at which units, profile, restriction.
person = st.fixed_dictionaries(
    {
        "base": st.integers(0, 2),
        "addition": st.sampled_from([None, 3]),
        "units": st.sets(st.sampled_from([0, 1]), max_size=2),
        "profile": st.booleans(),
        "restriction": st.sampled_from([None, ("deals.seen", "team"), ("contacts.no_delete", "yes")]),
    }
)


class World:
    """One organization whose roles and people are written anew for each example."""

    def __init__(self) -> None:
        self.org = make_organization()
        self.people = [self.org.person() for _ in range(PEOPLE)]
        kinds = ("base", "base", "base", "addition", "unit")
        made = [
            self.org.perform(create_role, kind=kind, content=RoleContent(unique("R"))) for kind in (*kinds, "addition")
        ]
        self.roles = [one.id for one in made]
        self.profiles = [self.org.perform(create_profile, content=ProfileContent(unique("P"))).id for _ in range(2)]
        with scope.tenant(self.org.id), writing():
            root = Unit.objects.filter(parent=None).first() or self._unit("Halden", None)
            self.units = [self._unit(name, root).id for name in ("Lyon", "Oslo")]

    def _unit(self, name: str, parent: Unit | None) -> Unit:
        unit = Unit.objects.create(name=name, sort_name=unique("u"), parent=parent, created_at=clock.now())
        UnitLink.objects.create(above=unit, below=unit, depth=0)
        return unit

    def write(self, contents: list[dict[str, str]], people: list[dict[str, Any]], bound: dict[str, str]) -> None:
        now = clock.now()
        with scope.tenant(self.org.id), writing():
            for role_id, permissions in zip(self.roles, contents, strict=False):
                Role.objects.filter(id=role_id).update(permissions=permissions)
            Profile.objects.filter(id=self.profiles[0]).update(permissions=bound)
            ids = [p.membership_id for p in self.people]
            for model in (Assignment, ProfileAssignment, RestrictionSet):
                model.objects.filter(membership_id__in=ids).delete()
            for one, wanted in zip(self.people, people, strict=True):
                self._give(one.membership_id, wanted, now)

    def _give(self, member: UUID, wanted: dict[str, Any], now: Any) -> None:
        def held(index: int, **more: Any) -> None:
            Assignment.objects.create(
                membership_id=member, role_id=self.roles[index], given_at=now, **{"is_base": False, **more}
            )

        held(wanted["base"], is_base=True)
        if wanted["addition"]:
            held(wanted["addition"])
        for unit in wanted["units"]:
            held(4, unit_id=self.units[unit])
        if wanted["profile"]:
            ProfileAssignment.objects.create(membership_id=member, profile_id=self.profiles[0], given_at=now)
        if wanted["restriction"]:
            code, value = wanted["restriction"]
            RestrictionSet.objects.create(membership_id=member, code=code, value=value, set_at=now)

    def grants(self) -> dict[UUID, Grants]:
        with scope.tenant(self.org.id), reading():
            return grants.of_members([p.membership_id for p in self.people], clock.now())


def moves(before: dict[UUID, Grants], after: dict[UUID, Grants]) -> set[tuple[str, str, UUID]]:
    """Who really gains and loses which permission, weighed by other code."""
    found = set()
    for member, had in before.items():
        change = difference(had, after[member])
        found |= {("gains", code, member) for code in change.gains} | {("loses", code, member) for code in change.loses}
    return found


def foretold(plan: Any) -> set[tuple[str, str, UUID]]:
    both = {"gains": ("gains",), "loses": ("loses",), "changes": ("gains", "loses")}
    return {
        (kind, line.code, affected.id)
        for line in plan.consequences
        if line.subject == "permission"
        for kind in both.get(line.kind, ())
        for affected in line.people
    }


@pytest.fixture(scope="module")
def world(database) -> World:
    return World()


contents = st.tuples(written(CODES), written(CODES), written(CODES), written(CODES), written(AT_UNITS)).map(list)
everybody = st.lists(person, min_size=PEOPLE, max_size=PEOPLE)


@WORLDS
@given(stands=contents, will=written(CODES), which=st.sampled_from([0, 3]), people=everybody, bound=written(BOUNDED))
def test_an_edited_role_does_what_its_plan_says(world, stands, will, which, people, bound):
    world.write(stands, people, bound)
    _edited(world, world.roles[which], will)


@WORLDS
@given(stands=contents, will=written(AT_UNITS), people=everybody, bound=written(BOUNDED))
def test_an_edited_role_at_units_does_what_its_plan_says(world, stands, will, people, bound):
    world.write(stands, people, bound)
    _edited(world, world.roles[4], will)


def _edited(world: World, role_id: UUID, will: dict[str, str]) -> None:
    actor, before = world.org.owner.actor, world.grants()
    with scope.tenant(world.org.id), reading():
        role = Role.objects.get(id=role_id)
        content = RoleContent(role.name, "", will)
        plan = plan_edit_role(actor=actor, role_id=role_id, content=content, now=clock.now())
    world.org.perform(edit_role, role_id=role_id, content=content, digest=plan.digest)
    assert foretold(plan) == moves(before, world.grants())


@WORLDS
@given(stands=contents, people=everybody, bound=written(BOUNDED), which=st.sampled_from([0, 3]))
def test_a_deleted_role_does_what_its_plan_says(world, stands, people, bound, which):
    world.write(stands, people, bound)
    actor, before = world.org.owner.actor, world.grants()
    role_id, successor = world.roles[which], world.roles[1] if which == 0 else None
    with scope.tenant(world.org.id), reading():
        kind = Role.objects.get(id=role_id).kind
        plan = plan_delete_role(actor=actor, role_id=role_id, successor_id=successor, now=clock.now())
    world.org.perform(delete_role, role_id=role_id, successor_id=successor, digest=plan.digest)
    assert foretold(plan) == moves(before, world.grants())
    world.roles[which] = world.org.perform(create_role, kind=kind, content=RoleContent(unique("R"))).id


@WORLDS
@given(stands=contents, people=everybody, bound=written(BOUNDED), will=written(BOUNDED))
def test_an_edited_profile_does_what_its_plan_says(world, stands, people, bound, will):
    world.write(stands, people, bound)
    actor, before = world.org.owner.actor, world.grants()
    with scope.tenant(world.org.id), reading():
        content = ProfileContent(Profile.objects.get(id=world.profiles[0]).name, "", will)
        plan = plan_edit_profile(actor=actor, profile_id=world.profiles[0], content=content, now=clock.now())
    world.org.perform(edit_profile, profile_id=world.profiles[0], content=content, digest=plan.digest)
    assert foretold(plan) == moves(before, world.grants())


@WORLDS
@given(stands=contents, people=everybody, bound=written(BOUNDED), other=st.none() | written(BOUNDED))
def test_a_deleted_profile_does_what_its_plan_says(world, stands, people, bound, other):
    world.write(stands, people, bound)
    actor, before = world.org.owner.actor, world.grants()
    successor = None
    if other is not None:
        successor = world.profiles[1]
        with scope.tenant(world.org.id), writing():
            Profile.objects.filter(id=successor).update(permissions=other)
    with scope.tenant(world.org.id), reading():
        plan = plan_delete_profile(actor=actor, profile_id=world.profiles[0], successor_id=successor, now=clock.now())
    world.org.perform(delete_profile, profile_id=world.profiles[0], successor_id=successor, digest=plan.digest)
    assert foretold(plan) == moves(before, world.grants())
    world.profiles[0] = world.org.perform(create_profile, content=ProfileContent(unique("P"))).id


# --- Words beside gains and losses ----------------------------------------------------------


def lines(plan: Any) -> list[tuple[Any, ...]]:
    return [(one.kind, one.code, one.before, one.after, one.number) for one in plan.consequences]


def planned(org: Organization, role_id: UUID, permissions: dict[str, str], **more: Any) -> Any:
    actor = org.owner.actor
    with scope.tenant(org.id), reading():
        name = Role.objects.get(id=role_id).name
        content = RoleContent(name, "", permissions, **more)
        return plan_edit_role(actor=actor, role_id=role_id, content=content, now=clock.now())


NOBODY: dict[str, Any] = {"base": 1, "addition": None, "units": set(), "profile": False, "restriction": None}


def test_who_keeps_it_and_who_does_not_get_it_is_said_with_the_reason(world):
    world.write(
        [{"deals.view": "unit", "contacts.view": "own"}, {}, {}, {"deals.view": "all"}, {}],
        [
            {**NOBODY, "base": 0},
            {**NOBODY, "base": 0, "addition": 3},
            {**NOBODY, "base": 0, "profile": True},
            NOBODY,
            {**NOBODY, "base": 0, "restriction": ("deals.seen", "own")},
        ],
        {"deals.view": "team"},
    )
    plan = planned(world.org, world.roles[0], {"deals.view": "team", "contacts.view": "all"})
    assert lines(plan) == [
        ("gains", "contacts.view", ("own",), ("all",), 3),
        ("gains", "deals.view", ("own",), ("team",), 1),
        ("changes", "deals.view", ("unit",), ("team",), 1),
        ("keeps", "deals.view", ("unit",), ("team",), 1),
        ("held_back", "contacts.view", ("own",), ("all",), 1),
        ("held_back", "deals.view", ("unit",), ("team",), 1),
    ]
    with scope.tenant(world.org.id), reading():
        addition = Role.objects.get(id=world.roles[3]).name
    [keeps] = [one for one in plan.consequences if one.kind == "keeps"]
    assert keeps.people[0].through == addition


def test_the_list_of_roles_that_may_be_given_is_a_gain_too(world):
    world.write([{}, {}, {}, {}, {}], [{**NOBODY, "base": 0}] * 2 + [NOBODY] * 3, {})
    plan = planned(world.org, world.roles[0], {}, assignable_ids=(world.roles[1],))
    assert [(one.kind, one.subject, one.number) for one in plan.consequences] == [("gains", "role", 2)]


def test_a_plan_that_grew_old_is_refused_with_the_new_one(world):
    world.write([{"deals.view": "own"}, {}, {}, {}, {}], [{**NOBODY, "base": 0}] + [NOBODY] * 4, {})
    plan = planned(world.org, world.roles[0], {"deals.view": "all"})
    world.write([{"deals.view": "own"}, {}, {}, {}, {}], [{**NOBODY, "base": 0}] * 2 + [NOBODY] * 3, {})
    with pytest.raises(PlanChanged) as refused:
        world.org.perform(edit_role, role_id=world.roles[0], content=plan.after, digest=plan.digest)
    assert [one.number for one in refused.value.plan.consequences] == [2]
    world.org.perform(edit_role, role_id=world.roles[0], content=plan.after, digest=refused.value.plan.digest)


def test_ten_thousand_holders_are_foretold_in_a_moment(database):
    org = make_organization()
    role_id = org.perform(create_role, kind="base", content=RoleContent(unique("R"), "", {"deals.view": "team"})).id
    for _number in range(200):
        org.perform(create_role, kind="addition", content=RoleContent(unique("R"), "", {"deals.view": "all"}))
    fill(org, role_id, 10_000)
    actor = org.owner.actor
    with scope.tenant(org.id), reading(), CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        content = RoleContent(Role.objects.get(id=role_id).name, "", {"deals.view": "all"})
        plan = plan_edit_role(actor=actor, role_id=role_id, content=content, now=clock.now())
        took = time.perf_counter() - began
    assert lines(plan) == [("gains", "deals.view", ("team",), ("all",), 10_000)]
    assert len(plan.consequences[0].people) == SHOWN
    assert len(asked) <= 20
    assert took < 5
    print(f"10,000 holders: {took:.2f} s, {len(asked)} queries")


def fill(org: Organization, role_id: UUID, count: int) -> None:
    """Active people with this role; nobody signs in as one of them."""
    with rows.superuser() as connection:
        connection.execute(
            "WITH made AS (INSERT INTO people_user SELECT (jsonb_populate_record(u, jsonb_build_object("
            " 'id', gen_random_uuid(), 'email', 'n' || n || '.' || %(org)s || '@example.test'))).*"
            " FROM people_user u, generate_series(1, %(count)s) n WHERE u.id = %(user)s RETURNING id, email),"
            " members AS (INSERT INTO people_membership SELECT (jsonb_populate_record(m, jsonb_build_object("
            " 'id', gen_random_uuid(), 'user_id', made.id, 'email', made.email, 'sort_name', made.email))).*"
            " FROM people_membership m, made WHERE m.id = %(member)s AND m.organization_id = %(org)s RETURNING id)"
            " INSERT INTO access_assignment (id, organization_id, role_id, membership_id, is_base, given_at)"
            " SELECT gen_random_uuid(), %(org)s, %(role)s, members.id, true, now() FROM members",
            {
                "org": org.id,
                "count": count,
                "user": org.owner.user_id,
                "member": org.owner.membership_id,
                "role": role_id,
            },
        )
        connection.commit()
