"""Where somebody stands: unit, workspaces, workflows."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.access.directory import may_act_on
from tenantry.access.workspaces import workspaces_of
from tenantry.acting.actions import perform
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.records import NOWHERE
from tenantry.core.transactions import reading
from tenantry.organizations.labels import label
from tenantry.organizations.structure import has_rows
from tenantry.people.permissions import EDIT, WORKFLOWS_VIEW
from tenantry.people.selectors import get_member, workflows_of_member
from tenantry.usecases.placing import move_to_unit
from tenantry.web.people.answers import done
from tenantry.web.people.grouping import UNIT_OF, group_picker, in_no_unit
from tenantry.web.people.place_forms import PlaceForm
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


def places_of(request: MemberRequest, member: Any, status: str) -> dict[str, Any]:
    """What the cards about places show; nothing is asked where there are none. `member`: a row of `listed`."""
    actor, organization = request.actor, request.organization
    takes_part = has_rows(organization, "workflows") and actor.may(WORKFLOWS_VIEW)
    moves = status != "removed" and has_rows(organization, "units") and may_act_on(actor, member, EDIT)
    return {
        "levels": workspaces_of(actor, member.id) if has_rows(organization, "workspaces") else [],
        "taking_part": list(workflows_of_member(actor, member.id)) if takes_part else [],
        "moves": moves,
    }


@screen(EDIT, methods=("GET", "POST"))
def person_unit(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """`unit`: where they stand from now on; empty is nowhere."""
    with reading():
        member = get_member(request.actor, membership_id)
        labels = request.organization.labels
        sent = request.POST if request.method == "POST" else None
        picker = group_picker(
            request.actor,
            sent,
            "unit",
            UNIT_OF[EDIT],
            present=[member.unit_id] if member.unit_id else [],
            free=in_no_unit(labels) if decide(request.actor, EDIT, NOWHERE).allowed else "",
            title=label(labels, "unit"),
        )
    form = PlaceForm(None if is_searching(sent) else sent, actor=request.actor, picker=picker)
    context = {"form": form, "member": member}
    if request.method == "GET" or is_searching(sent):
        return page(request, "people/unit.html", context)
    if not form.is_valid():
        if form.has_error("unit", "invalid_choice"):
            raise NotFound
        return page(request, "people/unit.html", context, status=422)
    try:
        placed = perform(
            move_to_unit, actor=request.actor, membership_ids=(membership_id,), unit_id=form.cleaned_data["unit"]
        )
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "people/unit.html", context, status=status_of(refused))
    words = {"name": member.name, "unit": placed.unit, "word": label(request.organization.labels, "one_unit")}
    said = _("%(name)s is in %(unit)s now.") if placed.unit else _("%(name)s is in no %(word)s now.")
    return done(request, membership_id, said % words)
