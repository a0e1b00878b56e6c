"""Workspaces in Admin, and the settings of one workspace for those who look after it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.workspaces import (
    get_workspace,
    inside,
    levels_for,
    levels_in,
    managed_workspaces,
    manages_all,
    visible_workspaces,
    with_sizes,
)
from tenantry.acting.actions import perform
from tenantry.core.decisions import decide, require
from tenantry.core.errors import NotFound, PermissionMissing, PlanChanged, Refusal
from tenantry.core.paging import keyset_page
from tenantry.core.records import NOWHERE
from tenantry.core.transactions import reading
from tenantry.people.permissions import WORKSPACES_EDIT, WORKSPACES_MANAGE, WORKSPACES_VIEW
from tenantry.people.selectors import teams_in
from tenantry.usecases.workspaces import (
    WorkspaceDeletionPlan,
    create_workspace,
    delete_workspace,
    edit_workspace,
    plan_delete_workspace,
)
from tenantry.web.dialogs import form_dialog
from tenantry.web.people.plans import listing
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast
from tenantry.web.workspaces.forms import GoalForm, WorkspaceForm

PAGE_SIZE = 50
MOST_MEMBERS = 200


def ask_admin(request: MemberRequest, *codes: str) -> None:
    """Admin is for who holds it in the whole organization; a level in one workspace opens that one's settings.

    :raises PermissionMissing: none of them.
    """
    if not any(decide(request.actor, code, NOWHERE) for code in codes):
        raise PermissionMissing(codes[0])


@screen(WORKSPACES_VIEW, WORKSPACES_MANAGE)
def workspace_list(request: MemberRequest) -> HttpResponse:
    ask_admin(request, WORKSPACES_VIEW, WORKSPACES_MANAGE)
    query = request.GET.get("q", "")
    rows = visible_workspaces(request.actor, query)
    shown = keyset_page(rows, order="sort_name", cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    context = {
        "page": shown,
        "rows": with_sizes(shown.rows),
        "total": rows.count(),
        "manages": manages_all(request.actor),
        "filtered": bool(query.strip()),
    }
    return page(request, "workspaces/list.html", context)


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_create(request: MemberRequest) -> HttpResponse:
    require(request.actor, WORKSPACES_MANAGE)

    def create(given: dict[str, Any]) -> HttpResponse:
        made = perform(create_workspace, actor=request.actor, **given)
        toast(request, _("The workspace %(name)s is there. Add its people.") % {"name": made.name})
        return go(request, reverse("workspace_detail", args=[made.id]))

    return form_dialog(request, "workspaces/form.html", WorkspaceForm(request.POST or None), {}, create)


@screen(WORKSPACES_VIEW, WORKSPACES_MANAGE)
def workspace_detail(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    ask_admin(request, WORKSPACES_VIEW, WORKSPACES_MANAGE)
    return page(request, "workspaces/detail.html", _shown(request, workspace_id))


@screen(WORKSPACES_EDIT, WORKSPACES_MANAGE)
def workspace_settings(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    """Members and levels of one workspace, for those who may change something in it."""
    context = _shown(request, workspace_id)
    if not context["edits"] and not context["manages"]:
        raise PermissionMissing(WORKSPACES_EDIT)
    context["levels"] = levels_for(request.actor, workspace_id)
    return page(request, "workspaces/settings.html", context)


def _shown(request: MemberRequest, workspace_id: UUID) -> dict[str, Any]:
    workspace = get_workspace(request.actor, workspace_id)
    members = levels_in(request.actor, workspace_id, MOST_MEMBERS + 1)
    target = inside(workspace_id)
    return {
        "workspace": workspace,
        "members": members[:MOST_MEMBERS],
        "cut": len(members) > MOST_MEMBERS,
        "edits": decide(request.actor, WORKSPACES_EDIT, target).allowed,
        "manages": decide(request.actor, WORKSPACES_MANAGE, target).allowed,
        "deletes": manages_all(request.actor),
        "teams": list(teams_in(workspace_id)),
    }


@screen(WORKSPACES_EDIT, methods=("GET", "POST"))
def workspace_edit(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    ask_admin(request, WORKSPACES_EDIT)
    return _edit(request, workspace_id, reverse("workspace_detail", args=[workspace_id]))


@screen(WORKSPACES_EDIT, methods=("GET", "POST"))
def workspace_settings_edit(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    return _edit(request, workspace_id, reverse("workspace_settings", args=[workspace_id]))


def _edit(request: MemberRequest, workspace_id: UUID, back: str) -> HttpResponse:
    with reading():
        workspace = get_workspace(request.actor, workspace_id, WORKSPACES_EDIT)
    initial = {"name": workspace.name, "description": workspace.description}
    form = WorkspaceForm(request.POST or None, initial=initial)

    def save(given: dict[str, Any]) -> HttpResponse:
        perform(edit_workspace, actor=request.actor, workspace_id=workspace_id, **given)
        toast(request, _("The workspace was changed."))
        return go(request, back)

    return form_dialog(request, "workspaces/form.html", form, {"workspace": workspace, "back": back}, save)


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_deletion(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    """`workspace`: where members and teams go. Without a digest that fits the effect is shown."""
    require(request.actor, WORKSPACES_MANAGE)
    with reading():
        workspace = get_workspace(request.actor, workspace_id)
        others = [(i, name) for i, name in managed_workspaces(request.actor) if i != workspace_id]
    form = GoalForm(request.POST or None, workspaces=others)
    context: dict[str, Any] = {"form": form, "workspace": workspace}
    if request.method == "POST" and not form.is_valid():
        raise NotFound
    to_id = form.cleaned_data["workspace"] if request.method == "POST" else None
    status = 200
    try:
        if request.method == "POST" and request.POST.get("do", "") != "show":
            digest = request.POST.get("digest", "")
            perform(delete_workspace, actor=request.actor, workspace_id=workspace_id, to_id=to_id, digest=digest)
            toast(request, _("The workspace %(name)s was deleted.") % {"name": workspace.name})
            return go(request, reverse("workspace_list"))
        with reading():
            plan = plan_delete_workspace(actor=request.actor, workspace_id=workspace_id, to_id=to_id)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "workspaces/deletion.html", context, status=status_of(refused))
    context |= {"plan": plan, "effects": deletion_effects(plan)}
    return page(request, "workspaces/deletion.html", context, status=status)


def deletion_effects(plan: WorkspaceDeletionPlan) -> list[dict[str, Any]]:
    """What becomes of members and teams."""
    words = {"to": plan.to}
    leaving = plan.members - plan.moving
    lines: list[dict[str, Any]] = []
    if plan.moving:
        text = ngettext(
            "person comes into %(to)s at the same level", "people come into %(to)s at the same level", plan.moving
        )
        lines.append({"number": plan.moving, "text": text % words})
    text = ngettext("person loses this workspace", "people lose this workspace", leaving)
    # The names are of all members, whether they come along or not.
    names = "" if plan.moving else listing(plan.names, plan.members)
    lines.append({"number": leaving, "text": text, "warning": leaving > 0, "detail": names})
    if plan.teams:
        count = len(plan.teams)
        if plan.to:
            text = ngettext("team comes into %(to)s", "teams come into %(to)s", count) % words
        else:
            text = ngettext("team belongs to no workspace then", "teams belong to no workspace then", count)
        lines.append({"number": count, "text": text, "detail": listing(plan.teams)})
    return lines
