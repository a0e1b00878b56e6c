"""Roles, profile and restrictions of one person: dialogs that say first what they change."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.access.actions.giving import (
    EndPlan,
    GivePlan,
    change_end,
    end_role,
    give_role,
    plan_end_role,
    plan_give_role,
)
from tenantry.access.actions.restricting import (
    ProfilePlan,
    plan_set_profile,
    plan_set_restrictions,
    set_profile,
    set_restrictions,
)
from tenantry.access.directory import find_listed, may_act_on
from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.holding import (
    givable_additions,
    holding_of,
    profile_id_of,
    profile_names,
    restrictions_set,
    unit_roles,
)
from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.permissions import restrictions
from tenantry.core.records import Target
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.web.forms import HouseForm
from tenantry.web.people.answers import done
from tenantry.web.people.confirming import titles, two_steps
from tenantry.web.people.grouping import UNIT_OF, group_picker
from tenantry.web.people.holding import until_in_words
from tenantry.web.people.holding_forms import (
    FurtherRoleForm,
    ProfileForm,
    RestrictionsForm,
    UntilForm,
    shown_day,
)
from tenantry.web.people.restricted import of_restrictions
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


def reached(request: MemberRequest, membership_id: UUID, code: str) -> Any:
    """The person, as `access.directory.find_listed` gives them, when the actor may do this to them.

    :raises NotFound, NotOnOneself, PermissionMissing, MemberOutOfHand: see there.
    """
    member = find_listed(request.actor, membership_id, clock.now())
    if membership_id == request.actor.membership_id:
        raise NotOnOneself
    if not may_act_on(request.actor, member, code):
        refuse_out_of_hand(request.actor, member, code)
    return member


def target_of(member: Any) -> Target:
    return Target("member", member.id, owner=member.id, units=frozenset(member.above))


@screen(ASSIGN, methods=("GET", "POST"))
def person_role_add(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """One more role, in the whole organization or at a unit."""
    with reading():
        member = reached(request, membership_id, ASSIGN)
        here = unit_roles(request.actor)
        sent = request.POST if request.method == "POST" else None
        searching = is_searching(sent)
        form = FurtherRoleForm(
            None if searching else sent,
            initial=sent.dict() if sent is not None and searching else {},
            actor=request.actor,
            zone=request.organization.time_zone,
            labels=request.organization.labels,
            additions=[(role.id, role.name) for role in givable_additions(request.actor, target_of(member))],
            unit_roles=[(role.id, role.name) for role in here],
            picker=group_picker(request.actor, sent, "unit", UNIT_OF[ASSIGN]) if here else None,
        )

    def wanted() -> dict[str, Any]:
        data = form.cleaned_data
        return {
            "membership_id": membership_id,
            "role_id": data["role"],
            "unit_id": form.unit_id,
            "ends_at": form.ends_at,
        }

    def words(plan: GivePlan) -> dict[str, Any]:
        return {"sentences": _of_giving(plan, request.organization.time_zone), "button": _("Give role")}

    def carry_out(digest: str) -> HttpResponse:
        given = perform(give_role, actor=request.actor, digest=digest, **wanted())
        told = {"name": given.name, "role": given.role}
        return done(request, membership_id, _("%(name)s is now %(role)s as well.") % told)

    return two_steps(
        request,
        "people/holding.html",
        {"form": form, "member": member, "heading": _("Another role for %(name)s") % {"name": member.name}},
        plan=lambda: plan_give_role(actor=request.actor, now=clock.now(), **wanted()),
        words=words,
        carry_out=carry_out,
    )


def _of_giving(plan: GivePlan, zone: str) -> list[str]:
    places = {
        "name": plan.name,
        "role": plan.role,
        "unit": plan.unit,
        "until": until_in_words(plan.ends_at, zone),
        "base": plan.sooner,
    }
    words = _("%(name)s gets the role %(role)s at “%(unit)s” and in everything below.")
    if not plan.unit:
        words = _("%(name)s gets the role %(role)s in the whole organization.")
    found = [words % places]
    if plan.sooner:
        found.append(_("It ends after %(until)s, with the role %(base)s: it can't stand beside the next one.") % places)
    elif plan.ends_at:
        found.append(_("It ends by itself after %(until)s.") % places)
    return found


@screen(ASSIGN, methods=("GET", "POST"))
def person_role_end(request: MemberRequest, membership_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Taking away a role that is held beside the base role: what it costs first, then the button."""
    where: dict[str, Any] = {"membership_id": membership_id, "assignment_id": assignment_id}
    with reading():
        member = reached(request, membership_id, ASSIGN)
        plan = plan_end_role(actor=request.actor, now=clock.now(), **where)

    def carry_out(digest: str) -> HttpResponse:
        given = perform(end_role, actor=request.actor, digest=digest, **where)
        told = {"name": given.name, "role": given.role}
        return done(request, membership_id, _("%(name)s is not %(role)s any more.") % told)

    context = {
        "form": HouseForm(request.POST or None),
        "member": member,
        "heading": _("Take the role %(role)s") % {"role": plan.role},
        "danger": True,
    }
    if request.method == "GET":
        # Nothing is chosen here: the plan is the first thing to read.
        return page(request, "people/holding.html", {**context, **_ending(plan), **_shown(plan)})
    return two_steps(
        request,
        "people/holding.html",
        context,
        plan=lambda: plan_end_role(actor=request.actor, now=clock.now(), **where),
        words=_ending,
        carry_out=carry_out,
    )


def _shown(plan: EndPlan) -> dict[str, Any]:
    from_codes = {"gains": titles(plan.gains), "loses": titles(plan.loses)}
    return {"plan": plan, "repeated": [], **from_codes}


def _ending(plan: EndPlan) -> dict[str, Any]:
    words = _("%(name)s loses the role %(role)s at “%(unit)s”, at once.")
    if not plan.unit:
        words = _("%(name)s loses the role %(role)s, at once.")
    told = {"name": plan.name, "role": plan.role, "unit": plan.unit}
    return {"sentences": [words % told], "button": _("Take role")}


@screen(ASSIGN, methods=("GET", "POST"))
def person_role_until(request: MemberRequest, membership_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Moving the end of a role that is held beside the base role."""
    with reading():
        member = reached(request, membership_id, ASSIGN)
        held = next((one for one in holding_of(membership_id).beside if one.id == assignment_id), None)
    if held is None:
        raise NotFound
    zone = request.organization.time_zone
    form = UntilForm(request.POST or None, zone=zone, initial={"until": shown_day(held.ends_at, zone)})
    context = {"form": form, "member": member, "heading": _("End of %(role)s") % {"role": held.role.name}}
    context["button"] = _("Save")
    if request.method == "GET":
        return page(request, "people/holding.html", context)
    if not form.is_valid():
        return page(request, "people/holding.html", context, status=422)
    try:
        perform(
            change_end,
            actor=request.actor,
            membership_id=membership_id,
            assignment_id=assignment_id,
            ends_at=form.ends_at,
        )
    except NotFound:
        raise
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "people/holding.html", context, status=status_of(refused))
    return done(request, membership_id, _("The end was moved."))


@screen(RESTRICT, methods=("GET", "POST"))
def person_profile(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    with reading():
        member = reached(request, membership_id, RESTRICT)
        present = profile_id_of(membership_id)
        form = ProfileForm(request.POST or None, profiles=profile_names(), initial={"profile": str(present or "")})

    def wanted() -> dict[str, Any]:
        return {"membership_id": membership_id, "profile_id": form.cleaned_data["profile"]}

    def words(plan: ProfilePlan) -> dict[str, Any]:
        told = {"name": plan.name, "before": plan.before, "after": plan.after}
        text = _("%(name)s gets the profile %(after)s.")
        if plan.before:
            text = _("%(name)s gets the profile %(after)s in place of %(before)s.")
        if not plan.after:
            text = _("%(name)s has no profile any more: nothing but the role bounds what they may do.")
        return {"sentences": [text % told], "button": _("Set profile")}

    def carry_out(digest: str) -> HttpResponse:
        perform(set_profile, actor=request.actor, digest=digest, **wanted())
        return done(request, membership_id, _("The profile of %(name)s was set.") % {"name": member.name})

    return two_steps(
        request,
        "people/holding.html",
        {"form": form, "member": member, "heading": _("Profile of %(name)s") % {"name": member.name}},
        plan=lambda: plan_set_profile(actor=request.actor, now=clock.now(), **wanted()),
        words=words,
        carry_out=carry_out,
    )


@screen(RESTRICT, methods=("GET", "POST"))
def person_restrictions(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    with reading():
        member = reached(request, membership_id, RESTRICT)
        present = restrictions_set(membership_id)
    form = RestrictionsForm(request.POST or None, declared=restrictions(), present=present)

    def wanted() -> dict[str, Any]:
        return {"membership_id": membership_id, "values": form.values}

    def carry_out(digest: str) -> HttpResponse:
        perform(set_restrictions, actor=request.actor, digest=digest, **wanted())
        return done(request, membership_id, _("The restrictions of %(name)s were set.") % {"name": member.name})

    return two_steps(
        request,
        "people/restrictions.html",
        {"form": form, "member": member, "heading": _("Restrictions of %(name)s") % {"name": member.name}},
        plan=lambda: plan_set_restrictions(actor=request.actor, now=clock.now(), **wanted()),
        words=of_restrictions,
        carry_out=carry_out,
    )
