"""Letting somebody go: the plan first, then the deed with the plan's digest; and taking them back."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.selectors import get_member
from tenantry.usecases.offboarding import (
    LeavingPlan,
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    reactivate_member,
    remove_members,
)
from tenantry.web.people.answers import done
from tenantry.web.people.plans import blockers, leaving_effects
from tenantry.web.refusals import status_of, ways_out
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@screen(DEACTIVATE, methods=("GET", "POST"))
def person_deactivation(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            left = perform(
                deactivate_members,
                actor=request.actor,
                membership_ids=(membership_id,),
                digest=request.POST.get("digest", ""),
                organization_name=request.POST.get("organization_name", ""),
            )
        except PlanChanged as changed:
            return _plan_page(request, membership_id, changed.plan, removing=False, changed=changed)
        except OrganizationNameAsked as asked:
            with reading():
                plan = plan_deactivate_members(actor=request.actor, membership_ids=[membership_id], now=clock.now())
                return _plan_page(request, membership_id, plan, removing=False, asked=asked)
        text = _("%(name)s is deactivated.") % {"name": left.names[0]}
        if left.sessions:
            ended = ngettext("%(count)s session was ended.", "%(count)s sessions were ended.", left.sessions)
            text = f"{text} {ended % {'count': left.sessions}}"
        return done(request, membership_id, text, undo_url=reverse("person_reactivation", args=[membership_id]))
    plan = plan_deactivate_members(actor=request.actor, membership_ids=[membership_id], now=clock.now())
    return _plan_page(request, membership_id, plan, removing=False)


@screen(REMOVE, methods=("GET", "POST"))
def person_removal(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            left = perform(
                remove_members,
                actor=request.actor,
                membership_ids=(membership_id,),
                digest=request.POST.get("digest", ""),
            )
        except PlanChanged as changed:
            return _plan_page(request, membership_id, changed.plan, removing=True, changed=changed)
        return done(request, membership_id, _("%(name)s was removed.") % {"name": left.names[0]})
    plan = plan_remove_members(actor=request.actor, membership_ids=[membership_id], now=clock.now())
    return _plan_page(request, membership_id, plan, removing=True)


def _plan_page(
    request: MemberRequest,
    membership_id: UUID,
    plan: LeavingPlan,
    *,
    removing: bool,
    changed: PlanChanged | None = None,
    asked: OrganizationNameAsked | None = None,
) -> HttpResponse:
    """`asked`: the organization's name was not what was typed."""
    context: dict[str, Any] = {
        "person_id": membership_id,
        "asked": asked,
        "typed": request.POST.get("organization_name", ""),
        "name": (*plan.names, *(refused.name for refused in plan.refused))[0],
        "plan": plan,
        "removing": removing,
        "changed": changed,
        "effects": leaving_effects(plan, removing=removing),
        "blockers": blockers(plan),
    }
    return page(request, "people/leaving.html", context, status=409 if changed else 422 if asked else 200)


@screen(DEACTIVATE, methods=("GET", "POST"))
def person_reactivation(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            back = perform(reactivate_member, actor=request.actor, membership_id=membership_id)
        except Refusal as refused:
            # Out of a dialog the reason belongs into the dialog; a missing person has none.
            if refused.kind in ("missing", "forbidden"):
                raise
            return _reactivation_page(request, membership_id, refused)
        return done(request, membership_id, _("%(name)s is back, with the same role and teams.") % {"name": back.name})
    return _reactivation_page(request, membership_id, None)


def _reactivation_page(request: MemberRequest, membership_id: UUID, refused: Refusal | None) -> HttpResponse:
    with reading():
        member = get_member(request.actor, membership_id)
        context = {"member": member, "refused": refused, "ways": ways_out(refused) if refused else []}
        return page(request, "people/reactivation.html", context, status=status_of(refused) if refused else 200)
