"""A workflow that is made like another: its stages, and its people where they are wanted."""

from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, require
from tenantry.crm.models import Stage
from tenantry.crm.pipelines import stages_of
from tenantry.organizations.errors import WorkflowNameTaken
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow, Workflow
from tenantry.people.locks import lock_members
from tenantry.people.models import WorkflowMember
from tenantry.people.permissions import WORKFLOWS_MANAGE
from tenantry.people.records import WORKFLOW
from tenantry.people.steps import bump_access
from tenantry.usecases.workflows import WorkflowCreated


@action(WORKFLOWS_MANAGE)
def duplicate_workflow(
    *, actor: Actor, now: datetime, workflow_id: UUID, name: str, with_members: bool = False
) -> Outcome[WorkflowCreated]:
    """Another workflow with the same stages and no deals. `with_members`: those who take part come along, the actor
    aside, whom it may give more.

    :raises WorkflowNameTaken: in any spelling of capitals. :raises NotFound, PermissionMissing: see there.
    """
    members = WorkflowMember.objects.filter(workflow_id=workflow_id).values_list("membership_id", flat=True)
    if with_members:
        # Before the structure, as everywhere: members come first in the order of locks.
        lock_members(members)
    lock(LockRow.Name.STRUCTURE)
    origin: Workflow = find(actor, WORKFLOW, workflow_id, WORKFLOWS_MANAGE)
    require(actor, WORKFLOWS_MANAGE)
    if Workflow.objects.filter(sort_name=name.lower()).exists():
        raise WorkflowNameTaken(name=name)
    made = Workflow(name=name, sort_name=name.lower(), description=origin.description, created_at=now)
    Workflow.objects.bulk_create([made])
    Stage.objects.bulk_create(_like(stage, made) for stage in stages_of(workflow_id))
    own = None if actor.grants.everything else actor.membership_id
    coming = [one for one in members.all() if one != own] if with_members else []
    WorkflowMember.objects.bulk_create(WorkflowMember(workflow=made, membership_id=i, added_at=now) for i in coming)
    bump_access(coming)
    values = {"name": name, "of": origin.name, "of_id": str(workflow_id), "members": [str(i) for i in coming]}
    entry = Entry("structure.workflow_duplicated", "workflow", made.id, values)
    return Outcome(WorkflowCreated(made.id, name), entry)


def _like(stage: Stage, workflow: Workflow) -> Stage:
    return Stage(
        workflow=workflow,
        name=stage.name,
        sort_name=stage.sort_name,
        position=stage.position,
        probability=stage.probability,
        is_milestone=stage.is_milestone,
        is_lodgement=stage.is_lodgement,
        stale_days=stage.stale_days,
    )
