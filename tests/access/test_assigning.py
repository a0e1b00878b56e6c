"""What one person holds beside the base role, where, and until when (product.md §3, §4)."""

from datetime import UTC, datetime, timedelta

import pytest

from factories.organizations import Organization, make_organization
from support.holding import grants_of, held_by, make_role, make_unit, make_workspace, stand_in
from tenantry.access.actions.assigning import change_role, plan_change_role
from tenantry.access.actions.giving import change_end, end_role, give_role, plan_end_role, plan_give_role
from tenantry.access.errors import (
    BaseRoleStays,
    EndPassed,
    FollowerNeeded,
    MemberOutOfHand,
    NotBeside,
    RoleHeldAlready,
    RoleNotAssignable,
    SameEnd,
    SameRole,
)
from tenantry.access.models import Role
from tenantry.access.steps import put_into_scope
from tenantry.core import clock
from tenantry.core.errors import NotFound, PermissionMissing, PlanChanged
from tenantry.core.permissions import Reach, ScopeKind
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.errors import NotOnOneself

SOON = timedelta(days=3)
LATER = timedelta(days=30)


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


@pytest.fixture(scope="module")
def auditor(org):
    """An addition that lets see the audit."""
    return make_role(org, "addition", permissions={"audit.view": "yes"}, assigned_by=["administrator"])


@pytest.fixture(scope="module")
def agent(org):
    """A role at a unit: runs the people of its subtree."""
    given = dict.fromkeys(("people.invite", "people.edit", "people.remove", "people.assign_roles"), "yes")
    return make_role(
        org,
        "unit",
        permissions={"people.view": "all", **given},
        assignable=[org.role("member")],
        assigned_by=["administrator"],
    )


def test_an_addition_gives_what_its_plan_says(org, auditor):
    person = org.person()
    with scope.tenant(org.id), reading():
        plan = plan_give_role(
            actor=org.owner.actor, membership_id=person.membership_id, role_id=auditor, now=clock.now()
        )
    assert (plan.gains, plan.loses, plan.unit) == (("audit.view",), (), "")
    assert not person.actor.may("audit.view")
    org.perform(give_role, membership_id=person.membership_id, role_id=auditor, digest=plan.digest)
    assert person.actor.may("audit.view")


def test_a_plan_that_grew_old_confirms_nothing(org, auditor):
    person = org.person()
    with scope.tenant(org.id), reading():
        plan = plan_give_role(
            actor=org.owner.actor, membership_id=person.membership_id, role_id=auditor, now=clock.now()
        )
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("administrator"))
    with pytest.raises(PlanChanged):
        org.perform(give_role, membership_id=person.membership_id, role_id=auditor, digest=plan.digest)
    assert len(held_by(org, person.membership_id)) == 1


def test_what_somebody_has_already_is_no_gain(org, auditor):
    person = org.person("administrator")
    with scope.tenant(org.id), reading():
        plan = plan_give_role(
            actor=org.owner.actor, membership_id=person.membership_id, role_id=auditor, now=clock.now()
        )
    assert plan.gains == ()


def test_a_role_is_held_once_in_one_place(org, auditor, agent):
    person, one, other = org.person(), make_unit(org), make_unit(org)
    org.perform(give_role, membership_id=person.membership_id, role_id=auditor)
    org.perform(give_role, membership_id=person.membership_id, role_id=agent, unit_id=one)
    org.perform(give_role, membership_id=person.membership_id, role_id=agent, unit_id=other)
    for place in ({"role_id": auditor}, {"role_id": agent, "unit_id": one}):
        with pytest.raises(RoleHeldAlready):
            org.perform(give_role, membership_id=person.membership_id, **place)
    assert len(held_by(org, person.membership_id)) == 4


def test_an_addition_names_the_roles_beside_which_it_stands(org):
    mentor = make_role(org, "addition", beside=[org.role("manager")])
    person = org.person()
    with pytest.raises(NotBeside) as refused:
        org.perform(give_role, membership_id=person.membership_id, role_id=mentor)
    assert "Member" in str(refused.value)
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("manager"))
    org.perform(give_role, membership_id=person.membership_id, role_id=mentor)
    with scope.tenant(org.id), reading():
        plan = plan_change_role(
            actor=org.owner.actor,
            membership_id=person.membership_id,
            role_id=org.role("member"),
            now=clock.now(),
        )
    assert len(plan.ended) == 1
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("member"), digest=plan.digest)
    assert [row.role_id for row in held_by(org, person.membership_id)] == [org.role("member")]


def test_an_addition_ends_with_the_role_it_stands_beside(org):
    now = clock.now()
    mentor = make_role(org, "addition", permissions={"audit.view": "yes"}, beside=[org.role("manager")])
    person = org.person("manager")
    org.perform(give_role, membership_id=person.membership_id, role_id=mentor)
    org.perform(
        change_role,
        membership_id=person.membership_id,
        role_id=org.role("manager"),
        ends_at=now + SOON,
        then_role_id=org.role("member"),
    )
    [_base, addition] = held_by(org, person.membership_id)
    assert addition.ends_at == now + SOON
    assert not grants_of(org, person.membership_id, now + SOON).anywhere("audit.view")
    with pytest.raises(NotBeside):
        org.perform(change_end, membership_id=person.membership_id, assignment_id=addition.id, ends_at=now + LATER)


def test_another_kind_of_role_is_given_in_another_way(org, auditor, agent):
    person, unit = org.person(), make_unit(org)
    level = make_role(org, "workspace")
    for place in (
        {"role_id": org.role("member")},
        {"role_id": agent},
        {"role_id": level},
        {"role_id": auditor, "unit_id": unit},
        {"role_id": level, "unit_id": unit},
    ):
        with pytest.raises(RoleNotAssignable):
            org.perform(give_role, membership_id=person.membership_id, **place)
    with pytest.raises(RoleNotAssignable):
        org.perform(change_role, membership_id=person.membership_id, role_id=auditor)


def test_only_what_ones_own_role_lists_is_given_and_taken(org, auditor):
    secret = make_role(org, "addition", permissions={"billing.view": "yes"})
    administrator, person = org.person("administrator"), org.person()
    with pytest.raises(RoleNotAssignable):
        org.perform(give_role, by=administrator, membership_id=person.membership_id, role_id=secret)
    org.perform(give_role, by=administrator, membership_id=person.membership_id, role_id=auditor)
    held = org.perform(give_role, membership_id=person.membership_id, role_id=secret)
    # Who holds something that the administrator does not give is out of the administrator's hand altogether.
    for action, more in (
        (end_role, {"assignment_id": held.assignment_id}),
        (change_role, {"role_id": org.role("read_only")}),
    ):
        with pytest.raises(MemberOutOfHand):
            org.perform(action, by=administrator, membership_id=person.membership_id, **more)


def test_nobody_gives_themselves_a_role(org, auditor):
    with pytest.raises(NotOnOneself):
        org.perform(give_role, membership_id=org.owner.membership_id, role_id=auditor)


def test_a_managing_agent_acts_in_the_subtree_only(org, agent):
    north, south = make_unit(org), make_unit(org)
    below = make_unit(org, north)
    boss, inside, outside = org.person(), org.person(), org.person()
    stand_in(org, inside.membership_id, below)
    stand_in(org, outside.membership_id, south)
    org.perform(give_role, membership_id=boss.membership_id, role_id=agent, unit_id=north)
    # Member to member with an end: the agent's own list has nothing else to give.
    with pytest.raises(SameRole):
        org.perform(change_role, by=boss, membership_id=inside.membership_id, role_id=org.role("member"))
    with pytest.raises(RoleNotAssignable):
        org.perform(change_role, by=boss, membership_id=inside.membership_id, role_id=org.role("manager"))
    with pytest.raises(NotFound):
        org.perform(change_role, by=boss, membership_id=outside.membership_id, role_id=org.role("member"))


def test_a_managing_agent_is_made_by_whoever_reaches_the_unit(org):
    north, south = make_unit(org), make_unit(org)
    deputy = make_role(org, "unit", permissions={"people.view": "all"})
    given = {"people.view": "all", "people.assign_roles": "yes"}
    chief = make_role(org, "unit", permissions=given, assignable=[deputy, org.role("member")])
    boss, person = org.person(), org.person()
    stand_in(org, person.membership_id, north)
    org.perform(give_role, membership_id=boss.membership_id, role_id=chief, unit_id=north)
    with pytest.raises(PermissionMissing):
        org.perform(give_role, by=boss, membership_id=person.membership_id, role_id=deputy, unit_id=south)
    given_role = org.perform(
        give_role, by=boss, membership_id=person.membership_id, role_id=deputy, unit_id=make_unit(org, north)
    )
    org.perform(end_role, by=boss, membership_id=person.membership_id, assignment_id=given_role.assignment_id)
    far = org.perform(give_role, membership_id=person.membership_id, role_id=deputy, unit_id=south)
    with pytest.raises(PermissionMissing):
        org.perform(end_role, by=boss, membership_id=person.membership_id, assignment_id=far.assignment_id)
    assert len(held_by(org, person.membership_id)) == 2


def test_a_role_at_a_unit_holds_in_its_subtree(org, agent):
    north = make_unit(org)
    person = org.person()
    org.perform(give_role, membership_id=person.membership_id, role_id=agent, unit_id=north)
    [line] = grants_of(org, person.membership_id).lines("people.remove")
    assert (line.scope, line.scope_id) == (ScopeKind.UNIT, north)
    assert grants_of(org, person.membership_id).reach("people.remove") is None


def test_taking_a_role_loses_what_its_plan_says(org, auditor):
    person = org.person()
    held = org.perform(give_role, membership_id=person.membership_id, role_id=auditor)
    with scope.tenant(org.id), reading():
        plan = plan_end_role(
            actor=org.owner.actor,
            membership_id=person.membership_id,
            assignment_id=held.assignment_id,
            now=clock.now(),
        )
    assert (plan.gains, plan.loses) == ((), ("audit.view",))
    org.perform(end_role, membership_id=person.membership_id, assignment_id=held.assignment_id, digest=plan.digest)
    assert not person.actor.may("audit.view")


def test_the_base_role_is_not_taken(org):
    person = org.person()
    [base] = held_by(org, person.membership_id)
    for action, more in ((end_role, {}), (change_end, {"ends_at": clock.now() + SOON})):
        with pytest.raises(BaseRoleStays):
            org.perform(action, membership_id=person.membership_id, assignment_id=base.id, **more)


def test_somebody_elses_assignment_is_not_there(org, auditor):
    mine, theirs, other = org.person(), org.person(), make_organization()
    held = org.perform(give_role, membership_id=theirs.membership_id, role_id=auditor)
    for org_, person in ((org, mine), (other, other.person())):
        with pytest.raises(NotFound):
            org_.perform(end_role, membership_id=person.membership_id, assignment_id=held.assignment_id)
    for place in ({"role_id": other.role("member")}, {"role_id": auditor, "unit_id": make_unit(other)}):
        with pytest.raises(NotFound):
            org.perform(give_role, membership_id=mine.membership_id, **place)


def test_a_level_in_a_workspace_is_changed_there_only(org):
    level, workspace, person = make_role(org, "workspace"), make_workspace(org), org.person()
    with scope.tenant(org.id), writing():
        role = Role.objects.get(id=level)
        put_into_scope([person.membership_id], role, workspace_id=workspace, given_by=None, now=clock.now())
    [_base, held] = held_by(org, person.membership_id)
    with pytest.raises(NotFound):
        org.perform(end_role, membership_id=person.membership_id, assignment_id=held.id)


def test_many_are_put_into_a_workspace_at_once_and_have_one_level_there(org, django_assert_num_queries):
    levels = [make_role(org, "workspace", permissions={"workspaces.view": "yes"}) for _ in range(2)]
    workspace, people = make_workspace(org), [org.person() for _ in range(4)]
    ids = [person.membership_id for person in people]
    for chosen, level in ((ids[:2], levels[0]), (ids, levels[1])):
        with scope.tenant(org.id), writing():
            role = Role.objects.get(id=level)
            with django_assert_num_queries(4):
                put_into_scope(chosen, role, workspace_id=workspace, given_by=None, now=clock.now())
    for person in people:
        [_base, held] = held_by(org, person.membership_id)
        assert (held.role_id, held.workspace_id) == (levels[1], workspace)
        assert person.actor.may("workspaces.view")


# --- Ends ---------------------------------------------------------------------------------


def test_a_base_role_gives_way_at_its_end_at_once(org):
    now = clock.now()
    person = org.person()
    org.perform(
        change_role,
        membership_id=person.membership_id,
        role_id=org.role("administrator"),
        ends_at=now + SOON,
        then_role_id=org.role("manager"),
    )
    before = grants_of(org, person.membership_id, now + SOON - timedelta(microseconds=1))
    after = grants_of(org, person.membership_id, now + SOON)
    assert before.reach("people.view") == Reach.ALL
    assert after.reach("people.view") == Reach.TEAM


def test_an_end_says_what_follows_and_lies_ahead(org):
    person, now = org.person(), clock.now()
    refused = [
        ({"ends_at": now + SOON}, FollowerNeeded),
        ({"ends_at": now + SOON, "then_role_id": org.role("owner")}, FollowerNeeded),
        ({"ends_at": now + SOON, "then_role_id": org.role("manager")}, FollowerNeeded),
        ({"then_role_id": org.role("member")}, FollowerNeeded),
        ({"ends_at": now, "then_role_id": org.role("member")}, EndPassed),
    ]
    for more, refusal in refused:
        with pytest.raises(refusal):
            org.perform(change_role, membership_id=person.membership_id, role_id=org.role("manager"), **more)
    administrator = org.person("people_administrator")
    with pytest.raises(RoleNotAssignable):
        org.perform(
            change_role,
            by=administrator,
            membership_id=person.membership_id,
            role_id=org.role("manager"),
            ends_at=now + SOON,
            then_role_id=org.role("administrator"),
        )
    assert [row.ends_at for row in held_by(org, person.membership_id)] == [None]


def test_an_end_is_moved_and_taken_away(org, auditor):
    person, now = org.person(), clock.now()
    held = org.perform(give_role, membership_id=person.membership_id, role_id=auditor, ends_at=now + SOON)
    where = {"membership_id": person.membership_id, "assignment_id": held.assignment_id}
    with pytest.raises(SameEnd):
        org.perform(change_end, **where, ends_at=now + SOON)
    with pytest.raises(EndPassed):
        org.perform(change_end, **where, ends_at=now - SOON)
    org.perform(change_end, **where, ends_at=now + LATER)
    assert grants_of(org, person.membership_id, now + SOON).anywhere("audit.view")
    org.perform(change_end, **where, ends_at=None)
    assert grants_of(org, person.membership_id, datetime(2999, 1, 1, tzinfo=UTC)).anywhere("audit.view")
