"""The tree of units: its closure, who may change it, and what a change can't be used for (product.md §3)."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import Organization, Person, make_organization, unique
from support.races import failures, together
from support.structure import access_version, closure, give, make_role, somebody, unit_of
from tenantry.access.errors import MemberOutOfHand, MoveWidensReach, RoleNotAssignable
from tenantry.access.models import Assignment
from tenantry.acting.actions import perform
from tenantry.core.errors import NotFound, PermissionMissing, PlanChanged, Refusal
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.profile import ProfileFields, change_company_profile
from tenantry.organizations.errors import RootUnitStays, UnitBelowItself, UnitNameTaken
from tenantry.organizations.models import Unit
from tenantry.people.errors import AlreadyInUnit, NotOnOneself
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.placing import move_to_unit, plan_move_to_unit
from tenantry.usecases.units import (
    create_unit,
    delete_unit,
    move_unit,
    plan_delete_unit,
    plan_move_unit,
    rename_unit,
)

SEES = {"people.view": "all", "units.view": "yes"}
AGENT = {"people.view": "all", "people.edit": "yes", "units.view": "yes", "units.manage": "yes"}


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def unit(org: Organization, parent: UUID | None = None, *, by: Person | None = None, name: str = "") -> UUID:
    return org.perform(create_unit, by=by, name=name or unique("Unit"), parent_id=parent).id


def parents(org: Organization) -> dict[UUID, UUID | None]:
    with scope.tenant(org.id), reading():
        return dict(Unit.objects.values_list("id", "parent_id"))


def root(org: Organization) -> UUID:
    return next(i for i, parent in parents(org).items() if parent is None)


def expected(above: dict[UUID, UUID | None]) -> set[tuple[UUID, UUID, int]]:
    """The closure, worked out from the parents alone."""
    links = set()
    for below in above:
        node: UUID | None = below
        depth = 0
        while node is not None:
            links.add((node, below, depth))
            node, depth = above[node], depth + 1
            assert depth <= len(above), "a circle"
    return links


def plan(org: Organization, plan: Any, *, by: Person | None = None, **params: Any) -> Any:
    with scope.tenant(org.id), reading():
        return plan(actor=(by or org.owner).actor, **params)


# --- The closure --------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["create", "move", "delete"]), st.integers(0, 30), st.integers(0, 30)), max_size=14
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_closure_says_what_the_parents_say_after_any_changes(steps):
    org = make_organization()
    unit(org)
    for verb, one, other in steps:
        ids = sorted(parents(org))
        first, second = ids[one % len(ids)], ids[other % len(ids)]
        try:
            if verb == "create":
                unit(org, first)
            elif verb == "move":
                org.perform(move_unit, unit_id=first, parent_id=second)
            else:
                org.perform(delete_unit, unit_id=first, to_id=second)
        except (RootUnitStays, UnitBelowItself):
            pass
        assert closure(org) == expected(parents(org))


def test_two_moves_at_once_make_no_circle():
    org = make_organization()
    first, second = org.owner.actor, org.person("owner").actor
    for _ in range(6):
        left, right = unit(org), unit(org)

        def move(actor: Any, what: UUID, where: UUID) -> Any:
            def run() -> Any:
                with scope.tenant(org.id):
                    return perform(move_unit, actor=actor, unit_id=what, parent_id=where)

            return run

        results = together(move(first, left, right), move(second, right, left))
        assert len(failures(results, UnitBelowItself)) == 1
        assert closure(org) == expected(parents(org))


def test_changes_of_every_kind_at_once_leave_a_tree():
    org = make_organization()
    tops = [unit(org) for _ in range(3)]
    leaves = [unit(org, top) for top in tops]
    people = [org.person() for _ in range(2)]
    actors = [org.owner.actor, *(org.person("owner").actor for _ in range(5))]
    calls: list[tuple[Any, dict[str, Any]]] = [
        (move_unit, {"unit_id": tops[0], "parent_id": tops[1]}),
        (move_unit, {"unit_id": tops[1], "parent_id": leaves[2]}),
        (delete_unit, {"unit_id": tops[2]}),
        (create_unit, {"name": unique("New"), "parent_id": leaves[2]}),
        (move_to_unit, {"membership_ids": tuple(p.membership_id for p in people), "unit_id": tops[2]}),
        (delete_unit, {"unit_id": leaves[0], "to_id": tops[1]}),
    ]

    def run(number: int) -> Any:
        def call() -> Any:
            action, params = calls[number]
            with scope.tenant(org.id):
                return perform(action, actor=actors[number], **params)

        return call

    failures(together(*(run(n) for n in range(len(calls)))), UnitBelowItself, NotFound)
    assert closure(org) == expected(parents(org))
    assert {unit_of(org, p) for p in people} <= {None, *parents(org)}


# --- Making and naming --------------------------------------------------------------------


def test_the_root_stands_for_the_organization_and_is_called_like_it(org):
    top = unit(org)
    with scope.tenant(org.id), reading():
        assert Unit.objects.get(id=top).parent.name == "Halden Supply"
    for action, params in (
        (rename_unit, {"name": "Other"}),
        (move_unit, {"parent_id": top}),
        (delete_unit, {}),
    ):
        with pytest.raises(RootUnitStays):
            org.perform(action, unit_id=root(org), **params)
    fields = ProfileFields("Halden Group", "", "", "", "", "", "", "UTC", "EUR")
    org.perform(change_company_profile, fields=fields)
    with scope.tenant(org.id), reading():
        assert Unit.objects.get(parent=None).name == "Halden Group"


def test_names_are_one_below_each_parent(org):
    first, second = unit(org), unit(org)
    unit(org, first, name="Oslo")
    other = unit(org, second, name="Oslo")
    with pytest.raises(UnitNameTaken):
        unit(org, first, name="OSLO")
    with pytest.raises(UnitNameTaken):
        org.perform(move_unit, unit_id=other, parent_id=first)
    org.perform(rename_unit, unit_id=other, name="Bergen")
    org.perform(move_unit, unit_id=other, parent_id=first)
    with pytest.raises(UnitNameTaken):
        org.perform(rename_unit, unit_id=other, name="oslo")


def test_a_unit_that_is_called_like_one_below_it_can_be_deleted(org):
    outer = unit(org, name="Trondheim")
    inner = unit(org, outer, name="Trondheim")
    org.perform(delete_unit, unit_id=outer)
    assert parents(org)[inner] == root(org)


# --- Rights -------------------------------------------------------------------------------


def agent_of(org: Organization, *unit_ids: UUID, permissions: dict[str, str] = AGENT) -> Person:
    person = somebody(org, {})
    role = make_role(org, "unit", permissions)
    for unit_id in unit_ids:
        give(org, person, role, unit_id=unit_id)
    return person


def test_a_managing_agent_changes_their_subtree_and_nothing_else(org):
    mine, other = unit(org), unit(org)
    branch, theirs = unit(org, mine), unit(org, other)
    agent = agent_of(org, mine)
    made = unit(org, branch, by=agent)
    org.perform(move_unit, by=agent, unit_id=made, parent_id=mine)
    org.perform(rename_unit, by=agent, unit_id=made, name=unique("Renamed"))
    org.perform(delete_unit, by=agent, unit_id=made)
    # Out of their sight, as if it were not there.
    for unit_id in (other, theirs, root(org), new_id()):
        for action, params in (
            (create_unit, {"name": "x", "parent_id": unit_id}),
            (rename_unit, {"name": "x", "unit_id": unit_id}),
            (move_unit, {"unit_id": unit_id, "parent_id": mine}),
            (move_unit, {"unit_id": branch, "parent_id": unit_id}),
            (delete_unit, {"unit_id": unit_id}),
            (delete_unit, {"unit_id": branch, "to_id": unit_id}),
        ):
            with pytest.raises(NotFound):
                org.perform(action, by=agent, **params)
    # The parent of the top of their subtree is not theirs.
    with pytest.raises(NotFound):
        org.perform(move_unit, by=agent, unit_id=mine, parent_id=branch)
    with pytest.raises(PermissionMissing):
        org.perform(create_unit, by=agent, name="At the top")


def test_who_only_sees_units_changes_none(org):
    node, other = unit(org), unit(org)
    reader = somebody(org, SEES)
    mixed = agent_of(org, node)
    give(org, mixed, make_role(org, "base", SEES), base=True)
    for person, moved in ((reader, node), (mixed, unit(org, node))):
        with pytest.raises(PermissionMissing):
            org.perform(move_unit, by=person, unit_id=moved, parent_id=other)
    with pytest.raises(PermissionMissing):
        org.perform(rename_unit, by=reader, unit_id=node, name="x")


# --- Moving never widens the mover's reach --------------------------------------------------


def test_a_move_brings_nothing_into_what_a_role_at_a_unit_reaches(org):
    mine, other = unit(org), unit(org)
    branch = unit(org, other)
    mover = somebody(org, {"units.view": "yes", "units.manage": "yes"})
    give(org, mover, make_role(org, "unit", {"people.remove": "yes"}), unit_id=mine)
    for params in ({"unit_id": branch, "parent_id": mine}, {"unit_id": other, "parent_id": mine}):
        with pytest.raises(MoveWidensReach):
            org.perform(move_unit, by=mover, **params)
    with pytest.raises(MoveWidensReach):
        org.perform(delete_unit, by=mover, unit_id=branch, to_id=mine)
    # Out of it, and past it, everything can be moved.
    org.perform(move_unit, by=mover, unit_id=branch, parent_id=root(org))
    org.perform(move_unit, by=mover, unit_id=unit(org, mine), parent_id=other)


def test_what_one_holds_in_the_whole_organization_is_no_widening(org):
    mine, branch = unit(org), unit(org)
    whole = {"units.view": "yes", "units.manage": "yes", "people.remove": "yes"}
    mover = somebody(org, whole)
    give(org, mover, make_role(org, "unit", {"people.remove": "yes"}), unit_id=mine)
    org.perform(move_unit, by=mover, unit_id=branch, parent_id=mine)


def test_nor_what_one_holds_over_both_places(org):
    north, south = unit(org), unit(org)
    branch = unit(org, south)
    mover = agent_of(org, north, south)
    org.perform(move_unit, by=mover, unit_id=branch, parent_id=north)


def test_a_move_brings_nothing_into_reach_unit_of_ones_own(org):
    mine, branch = unit(org), unit(org)
    mover = somebody(org, {"units.view": "yes", "units.manage": "yes", "deals.view": "unit"})
    org.perform(move_to_unit, membership_ids=(mover.membership_id,), unit_id=mine)
    with pytest.raises(MoveWidensReach):
        org.perform(move_unit, by=mover, unit_id=branch, parent_id=mine)
    wide = somebody(org, {"units.view": "yes", "units.manage": "yes", "deals.view": "all"})
    org.perform(move_to_unit, membership_ids=(wide.membership_id,), unit_id=mine)
    org.perform(move_unit, by=wide, unit_id=branch, parent_id=mine)


def test_roles_that_could_be_given_there_count_too(org):
    mine, branch = unit(org), unit(org)
    mover = somebody(org, {"units.view": "yes", "units.manage": "yes"})
    level = make_role(org, "unit", {"units.view": "yes"}, assignable=(org.role("member"),))
    give(org, mover, level, unit_id=mine)
    with pytest.raises(MoveWidensReach):
        org.perform(move_unit, by=mover, unit_id=branch, parent_id=mine)


# --- Plans --------------------------------------------------------------------------------


def test_a_move_is_planned_with_who_gains_and_who_loses(org):
    north, south = unit(org), unit(org)
    branch = unit(org, south)
    inner = unit(org, branch)
    for name, place in (("Nora", north), ("Sune", south)):
        person = org.person()
        org.perform(change_own_profile, by=person, given_name=name, family_name="Example")
        give(org, person, make_role(org, "unit", AGENT), unit_id=place)
    org.perform(move_to_unit, membership_ids=(org.person().membership_id,), unit_id=inner)
    shown = plan(org, plan_move_unit, unit_id=branch, parent_id=north)
    assert (shown.units, shown.people, shown.gaining, shown.losing) == (2, 1, ("Nora Example",), ("Sune Example",))
    org.perform(move_to_unit, membership_ids=(org.person().membership_id,), unit_id=inner)
    with pytest.raises(PlanChanged):
        org.perform(move_unit, unit_id=branch, parent_id=north, digest=shown.digest)
    moved = org.perform(
        move_unit, unit_id=branch, parent_id=north,
        digest=plan(org, plan_move_unit, unit_id=branch, parent_id=north).digest,
    )  # fmt: skip
    assert moved.before_id == south


def agents_at(org: Organization, unit_id: UUID) -> list[UUID]:
    with scope.tenant(org.id), reading():
        return sorted(Assignment.objects.filter(unit_id=unit_id).values_list("membership_id", flat=True))


@pytest.mark.parametrize("keep", [True, False])
def test_deleting_says_where_people_units_and_roles_go_and_does_it(org, keep):
    parent, goal = unit(org), unit(org)
    node = unit(org, parent)
    child = unit(org, node)
    person, agent, both = org.person(), org.person(), org.person()
    role = make_role(org, "unit", AGENT)
    for one in (agent, both):
        give(org, one, role, unit_id=node)
    give(org, both, role, unit_id=goal)
    org.perform(move_to_unit, membership_ids=(person.membership_id,), unit_id=node)
    shown = plan(org, plan_delete_unit, unit_id=node, to_id=goal, keep_agents=keep)
    assert (shown.people, shown.names, len(shown.sub_units), len(shown.agents)) == (1, ("Pat Example",), 1, 2)
    before = [access_version(org, one) for one in (person, agent, both)]
    org.perform(delete_unit, unit_id=node, to_id=goal, keep_agents=keep, digest=shown.digest)
    assert node not in parents(org)
    assert parents(org)[child] == goal
    assert unit_of(org, person) == goal
    left = {both.membership_id, agent.membership_id} if keep else {both.membership_id}
    assert agents_at(org, goal) == sorted(left)
    assert all(access_version(org, one) > was for one, was in zip((person, agent, both), before, strict=True))
    assert closure(org) == expected(parents(org))


def test_deleting_gives_nobody_a_role_that_the_actor_may_not_give_and_moves_no_own_place(org):
    top = unit(org)
    node = unit(org, top)
    mover = somebody(org, {"units.view": "yes", "units.manage": "yes"})
    give(org, org.person(), make_role(org, "unit", AGENT), unit_id=node)
    for keep, refusal in ((True, PermissionMissing), (False, RoleNotAssignable)):
        with pytest.raises(refusal):
            org.perform(delete_unit, by=mover, unit_id=node, keep_agents=keep)
    own = unit(org, top)
    org.perform(move_to_unit, membership_ids=(mover.membership_id,), unit_id=own)
    with pytest.raises(NotOnOneself):
        org.perform(delete_unit, by=mover, unit_id=own)


# --- People in units ------------------------------------------------------------------------


def test_people_are_moved_by_who_may_edit_them_here_and_there(org):
    mine, other = unit(org), unit(org)
    branch = unit(org, mine)
    agent = agent_of(org, mine)
    inside, outside = somebody(org, {}), somebody(org, {})
    org.perform(move_to_unit, membership_ids=(inside.membership_id,), unit_id=mine)
    with pytest.raises(MemberOutOfHand):
        org.perform(move_to_unit, by=agent, membership_ids=(inside.membership_id,), unit_id=branch)
    role = roles_in_hand(org, inside)
    give(org, agent, make_role(org, "unit", AGENT, assignable=(role,)), unit_id=mine)
    org.perform(move_to_unit, by=agent, membership_ids=(inside.membership_id,), unit_id=branch)
    assert unit_of(org, inside) == branch
    with pytest.raises(NotFound):
        org.perform(move_to_unit, by=agent, membership_ids=(outside.membership_id,), unit_id=branch)
    for unit_id in (other, None):
        with pytest.raises(PermissionMissing):
            org.perform(move_to_unit, by=agent, membership_ids=(inside.membership_id,), unit_id=unit_id)
    with pytest.raises(NotFound):
        org.perform(move_to_unit, by=agent, membership_ids=(inside.membership_id,), unit_id=new_id())


def roles_in_hand(org: Organization, person: Person) -> UUID:
    with scope.tenant(org.id), reading():
        return Assignment.objects.get(membership_id=person.membership_id, is_base=True).role_id


@pytest.mark.parametrize("role", ["owner", "administrator"])
def test_nobody_moves_themselves(org, role):
    person, node = org.person(role), unit(org)
    with pytest.raises(NotOnOneself):
        org.perform(move_to_unit, by=person, membership_ids=(person.membership_id,), unit_id=node)
    assert unit_of(org, person) is None


def test_of_a_selection_those_who_cant_are_left_out_and_named(org):
    node, there, coming = unit(org), org.person(), org.person()
    org.perform(move_to_unit, membership_ids=(there.membership_id,), unit_id=node)
    everybody = (there.membership_id, coming.membership_id, org.owner.membership_id)
    shown = plan(org, plan_move_to_unit, membership_ids=everybody, unit_id=node)
    assert {r.code for r in shown.refused} == {"already_in_unit", "not_on_oneself"}
    before = access_version(org, coming)
    done = org.perform(move_to_unit, membership_ids=everybody, unit_id=node, digest=shown.digest)
    assert done.members == (coming.membership_id,)
    assert access_version(org, coming) == before + 1
    with pytest.raises(AlreadyInUnit):
        org.perform(move_to_unit, membership_ids=(there.membership_id,), unit_id=node)
    org.perform(move_to_unit, membership_ids=(coming.membership_id,), unit_id=None)
    assert unit_of(org, coming) is None


def test_nobody_is_moved_into_what_the_mover_reaches_by_standing_there(org):
    """One person after the other would be the same as the whole unit at once."""
    mine = unit(org)
    stranger = somebody(org, {})
    mover = somebody(org, {"people.view": "all", "people.edit": "yes", "deals.view": "unit"}, assignable=None)
    org.perform(move_to_unit, membership_ids=(mover.membership_id,), unit_id=mine)
    with pytest.raises(MoveWidensReach):
        org.perform(move_to_unit, by=mover, membership_ids=(stranger.membership_id,), unit_id=mine)


def test_other_organizations_units_are_unknown(org):
    there = make_organization()
    foreign = unit(there)
    for action, params in (
        (rename_unit, {"unit_id": foreign, "name": "x"}),
        (create_unit, {"parent_id": foreign, "name": "x"}),
        (move_unit, {"unit_id": unit(org), "parent_id": foreign}),
        (delete_unit, {"unit_id": foreign}),
        (delete_unit, {"unit_id": unit(org), "to_id": foreign}),
        (move_to_unit, {"membership_ids": (org.person().membership_id,), "unit_id": foreign}),
    ):
        with pytest.raises(NotFound) as refused:
            org.perform(action, **params)
        assert isinstance(refused.value, Refusal)
    assert closure(there) == expected(parents(there))
