"""Branches, workspaces and workflows of the demonstration, where the blueprint uses them; by the product's actions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenantry.access.actions.giving import give_role
from tenantry.usecases.pipelines import duplicate_workflow
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow, edit_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

# Group -> branches.
GROUPS = {"Nordics": ("Oslo", "Bergen", "Göteborg"), "Iberia": ("Lisboa", "Sevilla")}
WORKSPACES = {"Nordics": "Customers in the north.", "Iberia": "Spain and Portugal.", "Service": "After the sale."}

Act = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Furnishing:
    """`people`: ids of ordinary active people; `managers`: of those who may manage a unit, may be empty; `roles`:
    id by key; `workflow_id`: of the first workflow; `second`: name and description of another one."""

    act: Act
    people: Sequence[UUID]
    managers: Sequence[UUID]
    roles: Mapping[str, UUID]
    began: datetime
    workflow_id: UUID
    second: tuple[str, str]

    def at(self, minute: int) -> datetime:
        return self.began + timedelta(minutes=minute)


def furnish(parts: Sequence[str], made: Furnishing) -> None:
    """`parts`: of policy `organization.structure`; what has no roles to be held there stays away."""
    if "units" in parts and "managing_agent" in made.roles:
        _branches(made)
    if "workflows" in parts:
        _workflows(made)
    if "workspaces" in parts and "workspace_agent" in made.roles:
        _workspaces(made)


def _shares(people: Sequence[UUID], parts: int) -> list[tuple[UUID, ...]]:
    return [tuple(people[place::parts]) for place in range(parts)]


def _branches(made: Furnishing) -> None:
    leaves = []
    for group, branches in GROUPS.items():
        above = made.act(create_unit, made.at(0), name=group)
        leaves += [made.act(create_unit, made.at(0), name=name, parent_id=above.id).id for name in branches]
    for unit_id, people in zip(leaves, _shares(made.people, len(leaves) + 1), strict=False):
        if people:
            made.act(move_to_unit, made.at(1), membership_ids=people, unit_id=unit_id)
    for unit_id, agent in zip(leaves, made.managers, strict=False):
        made.act(give_role, made.at(2), membership_id=agent, role_id=made.roles["managing_agent"], unit_id=unit_id)


def _workflows(made: Furnishing) -> None:
    name, text = made.second
    other = made.act(duplicate_workflow, made.at(3), workflow_id=made.workflow_id, name=name)
    made.act(edit_workflow, made.at(3), workflow_id=other.id, name=name, description=text)
    for flow, people in zip((made.workflow_id, other.id), _shares(made.people, 3), strict=False):
        if people:
            made.act(add_to_workflow, made.at(3), workflow_id=flow, membership_ids=people)


def _workspaces(made: Furnishing) -> None:
    levels = ("workspace_owner", "workspace_manager", "workspace_agent")
    for (name, text), people in zip(WORKSPACES.items(), _shares(made.people, len(WORKSPACES)), strict=True):
        place = made.act(create_workspace, made.at(4), name=name, description=text)
        for level, chosen in zip(levels, (people[:1], people[1:3], people[3:]), strict=True):
            if chosen:
                made.act(
                    add_to_workspace,
                    made.at(5),
                    workspace_id=place.id,
                    membership_ids=chosen,
                    role_id=made.roles[level],
                )
