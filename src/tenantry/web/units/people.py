"""Who stands in a unit, and who manages it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.actions.giving import give_role
from tenantry.access.directory import listed
from tenantry.access.permissions import ASSIGN
from tenantry.access.places import get_unit, roles_for
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.units import place_of
from tenantry.people.permissions import EDIT
from tenantry.usecases.placing import move_to_unit
from tenantry.web.people.choosing import person_picker
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import selected
from tenantry.web.toasts import toast
from tenantry.web.units.forms import AgentForm

PAGE_SIZE = 50


@screen(EDIT, methods=("GET", "POST"))
def unit_people(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    """GET: people who do not stand here, to search and tick. POST: puts them here."""
    with reading():
        unit = get_unit(request.actor, unit_id)
        require(request.actor, EDIT, place_of(unit_id))
    if request.method == "POST":
        return _place(request, unit_id)
    query = request.GET.get("q", "")
    rows = listed(request.actor, DirectoryFilter(query=query), clock.now()).exclude(unit_id=unit_id)
    people = list(rows.exclude(id=request.actor.own_id).order_by("sort_name", "id")[: PAGE_SIZE + 1])
    context = {"unit": unit, "people": people[:PAGE_SIZE], "more": len(people) > PAGE_SIZE, "query": query}
    return page(request, "units/people.html", context)


def _place(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    placed = perform(move_to_unit, actor=request.actor, membership_ids=selected(request), unit_id=unit_id)
    count = len(placed.members)
    words = {"n": count, "unit": placed.unit}
    toast(request, ngettext("%(n)s person is in %(unit)s now.", "%(n)s people are in %(unit)s now.", count) % words)
    for refused in placed.refused[:3]:
        toast(request, f"{refused.name}: {refused.sentence}", bad=True)
    return go(request, reverse("unit_detail", args=[unit_id]))


@screen(ASSIGN, methods=("GET", "POST"))
def unit_agents(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    """Gives somebody a role at this unit, for everything below it too."""
    with reading():
        unit = get_unit(request.actor, unit_id)
        require(request.actor, ASSIGN, place_of(unit_id))
        sent = request.POST if request.method == "POST" else None
        picker, roles = person_picker(request.actor, sent), _roles(request, unit_id)
    searching = is_searching(sent)
    initial = sent.dict() if sent is not None and searching else {}
    form = AgentForm(None if searching else sent, initial=initial, actor=request.actor, picker=picker, roles=roles)
    context: dict[str, Any] = {"form": form, "unit": unit}
    if request.method == "GET" or searching:
        return page(request, "units/agents.html", context)
    if not form.is_valid():
        if form.has_error("person", "invalid_choice") or form.has_error("role", "invalid_choice"):
            raise NotFound
        return page(request, "units/agents.html", context, status=422)
    data = form.cleaned_data
    try:
        given = perform(
            give_role, actor=request.actor, membership_id=data["person"], role_id=data["role"], unit_id=unit_id
        )
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "units/agents.html", context, status=status_of(refused))
    toast(
        request,
        _("%(name)s is %(role)s of %(unit)s now.") % {"name": given.name, "role": given.role, "unit": unit.name},
    )
    return go(request, reverse("unit_detail", args=[unit_id]))


def _roles(request: MemberRequest, unit_id: UUID) -> list[tuple[UUID, str]]:
    return [(role.id, role.name) for role in roles_for(request.actor, "unit", unit_id)]
