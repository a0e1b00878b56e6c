"""Workflows: their names, stages, and who takes part."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.directory import listed
from tenantry.access.selectors import DirectoryFilter, roles_of
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.decisions import decide, require
from tenantry.core.errors import NotFound, PermissionMissing, PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.records import NOWHERE
from tenantry.core.transactions import reading
from tenantry.crm.deal_errors import WorkflowInUse
from tenantry.crm.permissions import PIPELINE
from tenantry.crm.pipelines import stages_in_use
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.permissions import WORKFLOWS_MANAGE, WORKFLOWS_VIEW
from tenantry.people.selectors import get_workflow, may_manage_workflow, visible_workflows, workflow_members
from tenantry.usecases.workflows import (
    Route,
    WorkflowDeletionPlan,
    add_to_workflow,
    create_workflow,
    delete_workflow,
    edit_workflow,
    plan_delete_workflow,
    remove_from_workflow,
)
from tenantry.web.dialogs import form_dialog
from tenantry.web.people.plans import listing
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import selected
from tenantry.web.toasts import toast
from tenantry.web.workflows.forms import OtherForm, WorkflowForm

PAGE_SIZE = 50
MOST_MEMBERS = 200


def _manages_all(request: MemberRequest) -> bool:
    return decide(request.actor, WORKFLOWS_MANAGE, NOWHERE).allowed


@screen(WORKFLOWS_VIEW, WORKFLOWS_MANAGE)
def workflow_list(request: MemberRequest) -> HttpResponse:
    query = request.GET.get("q", "")
    rows = visible_workflows(request.actor, query)
    shown = keyset_page(rows, order="sort_name", cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    context = {
        "page": shown,
        "rows": shown.rows,
        "total": rows.count(),
        "manages": _manages_all(request),
        "filtered": bool(query.strip()),
    }
    return page(request, "workflows/list.html", context)


@screen(WORKFLOWS_MANAGE, methods=("GET", "POST"))
def workflow_create(request: MemberRequest) -> HttpResponse:
    require(request.actor, WORKFLOWS_MANAGE)

    def create(given: dict[str, Any]) -> HttpResponse:
        made = perform(create_workflow, actor=request.actor, **given)
        toast(request, _("The workflow %(name)s is there. Add its people.") % {"name": made.name})
        return go(request, reverse("workflow_detail", args=[made.id]))

    return form_dialog(request, "workflows/form.html", WorkflowForm(request.POST or None), {}, create)


@screen(WORKFLOWS_VIEW, WORKFLOWS_MANAGE)
def workflow_detail(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    workflow = get_workflow(request.actor, workflow_id)
    members = list(workflow_members(workflow_id).defer("membership__picture")[: MOST_MEMBERS + 1])
    roles = roles_of([row.membership_id for row in members])
    everything = request.actor.grants.everything
    own = request.actor.membership_id
    context = {
        "workflow": workflow,
        "rows": [
            (row, roles.get(row.membership_id), row.membership_id == own, everything or row.membership_id != own)
            for row in members[:MOST_MEMBERS]
        ],
        "cut": len(members) > MOST_MEMBERS,
        "manages": _manages_all(request),
        "changes": may_manage_workflow(request.actor, workflow_id),
        "stages": stages_in_use(workflow_id),
        "configures": request.actor.may(PIPELINE),
    }
    return page(request, "workflows/detail.html", context)


@screen(WORKFLOWS_MANAGE, methods=("GET", "POST"))
def workflow_edit(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    with reading():
        workflow = get_workflow(request.actor, workflow_id)
    require(request.actor, WORKFLOWS_MANAGE)
    form = WorkflowForm(request.POST or None, initial={"name": workflow.name, "description": workflow.description})

    def save(given: dict[str, Any]) -> HttpResponse:
        perform(edit_workflow, actor=request.actor, workflow_id=workflow_id, **given)
        toast(request, _("The workflow was changed."))
        return go(request, reverse("workflow_detail", args=[workflow_id]))

    return form_dialog(request, "workflows/form.html", form, {"workflow": workflow}, save)


@screen(WORKFLOWS_MANAGE, methods=("GET", "POST"))
def workflow_deletion(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    """`workflow`: where its members and deals go; `organization_name`: typed, always."""
    with reading():
        rows = {one.id: one for one in visible_workflows(request.actor).order_by("sort_name")}
    workflow = rows.pop(workflow_id, None)
    if workflow is None:
        raise NotFound
    require(request.actor, WORKFLOWS_MANAGE)
    others = [(one.id, one.name) for one in rows.values()]
    form = OtherForm(request.POST or None, workflows=others)
    context: dict[str, Any] = {"form": form, "workflow": workflow, "typed": request.POST.get("organization_name", "")}
    if request.method == "POST" and not form.is_valid():
        raise NotFound
    to_id = form.cleaned_data["workflow"] if request.method == "POST" else None
    status = 200
    try:
        if request.method == "POST" and request.POST.get("do", "") != "show":
            _delete(request, workflow_id, to_id)
            toast(request, _("The workflow %(name)s was deleted.") % {"name": workflow.name})
            return go(request, reverse("workflow_list"))
    except PlanChanged as changed:
        status, context["changed"] = 409, changed
    except OrganizationNameAsked as asked:
        status, context["asked"] = 422, asked
    except WorkflowInUse as refused:
        status = 409
        form.add_error("workflow", str(refused))
    with reading():
        plan = plan_delete_workflow(actor=request.actor, workflow_id=workflow_id, to_id=to_id)
    context |= {"plan": plan, "effects": deletion_effects(plan)}
    return page(request, "workflows/deletion.html", context, status=status)


def _delete(request: MemberRequest, workflow_id: UUID, to_id: UUID | None) -> None:
    perform(
        delete_workflow,
        actor=request.actor,
        workflow_id=workflow_id,
        to_id=to_id,
        organization_name=request.POST.get("organization_name", ""),
        digest=request.POST.get("digest", ""),
    )


def _routed(route: Route, to: str) -> dict[str, Any]:
    if not route.to:
        text = ngettext(
            "deal in %(stage)s has nowhere to go yet", "deals in %(stage)s have nowhere to go yet", route.deals
        )
        return {"number": route.deals, "text": text % {"stage": route.stage}, "warning": True}
    text = ngettext(
        "deal goes from %(stage)s to %(goal)s of %(to)s", "deals go from %(stage)s to %(goal)s of %(to)s", route.deals
    )
    return {"number": route.deals, "text": text % {"stage": route.stage, "goal": route.to, "to": to}}


def deletion_effects(plan: WorkflowDeletionPlan) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    if plan.moving:
        text = ngettext("person comes into %(to)s", "people come into %(to)s", plan.moving)
        lines.append({"number": plan.moving, "text": text % {"to": plan.to}})
    lines += [_routed(route, plan.to) for route in plan.routes]
    if plan.waiting:
        text = ngettext("question to a mentor lapses", "questions to mentors lapse", plan.waiting)
        lines.append({"number": plan.waiting, "text": text, "warning": True})
    leaving = plan.members - plan.moving
    text = ngettext(
        "person takes part in one workflow less and keeps everything else",
        "people take part in one workflow less and keep everything else",
        leaving,
    )
    # The names are of all members, whether they come along or not.
    names = "" if plan.moving else listing(plan.names, plan.members)
    lines.append({"number": leaving, "text": text, "warning": leaving > 0, "detail": names})
    return lines


@screen(WORKFLOWS_MANAGE, methods=("GET", "POST"))
def workflow_people(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    """GET: people who take no part, to search and tick. POST: adds them."""
    if request.method == "POST":
        added = perform(add_to_workflow, actor=request.actor, workflow_id=workflow_id, membership_ids=selected(request))
        count = len(added.members)
        toast(request, ngettext("%(n)s person takes part now.", "%(n)s people take part now.", count) % {"n": count})
        return go(request, reverse("workflow_detail", args=[workflow_id]))
    workflow = get_workflow(request.actor, workflow_id)
    if not may_manage_workflow(request.actor, workflow_id):
        raise PermissionMissing(WORKFLOWS_MANAGE)
    query = request.GET.get("q", "")
    taking_part = workflow_members(workflow_id).order_by().values("membership_id")
    people = listed(request.actor, DirectoryFilter(query=query), clock.now()).exclude(id__in=taking_part)
    if not request.actor.grants.everything:
        people = people.exclude(id=request.actor.own_id)
    shown = list(people.order_by("sort_name", "id")[: PAGE_SIZE + 1])
    context = {"workflow": workflow, "people": shown[:PAGE_SIZE], "more": len(shown) > PAGE_SIZE, "query": query}
    return page(request, "workflows/people.html", context)


@screen(WORKFLOWS_MANAGE, methods=("POST",))
def workflow_member_removal(request: MemberRequest, workflow_id: UUID, membership_id: UUID) -> HttpResponse:
    perform(remove_from_workflow, actor=request.actor, workflow_id=workflow_id, membership_id=membership_id)
    toast(request, _("Taken out of the workflow."))
    return go(request, reverse("workflow_detail", args=[workflow_id]))
