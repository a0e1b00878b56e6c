"""What the dialogs of a leaving on a day do where people are removed then: the plan, and the deed with its digest."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.usecases.planning_removals import RemovalsPlan, plan_schedule_removals, schedule_removals
from tenantry.web.people.heirs import heir_of
from tenantry.web.people.leaving_words import leaving_effects
from tenantry.web.people.matters import matter_lines
from tenantry.web.people.plans import blockers
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page

Done = Callable[[RemovalsPlan], HttpResponse]
Refused = Callable[[Refusal], HttpResponse]


def removal_on_a_day(
    request: MemberRequest,
    template: str,
    ids: tuple[UUID, ...],
    context: dict[str, Any],
    done: Done,
    refused: Refused,
) -> HttpResponse:
    """`context` has the valid form; `refused`: how the dialog says why not."""
    digest, status = request.POST.get("digest", ""), 200
    try:
        with reading():
            successor_id = heir_of(request.actor, request.POST, leaving=ids)
        last_day = context["form"].cleaned_data["last_day"]
        wanted = {"actor": request.actor, "membership_ids": ids, "last_day": last_day, "successor_id": successor_id}
        if digest:
            return done(perform(schedule_removals, **wanted, digest=digest))
        with reading():
            plan = plan_schedule_removals(now=clock.now(), **wanted)
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except InvalidInput as invalid:
        context["form"].refuse(invalid)
        return page(request, template, context, status=422)
    except Refusal as why:
        return refused(why)
    return page(request, template, {**context, **_words(request, plan)}, status=status)


def _words(request: MemberRequest, plan: RemovalsPlan) -> dict[str, Any]:
    return {
        "plan": plan.leaving,
        "digest": plan.digest,
        "days": {"last_day": plan.last_day, "back_on": None},
        "effects": leaving_effects(plan.leaving, removing=True),
        "blockers": blockers(plan.leaving),
        "matters": matter_lines(request.actor, plan.leaving.matters, request.organization.labels),
        "removing": True,
    }
