"""Stages of a workflow: added, edited, put in order, and deleted once it is said where their deals go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, require
from tenantry.core.errors import InvalidInput, NotFound, VersionChanged
from tenantry.crm.deal_errors import LastStage, StageInUse, StageNameTaken, TooManyStages
from tenantry.crm.models import Deal, Stage
from tenantry.crm.permissions import PIPELINE
from tenantry.crm.pipelines import MOST_STAGES, lock_stages, stages_asked, stages_of
from tenantry.crm.questions import let_stages_go
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow, Workflow
from tenantry.people.records import WORKFLOW

LONGEST_STALE = 3650


@dataclass(frozen=True, slots=True)
class StageFields:
    """`probability` in percent; `stale_days`: None never."""

    name: str
    probability: int = 0
    is_milestone: bool = False
    is_lodgement: bool = False
    stale_days: int | None = None


COLUMNS = ("name", "probability", "is_milestone", "is_lodgement", "stale_days")


@dataclass(frozen=True, slots=True)
class StageCreated:
    id: UUID
    name: str


def _workflow(actor: Actor, workflow_id: UUID) -> Workflow:
    """:raises NotFound, PermissionMissing: see there."""
    workflow: Workflow = find(actor, WORKFLOW, workflow_id)
    require(actor, PIPELINE)
    return workflow


def _checked(fields: StageFields, others: list[Stage]) -> None:
    if not 0 <= fields.probability <= 100:
        raise InvalidInput({"probability": _("From 0 to 100 percent.")})
    if fields.stale_days is not None and not 1 <= fields.stale_days <= LONGEST_STALE:
        raise InvalidInput({"stale_days": _("From 1 to 3,650 days.")})
    if any(other.sort_name == fields.name.lower() for other in others):
        raise StageNameTaken(name=fields.name)


def _plain(stage: Stage) -> dict[str, Any]:
    return {name: getattr(stage, name) for name in COLUMNS}


@action(PIPELINE)
def create_stage(*, actor: Actor, now: datetime, workflow_id: UUID, fields: StageFields) -> Outcome[StageCreated]:
    """At the end of the workflow.

    :raises StageNameTaken, TooManyStages, InvalidInput, NotFound: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    workflow = _workflow(actor, workflow_id)
    present = stages_of(workflow_id)
    _checked(fields, present)
    if len(present) >= MOST_STAGES:
        raise TooManyStages(most=MOST_STAGES)
    made = Stage(workflow=workflow, sort_name=fields.name.lower(), position=len(present), **_columns(fields))
    Stage.objects.bulk_create([made])
    values = {"name": fields.name, "workflow": workflow.name, "workflow_id": str(workflow_id)}
    return Outcome(StageCreated(made.id, made.name), Entry("structure.stage_created", "stage", made.id, values))


def _columns(fields: StageFields) -> dict[str, Any]:
    return {name: getattr(fields, name) for name in COLUMNS}


@action(PIPELINE)
def edit_stage(
    *,
    actor: Actor,
    now: datetime,
    workflow_id: UUID,
    stage_id: UUID,
    fields: StageFields,
    version: int | None = None,
) -> Outcome[Done]:
    """`version`: the one that the actor looked at.

    :raises VersionChanged: somebody else was first. :raises StageNameTaken, InvalidInput, NotFound: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    workflow = _workflow(actor, workflow_id)
    stage = lock_stages([stage_id]).get(stage_id)
    if stage is None or stage.workflow_id != workflow_id:
        raise NotFound
    if version is not None and stage.version != version:
        raise VersionChanged
    _checked(fields, [other for other in stages_of(workflow_id) if other.id != stage_id])
    before, after = _plain(stage), _columns(fields)
    if before == after:
        return Outcome(Done(stage_id), None)
    for name, value in after.items():
        setattr(stage, name, value)
    stage.sort_name = fields.name.lower()
    stage.version += 1
    stage.save(update_fields=[*COLUMNS, "sort_name", "version"])
    differing = [name for name in COLUMNS if before[name] != after[name]]
    values = {
        "name": fields.name,
        "workflow": workflow.name,
        "workflow_id": str(workflow_id),
        "before": {name: before[name] for name in differing},
        "after": {name: after[name] for name in differing},
    }
    return Outcome(Done(stage_id), Entry("structure.stage_edited", "stage", stage_id, values))


@action(PIPELINE)
def order_stages(
    *,
    actor: Actor,
    now: datetime,
    workflow_id: UUID,
    stage_ids: tuple[UUID, ...],
    seen: tuple[UUID, ...] | None = None,
) -> Outcome[Done]:
    """All stages of the workflow, in their new order. `seen`: the order that the actor looked at.

    :raises InvalidInput: not exactly its stages, or not in that order any more: somebody added, deleted or moved one.
    :raises NotFound: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    workflow = _workflow(actor, workflow_id)
    present = {stage.id: stage for stage in stages_of(workflow_id)}
    moved = seen is not None and list(seen) != list(present)
    if moved or len(stage_ids) != len(present) or set(stage_ids) != set(present):
        raise InvalidInput({"stages": _("The stages changed meanwhile. Please look at them again.")})
    if list(present) == list(stage_ids):
        return Outcome(Done(workflow_id), None)
    lock_stages(stage_ids)
    for position, stage_id in enumerate(stage_ids):
        present[stage_id].position = position
    Stage.objects.bulk_update(present.values(), ["position"])
    values = {"name": workflow.name, "after": ", ".join(present[i].name for i in stage_ids)}
    return Outcome(Done(workflow_id), Entry("structure.stages_ordered", "workflow", workflow_id, values))


# --- Deleting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageDeletionPlan(Plan):
    """`deals` go to the stage `to_id`, `open` of them are open; closed and archived ones go along. `waiting`: requests
    to mentors about this stage, which lapse."""

    workflow_id: UUID
    stage_id: UUID
    name: str
    version: int
    to_id: UUID | None
    to: str
    deals: int
    open: int
    waiting: int


def plan_delete_stage(
    *, actor: Actor, workflow_id: UUID, stage_id: UUID, to_id: UUID | None = None
) -> StageDeletionPlan:
    """What deleting it would do. Without `to_id` its deals have nowhere to go yet.

    :raises LastStage, NotFound, PermissionMissing, InvalidInput: why it can't be.
    """
    _workflow(actor, workflow_id)
    present = {stage.id: stage for stage in stages_asked(workflow_id)}
    stage = present.get(stage_id)
    if stage is None or (to_id is not None and to_id not in present):
        raise NotFound
    if to_id == stage_id:
        raise InvalidInput({"to": _("Choose another stage.")})
    if len(present) == 1:
        raise LastStage(name=stage.name)
    working = Q(state=Deal.State.OPEN, archived_at__isnull=True)
    deals = Deal.objects.filter(stage_id=stage_id).aggregate(all=Count("id"), open=Count("id", filter=working))
    return StageDeletionPlan(
        workflow_id=workflow_id,
        stage_id=stage_id,
        name=stage.name,
        version=stage.version,
        to_id=to_id,
        to=present[to_id].name if to_id else "",
        deals=deals["all"],
        open=deals["open"],
        waiting=stage.asked,
    )


@action(PIPELINE)
def delete_stage(
    *,
    actor: Actor,
    now: datetime,
    workflow_id: UUID,
    stage_id: UUID,
    to_id: UUID | None = None,
    digest: str | None = None,
) -> Outcome[StageDeletionPlan]:
    """Its deals go to `to_id`, closed and archived ones too; the stages behind it move up.

    :raises StageInUse: it has deals, and nowhere for them. :raises PlanChanged: `digest` is of an older plan.
    :raises LastStage, NotFound, InvalidInput: see there.
    """
    lock(LockRow.Name.STRUCTURE)
    # From here on nobody moves a deal into either: whoever wants to waits, and finds the stage gone.
    held = lock_stages(one for one in (stage_id, to_id) if one)
    plan = confirm(plan_delete_stage(actor=actor, workflow_id=workflow_id, stage_id=stage_id, to_id=to_id), digest)
    if plan.deals and to_id is None:
        raise StageInUse(name=plan.name, deals=plan.deals)
    if to_id is not None:
        moving = Deal.objects.filter(stage_id=stage_id)
        moving.update(stage_id=to_id, stage_since=now, changed_at=now, version=F("version") + 1)
    events = let_stages_go(actor, [stage_id], now)
    Stage.objects.filter(id=stage_id).delete()
    behind = Stage.objects.filter(workflow_id=workflow_id, position__gt=held[stage_id].position)
    behind.update(position=F("position") - 1)
    values = {"name": plan.name, "to": plan.to, "deals": plan.deals, "workflow_id": str(workflow_id)}
    return Outcome(plan, Entry("structure.stage_deleted", "stage", stage_id, values), events)
