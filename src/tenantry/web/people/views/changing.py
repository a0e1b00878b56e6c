"""Changing somebody: name, role, password reset, sessions, picture."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.actions.assigning import RoleChanged, RoleChangePlan, change_role, plan_change_role
from tenantry.access.directory import base_assignment, find_listed
from tenantry.access.permissions import ASSIGN
from tenantry.access.selectors import assignable_roles
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.people.permissions import END_SESSIONS, RESET_PASSWORD, VIEW
from tenantry.security.actions import end_sessions
from tenantry.usecases.signing_in import send_password_reset
from tenantry.web.people.answers import done
from tenantry.web.people.confirming import two_steps
from tenantry.web.people.holding import until_in_words
from tenantry.web.people.holding_forms import RoleForm, shown_day
from tenantry.web.people.views.detail import sessions_page
from tenantry.web.people.views.holding import target_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import screen

if TYPE_CHECKING:
    from tenantry.access.models import Role


@screen(ASSIGN, methods=("GET", "POST"))
def person_role(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """Choose, read what it changes, confirm."""
    if membership_id == request.actor.membership_id:
        raise NotOnOneself
    zone = request.organization.time_zone
    with reading():
        member = find_listed(request.actor, membership_id, clock.now())
        roles = assignable_roles(request.actor, target_of(member))
        base = base_assignment(membership_id)
    present = base.role_id if base else None
    # The role that somebody has is offered when its end may be moved.
    offered = [role for role in roles if role.id != present or (base and base.ends_at)]
    form = RoleForm(
        request.POST or None,
        zone=zone,
        roles=[(role.id, role.name) for role in offered],
        followers=[(role.id, role.name) for role in roles if not role.is_keyholder],
        initial=_present_end(base, zone),
    )

    def wanted() -> dict[str, Any]:
        return {
            "membership_id": membership_id,
            "role_id": form.cleaned_data["role"],
            "ends_at": form.ends_at,
            "then_role_id": form.cleaned_data["then"] if form.ends_at else None,
        }

    def carry_out(digest: str) -> HttpResponse:
        changed: RoleChanged = perform(change_role, actor=request.actor, digest=digest, **wanted())
        words = {"name": changed.name, "role": changed.after}
        return done(
            request, membership_id, _("%(name)s is now %(role)s.") % words, undo_url=_undo_url(request, changed)
        )

    return two_steps(
        request,
        "people/role.html",
        {"form": form, "member": member, "roles": offered, "heading": _("Role of %(name)s") % {"name": member.name}},
        plan=lambda: plan_change_role(actor=request.actor, now=clock.now(), **wanted()),
        words=lambda plan: {
            "sentences": [*_of_change(plan, zone), *_advice(plan, offered)],
            "button": _("Change role"),
        },
        carry_out=carry_out,
    )


def _present_end(base: Any, zone: str) -> dict[str, Any]:
    """A role with an end is shown as it stands, so that the end can be moved or taken away."""
    if base is None or base.ends_at is None:
        return {}
    return {"role": str(base.role_id), "until": shown_day(base.ends_at, zone), "then": str(base.then_role_id or "")}


def _of_change(plan: RoleChangePlan, zone: str) -> list[str]:
    places = {
        "before": plan.before,
        "after": plan.after,
        "then": plan.then,
        "until": until_in_words(plan.ends_at, zone),
        "ended": ", ".join(plan.ended),
        "sooner": ", ".join(plan.sooner),
    }
    found = [_("From %(before)s to %(after)s") % places if plan.before else plan.after]
    if plan.ends_at:
        found.append(_("Through %(until)s, then %(then)s.") % places)
    if plan.ended:
        found.append(_("Can't be held beside it, and ends: %(ended)s.") % places)
    if plan.sooner:
        found.append(_("Can't be held beside %(then)s, and ends with it: %(sooner)s.") % places)
    return found


def _advice(plan: RoleChangePlan, offered: "list[Role]") -> list[str]:
    """What to think of before a strong role is given (product.md §3)."""
    role = next((one for one in offered if one.id == plan.after_id), None)
    if role is not None and role.is_keyholder:
        return [_("It has all permissions. More than one person should hold it, but only a few.")]
    if role is not None and ASSIGN in role.permissions:
        return [_("It changes what other people may do. Few people should hold it.")]
    return []


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
