"""What the dialogs of a leaving on a day do where people are removed then: the plan, and the deed with its digest."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.usecases.planning_removals import RemovalsPlan, plan_schedule_removals, schedule_removals
from tenantry.web.people.days import day_context, digest_in, settled
from tenantry.web.people.heirs import SUCCESSOR, heir_of
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
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
    """`context` has the valid form, `last` and `heir`; `refused`: how the dialog says why not."""
    sent = request.POST
    why_not, digest = settled(request, ids), digest_in(sent)
    status = status_of(why_not) if why_not else 200
    try:
        with reading():
            # Who is looked for is not chosen yet.
            said = parse_id(sent.get(SUCCESSOR, ""))
            successor_id = said if is_searching(sent) else heir_of(request.actor, sent, leaving=ids)
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
    words = day_context(request, plan.leaving, ids, removing=True, heir=context.get("heir"), refused=why_not)
    days = {"last_day": plan.last_day, "back_on": None}
    return page(request, template, {**context, **words, "digest": plan.digest, "days": days}, status=status)
