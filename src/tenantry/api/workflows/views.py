"""Workflows as far as access goes, and who takes part."""

from typing import Any

from ninja import Query, Router

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.workflows.schemas import (
    AddWorkflowMembers,
    DealRoute,
    DeleteWorkflow,
    WorkflowDeletionPlanOut,
    WorkflowDeletionQuery,
    WorkflowMemberOut,
    WorkflowMemberPage,
    WorkflowMemberQuery,
    WorkflowOut,
    WorkflowPage,
)
from tenantry.api.workspaces.schemas import CreatePlace, EditPlace, PlaceQuery
from tenantry.core.errors import PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.crm.deal_errors import WorkflowInUse
from tenantry.organizations.errors import OrganizationNameAsked, WorkflowNameTaken
from tenantry.people.errors import AlreadyInWorkflow, NotOnOneself
from tenantry.people.permissions import WORKFLOWS_MANAGE, WORKFLOWS_VIEW
from tenantry.people.selectors import get_workflow, visible_workflows, workflow_members
from tenantry.usecases.workflows import (
    add_to_workflow,
    create_workflow,
    delete_workflow,
    edit_workflow,
    plan_delete_workflow,
    remove_from_workflow,
)

router = Router(tags=["Workflows"])
SORTS = {"name": "sort_name", "created": "created_at"}


def _workflow(row: Any) -> WorkflowOut:
    return WorkflowOut(
        id=row.id, key=row.key, name=row.name, description=row.description, size=row.size, created_at=row.created_at
    )


@operation(router, "GET", "/workflows", WORKFLOWS_VIEW, WORKFLOWS_MANAGE, answer=WorkflowPage)
def workflow_list(request: ApiRequest, query: Query[PlaceQuery]) -> Answer:
    """Workflows that the caller sees."""
    page = keyset_page(
        visible_workflows(request.actor),
        order=SORTS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, WorkflowPage, page, [_workflow(row) for row in page.rows])


@operation(router, "POST", "/workflows", WORKFLOWS_MANAGE, answer=WorkflowOut, status=201, refuses=(WorkflowNameTaken,))
def workflow_create(request: ApiRequest, body: CreatePlace) -> Answer:
    """A new workflow without members. Needs the permission for all workflows."""
    made = carry_out(request, create_workflow, name=body.name, description=body.description)
    with reading():
        workflow = _workflow(get_workflow(request.actor, made.id))
    return Answer(workflow, {"Location": f"/api/v1/workflows/{workflow.id}"})


@operation(router, "GET", "/workflows/{workflow_id}", WORKFLOWS_VIEW, WORKFLOWS_MANAGE, answer=WorkflowOut)
def workflow_get(request: ApiRequest, workflow_id: Id) -> WorkflowOut:
    """One workflow."""
    return _workflow(get_workflow(request.actor, workflow_id))


@operation(
    router, "PATCH", "/workflows/{workflow_id}", WORKFLOWS_MANAGE, answer=WorkflowOut, refuses=(WorkflowNameTaken,)
)
def workflow_edit(request: ApiRequest, workflow_id: Id, body: EditPlace) -> WorkflowOut:
    """Changes name or description."""
    with reading():
        workflow = get_workflow(request.actor, workflow_id)
    carry_out(
        request,
        edit_workflow,
        workflow_id=workflow_id,
        name=body.name if "name" in body.model_fields_set else workflow.name,
        description=body.description if "description" in body.model_fields_set else workflow.description,
    )
    with reading():
        return _workflow(get_workflow(request.actor, workflow_id))


@operation(router, "GET", "/workflows/{workflow_id}/deletion/plan", WORKFLOWS_MANAGE, answer=WorkflowDeletionPlanOut)
def workflow_deletion_plan(
    request: ApiRequest, workflow_id: Id, query: Query[WorkflowDeletionQuery]
) -> WorkflowDeletionPlanOut:
    """What deleting a workflow would do to its members and deals."""
    plan = plan_delete_workflow(actor=request.actor, workflow_id=workflow_id, to_id=query.to)
    return WorkflowDeletionPlanOut(
        digest=plan.digest,
        workflow=Named(id=plan.workflow_id, name=plan.name),
        to=Named(id=plan.to_id, name=plan.to) if plan.to_id else None,
        members=plan.members,
        moving=plan.moving,
        deals=plan.deals,
        open_deals=plan.open_deals,
        routes=[_route(one) for one in plan.routes],
        waiting=plan.waiting,
        asks_name=plan.asks_name,
    )


def _route(route: Any) -> DealRoute:
    return DealRoute(
        stage=Named(id=route.stage_id, name=route.stage),
        to=Named(id=route.to_id, name=route.to) if route.to_id else None,
        deals=route.deals,
    )


@operation(
    router,
    "POST",
    "/workflows/{workflow_id}/deletion",
    WORKFLOWS_MANAGE,
    refuses=(OrganizationNameAsked, PlanChanged, WorkflowInUse),
)
def workflow_delete(request: ApiRequest, workflow_id: Id, body: DeleteWorkflow) -> None:
    """Deletes a workflow by typing the organization's name. Its deals go to another one; without any it may just go."""
    carry_out(
        request,
        delete_workflow,
        workflow_id=workflow_id,
        to_id=body.to,
        organization_name=body.organization_name,
        digest=body.digest,
    )


@operation(
    router, "GET", "/workflows/{workflow_id}/members", WORKFLOWS_VIEW, WORKFLOWS_MANAGE, answer=WorkflowMemberPage
)
def workflow_member_list(request: ApiRequest, workflow_id: Id, query: Query[WorkflowMemberQuery]) -> Answer:
    """Who takes part in a workflow, removed people aside."""
    workflow = get_workflow(request.actor, workflow_id)
    page = keyset_page(
        workflow_members(workflow.id),
        order="added_at",
        descending=query.sort == "-added",
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, WorkflowMemberPage, page, [_member(row) for row in page.rows])


def _member(row: Any) -> WorkflowMemberOut:
    member = row.membership
    return WorkflowMemberOut(id=member.id, name=member.name, email=member.email, added_at=row.added_at)


@operation(
    router,
    "POST",
    "/workflows/{workflow_id}/members",
    WORKFLOWS_MANAGE,
    answer=WorkflowOut,
    refuses=(NotOnOneself, AlreadyInWorkflow),
)
def workflow_member_add(request: ApiRequest, workflow_id: Id, body: AddWorkflowMembers) -> WorkflowOut:
    """Adds people; those who take part already stay as they are."""
    carry_out(request, add_to_workflow, workflow_id=workflow_id, membership_ids=tuple(body.person_ids))
    with reading():
        return _workflow(get_workflow(request.actor, workflow_id))


@operation(router, "DELETE", "/workflows/{workflow_id}/members/{person_id}", WORKFLOWS_MANAGE, refuses=(NotOnOneself,))
def workflow_member_remove(request: ApiRequest, workflow_id: Id, person_id: Id) -> None:
    """Takes somebody out of a workflow."""
    carry_out(request, remove_from_workflow, workflow_id=workflow_id, membership_id=person_id)
