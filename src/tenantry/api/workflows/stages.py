"""Stages of workflows, the board, and a workflow that is made like another."""

from typing import Any
from uuid import UUID

from ninja import Query, Router

from tenantry.api.conditions import require_version
from tenantry.api.deals.schemas import (
    BoardOut,
    BoardQuery,
    DeleteStage,
    DuplicateWorkflow,
    EditStage,
    LaneOut,
    NewStage,
    OrderStages,
    StageDeletionPlanOut,
    StageDeletionQuery,
    StageOut,
    StagesOut,
    Worth,
)
from tenantry.api.deals.views import SHAPE
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.workflows.schemas import WorkflowOut
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PlanChanged, VersionChanged
from tenantry.core.transactions import reading
from tenantry.crm.actions.stages import (
    COLUMNS,
    StageFields,
    create_stage,
    delete_stage,
    edit_stage,
    order_stages,
    plan_delete_stage,
)
from tenantry.crm.board import Wanted, board
from tenantry.crm.deal_errors import LastStage, StageInUse, StageNameTaken, TooManyStages
from tenantry.crm.permissions import PIPELINE
from tenantry.crm.pipelines import DEALS_VIEW, find_seen_workflow, stages_in_use
from tenantry.organizations.errors import WorkflowNameTaken
from tenantry.people.permissions import WORKFLOWS_MANAGE, WORKFLOWS_VIEW
from tenantry.people.selectors import get_workflow
from tenantry.usecases.pipelines import duplicate_workflow

router = Router(tags=["Workflows"])


def _stage(row: Any, deals: int) -> StageOut:
    return StageOut(
        id=row.id,
        key=row.key,
        position=row.position,
        version=row.version,
        deals=deals,
        **{name: getattr(row, name) for name in COLUMNS},
    )


def _workflow(actor: Actor, workflow_id: UUID) -> Any:
    """One that the actor sees as an administrator, or works with.

    :raises NotFound: neither.
    """
    if actor.may_any(WORKFLOWS_VIEW, WORKFLOWS_MANAGE):
        try:
            return get_workflow(actor, workflow_id)
        except NotFound:
            pass
    return find_seen_workflow(actor, workflow_id)


def _stages(workflow_id: UUID) -> StagesOut:
    return StagesOut(items=[_stage(row, row.deals_open) for row in stages_in_use(workflow_id)])


@operation(
    router,
    "GET",
    "/workflows/{workflow_id}/stages",
    DEALS_VIEW,
    WORKFLOWS_VIEW,
    WORKFLOWS_MANAGE,
    answer=StagesOut,
)
def stage_list(request: ApiRequest, workflow_id: Id) -> StagesOut:
    """The stages of a workflow, in their order."""
    return _stages(_workflow(request.actor, workflow_id).id)


@operation(
    router,
    "POST",
    "/workflows/{workflow_id}/stages",
    PIPELINE,
    answer=StagesOut,
    status=201,
    refuses=(StageNameTaken, TooManyStages),
)
def stage_create(request: ApiRequest, workflow_id: Id, body: NewStage) -> StagesOut:
    """A stage at the end of the workflow."""
    carry_out(request, create_stage, workflow_id=workflow_id, fields=StageFields(**body.model_dump()))
    with reading():
        return _stages(workflow_id)


@operation(
    router,
    "PATCH",
    "/workflows/{workflow_id}/stages/{stage_id}",
    PIPELINE,
    answer=StagesOut,
    refuses=(StageNameTaken, VersionChanged),
)
def stage_edit(request: ApiRequest, workflow_id: Id, stage_id: Id, body: EditStage) -> StagesOut:
    """Changes what is given; null in `stale_days` is never. With If-Match, the stage's `version`, only while nobody
    else has."""
    with reading():
        get_workflow(request.actor, workflow_id)
        row = next((one for one in stages_in_use(workflow_id) if one.id == stage_id), None)
    if row is None:
        raise NotFound
    if request.headers.get("If-Match", "").strip():
        require_version(request, row.version)
    given = body.model_dump(exclude_unset=True)
    given = {name: value for name, value in given.items() if value is not None or name == "stale_days"}
    fields = StageFields(**{name: given.get(name, getattr(row, name)) for name in COLUMNS})
    # What is left out is as it was read: what somebody else changes from here on is not written over.
    about: dict[str, Any] = {"workflow_id": workflow_id, "stage_id": stage_id}
    carry_out(request, edit_stage, **about, fields=fields, version=row.version)
    with reading():
        return _stages(workflow_id)


@operation(router, "PUT", "/workflows/{workflow_id}/stages", PIPELINE, answer=StagesOut)
def stage_order(request: ApiRequest, workflow_id: Id, body: OrderStages) -> StagesOut:
    """All stages of the workflow, in their new order."""
    carry_out(request, order_stages, workflow_id=workflow_id, stage_ids=tuple(body.stage_ids))
    with reading():
        return _stages(workflow_id)


@operation(
    router,
    "GET",
    "/workflows/{workflow_id}/stages/{stage_id}/deletion/plan",
    PIPELINE,
    answer=StageDeletionPlanOut,
    refuses=(LastStage,),
)
def stage_deletion_plan(
    request: ApiRequest, workflow_id: Id, stage_id: Id, query: Query[StageDeletionQuery]
) -> StageDeletionPlanOut:
    """What deleting a stage would do to its deals."""
    plan = plan_delete_stage(actor=request.actor, workflow_id=workflow_id, stage_id=stage_id, to_id=query.to)
    return StageDeletionPlanOut(
        digest=plan.digest,
        stage=Named(id=plan.stage_id, name=plan.name),
        to=Named(id=plan.to_id, name=plan.to) if plan.to_id else None,
        deals=plan.deals,
        open=plan.open,
        waiting=plan.waiting,
    )


@operation(
    router,
    "POST",
    "/workflows/{workflow_id}/stages/{stage_id}/deletion",
    PIPELINE,
    refuses=(LastStage, PlanChanged, StageInUse),
)
def stage_delete(request: ApiRequest, workflow_id: Id, stage_id: Id, body: DeleteStage) -> None:
    """Deletes a stage; its deals go to another one of the workflow."""
    carry_out(request, delete_stage, workflow_id=workflow_id, stage_id=stage_id, to_id=body.to, digest=body.digest)


@operation(
    router,
    "POST",
    "/workflows/{workflow_id}/duplicate",
    WORKFLOWS_MANAGE,
    answer=WorkflowOut,
    status=201,
    refuses=(WorkflowNameTaken,),
)
def workflow_duplicate(request: ApiRequest, workflow_id: Id, body: DuplicateWorkflow) -> Answer:
    """Another workflow with the same stages and no deals."""
    made = carry_out(
        request, duplicate_workflow, workflow_id=workflow_id, name=body.name, with_members=body.with_members
    )
    with reading():
        row = get_workflow(request.actor, made.id)
    shown = WorkflowOut(
        id=row.id, key=row.key, name=row.name, description=row.description, size=row.size, created_at=row.created_at
    )
    return Answer(shown, {"Location": f"/api/v1/workflows/{made.id}"})


@operation(router, "GET", "/workflows/{workflow_id}/board", DEALS_VIEW, answer=BoardOut)
def workflow_board(request: ApiRequest, workflow_id: Id, query: Query[BoardQuery]) -> BoardOut:
    """Its open deals within the caller's reach, by stage: count and sum of all, the first of each."""
    workflow = find_seen_workflow(request.actor, workflow_id)
    lanes = board(request.actor, workflow.id, Wanted(query=query.q), clock.now())
    deals = [deal for lane in lanes for deal in lane.deals]
    shown = {one.id: one for one in SHAPE.answer(request.actor, deals)}
    return BoardOut(
        workflow=Named(id=workflow.id, name=workflow.name),
        lanes=[
            LaneOut(
                stage=_stage(lane.stage, lane.count),
                count=lane.count,
                worth=[Worth(currency=currency, value=minor) for currency, minor in lane.sums],
                deals=[shown[deal.id] for deal in lane.deals],
            )
            for lane in lanes
        ],
    )
