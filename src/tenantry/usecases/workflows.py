"""Workflows: making, naming, deleting them, and who takes part.

Making, naming and deleting take `workflows.manage` for all of them; who takes part follows it by reach, for anybody but
oneself (product.md §3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, require
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.crm.deal_errors import WorkflowInUse
from tenantry.crm.models import Deal, Stage
from tenantry.crm.pipelines import lock_stages, stages_asked, stages_of
from tenantry.crm.questions import let_stages_go
from tenantry.crm.stages import FIRST, FirstStage, add_first_stages
from tenantry.organizations.errors import WorkflowNameTaken
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow, Workflow
from tenantry.organizations.selectors import refuse_other_name
from tenantry.people.errors import AlreadyInWorkflow, NotOnOneself
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership, WorkflowMember
from tenantry.people.permissions import WORKFLOWS_MANAGE
from tenantry.people.records import WORKFLOW
from tenantry.people.selectors import visible_members
from tenantry.people.steps import bump_access

MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class WorkflowCreated:
    id: UUID
    name: str


def _managed(actor: Actor, workflow_id: UUID) -> Workflow:
    """:raises NotFound, PermissionMissing: out of sight, or not the actor's to change."""
    workflow: Workflow = find(actor, WORKFLOW, workflow_id, WORKFLOWS_MANAGE)
    return workflow


def _refuse_taken(name: str, *, but: UUID | None = None) -> None:
    rows = Workflow.objects.filter(sort_name=name.lower())
    if (rows.exclude(id=but) if but else rows).exists():
        raise WorkflowNameTaken(name=name)


@action(WORKFLOWS_MANAGE)
def create_workflow(
    *, actor: Actor, now: datetime, name: str, description: str = "", stages: Sequence[FirstStage] = FIRST
) -> Outcome[WorkflowCreated]:
    """:raises WorkflowNameTaken: in any spelling of capitals."""
    require(actor, WORKFLOWS_MANAGE)
    lock(LockRow.Name.STRUCTURE)
    _refuse_taken(name)
    made = Workflow(name=name, sort_name=name.lower(), description=description, created_at=now)
    Workflow.objects.bulk_create([made])
    add_first_stages(made, stages)
    return Outcome(
        WorkflowCreated(made.id, name), Entry("structure.workflow_created", "workflow", made.id, {"name": name})
    )


@action(WORKFLOWS_MANAGE)
def edit_workflow(*, actor: Actor, now: datetime, workflow_id: UUID, name: str, description: str = "") -> Outcome[Done]:
    """:raises WorkflowNameTaken, NotFound: see there."""
    lock(LockRow.Name.STRUCTURE)
    workflow = _managed(actor, workflow_id)
    require(actor, WORKFLOWS_MANAGE)
    before = {"name": workflow.name, "description": workflow.description}
    after = {"name": name, "description": description}
    if before == after:
        return Outcome(Done(workflow_id), None)
    _refuse_taken(name, but=workflow_id)
    workflow.name, workflow.sort_name, workflow.description = name, name.lower(), description
    workflow.version += 1
    workflow.save(update_fields=["name", "sort_name", "description", "version"])
    entry = Entry("structure.workflow_edited", "workflow", workflow_id, {"before": before, "after": after})
    return Outcome(Done(workflow_id), entry)


# --- Who takes part -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InWorkflow:
    workflow_id: UUID
    name: str
    members: tuple[UUID, ...]


def _refuse_oneself(actor: Actor, ids: Iterable[UUID]) -> None:
    """Taking part may widen whose deals somebody reaches; only whoever reaches all gains nothing."""
    if actor.membership_id in set(ids) and not actor.grants.everything:
        raise NotOnOneself


@action(WORKFLOWS_MANAGE, targets=("membership_ids",))
def add_to_workflow(
    *, actor: Actor, now: datetime, workflow_id: UUID, membership_ids: tuple[UUID, ...]
) -> Outcome[InWorkflow]:
    """People whom the actor may see; those who take part already stay as they are.

    :raises AlreadyInWorkflow: nobody would be added. :raises NotOnOneself, NotFound: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    workflow = _managed(actor, workflow_id)
    _refuse_oneself(actor, membership_ids)
    rows = visible_members(actor).filter(id__in=membership_ids).exclude(status=Membership.Status.REMOVED)
    people = list(rows.defer("picture").order_by("sort_name", "id"))
    if not people or len(people) != len(set(membership_ids)):
        raise NotFound
    here = set(WorkflowMember.objects.filter(workflow=workflow).values_list("membership_id", flat=True))
    coming = tuple(member.id for member in people if member.id not in here)
    if not coming:
        raise AlreadyInWorkflow(name=people[0].name, workflow=workflow.name)
    WorkflowMember.objects.bulk_create(WorkflowMember(workflow=workflow, membership_id=i, added_at=now) for i in coming)
    bump_access(coming)
    values = {"name": workflow.name, "members": [str(i) for i in coming]}
    entry = Entry("structure.workflow_members_added", "workflow", workflow_id, values)
    return Outcome(InWorkflow(workflow_id, workflow.name, coming), entry)


@action(WORKFLOWS_MANAGE, targets=("membership_id",))
def remove_from_workflow(*, actor: Actor, now: datetime, workflow_id: UUID, membership_id: UUID) -> Outcome[Done]:
    """:raises NotFound: takes no part in it. :raises NotOnOneself: see there."""
    workflow = _managed(actor, workflow_id)
    _refuse_oneself(actor, [membership_id])
    gone, _by_model = WorkflowMember.objects.filter(workflow=workflow, membership_id=membership_id).delete()
    if not gone:
        raise NotFound
    bump_access([membership_id])
    values = {"name": workflow.name, "members": [str(membership_id)]}
    return Outcome(Done(workflow_id), Entry("structure.workflow_member_removed", "workflow", workflow_id, values))


# --- Deleting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """Deals of one stage go to one of the other workflow: the one that is called the same, else its first. `working`:
    how many of them are open and not archived."""

    stage_id: UUID
    stage: str
    to_id: UUID | None
    to: str
    deals: int
    working: int


@dataclass(frozen=True, slots=True)
class WorkflowDeletionPlan(Plan):
    """`to`: the workflow that its members and deals go to; without one its members take part in one less, and deals are
    in the way. `names` are the first of its members; `deals`, closed and archived ones too, go by `routes`; `waiting`:
    requests to mentors, which lapse; `asks_name`: the organization's name is typed, always."""

    workflow_id: UUID
    name: str
    to_id: UUID | None
    to: str
    members: int
    names: tuple[str, ...]
    moving: int
    deals: int
    open_deals: int
    routes: tuple[Route, ...]
    waiting: int
    asks_name: bool = True


def _taking_part(workflow_id: UUID) -> list[WorkflowMember]:
    rows = WorkflowMember.objects.filter(workflow_id=workflow_id).select_related("membership")
    return list(rows.order_by("membership__sort_name", "id"))


def _moving(actor: Actor, rows: Iterable[WorkflowMember], to_id: UUID) -> list[WorkflowMember]:
    """Nobody brings themselves into another workflow."""
    there = set(WorkflowMember.objects.filter(workflow_id=to_id).values_list("membership_id", flat=True))
    own = None if actor.grants.everything else actor.membership_id
    return [row for row in rows if row.membership_id not in there and row.membership_id != own]


def _routes(stages: Iterable[Stage], workflow_id: UUID, to_id: UUID | None) -> tuple[Route, ...]:
    """Of those of its stages that hold deals."""
    working = Q(state=Deal.State.OPEN, archived_at__isnull=True)
    counted = Deal.objects.filter(workflow_id=workflow_id).order_by().values_list("stage_id")
    held = {row[0]: row[1:] for row in counted.annotate(all=Count("id"), working=Count("id", filter=working))}
    there = {stage.sort_name: stage for stage in reversed(stages_of(to_id))} if to_id else {}
    first = next(reversed(there.values()), None)
    found = []
    for stage in stages:
        goal = there.get(stage.sort_name, first)
        if stage.id in held:
            to_stage, to_name = (goal.id, goal.name) if goal else (None, "")
            found.append(Route(stage.id, stage.name, to_stage, to_name, *held[stage.id]))
    return tuple(found)


def plan_delete_workflow(*, actor: Actor, workflow_id: UUID, to_id: UUID | None = None) -> WorkflowDeletionPlan:
    """What deleting it would do.

    :raises NotFound, PermissionMissing, InvalidInput: why it can't be.
    """
    workflow = _managed(actor, workflow_id)
    require(actor, WORKFLOWS_MANAGE)
    if to_id == workflow_id:
        raise InvalidInput({"to": _("Choose another workflow.")})
    to = _managed(actor, to_id) if to_id else None
    rows, stages = _taking_part(workflow_id), stages_asked(workflow_id)
    routes = _routes(stages, workflow_id, to_id)
    return WorkflowDeletionPlan(
        workflow_id=workflow_id,
        name=workflow.name,
        to_id=to_id,
        to=to.name if to else "",
        members=len(rows),
        names=tuple(row.membership.name for row in rows[:MOST_NAMES]),
        moving=len(_moving(actor, rows, to_id)) if to_id else 0,
        deals=sum(route.deals for route in routes),
        open_deals=sum(route.working for route in routes),
        routes=routes,
        waiting=sum(stage.asked for stage in stages),
    )


@action(WORKFLOWS_MANAGE)
def delete_workflow(
    *,
    actor: Actor,
    now: datetime,
    workflow_id: UUID,
    to_id: UUID | None = None,
    organization_name: str = "",
    digest: str | None = None,
) -> Outcome[Done]:
    """Its members and deals go to `to_id`; without one its members take part in one workflow less.

    :raises WorkflowInUse: it has deals, and nowhere for them. :raises PlanChanged: `digest` is of an older plan.
    :raises OrganizationNameAsked: `organization_name` is another one.
    """
    members = WorkflowMember.objects.filter(workflow_id=workflow_id).values_list("membership_id", flat=True)
    # Before the structure, as everywhere: members come first in the order of locks.
    lock_members(members)
    lock(LockRow.Name.STRUCTURE)
    # Then stages, before the deals in them: whoever moves one in waits, and finds the stage gone.
    lock_stages(Stage.objects.filter(workflow_id__in=[workflow_id, to_id]).values_list("id", flat=True))
    plan = confirm(plan_delete_workflow(actor=actor, workflow_id=workflow_id, to_id=to_id), digest)
    if plan.deals and to_id is None:
        raise WorkflowInUse(name=plan.name, deals=plan.deals)
    if actor.kind != "system":
        refuse_other_name(organization_name)
    touched = set(members.all())
    if to_id:
        moving = _moving(actor, _taking_part(workflow_id), to_id)
        WorkflowMember.objects.filter(id__in=[row.id for row in moving]).update(workflow_id=to_id)
        _bring_over(plan.routes, to_id, now)
    gone = Stage.objects.filter(workflow_id=workflow_id).values_list("id", flat=True)
    events = let_stages_go(actor, gone, now)
    WorkflowMember.objects.filter(workflow_id=workflow_id).delete()
    Workflow.objects.filter(id=workflow_id).delete()
    bump_access(touched)
    left = [str(i) for i in sorted(touched)]
    values = {"name": plan.name, "to": plan.to, "to_id": to_id, "members": left, "deals": plan.deals}
    return Outcome(Done(workflow_id), Entry("structure.workflow_deleted", "workflow", workflow_id, values), events)


def _bring_over(routes: Iterable[Route], to_id: UUID, now: datetime) -> None:
    for route in routes:
        Deal.objects.filter(stage_id=route.stage_id).update(
            workflow_id=to_id, stage_id=route.to_id, stage_since=now, changed_at=now, version=F("version") + 1
        )
