"""Who stands where, and who is in what, is taken back from the audit while nothing came after it (product.md §6)."""

import re
from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, make_organization, unique
from support.structure import make_role, somebody, unit_of
from support.visitors import body, post, signed_in
from tenantry.access.models import Assignment, RestrictionSet
from tenantry.core import clock
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.actions import add_to_team, create_team, edit_team, join_team, remove_from_team
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Team, TeamMember, WorkflowMember
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.undoing import (
    UndoneAlready,
    UndoNotPossible,
    UndoOvertaken,
    members_of,
    newest_entry,
    plan_undo_entry,
    undo_entry,
)
from tenantry.usecases.units import create_unit, delete_unit, move_unit, rename_unit
from tenantry.usecases.workflows import add_to_workflow, create_workflow, edit_workflow, remove_from_workflow
from tenantry.usecases.workspaces import (
    add_to_workspace,
    change_level,
    create_workspace,
    edit_workspace,
    remove_from_workspace,
)


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def unit(org: Organization, parent: UUID | None = None) -> UUID:
    return org.perform(create_unit, name=unique("Branch"), parent_id=parent).id


def number_of(org: Organization, code: str, target: UUID | None) -> int:
    with scope.tenant(org.id), reading():
        number = newest_entry(code, target)
    assert number is not None
    return number


def undo(org: Organization, number: int, **more: Any) -> Any:
    with scope.tenant(org.id), reading():
        members = members_of(number)
    return org.perform(undo_entry, number=number, membership_ids=members, **more)


def plan(org: Organization, number: int) -> Any:
    with scope.tenant(org.id), reading():
        return plan_undo_entry(actor=org.owner.actor, number=number, now=clock.now())


def held(org: Organization, model: Any, **where: Any) -> Any:
    with scope.tenant(org.id), reading():
        return model.objects.filter(**where).first()


def test_a_moved_unit_hangs_where_it_hung_by_the_page_of_the_audit(org):
    north, south = unit(org), unit(org)
    oslo = unit(org, north)
    org.perform(move_unit, unit_id=oslo, parent_id=south)
    number = number_of(org, "structure.unit_moved", oslo)
    client = signed_in(org.owner)
    path = f"/admin/audit/{number}/undo"
    assert f'href="{path}"' in body(client.get("/admin/audit"))
    page = body(client.get(path))
    was, will = held(org, Unit, id=south).name, held(org, Unit, id=north).name
    assert re.search(f"<del>{was}</del>.*<ins>{will}</ins>", page)
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', page).group(1)
    assert post(client, org.owner, path, {"digest": digest}).status_code == 303
    assert held(org, Unit, id=oslo).parent_id == north
    assert f'href="{path}"' not in body(client.get("/admin/audit"))
    with pytest.raises(UndoneAlready):
        undo(org, number)


def test_a_level_comes_back_by_the_page_of_the_audit(org):
    agent, manager = make_role(org, "workspace", {}), make_role(org, "workspace", {})
    place, person = org.perform(create_workspace, name=unique("Space")).id, org.person()
    where = {"workspace_id": place}
    org.perform(add_to_workspace, **where, membership_ids=(person.membership_id,), role_id=agent)
    org.perform(change_level, **where, membership_id=person.membership_id, role_id=manager)
    number = number_of(org, "structure.workspace_level_changed", place)
    client = signed_in(org.owner)
    assert f'href="/admin/audit/{number}/undo"' in body(client.get("/admin/audit"))
    assert "Pat Example in Space" in body(client.get(f"/admin/audit/{number}/undo"))
    assert post(client, org.owner, f"/admin/audit/{number}/undo").status_code == 303
    assert held(org, Assignment, membership_id=person.membership_id, **where).role_id == agent
    overtaken = number_of(org, "structure.workspace_level_changed", place)
    org.perform(change_level, **where, membership_id=person.membership_id, role_id=manager)
    assert f'href="/admin/audit/{overtaken}/undo"' not in body(client.get("/admin/audit"))
    assert post(client, org.owner, f"/admin/audit/{overtaken}/undo").status_code == 409


def test_a_unit_that_moved_again_or_lost_its_old_place_stays(org):
    north, south = unit(org), unit(org)
    oslo = unit(org, north)
    org.perform(move_unit, unit_id=oslo, parent_id=south)
    number = number_of(org, "structure.unit_moved", oslo)
    org.perform(delete_unit, unit_id=north)
    with pytest.raises(UndoNotPossible):
        undo(org, number)
    org.perform(move_unit, unit_id=oslo, parent_id=unit(org))
    with pytest.raises(UndoOvertaken):
        undo(org, number)


def test_names_and_descriptions_come_back(org):
    place, flow = (org.perform(do, name=unique("Old")).id for do in (create_workspace, create_workflow))
    branch, team = unit(org), org.perform(create_team, name=unique("Old"), workspace_id=place).id
    old = {one: held(org, model, id=one).name for one, model in
           ((place, Workspace), (flow, Workflow), (branch, Unit), (team, Team))}  # fmt: skip
    org.perform(rename_unit, unit_id=branch, name=unique("New"))
    org.perform(edit_workspace, workspace_id=place, name=old[place], description="For the north")
    org.perform(edit_workflow, workflow_id=flow, name=unique("New"))
    org.perform(edit_team, team_id=team, name=unique("New"), workspace_id=None)
    for code, target, model in (
        ("structure.unit_renamed", branch, Unit),
        ("structure.workspace_edited", place, Workspace),
        ("structure.workflow_edited", flow, Workflow),
        ("teams.edited", team, Team),
    ):
        number = number_of(org, code, target)
        undo(org, number, digest=plan(org, number).digest)
        row = held(org, model, id=target)
        assert (row.name, getattr(row, "description", "")) == (old[target], "")
        with pytest.raises(UndoneAlready):
            undo(org, number)
    assert held(org, Team, id=team).workspace_id == place
    org.perform(rename_unit, unit_id=branch, name=unique("New"))
    number = number_of(org, "structure.unit_renamed", branch)
    org.perform(rename_unit, unit_id=branch, name=unique("Newer"))
    with pytest.raises(UndoOvertaken):
        undo(org, number)


def test_people_go_back_to_where_each_of_them_stood(org):
    north, south = unit(org), unit(org)
    first, second = org.person(), org.person()
    org.perform(move_to_unit, membership_ids=(first.membership_id,), unit_id=north)
    both = (first.membership_id, second.membership_id)
    org.perform(move_to_unit, membership_ids=both, unit_id=south)
    number = number_of(org, "people.moved_to_unit", None)
    undo(org, number, digest=plan(org, number).digest)
    assert (unit_of(org, first), unit_of(org, second)) == (north, None)
    again = number_of(org, "people.moved_to_unit", None)
    assert again > number
    undo(org, again)
    assert (unit_of(org, first), unit_of(org, second)) == (south, south)
    last = number_of(org, "people.moved_to_unit", None)
    org.perform(move_to_unit, membership_ids=(second.membership_id,), unit_id=None)
    with pytest.raises(UndoOvertaken):
        undo(org, last)
    assert unit_of(org, first) == south


def test_members_of_a_workspace_go_and_come_back_at_their_level(org):
    agent, place, person = (
        make_role(org, "workspace", {}),
        org.perform(create_workspace, name=unique("S")).id,
        org.person(),
    )
    where = {"workspace_id": place, "membership_id": person.membership_id}
    org.perform(add_to_workspace, workspace_id=place, membership_ids=(person.membership_id,), role_id=agent)
    undo(org, number_of(org, "structure.workspace_members_added", place))
    assert held(org, Assignment, **where) is None
    undo(org, number_of(org, "structure.workspace_member_removed", place))
    assert held(org, Assignment, **where).role_id == agent
    # A restriction there is not given back, so that the place is not, either.
    with scope.tenant(org.id), writing():
        RestrictionSet.objects.create(**where, code="data.no_export", value="yes", set_at=clock.now())
    added = number_of(org, "structure.workspace_members_added", place)
    with pytest.raises(UndoOvertaken):
        undo(org, added)
    org.perform(remove_from_workspace, **where)
    with pytest.raises(UndoNotPossible):
        undo(org, number_of(org, "structure.workspace_member_removed", place))


def test_members_of_a_team_go_and_come_back_as_what_they_were(org):
    team, first, second = org.perform(create_team, name=unique("T")).id, org.person(), org.person()
    both = (first.membership_id, second.membership_id)
    where = {"team_id": team, "membership_id": first.membership_id}
    org.perform(join_team, team_id=team, membership_ids=both)
    undo(org, number_of(org, "teams.members_added", team))
    assert held(org, TeamMember, team_id=team) is None
    undo(org, number_of(org, "teams.member_removed", team))
    assert held(org, TeamMember, **where).is_lead is False
    org.perform(add_to_team, team_id=team, membership_ids=(first.membership_id,), is_lead=True)
    lead = number_of(org, "teams.members_added", team)
    assert (plan(org, lead).before, plan(org, lead).after) == ("lead", "not a lead")
    undo(org, lead)
    assert held(org, TeamMember, **where).is_lead is False
    org.perform(add_to_team, team_id=team, membership_ids=(first.membership_id,), is_lead=True)
    org.perform(remove_from_team, **where)
    with pytest.raises(UndoOvertaken):
        undo(org, number_of(org, "teams.members_added", team))
    undo(org, number_of(org, "teams.member_removed", team))
    assert held(org, TeamMember, **where).is_lead is True


def test_members_of_a_workflow_go_and_come_back(org):
    flow, person = org.perform(create_workflow, name=unique("W")).id, org.person()
    where = {"workflow_id": flow, "membership_id": person.membership_id}
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(person.membership_id,))
    undo(org, number_of(org, "structure.workflow_members_added", flow))
    assert held(org, WorkflowMember, **where) is None
    gone = number_of(org, "structure.workflow_member_removed", flow)
    undo(org, gone)
    assert held(org, WorkflowMember, **where)
    org.perform(remove_from_workflow, **where)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(person.membership_id,))
    with pytest.raises(UndoOvertaken):
        undo(org, number_of(org, "structure.workflow_member_removed", flow))


def test_who_could_not_have_done_it_does_not_take_it_back(org):
    north, person = unit(org), org.person()
    oslo = unit(org, north)
    org.perform(move_unit, unit_id=oslo, parent_id=unit(org))
    moved = number_of(org, "structure.unit_moved", oslo)
    stranger = somebody(org, {"people.view": "yes", "audit.view": "yes"})
    with pytest.raises(PermissionMissing):
        undo(org, moved, by=stranger)
    team = org.perform(create_team, name=unique("T")).id
    org.perform(add_to_team, team_id=team, membership_ids=(person.membership_id,))
    added = number_of(org, "teams.members_added", team)
    with pytest.raises((PermissionMissing, NotFound)):
        undo(org, added, by=stranger)
    themselves = somebody(org, {"teams.manage": "all", "teams.view": "all", "people.view": "all"})
    org.perform(add_to_team, team_id=team, membership_ids=(themselves.membership_id,))
    with pytest.raises(NotOnOneself):
        undo(org, number_of(org, "teams.members_added", team), by=themselves)
    assert held(org, TeamMember, team_id=team, membership_id=themselves.membership_id)
