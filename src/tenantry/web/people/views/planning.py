"""Letting somebody go on a day, back on another: the days, what happens then, confirm; and calling it off."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.directory import find_listed
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.usecases.planning import (
    AbsencePlan,
    call_off,
    plan_schedule_leaving,
    planned_for,
    schedule_leaving,
    schedule_return,
)
from tenantry.usecases.planning_removals import RemovalsPlan, call_off_removal
from tenantry.web.people.answers import done
from tenantry.web.people.days import day_context, digest_in, is_choosing, named_day, settled
from tenantry.web.people.heirs import heir_on_a_day
from tenantry.web.people.planning_forms import AwayForm, LeavingForm, ReturnForm
from tenantry.web.people.views.planned_removals import removal_on_a_day
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.times import zone_of

FIELDS = {"day_over": "last_day", "day_too_far": "last_day", "return_too_early": "back_on"}


@dataclass(frozen=True, slots=True)
class _Present:
    """What is planned: days by kind, and who goes on with the records. A day that is over, because it could not happen
    then, is the next one that can be."""

    days: dict[str, date]
    successor_id: UUID | None


def _present(request: MemberRequest, membership_id: UUID) -> _Present:
    rows = planned_for(request.actor, membership_id)
    today = clock.now().astimezone(zone_of(request.organization)).date()
    earliest = {"reactivation": today + timedelta(days=1)}
    days = {row.kind: max(row.day, earliest.get(row.kind, today)) for row in rows}
    return _Present(days, next((row.successor_id for row in rows if row.kind == "removal"), None))


@screen(DEACTIVATE, methods=("GET", "POST"))
def person_planned(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """GET: the days. POST without a digest: what happens then; `matter` is settled first. With one: it is planned."""
    with reading():
        member = find_listed(request.actor, membership_id, clock.now())
        present = _present(request, membership_id)
    if member.status == member.Status.DEACTIVATED:
        return _away(request, membership_id, member, present)
    if member.status != member.Status.ACTIVE:
        raise NotFound
    removes = request.actor.may(REMOVE)
    zone = request.organization.time_zone
    sent = request.POST if request.method == "POST" else None
    choosing = is_choosing(sent)
    initial: dict[str, Any] = {
        "how": "removal" if "removal" in present.days else "deactivation",
        "last_day": present.days.get("removal") or present.days.get("deactivation"),
        "back_on": present.days.get("reactivation"),
    }
    initial = sent.dict() if sent is not None and choosing else initial
    form = LeavingForm(None if choosing else sent, zone=zone, removes=removes, initial=initial)
    context: dict[str, Any] = {"form": form, "member": member}
    if removes:
        with reading():
            context |= heir_on_a_day(
                request.actor, sent, [membership_id], manager_id=member.manager_id, present=present.successor_id
            )
    if request.method == "GET" or choosing:
        return page(request, "people/planned.html", context)
    if not form.is_valid():
        return page(request, "people/planned.html", context, status=422)
    if form.removing:
        return _removal(request, membership_id, context)
    return _plan(request, membership_id, context, form.days)


def _removal(request: MemberRequest, membership_id: UUID, context: dict[str, Any]) -> HttpResponse:
    """`context` has the valid form."""
    context["last"] = named_day(context["form"].cleaned_data["last_day"])
    return removal_on_a_day(
        request,
        context.get("template", "people/planned.html"),
        (membership_id,),
        context,
        lambda made: _removal_planned(request, membership_id, made),
        lambda refused: _refused(request, context, refused),
    )


def _plan(request: MemberRequest, membership_id: UUID, context: dict[str, Any], days: dict[str, Any]) -> HttpResponse:
    ids = (membership_id,)
    why_not, digest = settled(request, ids), digest_in(request.POST)
    status = status_of(why_not) if why_not else 200
    wanted = {"actor": request.actor, "membership_id": membership_id, **days}
    try:
        if digest:
            made: AbsencePlan = perform(
                schedule_leaving, **wanted, digest=digest, organization_name=request.POST.get("organization_name", "")
            )
            return _planned(request, made)
        with reading():
            plan = plan_schedule_leaving(now=clock.now(), **wanted)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except OrganizationNameAsked as asked:
        with reading():
            plan = plan_schedule_leaving(now=clock.now(), **wanted)
        context["asked"], status = asked, 422
    except Refusal as refused:
        return _refused(request, context, refused)
    context |= _days(plan)
    if plan.leaving is not None:
        context |= day_context(request, plan.leaving, ids, removing=False, heir=context.get("heir"), refused=why_not)
    return page(request, "people/planned.html", context, status=status)


def _refused(request: MemberRequest, context: dict[str, Any], refused: Refusal) -> HttpResponse:
    """A day that can't be stands beside its field."""
    if refused.kind in ("missing", "forbidden"):
        raise refused
    form = context["form"]
    field = FIELDS.get(refused.code)
    if isinstance(form, AwayForm) and field == "last_day" and not form.removing:
        field = "back_on"
    if field in form.fields:
        form.add_error(field, str(refused))
    elif field and "back_on" in form.fields:
        form.add_error("back_on", str(refused))
    else:
        form.refuse(refused)
    return page(request, context.get("template", "people/planned.html"), context, status=status_of(refused))


def _days(plan: AbsencePlan) -> dict[str, Any]:
    return {
        "digest": plan.digest,
        "last": named_day(plan.last_day) if plan.last_day else "",
        "back": named_day(plan.back_on) if plan.back_on else "",
        "days": {"last_day": plan.last_day, "back_on": plan.back_on},
    }


def _planned(request: MemberRequest, made: AbsencePlan) -> HttpResponse:
    words = {
        "name": made.name,
        "last": named_day(made.last_day) if made.last_day else "",
        "back": named_day(made.back_on) if made.back_on else "",
    }
    said = _("%(name)s leaves after %(last)s.")
    if made.last_day is None:
        said = _("%(name)s comes back on %(back)s.")
    elif made.back_on is not None:
        said = _("%(name)s is away after %(last)s and comes back on %(back)s.")
    return done(
        request, made.membership_id, said % words, undo_url=reverse("person_planned_off", args=[made.membership_id])
    )


def _removal_planned(request: MemberRequest, membership_id: UUID, made: RemovalsPlan) -> HttpResponse:
    words = {"name": made.leaving.names[0], "last": named_day(made.last_day)}
    off = reverse("person_planned_off", args=[membership_id])
    return done(request, membership_id, _("%(name)s is removed after %(last)s.") % words, undo_url=off)


def _away(request: MemberRequest, membership_id: UUID, member: Any, present: _Present) -> HttpResponse:
    """They are out already: they come back, or leave for good."""
    zone, template = request.organization.time_zone, "people/planned_return.html"
    sent = request.POST if request.method == "POST" else None
    choosing = is_choosing(sent)
    context: dict[str, Any] = {"member": member, "template": template}
    if request.actor.may(REMOVE):
        initial: dict[str, Any] = {
            "how": "removal" if "removal" in present.days else "reactivation",
            "last_day": present.days.get("removal"),
            "back_on": present.days.get("reactivation"),
        }
        initial = sent.dict() if sent is not None and choosing else initial
        form: ReturnForm = AwayForm(None if choosing else sent, zone=zone, removes=True, initial=initial)
        with reading():
            context |= heir_on_a_day(
                request.actor, sent, [membership_id], manager_id=member.manager_id, present=present.successor_id
            )
    else:
        form = ReturnForm(None if choosing else sent, zone=zone, initial={"back_on": present.days.get("reactivation")})
    context["form"] = form
    if request.method == "GET" or choosing:
        return page(request, template, context)
    if not form.is_valid():
        return page(request, template, context, status=422)
    if isinstance(form, AwayForm) and form.removing:
        return _removal(request, membership_id, context)
    try:
        back_on = form.cleaned_data["back_on"]
        made = perform(schedule_return, actor=request.actor, membership_id=membership_id, back_on=back_on)
    except Refusal as refused:
        return _refused(request, context, refused)
    return _planned(request, made)


@screen(DEACTIVATE, REMOVE, methods=("POST",))
def person_planned_off(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """`kind`: what of it is called off; without it everything."""
    kind = request.POST.get("kind", "")
    with reading():
        away = any(row.kind == "removal" for row in planned_for(request.actor, membership_id))
    if kind == "removal" or (away and not kind):
        stays = perform(call_off_removal, actor=request.actor, membership_id=membership_id)
        return done(request, membership_id, _("%(name)s stays.") % {"name": stays.name})
    off = perform(
        call_off,
        actor=request.actor,
        membership_id=membership_id,
        kinds=(kind,) if kind else ("deactivation", "reactivation"),
    )
    if "deactivation" in off.days:
        return done(request, membership_id, _("%(name)s stays.") % {"name": off.name})
    return done(request, membership_id, _("%(name)s does not come back by themselves.") % {"name": off.name})
