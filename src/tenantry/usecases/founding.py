"""What a new organization starts with, as its blueprint says; handed in from above, where blueprints live."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.crm.stages import FirstStage, add_first_stages
from tenantry.organizations.models import Workflow
from tenantry.people.models import WorkflowMember
from tenantry.people.steps import bump_access


@dataclass(frozen=True, slots=True)
class FirstWorkflow:
    """`with_founder`: the founder takes part, so that only those who are added see its deals."""

    name: str
    description: str
    stages: tuple[FirstStage, ...]
    with_founder: bool


@dataclass(frozen=True, slots=True)
class Founding:
    """`roles` and `profiles`: rows for `access.steps.create_roles` and `create_profiles`."""

    blueprint: str
    policies: Mapping[str, Any]
    entitlements: Mapping[str, int | None]
    labels: Mapping[str, str]
    roles: tuple[Mapping[str, Any], ...]
    profiles: tuple[Mapping[str, Any], ...]
    keyholder_key: str
    workflow: FirstWorkflow


def create_first_workflow(first: FirstWorkflow, founder_id: UUID, now: datetime) -> Workflow:
    """A step: the way that deals of a new organization go; the founder is there already."""
    made = Workflow(name=first.name, sort_name=first.name.lower(), description=first.description, created_at=now)
    Workflow.objects.bulk_create([made])
    add_first_stages(made, first.stages)
    if first.with_founder:
        WorkflowMember.objects.bulk_create([WorkflowMember(workflow=made, membership_id=founder_id, added_at=now)])
        bump_access([founder_id])
    return made
