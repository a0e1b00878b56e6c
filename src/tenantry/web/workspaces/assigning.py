"""After somebody was added: the workspaces they come into, or none for now (product.md §3, Add user)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.access.workspaces import levels_for
from tenantry.acting.actions import perform
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.labels import label
from tenantry.organizations.selectors import policy
from tenantry.people.permissions import WORKSPACES_MANAGE
from tenantry.people.selectors import get_member
from tenantry.usecases.workspaces import assign_workspaces
from tenantry.web.people.alike import alike, levels_of, onward
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import picked
from tenantry.web.toasts import toast
from tenantry.web.workspaces.choosing import managed_picker

ADD_FIELDS = "people.add_fields"
LIMIT = "workspaces.assign_on_add_limit"


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def person_workspaces(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """`workspaces`: which, `role`: at which level. Skipping loses nothing: each workspace adds people too."""
    with reading():
        context = _context(request, membership_id)
    if request.method == "GET" or is_searching(request.POST):
        return page(request, "workspaces/assign.html", context)
    ids, role_id = picked(request.POST.getlist("workspaces")), parse_id(request.POST.get("role", ""))
    if ids is None or role_id is None:
        raise NotFound
    try:
        if not ids:
            raise InvalidInput({"workspaces": _("Choose a workspace, or skip.")})
        levels = tuple((workspace_id, role_id) for workspace_id in ids)
        perform(assign_workspaces, actor=request.actor, membership_id=membership_id, levels=levels)
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        context["refused"] = _("Choose a workspace, or skip.") if not ids else str(refused)
        return page(request, "workspaces/assign.html", context, status=status_of(refused))
    toast(request, _("%(name)s has these workspaces from the first sign-in on.") % {"name": context["member"].name})
    return go(request, context["after_url"])


def _context(request: MemberRequest, membership_id: UUID) -> dict[str, Any]:
    member = get_member(request.actor, membership_id)
    model = alike(request)
    chosen, level = levels_of(request, model) if model else (set(), "")
    sent = request.POST if request.method == "POST" else None
    picker = managed_picker(request.actor, sent, chosen, title=label(request.organization.labels, "workspaces"))
    levels = levels_for(request.actor, picker.any_id(request.actor)) if picker else []
    return {
        "member": member,
        "picker": picker,
        "levels": levels,
        # The weakest is preselected: more is given on purpose.
        "level": request.POST.get("role", "") or level or (str(levels[-1].id) if levels else ""),
        "limit": policy(LIMIT),
        "after_url": onward(request, "person_detail", membership_id),
    }
