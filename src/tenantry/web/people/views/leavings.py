"""The same last day for a selection of the directory: the days, what happens then and to whom not, confirm."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.usecases.bulk_changing.planning import Selection
from tenantry.usecases.planning_many import AbsencesPlan, plan_schedule_leavings, schedule_leavings
from tenantry.usecases.planning_removals import RemovalsPlan
from tenantry.web.people import filters
from tenantry.web.people.answers import current_url
from tenantry.web.people.days import day_context, digest_in, is_choosing, named_day, settled
from tenantry.web.people.heirs import heir_on_a_day
from tenantry.web.people.planning_forms import LeavingForm
from tenantry.web.people.selecting import MOST, ticked
from tenantry.web.people.views.planned_removals import removal_on_a_day
from tenantry.web.people.views.planning import FIELDS
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

TEMPLATE = "people/leavings.html"


@screen(DEACTIVATE, methods=("POST",))
def person_leavings(request: MemberRequest) -> HttpResponse:
    """`ids`, or `all` who match `query`. Without `last_day`: the days. Without a digest: what happens then; `matter` is
    settled first."""
    sent = request.POST
    ids = _all_who_match(request) if "all" in sent else ticked(sent)
    is_begun = "last_day" in sent
    removes = request.actor.may(REMOVE)
    choosing = is_choosing(sent)
    initial = sent.dict() if choosing else {}
    bound = sent if is_begun and not choosing else None
    form = LeavingForm(bound, zone=request.organization.time_zone, removes=removes, initial=initial)
    context: dict[str, Any] = {"form": form, "ids": ids, "back_to": _back(request)}
    if removes:
        with reading():
            context |= heir_on_a_day(request.actor, sent, ids)
    if bound is None:
        return page(request, TEMPLATE, context)
    if not form.is_valid():
        return page(request, TEMPLATE, context, status=422)
    if form.removing:
        context["last"] = named_day(form.cleaned_data["last_day"])
        return removal_on_a_day(
            request,
            TEMPLATE,
            ids,
            context,
            lambda made: _removals_planned(request, context, made),
            lambda refused: _refused(request, context, refused),
        )
    return _plan(request, ids, context, form.days)


def _all_who_match(request: MemberRequest) -> tuple[UUID, ...]:
    """:raises InvalidInput: nobody, or more than are planned at once."""
    selection = Selection((), filters.wanted(QueryDict(request.POST.get("query", ""))))
    found = []
    with reading():
        for one in selection.stream(request.actor, clock.now()):
            found.append(one)
            if len(found) > MOST:
                sentence = _("A day is planned for at most %(count)s people at once. Narrow the filter down first.")
                raise InvalidInput({"ids": sentence % {"count": MOST}})
    if not found:
        raise InvalidInput({"ids": _("Nobody is selected.")})
    return tuple(found)


def _plan(request: MemberRequest, ids: tuple[UUID, ...], context: dict[str, Any], days: dict[str, Any]) -> HttpResponse:
    why_not, digest = settled(request, ids), digest_in(request.POST)
    status = status_of(why_not) if why_not else 200
    wanted = {"actor": request.actor, "membership_ids": ids, **days}
    try:
        if digest:
            name = request.POST.get("organization_name", "")
            return _planned(
                request, context, perform(schedule_leavings, **wanted, digest=digest, organization_name=name)
            )
        with reading():
            plan = plan_schedule_leavings(now=clock.now(), **wanted)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except OrganizationNameAsked as asked:
        with reading():
            plan = plan_schedule_leavings(now=clock.now(), **wanted)
        context["asked"], status = asked, 422
    except Refusal as refused:
        return _refused(request, context, refused)
    words = day_context(request, plan.leaving, ids, removing=False, heir=context.get("heir"), refused=why_not)
    return page(request, TEMPLATE, {**context, **words, **_days(plan)}, status=status)


def _days(plan: AbsencesPlan) -> dict[str, Any]:
    return {
        "digest": plan.digest,
        "last": named_day(plan.last_day),
        "back": named_day(plan.back_on) if plan.back_on else "",
        "days": {"last_day": plan.last_day, "back_on": plan.back_on},
    }


def _refused(request: MemberRequest, context: dict[str, Any], refused: Refusal) -> HttpResponse:
    """A day that can't be stands beside its field."""
    if refused.kind in ("missing", "forbidden"):
        raise refused
    form = context["form"]
    field = FIELDS.get(refused.code)
    if field is None:
        form.refuse(refused)
    else:
        form.add_error(field, str(refused))
    return page(request, TEMPLATE, context, status=status_of(refused))


def _planned(request: MemberRequest, context: dict[str, Any], made: AbsencesPlan) -> HttpResponse:
    count = len(made.leaving.members)
    words = {"n": count, "last": named_day(made.last_day), "back": named_day(made.back_on) if made.back_on else ""}
    if made.back_on:
        said = ngettext(
            "%(n)s person is away after %(last)s and comes back on %(back)s.",
            "%(n)s people are away after %(last)s and come back on %(back)s.",
            count,
        )
    else:
        said = ngettext("%(n)s person leaves after %(last)s.", "%(n)s people leave after %(last)s.", count)
    toast(request, said % words)
    return go(request, context["back_to"])


def _removals_planned(request: MemberRequest, context: dict[str, Any], made: RemovalsPlan) -> HttpResponse:
    count = len(made.leaving.members)
    said = ngettext("%(n)s person is removed after %(last)s.", "%(n)s people are removed after %(last)s.", count)
    toast(request, said % {"n": count, "last": context["last"]})
    return go(request, context["back_to"])


def _back(request: MemberRequest) -> str:
    """The list with its filter: said by the dialog's form, else the page behind."""
    there = reverse("person_list")
    for url in (request.POST.get("back", ""), current_url(request)):
        if url.partition("?")[0] == there:
            return url
    return there
