"""Stages of a workflow on its page: added, edited, put in order, deleted; and a workflow that is made like another."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.decisions import require
from tenantry.core.errors import InvalidInput, NotFound, PlanChanged, Refusal, VersionChanged
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.core.versions import version_sent
from tenantry.crm.actions.stages import (
    StageDeletionPlan,
    StageFields,
    create_stage,
    delete_stage,
    edit_stage,
    order_stages,
    plan_delete_stage,
)
from tenantry.crm.deal_errors import StageInUse
from tenantry.crm.permissions import PIPELINE
from tenantry.crm.pipelines import stages_of
from tenantry.people.permissions import WORKFLOWS_MANAGE
from tenantry.people.selectors import get_workflow
from tenantry.usecases.pipelines import duplicate_workflow
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast
from tenantry.web.workflows.forms import DuplicateForm, GoalForm, StageForm


def _place(request: MemberRequest, workflow_id: UUID, stage_id: UUID | None = None) -> tuple[Any, Any, list[Any]]:
    """The workflow, its stage and its other stages, when the actor sees the one and may change the others.

    :raises NotFound, PermissionMissing: see there.
    """
    with reading():
        workflow = get_workflow(request.actor, workflow_id)
        require(request.actor, PIPELINE)
        stages = stages_of(workflow_id) if stage_id else []
    stage = next((one for one in stages if one.id == stage_id), None)
    if stage is None and stage_id is not None:
        raise NotFound
    return workflow, stage, [one for one in stages if one.id != stage_id]


def _there(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    return go(request, reverse("workflow_detail", args=[workflow_id]))


@screen(PIPELINE, methods=("GET", "POST"))
def workflow_stage_create(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    workflow, _stage, _others = _place(request, workflow_id)
    form = StageForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "workflow": workflow}
    if request.method == "GET" or not form.is_valid():
        return page(request, "workflows/stage_form.html", context, status=200 if request.method == "GET" else 422)
    try:
        made = perform(
            create_stage, actor=request.actor, workflow_id=workflow_id, fields=StageFields(**form.cleaned_data)
        )
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "workflows/stage_form.html", context, status=status_of(refused))
    toast(request, _("The stage “%(name)s” is the last one now.") % {"name": made.name})
    return _there(request, workflow_id)


@screen(PIPELINE, methods=("GET", "POST"))
def workflow_stage_edit(request: MemberRequest, workflow_id: UUID, stage_id: UUID) -> HttpResponse:
    workflow, stage, _others = _place(request, workflow_id, stage_id)
    initial = {name: getattr(stage, name) for name in StageForm.base_fields}
    form = StageForm(request.POST if request.method == "POST" else None, initial=initial)
    context = {"form": form, "workflow": workflow, "stage": stage, "version": stage.version}
    if request.method == "GET" or not form.is_valid():
        context["version"] = request.POST.get("version", stage.version)
        return page(request, "workflows/stage_form.html", context, status=200 if request.method == "GET" else 422)
    try:
        perform(
            edit_stage,
            actor=request.actor,
            workflow_id=workflow_id,
            stage_id=stage_id,
            fields=StageFields(**form.cleaned_data),
            version=version_sent(request.POST.get("version")),
        )
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        # What somebody else changed meanwhile is said, and the next try knows of it.
        if not isinstance(refused, VersionChanged):
            context["version"] = request.POST.get("version", stage.version)
        return page(request, "workflows/stage_form.html", context, status=status_of(refused))
    toast(request, _("The stage was changed."))
    return _there(request, workflow_id)


@screen(PIPELINE, methods=("POST",))
def workflow_stage_order(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    """`order`: the stages as they were seen; `up` or `down`: which of them goes one step."""
    order = [parse_id(one) for one in request.POST.getlist("order")]
    step = 1 if "down" in request.POST else -1
    moving = parse_id(request.POST.get("down" if step == 1 else "up", ""))
    if moving is None or moving not in order or None in order:
        raise NotFound
    seen = tuple(one for one in order if one)
    at = order.index(moving)
    order.insert(max(at + step, 0), order.pop(at))
    try:
        wanted = tuple(one for one in order if one)
        perform(order_stages, actor=request.actor, workflow_id=workflow_id, stage_ids=wanted, seen=seen)
    except InvalidInput as refused:
        toast(request, " ".join(str(text) for text in refused.fields.values()), bad=True)
    return _there(request, workflow_id)


@screen(PIPELINE, methods=("GET", "POST"))
def workflow_stage_deletion(request: MemberRequest, workflow_id: UUID, stage_id: UUID) -> HttpResponse:
    """`stage`: where its deals go."""
    workflow, stage, others = _place(request, workflow_id, stage_id)
    goals = [(one.id, one.name) for one in others]
    form = GoalForm(request.POST if request.method == "POST" else None, stages=goals)
    context: dict[str, Any] = {"form": form, "workflow": workflow, "stage": stage}
    if request.method == "POST" and not form.is_valid():
        raise NotFound
    to_id, status = form.cleaned_data["stage"] if request.method == "POST" else None, 200
    try:
        if request.method == "POST" and request.POST.get("do", "") != "show":
            params: dict[str, Any] = {"workflow_id": workflow_id, "stage_id": stage_id, "to_id": to_id}
            perform(delete_stage, actor=request.actor, digest=request.POST.get("digest", ""), **params)
            toast(request, _("The stage %(name)s was deleted.") % {"name": stage.name})
            return _there(request, workflow_id)
    except PlanChanged as changed:
        status, context["changed"] = 409, changed
    except StageInUse as refused:
        status = 409
        form.add_error("stage", str(refused))
    with reading():
        plan = plan_delete_stage(actor=request.actor, workflow_id=workflow_id, stage_id=stage_id, to_id=to_id)
    context |= {"plan": plan, "effects": stage_effects(plan)}
    return page(request, "workflows/stage_deletion.html", context, status=status)


def stage_effects(plan: StageDeletionPlan) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    if plan.deals and plan.to:
        text = ngettext("deal goes to %(to)s", "deals go to %(to)s", plan.deals) % {"to": plan.to}
        open_ones = ngettext("%(n)s of them is open", "%(n)s of them are open", plan.open) % {"n": plan.open}
        lines.append({"number": plan.deals, "text": text, "detail": open_ones})
    elif plan.deals:
        text = ngettext("deal has nowhere to go yet", "deals have nowhere to go yet", plan.deals)
        lines.append({"number": plan.deals, "text": text, "warning": True})
    else:
        lines.append({"number": 0, "text": _("deals are in it")})
    if plan.waiting:
        text = ngettext("question to a mentor lapses", "questions to mentors lapse", plan.waiting)
        lines.append({"number": plan.waiting, "text": text, "warning": True})
    return lines


@screen(WORKFLOWS_MANAGE, methods=("GET", "POST"))
def workflow_duplicate(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    with reading():
        workflow = get_workflow(request.actor, workflow_id)
    require(request.actor, WORKFLOWS_MANAGE)
    start = {"name": _("%(name)s (copy)") % {"name": workflow.name[:70]}}
    form = DuplicateForm(request.POST if request.method == "POST" else None, initial=start)
    context = {"form": form, "workflow": workflow}
    if request.method == "GET" or not form.is_valid():
        return page(request, "workflows/duplicate.html", context, status=200 if request.method == "GET" else 422)
    try:
        made = perform(duplicate_workflow, actor=request.actor, workflow_id=workflow_id, **form.cleaned_data)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "workflows/duplicate.html", context, status=status_of(refused))
    toast(request, _("The workflow %(name)s is there.") % {"name": made.name})
    return _there(request, made.id)
