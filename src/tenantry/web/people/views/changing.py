"""Changing somebody: name, role, password reset, sessions, picture."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.actions.assigning import RoleChanged, RoleChangePlan, change_role, plan_change_role
from tenantry.access.directory import find_listed
from tenantry.access.permissions import ASSIGN
from tenantry.access.selectors import assignable_roles
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.permissions import catalogue
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.people.permissions import EDIT, END_SESSIONS, RESET_PASSWORD, VIEW
from tenantry.people.selectors import get_member
from tenantry.security.actions import end_sessions
from tenantry.usecases.joining import edit_member
from tenantry.usecases.signing_in import send_password_reset
from tenantry.web.people.answers import done
from tenantry.web.people.forms import NamesForm, RoleForm
from tenantry.web.people.views.detail import sessions_page
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@screen(EDIT, methods=("GET", "POST"))
def person_edit(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    with reading():
        member = get_member(request.actor, membership_id)
    names = {"given_name": member.given_name, "family_name": member.family_name}
    form = NamesForm(request.POST or None, initial=names)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return page(request, "people/edit.html", {"form": form, "member": member}, status=status)
    perform(edit_member, actor=request.actor, membership_id=membership_id, **form.cleaned_data)
    return done(request, membership_id, _("The name was changed."))


def _titles(codes: tuple[str, ...]) -> list[Any]:
    known = catalogue()
    return [known[code].title for code in codes if code in known]


@screen(ASSIGN, methods=("GET", "POST"))
def person_role(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """Choose, read what it changes, confirm: the plan's digest says that it was read."""
    if membership_id == request.actor.membership_id:
        raise NotOnOneself
    with reading():
        member = find_listed(request.actor, membership_id, clock.now())
        roles = [role for role in assignable_roles(request.actor) if role.id != member.role_id_]
    form = RoleForm(request.POST or None, roles=[(role.id, role.name) for role in roles])
    context: dict[str, Any] = {"form": form, "member": member, "roles": roles}
    if request.method == "GET":
        return page(request, "people/role.html", context)
    if not form.is_valid():
        return page(request, "people/role.html", context, status=422)
    role_id, digest = form.cleaned_data["role"], request.POST.get("digest", "")
    try:
        if digest:
            return _change(request, membership_id, role_id, digest)
        with reading():
            plan, status = (
                plan_change_role(actor=request.actor, membership_id=membership_id, role_id=role_id, now=clock.now()),
                200,
            )
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except NotFound:
        raise
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "people/role.html", context, status=status_of(refused))
    return page(request, "people/role.html", {**context, **_shown(plan)}, status=status)


def _shown(plan: RoleChangePlan) -> dict[str, Any]:
    return {"plan": plan, "gains": _titles(plan.gains), "loses": _titles(plan.loses)}


def _change(request: MemberRequest, membership_id: UUID, role_id: UUID, digest: str) -> HttpResponse:
    changed: RoleChanged = perform(
        change_role, actor=request.actor, membership_id=membership_id, role_id=role_id, digest=digest
    )
    words = {"name": changed.name, "role": changed.after}
    return done(request, membership_id, _("%(name)s is now %(role)s.") % words, undo_url=_undo_url(request, changed))


def _undo_url(request: MemberRequest, changed: RoleChanged) -> str:
    """The way back carries its plan's digest: once something changed in between, it leads nowhere."""
    if changed.before_id is None:
        return ""
    try:
        with reading():
            back = plan_change_role(
                actor=request.actor, membership_id=changed.membership_id, role_id=changed.before_id, now=clock.now()
            )
    except Refusal:
        return ""
    query = urlencode({"role": str(changed.before_id), "digest": back.digest})
    return f"{reverse('person_role_undo', args=[changed.membership_id])}?{query}"


@screen(ASSIGN, methods=("POST",))
def person_role_undo(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """Back to the role before, when the present one is still the one that was given."""
    role_id = parse_id(request.GET.get("role", ""))
    if role_id is None:
        raise NotFound
    changed: RoleChanged = perform(
        change_role,
        actor=request.actor,
        membership_id=membership_id,
        role_id=role_id,
        digest=request.GET.get("digest", ""),
    )
    return done(
        request, membership_id, _("%(name)s is %(role)s again.") % {"name": changed.name, "role": changed.after}
    )


@screen(RESET_PASSWORD, methods=("POST",))
def person_password_reset(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    perform(send_password_reset, actor=request.actor, membership_id=membership_id)
    return done(request, membership_id, _("A link to choose a new password is on its way to them."))


@screen(VIEW, END_SESSIONS, methods=("GET", "POST"))
def person_sessions(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """GET: the tab, for whoever may end them and for the person. POST: ends all of them."""
    if request.method != "POST":
        return sessions_page(request, membership_id)
    perform(end_sessions, actor=request.actor, membership_id=membership_id)
    return done(request, membership_id, _("Every session was ended."))
