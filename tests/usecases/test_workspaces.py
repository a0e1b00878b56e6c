"""Workspaces and workflows: who is in them, at which level, who decides it, and what deleting them does."""

from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization, unique
from support.structure import access_version, make_role, set_policy, somebody
from tenantry.access.errors import AlreadyInWorkspace, RoleNotAssignable, SameRole, TooManyWorkspaces
from tenantry.access.models import Assignment, RestrictionSet
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.errors import OrganizationNameAsked, WorkflowNameTaken, WorkspaceNameTaken
from tenantry.organizations.models import Workflow, Workspace
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.errors import AlreadyInWorkflow, AlreadyRemoved, NotOnOneself, OneTeamOnly
from tenantry.people.models import WorkflowMember
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.workflows import (
    add_to_workflow,
    create_workflow,
    delete_workflow,
    edit_workflow,
    plan_delete_workflow,
    remove_from_workflow,
)
from tenantry.usecases.workspaces import (
    add_to_workspace,
    assign_workspaces,
    change_level,
    create_workspace,
    delete_workspace,
    edit_workspace,
    plan_delete_workspace,
    remove_from_workspace,
)

VIEWS = {"workspaces.view": "yes"}
MANAGES = {"workspaces.view": "yes", "workspaces.manage": "yes"}


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


@pytest.fixture(scope="module")
def levels(org) -> dict[str, UUID]:
    """Owner gives all, Manager gives Agents only, Agents give nobody anything."""
    agent = make_role(org, "workspace", VIEWS)
    manager = make_role(org, "workspace", MANAGES, assignable=(agent,))
    owner = make_role(org, "workspace", {**MANAGES, "workspaces.edit": "yes"}, assignable=None)
    return {"agent": agent, "manager": manager, "owner": owner}


def workspace(org: Organization) -> UUID:
    return org.perform(create_workspace, name=unique("Space")).id


def add(org: Organization, workspace_id: UUID, role_id: UUID, *people: Person, by: Person | None = None) -> Any:
    ids = tuple(p.membership_id for p in people)
    return org.perform(add_to_workspace, by=by, workspace_id=workspace_id, membership_ids=ids, role_id=role_id)


def inside(org: Organization, workspace_id: UUID) -> dict[UUID, UUID]:
    with scope.tenant(org.id), reading():
        return dict(Assignment.objects.filter(workspace_id=workspace_id).values_list("membership_id", "role_id"))


def planned(org: Organization, plan: Any, **params: Any) -> Any:
    with scope.tenant(org.id), reading():
        return plan(actor=org.owner.actor, **params)


def test_levels_are_given_changed_and_taken_and_grants_follow(org, levels):
    place, person = workspace(org), somebody(org, {})
    before = access_version(org, person)
    add(org, place, levels["agent"], person)
    assert person.actor.may("workspaces.view")
    changed = org.perform(
        change_level, workspace_id=place, membership_id=person.membership_id, role_id=levels["manager"]
    )
    assert (changed.before_id, changed.after_id) == (levels["agent"], levels["manager"])
    assert person.actor.may("workspaces.manage")
    with pytest.raises(SameRole):
        org.perform(change_level, workspace_id=place, membership_id=person.membership_id, role_id=levels["manager"])
    org.perform(remove_from_workspace, workspace_id=place, membership_id=person.membership_id)
    assert inside(org, place) == {}
    assert not person.actor.may("workspaces.view")
    assert access_version(org, person) == before + 3
    with pytest.raises(NotFound):
        org.perform(remove_from_workspace, workspace_id=place, membership_id=person.membership_id)


def test_managers_invite_agents_only_and_agents_nobody(org, levels):
    place = workspace(org)
    owner, manager, agent, new = (somebody(org, {}) for _ in range(4))
    for person, level in ((owner, "owner"), (manager, "manager"), (agent, "agent")):
        add(org, place, levels[level], person)
    for level in ("owner", "manager"):
        with pytest.raises(RoleNotAssignable):
            add(org, place, levels[level], new, by=manager)
    with pytest.raises(PermissionMissing):
        add(org, place, levels["agent"], new, by=agent)
    add(org, place, levels["agent"], new, by=manager)
    for target, level in ((owner, "agent"), (new, "owner")):
        with pytest.raises(RoleNotAssignable):
            org.perform(
                change_level, by=manager, workspace_id=place, membership_id=target.membership_id, role_id=levels[level]
            )
    with pytest.raises(RoleNotAssignable):
        org.perform(remove_from_workspace, by=manager, workspace_id=place, membership_id=owner.membership_id)
    with pytest.raises(PermissionMissing):
        org.perform(edit_workspace, by=manager, workspace_id=place, name=unique("x"))
    # The owner's base role does not matter, nor that they do not see the person elsewhere.
    org.perform(
        change_level, by=owner, workspace_id=place, membership_id=manager.membership_id, role_id=levels["agent"]
    )
    org.perform(edit_workspace, by=owner, workspace_id=place, name=unique("Renamed"))
    for action in (delete_workspace, edit_workspace):
        more = {"name": "x"} if action is edit_workspace else {}
        with pytest.raises((PermissionMissing, NotFound)):
            org.perform(action, by=agent, workspace_id=place, **more)
    with pytest.raises(PermissionMissing):
        org.perform(delete_workspace, by=owner, workspace_id=place)


def test_a_level_counts_in_its_own_workspace_only(org, levels):
    mine, other = workspace(org), workspace(org)
    owner, person = somebody(org, {}), somebody(org, {})
    add(org, mine, levels["owner"], owner)
    for place in (other, new_id()):
        with pytest.raises(NotFound):
            add(org, place, levels["agent"], person, by=owner)
    with pytest.raises(PermissionMissing):
        org.perform(create_workspace, by=owner, name=unique("x"))


def test_nobody_changes_their_own_place_but_keyholders(org, levels):
    place, owner = workspace(org), somebody(org, {})
    administrator = somebody(org, {**MANAGES, "workspaces.edit": "yes"}, assignable=None)
    with pytest.raises(NotOnOneself):
        add(org, place, levels["owner"], administrator, by=administrator)
    add(org, place, levels["owner"], owner)
    for action, more in ((change_level, {"role_id": levels["agent"]}), (remove_from_workspace, {})):
        with pytest.raises(NotOnOneself):
            org.perform(action, by=owner, workspace_id=place, membership_id=owner.membership_id, **more)
    add(org, place, levels["agent"], org.owner)
    org.perform(remove_from_workspace, workspace_id=place, membership_id=org.owner.membership_id)


def test_base_roles_are_no_levels_and_removed_people_no_members(org, levels):
    place, person = workspace(org), org.person()
    for role in (org.role("member"), make_role(org, "unit", VIEWS)):
        with pytest.raises(RoleNotAssignable):
            add(org, place, role, person)
    add(org, place, levels["agent"], person)
    with pytest.raises(AlreadyInWorkspace):
        add(org, place, levels["manager"], person)
    gone = org.person()
    org.perform(remove_members, membership_ids=(gone.membership_id,))
    with pytest.raises(AlreadyRemoved):
        add(org, place, levels["agent"], gone)


def test_after_adding_somebody_so_many_workspaces_are_assigned_as_the_policy_says(org, levels):
    places, person = [workspace(org) for _ in range(3)], org.person()
    set_policy(org, "workspaces.assign_on_add_limit", 2)
    chosen = tuple((place, levels["agent"]) for place in places)
    with pytest.raises(TooManyWorkspaces):
        org.perform(assign_workspaces, membership_id=person.membership_id, levels=chosen)
    assert inside(org, places[0]) == {}
    org.perform(assign_workspaces, membership_id=person.membership_id, levels=chosen[:2])
    assert inside(org, places[1]) == {person.membership_id: levels["agent"]}
    with pytest.raises(AlreadyInWorkspace):
        org.perform(assign_workspaces, membership_id=person.membership_id, levels=chosen[:1])
    for nonsense in ((), (chosen[2], chosen[2])):
        with pytest.raises(InvalidInput):
            org.perform(assign_workspaces, membership_id=person.membership_id, levels=nonsense)


def test_deleting_a_workspace_says_who_goes_where_and_does_it(org, levels):
    place, goal = workspace(org), workspace(org)
    first, both = somebody(org, {}), somebody(org, {})
    add(org, place, levels["manager"], first, both)
    add(org, goal, levels["agent"], both)
    with scope.tenant(org.id), writing():
        RestrictionSet.objects.create(
            membership_id=first.membership_id, code="no_export", workspace_id=place, set_at=clock.now()
        )
    shown = planned(org, plan_delete_workspace, workspace_id=place, to_id=goal)
    assert (shown.members, shown.moving) == (2, 1)
    add(org, place, levels["agent"], org.person())
    with pytest.raises(PlanChanged):
        org.perform(delete_workspace, workspace_id=place, to_id=goal, digest=shown.digest)
    before = access_version(org, first)
    org.perform(delete_workspace, workspace_id=place, to_id=goal)
    assert access_version(org, first) > before
    # Who was there keeps the level of that place.
    assert inside(org, goal)[both.membership_id] == levels["agent"]
    assert inside(org, goal)[first.membership_id] == levels["manager"]
    with scope.tenant(org.id), reading():
        assert RestrictionSet.objects.get(membership_id=first.membership_id).workspace_id == goal
        assert not Workspace.objects.filter(id=place).exists()
    org.perform(delete_workspace, workspace_id=goal)
    assert not first.actor.may("workspaces.view")


def test_deleting_a_workspace_puts_nobody_into_two_teams_of_one(levels):
    org = make_organization(blueprint="messaging")
    person, place, goal = org.person(), workspace(org), workspace(org)
    for one in (place, goal):
        team = org.perform(create_team, name=unique("Team"), workspace_id=one).id
        org.perform(add_to_team, team_id=team, membership_ids=(person.membership_id,))
    with pytest.raises(OneTeamOnly):
        org.perform(delete_workspace, workspace_id=place, to_id=goal)
    # Without a workspace to go to, the team stays outside of every one.
    org.perform(delete_workspace, workspace_id=place)


def test_names_are_one_whatever_their_capitals(org):
    name = unique("Name")
    for create, edit, taken in (
        (create_workspace, edit_workspace, WorkspaceNameTaken),
        (create_workflow, edit_workflow, WorkflowNameTaken),
    ):
        org.perform(create, name=name)
        other = org.perform(create, name=unique("Other")).id
        with pytest.raises(taken):
            org.perform(create, name=name.upper())
        key = "workspace_id" if create is create_workspace else "workflow_id"
        with pytest.raises(taken):
            org.perform(edit, name=name.upper(), **{key: other})


# --- Workflows ----------------------------------------------------------------------------


def workflow(org: Organization) -> UUID:
    return org.perform(create_workflow, name=unique("Flow")).id


def taking_part(org: Organization, workflow_id: UUID) -> set[UUID]:
    with scope.tenant(org.id), reading():
        return set(WorkflowMember.objects.filter(workflow_id=workflow_id).values_list("membership_id", flat=True))


def join(org: Organization, workflow_id: UUID, *people: Person, by: Person | None = None) -> Any:
    ids = tuple(p.membership_id for p in people)
    return org.perform(add_to_workflow, by=by, workflow_id=workflow_id, membership_ids=ids)


def test_who_takes_part_follows_the_reach_of_the_permission(org):
    mine, other, new = workflow(org), workflow(org), org.person()
    lead = somebody(org, {"people.view": "all", "workflows.view": "workflow", "workflows.manage": "workflow"})
    join(org, mine, lead)
    assert mine in lead.actor.grants.workflows
    join(org, mine, new, by=lead)
    with pytest.raises(AlreadyInWorkflow):
        join(org, mine, new, by=lead)
    for place in (other, new_id()):
        with pytest.raises(NotFound):
            join(org, place, new, by=lead)
    for action, more in ((edit_workflow, {"name": "x"}), (delete_workflow, {})):
        with pytest.raises(PermissionMissing):
            org.perform(action, by=lead, workflow_id=mine, **more)
    with pytest.raises(PermissionMissing):
        org.perform(create_workflow, by=lead, name=unique("x"))
    org.perform(remove_from_workflow, by=lead, workflow_id=mine, membership_id=new.membership_id)
    assert taking_part(org, mine) == {lead.membership_id}


def test_nobody_joins_a_workflow_by_themselves_but_keyholders(org):
    place = workflow(org)
    everywhere = {"people.view": "all", "workflows.view": "all", "workflows.manage": "all"}
    manager = somebody(org, everywhere)
    with pytest.raises(NotOnOneself):
        join(org, place, manager, by=manager)
    join(org, place, manager)
    with pytest.raises(NotOnOneself):
        org.perform(remove_from_workflow, by=manager, workflow_id=place, membership_id=manager.membership_id)
    join(org, place, org.owner)
    goal = workflow(org)
    org.perform(delete_workflow, by=manager, workflow_id=place, to_id=goal, organization_name="Halden Supply")
    assert taking_part(org, goal) == {org.owner.membership_id}


def test_deleting_a_workflow_asks_for_the_name():
    org = make_organization()
    place, goal, person = workflow(org), workflow(org), org.person()
    join(org, place, person, org.owner)
    join(org, goal, org.owner)
    shown = planned(org, plan_delete_workflow, workflow_id=place, to_id=goal)
    assert (shown.members, shown.moving, shown.asks_name) == (2, 1, True)
    for typed in ("", "halden supply", "Other"):
        with pytest.raises(OrganizationNameAsked):
            org.perform(delete_workflow, workflow_id=place, to_id=goal, organization_name=typed, digest=shown.digest)
    before = access_version(org, person)
    org.perform(delete_workflow, workflow_id=place, to_id=goal, organization_name="Halden Supply", digest=shown.digest)
    assert taking_part(org, goal) == {person.membership_id, org.owner.membership_id}
    assert access_version(org, person) > before
    with scope.tenant(org.id), reading():
        assert not Workflow.objects.filter(id=place).exists()


def test_other_organizations_places_are_unknown(org, levels):
    there = make_organization()
    space, flow = workspace(there), workflow(there)
    person = org.person()
    own = (person.membership_id,)
    calls: list[tuple[Any, dict[str, Any]]] = [
        (edit_workspace, {"workspace_id": space, "name": "x"}),
        (delete_workspace, {"workspace_id": space}),
        (delete_workspace, {"workspace_id": workspace(org), "to_id": space}),
        (add_to_workspace, {"workspace_id": space, "membership_ids": own, "role_id": levels["agent"]}),
        (edit_workflow, {"workflow_id": flow, "name": "x"}),
        (delete_workflow, {"workflow_id": flow}),
        (delete_workflow, {"workflow_id": workflow(org), "to_id": flow}),
        (add_to_workflow, {"workflow_id": flow, "membership_ids": (person.membership_id,)}),
        (add_to_workflow, {"workflow_id": workflow(org), "membership_ids": (there.owner.membership_id,)}),
        (assign_workspaces, {"membership_id": person.membership_id, "levels": ((space, levels["agent"]),)}),
    ]  # fmt: skip
    for action, params in calls:
        with pytest.raises(NotFound):
            org.perform(action, **params)
