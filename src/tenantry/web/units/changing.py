"""Making, renaming, moving and deleting units: the effect first, then the deed with the digest that was read."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.places import get_unit
from tenantry.acting.actions import perform
from tenantry.core.errors import NotFound, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.errors import RootUnitStays
from tenantry.organizations.labels import label
from tenantry.people.permissions import UNITS_MANAGE
from tenantry.usecases.units import (
    UnitDeletionPlan,
    UnitMovePlan,
    create_unit,
    delete_unit,
    move_unit,
    plan_delete_unit,
    plan_move_unit,
    rename_unit,
)
from tenantry.web.people.grouping import UNIT_OF, group_picker
from tenantry.web.people.place_forms import PlaceForm
from tenantry.web.people.plans import listing
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast
from tenantry.web.units.forms import UnitForm


@screen(UNITS_MANAGE, methods=("GET", "POST"))
def unit_create(request: MemberRequest) -> HttpResponse:
    """`unit`: below which one; without it below the organization."""
    given = (request.POST if request.method == "POST" else request.GET).get("unit", "")
    parent_id = parse_id(given)
    if given and parent_id is None:
        raise NotFound
    with reading():
        parent = get_unit(request.actor, parent_id, UNITS_MANAGE) if parent_id else None
    form = UnitForm(request.POST or None)
    context = {"form": form, "parent": parent}
    if request.method == "GET" or not form.is_valid():
        return page(request, "units/form.html", context, status=200 if request.method == "GET" else 422)
    try:
        made = perform(create_unit, actor=request.actor, name=form.cleaned_data["name"], parent_id=parent_id)
    except Refusal as refused:
        return _again(request, "units/form.html", context, refused)
    toast(request, _("%(name)s is there, below %(parent)s.") % {"name": made.name, "parent": made.parent})
    return go(request, reverse("unit_detail", args=[made.id]))


def in_words(request: MemberRequest) -> dict[str, str]:
    """What units are called here, inside sentences."""
    labels = request.organization.labels
    return {"unit": label(labels, "one_unit"), "units": label(labels, "many_units")}


def _again(request: MemberRequest, template: str, context: dict[str, Any], refused: Refusal) -> HttpResponse:
    """The form once more with what was refused; what is out of sight or not theirs is no matter of the form."""
    if refused.kind == "missing":
        raise refused
    context["form"].refuse(refused)
    return page(request, template, context, status=status_of(refused))


@screen(UNITS_MANAGE, methods=("GET", "POST"))
def unit_edit(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    with reading():
        unit = get_unit(request.actor, unit_id, UNITS_MANAGE)
    if unit.parent_id is None:
        raise RootUnitStays
    form = UnitForm(request.POST or None, initial={"name": unit.name})
    context = {"form": form, "unit": unit}
    if request.method == "GET" or not form.is_valid():
        return page(request, "units/form.html", context, status=200 if request.method == "GET" else 422)
    try:
        perform(rename_unit, actor=request.actor, unit_id=unit_id, name=form.cleaned_data["name"])
    except Refusal as refused:
        return _again(request, "units/form.html", context, refused)
    toast(request, _("It is called %(name)s now.") % {"name": form.cleaned_data["name"]})
    return go(request, reverse("unit_detail", args=[unit_id]))


# --- Moving -------------------------------------------------------------------------------


@screen(UNITS_MANAGE, methods=("GET", "POST"))
def unit_move(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    """Choose the new parent, read what that does, confirm."""
    with reading():
        unit = get_unit(request.actor, unit_id, UNITS_MANAGE)
        if unit.parent_id is None:
            raise RootUnitStays
        sent = request.POST if request.method == "POST" else None
        form = _place_form(request, sent, unit, _("New place"))
    context: dict[str, Any] = {"form": form, "unit": unit}
    if request.method == "GET" or is_searching(sent):
        return page(request, "units/move.html", context)
    if not form.is_valid():
        _refuse_foreign(form)
        return page(request, "units/move.html", context, status=422)
    parent_id, digest, status = form.cleaned_data["unit"], request.POST.get("digest", ""), 200
    try:
        if digest:
            moved = perform(move_unit, actor=request.actor, unit_id=unit_id, parent_id=parent_id, digest=digest)
            toast(request, _("%(name)s stands below %(parent)s now.") % {"name": moved.name, "parent": moved.after})
            return go(request, reverse("unit_detail", args=[unit_id]))
        with reading():
            plan = plan_move_unit(actor=request.actor, unit_id=unit_id, parent_id=parent_id)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except Refusal as refused:
        return _again(request, "units/move.html", context, refused)
    context |= {"plan": plan, "effects": move_effects(plan, in_words(request))}
    return page(request, "units/move.html", context, status=status)


def _place_form(request: MemberRequest, sent: QueryDict | None, unit: Any, title: str) -> PlaceForm:
    """Among the units that the actor manages, this one aside; the one above it is chosen."""
    above, kind = [unit.parent_id], UNIT_OF[UNITS_MANAGE]
    picker = group_picker(request.actor, sent, "unit", kind, present=above, without=unit.id, title=title)
    return PlaceForm(None if is_searching(sent) else sent, actor=request.actor, picker=picker)


def _refuse_foreign(form: PlaceForm) -> None:
    """:raises NotFound: a unit was named that is not among those that may be chosen."""
    if form.has_error("unit", "invalid_choice"):
        raise NotFound


def move_effects(plan: UnitMovePlan, named: dict[str, str]) -> list[dict[str, Any]]:
    words = {"after": plan.after, "before": plan.before, **named}
    text = ngettext("%(unit)s comes below %(after)s", "%(units)s come below %(after)s", plan.units) % words
    lines: list[dict[str, Any]] = [{"number": plan.units, "text": text}]
    if plan.people:
        text = ngettext("person moves with it", "people move with it", plan.people)
        lines.append({"number": plan.people, "text": text})
    if plan.losing:
        count = len(plan.losing)
        text = ngettext("person does not manage it any more", "people do not manage it any more", count)
        lines.append({"number": count, "text": text, "detail": listing(plan.losing), "warning": True})
    if plan.gaining:
        count = len(plan.gaining)
        text = ngettext("person manages it from now on", "people manage it from now on", count)
        lines.append({"number": count, "text": text, "detail": listing(plan.gaining), "warning": True})
    return lines


# --- Deleting -----------------------------------------------------------------------------


@screen(UNITS_MANAGE, methods=("GET", "POST"))
def unit_deletion(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    """`unit`: where people and units go; `keep`: whether roles held here go along. Without `digest` the effect."""
    with reading():
        unit = get_unit(request.actor, unit_id, UNITS_MANAGE)
        if unit.parent_id is None:
            raise RootUnitStays
        sent = request.POST if request.method == "POST" else None
        form = _place_form(request, sent, unit, _("Where people and %(units)s go") % in_words(request))
    keep = request.POST.get("keep", "") == "yes"
    context: dict[str, Any] = {"form": form, "unit": unit, "keep": keep}
    if is_searching(sent):
        return page(request, "units/deletion.html", context)
    if request.method == "POST" and not form.is_valid():
        _refuse_foreign(form)
        return page(request, "units/deletion.html", context, status=422)
    to_id = form.cleaned_data["unit"] if request.method == "POST" else unit.parent_id
    params: dict[str, Any] = {"unit_id": unit_id, "to_id": to_id, "keep_agents": keep}
    status = 200
    try:
        if request.method == "POST" and request.POST.get("do", "") != "show":
            perform(delete_unit, actor=request.actor, **params, digest=request.POST.get("digest", ""))
            toast(request, _("%(name)s was deleted.") % {"name": unit.name})
            return go(request, reverse("unit_detail", args=[to_id]))
        with reading():
            plan = plan_delete_unit(actor=request.actor, **params)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except Refusal as refused:
        if request.method == "GET":
            raise
        return _again(request, "units/deletion.html", context, refused)
    context |= {"plan": plan, "effects": deletion_effects(plan, in_words(request))}
    return page(request, "units/deletion.html", context, status=status)


def deletion_effects(plan: UnitDeletionPlan, named: dict[str, str]) -> list[dict[str, Any]]:
    words = {"to": plan.to, **named}
    text = ngettext("person goes to %(to)s", "people go to %(to)s", plan.people) % words
    lines: list[dict[str, Any]] = [{"number": plan.people, "text": text, "detail": listing(plan.names, plan.people)}]
    if plan.sub_units:
        count = len(plan.sub_units)
        text = ngettext("%(unit)s below it goes to %(to)s", "%(units)s below it go to %(to)s", count) % words
        lines.append({"number": count, "text": text, "detail": listing(plan.sub_units)})
    if plan.agents:
        count = len(plan.agents)
        ends = ngettext("person loses the role held here", "people lose the roles held here", count)
        moves = ngettext("person holds the role at %(to)s then", "people hold their roles at %(to)s then", count)
        text = moves % words if plan.keeps_agents else ends
        lines.append({"number": count, "text": text, "detail": listing(plan.agents), "warning": True})
    return lines
