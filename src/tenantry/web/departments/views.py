"""The managed list of departments: add, rename, merge, delete; each with how many people it is about."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.decisions import require
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.people.departments import choices, counted_departments, get_department
from tenantry.people.permissions import EDIT
from tenantry.usecases.departments import (
    DissolvingPlan,
    create_department,
    dissolve_department,
    plan_dissolve_department,
    rename_department,
)
from tenantry.usecases.undoing import newest_entry
from tenantry.web.departments.forms import DepartmentForm, WhereToForm
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

PAGE_SIZE = 50


@screen(EDIT)
def department_list(request: MemberRequest) -> HttpResponse:
    """For whoever edits everybody: the list is the whole organization's."""
    require(request.actor, EDIT)
    rows = counted_departments(request.actor, request.GET.get("q", ""))
    shown = keyset_page(rows, order="sort_name", cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    context = {
        "page": shown,
        "rows": shown.rows,
        "total": rows.count(),
        "filtered": bool(request.GET.get("q", "").strip()),
    }
    return page(request, "departments/list.html", context)


@screen(EDIT, methods=("GET", "POST"))
def department_create(request: MemberRequest) -> HttpResponse:
    require(request.actor, EDIT)
    form = DepartmentForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return page(request, "departments/form.html", {"form": form}, status=200 if request.method == "GET" else 422)
    try:
        made = perform(create_department, actor=request.actor, **form.cleaned_data)
    except Refusal as refused:
        return _refused(request, {"form": form}, refused)
    toast(request, _("The department %(name)s is there.") % {"name": made.name})
    return go(request, reverse("department_list"))


def _refused(request: MemberRequest, context: dict[str, Any], refused: Refusal) -> HttpResponse:
    if refused.kind == "missing":
        raise refused
    context["form"].add_error("name", str(refused))
    return page(request, "departments/form.html", context, status=status_of(refused))


@screen(EDIT, methods=("GET", "POST"))
def department_edit(request: MemberRequest, department_id: UUID) -> HttpResponse:
    require(request.actor, EDIT)
    with reading():
        department = get_department(department_id)
    form = DepartmentForm(request.POST or None, initial={"name": department.name})
    context = {"form": form, "department": department}
    if request.method == "GET" or not form.is_valid():
        return page(request, "departments/form.html", context, status=200 if request.method == "GET" else 422)
    try:
        perform(rename_department, actor=request.actor, department_id=department_id, **form.cleaned_data)
    except Refusal as refused:
        return _refused(request, context, refused)
    _toast(request, _("The department was renamed."), "people.department_renamed", department_id)
    return go(request, reverse("department_list"))


def _toast(request: MemberRequest, text: str, code: str, department_id: UUID) -> None:
    """With the way back through the audit."""
    with reading():
        number = newest_entry(code, department_id)
    toast(request, text, undo_url=reverse("audit_undo", args=[number]) if number else "")


@screen(EDIT, methods=("GET", "POST"))
def department_merge(request: MemberRequest, department_id: UUID) -> HttpResponse:
    return _dissolve(request, department_id, merging=True)


@screen(EDIT, methods=("GET", "POST"))
def department_deletion(request: MemberRequest, department_id: UUID) -> HttpResponse:
    return _dissolve(request, department_id, merging=False)


def _dissolve(request: MemberRequest, department_id: UUID, *, merging: bool) -> HttpResponse:
    """GET: where its people go. POST without a digest: what happens. With one: it happens."""
    require(request.actor, EDIT)
    with reading():
        department = get_department(department_id)
        others = [one for one in choices() if one[0] != department_id]
    empty = None if merging else _("No department")
    form = WhereToForm(request.POST or None, departments=others, empty=empty)
    context: dict[str, Any] = {"form": form, "department": department, "merging": merging, "others": bool(others)}
    if request.method == "GET":
        return page(request, "departments/dissolving.html", context)
    if not form.is_valid():
        return page(request, "departments/dissolving.html", context, status=422)
    wanted = {"actor": request.actor, "department_id": department_id, "to_id": form.cleaned_data["to"]}
    digest, status = request.POST.get("digest", ""), 200
    try:
        if digest:
            return _dissolved(request, perform(dissolve_department, digest=digest, **wanted))
        with reading():
            plan = plan_dissolve_department(**wanted)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    return page(request, "departments/dissolving.html", {**context, **_words(plan)}, status=status)


def _words(plan: DissolvingPlan) -> dict[str, Any]:
    if plan.to_id:
        text = ngettext("person comes into “%(to)s”", "people come into “%(to)s”", plan.people)
    else:
        text = ngettext("person is in no department then", "people are in no department then", plan.people)
    lines = [{"number": plan.people, "text": text % {"to": plan.to}, "warning": plan.people > 0 and not plan.to_id}]
    return {"plan": plan, "effects": lines if plan.people else []}


def _dissolved(request: MemberRequest, plan: DissolvingPlan) -> HttpResponse:
    words = {"name": plan.name, "to": plan.to}
    if plan.to_id:
        said, code = _("“%(name)s” is part of “%(to)s” now."), "people.department_merged"
    else:
        said, code = _("The department %(name)s was deleted."), "people.department_deleted"
    _toast(request, said % words, code, plan.department_id)
    return go(request, reverse("department_list"))
