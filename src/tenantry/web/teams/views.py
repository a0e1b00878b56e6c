"""Teams: who is in them, who leads them, and what a team's end does."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.directory import listed
from tenantry.access.selectors import DirectoryFilter, roles_of
from tenantry.access.workspaces import visible_workspaces
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.decisions import decide
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.records import NOWHERE
from tenantry.core.transactions import reading
from tenantry.organizations.labels import label
from tenantry.organizations.structure import has_rows
from tenantry.people.actions import (
    TeamDeletionPlan,
    add_to_team,
    create_team,
    delete_team,
    edit_team,
    join_team,
    plan_delete_team,
    remove_from_team,
)
from tenantry.people.permissions import TEAMS_MANAGE, TEAMS_VIEW, WORKSPACES_VIEW
from tenantry.people.selectors import get_team, may_manage_team, searched_teams, team_members, visible_members
from tenantry.web.dialogs import form_dialog
from tenantry.web.people.answers import current_url
from tenantry.web.people.grouping import KINDS, TEAM, WORKSPACE, group_picker
from tenantry.web.picking import is_searching
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import picked
from tenantry.web.teams.forms import JoiningForm, TeamForm
from tenantry.web.toasts import toast

PAGE_SIZE = 50
MOST = 100


def _manages_all(request: MemberRequest) -> bool:
    return decide(request.actor, TEAMS_MANAGE, NOWHERE).allowed


def _ask_all(request: MemberRequest) -> None:
    """Teams are made, renamed and deleted only by who manages all of them.

    :raises PermissionMissing: a part is not enough.
    """
    if not _manages_all(request):
        raise PermissionMissing(TEAMS_MANAGE)


def _form(request: MemberRequest, team: Any = None) -> TeamForm:
    """`team`: the one that is edited. A workspace out of the actor's sight stays its own."""
    sent = request.POST if request.method == "POST" else None
    present = [team.workspace_id] if team and team.workspace_id else []
    picker = None
    if has_rows(request.organization, "workspaces") and request.actor.may(WORKSPACES_VIEW):
        free = KINDS[WORKSPACE].none(request.organization.labels)
        picker = group_picker(request.actor, sent, "workspace", WORKSPACE, present=present, free=free)
    if present and not visible_workspaces(request.actor).filter(id=present[0]).exists():
        picker = None
    searching = is_searching(sent)
    initial = {"name": team.name, "description": team.description} if team else {}
    initial = sent.dict() if sent is not None and searching else initial
    return TeamForm(None if searching else sent, initial=initial, actor=request.actor, picker=picker)


@screen(TEAMS_VIEW, TEAMS_MANAGE)
def team_list(request: MemberRequest) -> HttpResponse:
    rows = searched_teams(request.actor, request.GET.get("q", ""))
    shown = keyset_page(rows, order="sort_name", cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    context = {
        "page": shown,
        "rows": shown.rows,
        "total": rows.count(),
        "manages": _manages_all(request),
        "filtered": bool(request.GET.get("q", "").strip()),
    }
    return page(request, "teams/list.html", context)


@screen(TEAMS_MANAGE, methods=("GET", "POST"))
def team_create(request: MemberRequest) -> HttpResponse:
    _ask_all(request)
    with reading():
        form = _form(request)

    def create(_given: dict[str, Any]) -> HttpResponse:
        made = perform(create_team, actor=request.actor, **form.params)
        toast(request, _("The team %(name)s is there. Add its people.") % {"name": made.name})
        return go(request, reverse("team_detail", args=[made.id]))

    return form_dialog(request, "teams/form.html", form, {}, create)


@screen(TEAMS_VIEW, TEAMS_MANAGE)
def team_detail(request: MemberRequest, team_id: UUID) -> HttpResponse:
    team: Any = get_team(request.actor, team_id)
    members = list(team_members(team_id).defer("membership__picture")[: PAGE_SIZE * 4])
    roles = roles_of([row.membership_id for row in members])
    context = {
        "team": team,
        "rows": [
            (row, roles.get(row.membership_id), row.membership_id == request.actor.membership_id) for row in members
        ],
        "cut": team.size > len(members),
        "manages": _manages_all(request),
        "changes": may_manage_team(request.actor, team_id),
        "leads": sum(row.is_lead for row in members),
    }
    return page(request, "teams/detail.html", context)


@screen(TEAMS_MANAGE, methods=("GET", "POST"))
def team_edit(request: MemberRequest, team_id: UUID) -> HttpResponse:
    _ask_all(request)
    with reading():
        team = get_team(request.actor, team_id)
        form = _form(request, team)

    def save(_given: dict[str, Any]) -> HttpResponse:
        perform(edit_team, actor=request.actor, team_id=team_id, **form.params)
        toast(request, _("The team was changed."))
        return go(request, reverse("team_detail", args=[team_id]))

    return form_dialog(request, "teams/form.html", form, {"team": team}, save)


@screen(TEAMS_MANAGE, methods=("GET", "POST"))
def team_deletion(request: MemberRequest, team_id: UUID) -> HttpResponse:
    _ask_all(request)
    if request.method == "GET":
        return _deletion_page(request, plan_delete_team(actor=request.actor, team_id=team_id))
    try:
        with reading():
            name = get_team(request.actor, team_id).name
        perform(delete_team, actor=request.actor, team_id=team_id, digest=request.POST.get("digest", ""))
    except PlanChanged as changed:
        return _deletion_page(request, changed.plan, changed)
    toast(request, _("The team %(name)s was deleted.") % {"name": name})
    return go(request, reverse("team_list"))


def _deletion_page(request: MemberRequest, plan: TeamDeletionPlan, changed: PlanChanged | None = None) -> HttpResponse:
    text = ngettext(
        "person loses this team and keeps everything else",
        "people lose this team and keep everything else",
        plan.members,
    )
    effects = [{"number": plan.members, "text": text, "warning": plan.members > 0}]
    context = {"plan": plan, "effects": effects, "changed": changed}
    return page(request, "teams/deletion.html", context, status=409 if changed else 200)


@screen(TEAMS_MANAGE, methods=("GET", "POST"))
def team_people(request: MemberRequest, team_id: UUID) -> HttpResponse:
    """GET: people who are not in the team, to search and tick. POST: adds them, as leads when asked."""
    if request.method == "POST":
        return _add(request, team_id, _ids(request.POST))
    team = get_team(request.actor, team_id)
    if not may_manage_team(request.actor, team_id):
        raise PermissionMissing(TEAMS_MANAGE)
    query = request.GET.get("q", "")
    inside = team_members(team_id).order_by().values("membership_id")
    people = listed(request.actor, DirectoryFilter(query=query), clock.now()).exclude(id__in=inside)
    if not _manages_all(request):
        people = people.exclude(id=str(request.actor.membership_id))
    shown = list(people.order_by("sort_name", "id")[: PAGE_SIZE + 1])
    context = {"team": team, "people": shown[:PAGE_SIZE], "more": len(shown) > PAGE_SIZE, "query": query}
    return page(request, "teams/people.html", context)


def _ids(said: QueryDict) -> tuple[UUID, ...]:
    ids = picked(said.getlist("ids"))
    if ids is None:
        raise NotFound
    if not ids:
        raise InvalidInput({"ids": _("Select somebody first.")})
    if len(ids) > MOST:
        raise InvalidInput({"ids": _("At most %(count)s people at once.") % {"count": MOST}})
    return ids


def _add(request: MemberRequest, team_id: UUID, ids: tuple[UUID, ...], back: str = "") -> HttpResponse:
    joined = perform(join_team, actor=request.actor, team_id=team_id, membership_ids=ids)
    count = len(joined.members)
    toast(request, ngettext("%(n)s person was added.", "%(n)s people were added.", count) % {"n": count})
    for refused in joined.refused[:3]:
        toast(request, refused.sentence, bad=True)
    return go(request, back or reverse("team_detail", args=[team_id]))


@screen(TEAMS_MANAGE, methods=("GET", "POST"))
def team_joining(request: MemberRequest) -> HttpResponse:
    """From a person's page: `ids`, who come into which `team`."""
    sent = request.POST if request.method == "POST" else None
    ids = _ids(sent or request.GET)
    with reading():
        people = list(visible_members(request.actor).filter(id__in=ids).defer("picture").order_by("sort_name", "id"))
        if len(people) < len(ids):
            raise NotFound
        picker = group_picker(request.actor, sent, "team", TEAM, title=label(request.organization.labels, "team"))
    searching = is_searching(sent)
    form = JoiningForm(None if searching else sent, actor=request.actor, picker=picker)
    there = reverse("person_teams", args=[ids[0]])
    if sent is not None and not searching and form.is_valid() and picker is not None:
        return _add(request, form.cleaned_data["team"], ids, back=_behind(request) or there)
    if form.has_error("team", "invalid_choice"):
        raise NotFound
    context = {"form": form, "people": people, "ids": ids, "back": there}
    return page(request, "teams/joining.html", context, status=422 if form.errors else 200)


def _behind(request: MemberRequest) -> str:
    behind = current_url(request)
    return behind if behind.startswith("/admin/users/u/") else ""


@screen(TEAMS_MANAGE, methods=("POST",))
def team_lead(request: MemberRequest, team_id: UUID, membership_id: UUID) -> HttpResponse:
    """`lead`: yes or no, for somebody who is in the team."""
    is_lead = request.POST.get("lead", "") == "yes"
    with reading():
        get_team(request.actor, team_id)
        rows = team_members(team_id).filter(membership_id=membership_id)
        if not rows.exists() or not visible_members(request.actor).filter(id=membership_id).exists():
            raise NotFound
    perform(add_to_team, actor=request.actor, team_id=team_id, membership_ids=(membership_id,), is_lead=is_lead)
    toast(request, _("Leads the team now.") if is_lead else _("Does not lead the team any more."))
    return go(request, reverse("team_detail", args=[team_id]))


@screen(TEAMS_MANAGE, methods=("POST",))
def team_member_removal(request: MemberRequest, team_id: UUID, membership_id: UUID) -> HttpResponse:
    perform(remove_from_team, actor=request.actor, team_id=team_id, membership_id=membership_id)
    toast(request, _("Taken out of the team."))
    return go(request, _behind(request) or reverse("team_detail", args=[team_id]))
