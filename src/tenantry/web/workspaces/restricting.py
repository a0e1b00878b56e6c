"""What is taken from a member inside of one workspace: in Admin, and in the workspace's own settings."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.actions.restricting import plan_set_restrictions, set_restrictions
from tenantry.access.holding import restrictions_set
from tenantry.access.workspaces import get_workspace, level_of
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.permissions import restrictions
from tenantry.core.transactions import reading
from tenantry.people.permissions import WORKSPACES_MANAGE
from tenantry.web.people.confirming import two_steps
from tenantry.web.people.holding_forms import RestrictionsForm
from tenantry.web.people.restricted import of_restrictions
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, screen
from tenantry.web.toasts import toast
from tenantry.web.workspaces.views import ask_admin


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_restrictions(request: MemberRequest, workspace_id: UUID, membership_id: UUID) -> HttpResponse:
    ask_admin(request, WORKSPACES_MANAGE)
    return _restrict(request, workspace_id, membership_id, "workspace_detail")


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_settings_restrictions(request: MemberRequest, workspace_id: UUID, membership_id: UUID) -> HttpResponse:
    return _restrict(request, workspace_id, membership_id, "workspace_settings")


def _restrict(request: MemberRequest, workspace_id: UUID, membership_id: UUID, back: str) -> HttpResponse:
    with reading():
        workspace = get_workspace(request.actor, workspace_id, WORKSPACES_MANAGE)
        held = level_of(request.actor, workspace_id, membership_id)
        present = restrictions_set(membership_id, workspace_id)
    url = reverse(back, args=[workspace_id])
    declared = {code: known for code, known in restrictions().items() if known.in_workspaces}
    form = RestrictionsForm(request.POST or None, declared=declared, present=present)

    def wanted() -> dict[str, Any]:
        return {"membership_id": membership_id, "workspace_id": workspace_id, "values": form.values}

    def carry_out(digest: str) -> HttpResponse:
        perform(set_restrictions, actor=request.actor, digest=digest, **wanted())
        toast(request, _("The restrictions of %(name)s were set.") % {"name": held.name})
        return go(request, url)

    heading = _("Restrictions of %(name)s in %(workspace)s") % {"name": held.name, "workspace": workspace.name}
    return two_steps(
        request,
        "workspaces/restrictions.html",
        {"form": form, "workspace": workspace, "heading": heading, "back": url},
        plan=lambda: plan_set_restrictions(actor=request.actor, now=clock.now(), **wanted()),
        words=of_restrictions,
        carry_out=carry_out,
    )
