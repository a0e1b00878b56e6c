"""Who is in a workspace and at which level: in Admin, and in the workspace's own settings."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.directory import listed
from tenantry.access.selectors import DirectoryFilter
from tenantry.access.workspaces import get_workspace, level_of, levels_for, member_called, outside
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.people.permissions import VIEW, WORKSPACES_MANAGE
from tenantry.usecases.workspaces import add_to_workspace, change_level, remove_from_workspace
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import selected
from tenantry.web.toasts import toast
from tenantry.web.workspaces.forms import InviteForm, LevelForm
from tenantry.web.workspaces.views import ask_admin

PAGE_SIZE = 50


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_people(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    """GET: people outside of it, to search and tick. POST: adds them at the level `role`."""
    ask_admin(request, WORKSPACES_MANAGE)
    return _people(request, workspace_id, "workspace_detail")


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_settings_people(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    """The same; whoever does not see the directory names somebody by their address."""
    if request.actor.may(VIEW):
        return _people(request, workspace_id, "workspace_settings")
    return _by_address(request, workspace_id)


def _people(request: MemberRequest, workspace_id: UUID, back: str) -> HttpResponse:
    with reading():
        workspace = get_workspace(request.actor, workspace_id, WORKSPACES_MANAGE)
    url = reverse(back, args=[workspace_id])
    if request.method == "POST":
        role_id = parse_id(request.POST.get("role", ""))
        if role_id is None:
            raise NotFound
        return _added(request, workspace_id, selected(request), role_id, url)
    query = request.GET.get("q", "")
    people = outside(listed(request.actor, DirectoryFilter(query=query), clock.now()), workspace_id)
    if not request.actor.grants.everything:
        people = people.exclude(id=request.actor.own_id)
    shown = list(people.order_by("sort_name", "id")[: PAGE_SIZE + 1])
    context = {
        "workspace": workspace,
        "people": shown[:PAGE_SIZE],
        "more": len(shown) > PAGE_SIZE,
        "query": query,
        "levels": levels_for(request.actor, workspace_id),
        "back": url,
        "here": request.path,
    }
    return page(request, "workspaces/people.html", context)


def _added(request: MemberRequest, workspace_id: UUID, ids: tuple[UUID, ...], role_id: UUID, back: str) -> HttpResponse:
    added = perform(
        add_to_workspace, actor=request.actor, workspace_id=workspace_id, membership_ids=ids, role_id=role_id
    )
    count = len(added.members)
    words = {"n": count, "level": added.level}
    toast(
        request,
        ngettext("%(n)s person was added as %(level)s.", "%(n)s people were added as %(level)s.", count) % words,
    )
    return go(request, back)


def _by_address(request: MemberRequest, workspace_id: UUID) -> HttpResponse:
    with reading():
        workspace = get_workspace(request.actor, workspace_id, WORKSPACES_MANAGE)
        levels = [(role.id, role.name) for role in levels_for(request.actor, workspace_id)]
    form = InviteForm(request.POST or None, levels=levels)
    back = reverse("workspace_settings", args=[workspace_id])
    context = {"form": form, "workspace": workspace, "back": back}
    if request.method == "GET" or not form.is_valid():
        return page(request, "workspaces/invite.html", context, status=200 if request.method == "GET" else 422)
    with reading():
        membership_id = member_called(form.cleaned_data["email"])
    if membership_id is None:
        form.add_error("email", _("Nobody of this organization has this address."))
        return page(request, "workspaces/invite.html", context, status=422)
    try:
        return _added(request, workspace_id, (membership_id,), form.cleaned_data["role"], back)
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "workspaces/invite.html", context, status=status_of(refused))


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_level(request: MemberRequest, workspace_id: UUID, membership_id: UUID) -> HttpResponse:
    ask_admin(request, WORKSPACES_MANAGE)
    return _level(request, workspace_id, membership_id, reverse("workspace_detail", args=[workspace_id]))


@screen(WORKSPACES_MANAGE, methods=("GET", "POST"))
def workspace_settings_level(request: MemberRequest, workspace_id: UUID, membership_id: UUID) -> HttpResponse:
    return _level(request, workspace_id, membership_id, reverse("workspace_settings", args=[workspace_id]))


def _level(request: MemberRequest, workspace_id: UUID, membership_id: UUID, back: str) -> HttpResponse:
    with reading():
        workspace = get_workspace(request.actor, workspace_id, WORKSPACES_MANAGE)
        held = level_of(request.actor, workspace_id, membership_id)
        levels = [(role.id, role.name) for role in levels_for(request.actor, workspace_id)]
    form = LevelForm(request.POST or None, levels=levels, initial={"role": str(held.role_id)})
    context: dict[str, Any] = {"form": form, "workspace": workspace, "held": held, "back": back}
    if request.method == "GET" or not form.is_valid():
        return page(request, "workspaces/level.html", context, status=200 if request.method == "GET" else 422)
    try:
        changed = perform(
            change_level,
            actor=request.actor,
            workspace_id=workspace_id,
            membership_id=membership_id,
            role_id=form.cleaned_data["role"],
        )
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "workspaces/level.html", context, status=status_of(refused))
    toast(request, _("%(name)s is %(level)s here now.") % {"name": held.name, "level": changed.after})
    return go(request, back)


@screen(WORKSPACES_MANAGE, methods=("POST",))
def workspace_member_removal(request: MemberRequest, workspace_id: UUID, membership_id: UUID) -> HttpResponse:
    ask_admin(request, WORKSPACES_MANAGE)
    return _take_out(request, workspace_id, membership_id, "workspace_detail")


@screen(WORKSPACES_MANAGE, methods=("POST",))
def workspace_settings_removal(request: MemberRequest, workspace_id: UUID, membership_id: UUID) -> HttpResponse:
    return _take_out(request, workspace_id, membership_id, "workspace_settings")


def _take_out(request: MemberRequest, workspace_id: UUID, membership_id: UUID, back: str) -> HttpResponse:
    perform(remove_from_workspace, actor=request.actor, workspace_id=workspace_id, membership_id=membership_id)
    toast(request, _("Taken out of the workspace."))
    return go(request, reverse(back, args=[workspace_id]))
