"""The board: a workflow's open deals by stage. A deal moves by drag, by keys, or by its menu, which needs no script."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.blueprints.schema import SHIPPED, load
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.fields import hidden
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.crm.actions.deals import Moved, move_deal, win_deal
from tenantry.crm.board import Lane, Wanted, asked_wanted, board, is_stale, totals
from tenantry.crm.permissions import DEALS_MOVE, PIPELINE
from tenantry.crm.pipelines import DEALS_VIEW, find_seen_workflow, seen_workflows
from tenantry.crm.records import COMPANY, DEAL
from tenantry.crm.selectors import names_together, owner_names
from tenantry.people.permissions import WORKFLOWS_MANAGE, WORKFLOWS_VIEW
from tenantry.usecases.founding import FirstWorkflow
from tenantry.usecases.workflows import create_workflow
from tenantry.web.context import is_fragment
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast

WON = "won"


@dataclass(frozen=True, slots=True)
class Card:
    """One deal on the board."""

    deal: Any
    owner: str
    company: str
    stale: bool
    overdue: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class ShownLane:
    lane: Lane
    cards: list[Card]


@screen(DEALS_VIEW)
def deal_board(request: MemberRequest) -> HttpResponse:
    """The first of one's workflows."""
    return _board(request, None)


@screen(DEALS_VIEW)
def deal_board_of(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    return _board(request, workflow_id)


def _board(request: MemberRequest, workflow_id: UUID | None, *, status: int = 200) -> HttpResponse:
    with reading():
        flows = list(seen_workflows(request.actor))
        workflow = next((one for one in flows if workflow_id in (None, one.id)), None)
        if workflow is None and workflow_id is not None:
            raise NotFound
        context: dict[str, Any] = {"workflow": workflow, "workflows": flows}
        actor = request.actor
        context["may_configure"] = actor.may(PIPELINE) and actor.may_any(WORKFLOWS_VIEW, WORKFLOWS_MANAGE)
        context["may_manage"] = actor.may(WORKFLOWS_MANAGE)
        if workflow is None:
            context["first"] = _first_workflow(request)
        else:
            context |= _lanes(request, workflow)
    return page(request, "momentum/board.html", context, status=status)


@screen(WORKFLOWS_MANAGE, methods=("POST",))
def deal_board_begin(request: MemberRequest) -> HttpResponse:
    """The workflow that a new organization of this blueprint has, for one that was founded before there was one."""
    first = _first_workflow(request)
    try:
        made = perform(
            create_workflow,
            actor=request.actor,
            name=first.name,
            description=first.description,
            stages=first.stages,
        )
    except Refusal as refused:
        toast(request, str(refused), bad=True)
        return _board(request, None, status=status_of(refused))
    toast(request, _("The workflow %(name)s is there. Add its people.") % {"name": made.name})
    return go(request, reverse("deal_board_of", args=[made.id]))


def _first_workflow(request: MemberRequest) -> FirstWorkflow:
    blueprint = request.organization.blueprint
    return load(blueprint if blueprint in SHIPPED else SHIPPED[0]).workflow.first()


def _wanted(request: MemberRequest) -> Wanted:
    said = request.GET
    return Wanted(query=said.get("q", ""), mine=said.get("mine") == "1", stale=said.get("stale") == "1")


def _lanes(request: MemberRequest, workflow: Any) -> dict[str, Any]:
    wanted, now, actor = _wanted(request), clock.now(), request.actor
    lanes = board(actor, workflow.id, wanted, now)
    deals = [deal for lane in lanes for deal in lane.deals]
    owners = owner_names(deals)
    names, found = names_together(
        actor, {COMPANY.key: [deal.company_id for deal in deals]}, {"asked": asked_wanted([deal.id for deal in deals])}
    )
    companies, asked = names[COMPANY.key], {row["deal_id"] for row in found["asked"]}
    today = now.astimezone(zone_of(request.organization)).date()
    shown = [
        ShownLane(
            lane,
            [
                Card(
                    deal=deal,
                    owner=owners.get(deal.owner_id, "") if deal.owner_id else "",
                    company=companies.get(deal.company_id, "") if deal.company_id else "",
                    stale=is_stale(deal, lane.stage, now),
                    overdue=deal.closes_on is not None and deal.closes_on < today,
                    asked=deal.id in asked,
                )
                for deal in lane.deals
            ],
        )
        for lane in lanes
    ]
    worth, likely = totals(lanes)
    return {
        "lanes": shown,
        "total": sum(lane.count for lane in lanes),
        "worth": worth,
        "likely": likely,
        "wanted": wanted,
        "values": "value" not in hidden(actor, DEAL),
        "moves": actor.may(DEALS_MOVE),
        "creates": actor.may(DEAL.permissions["create"]) and workflow.takes,
    }


@screen(DEALS_MOVE, methods=("POST",))
def deal_board_move(request: MemberRequest, workflow_id: UUID) -> HttpResponse:
    """`move`: deal, stage (or `won`) and the stage it was seen in, with colons between."""
    with reading():
        find_seen_workflow(request.actor, workflow_id)
    deal, _colon, rest = request.POST.get("move", "").partition(":")
    goal, _colon, origin = rest.partition(":")
    deal_id = parse_id(deal)
    if deal_id is None:
        raise NotFound
    status = 200
    try:
        if goal == WON:
            perform(win_deal, actor=request.actor, deal_id=deal_id)
            toast(request, _("The deal is won. Well done!"), undo_url=reverse("deal_reopen", args=[deal_id]))
        else:
            _move(request, deal_id, goal, origin)
    except Refusal as refused:
        status = status_of(refused)
        toast(request, str(refused), bad=True)
    if is_fragment(request) or status != 200:
        return _board(request, workflow_id, status=status)
    query = request.GET.urlencode()
    return go(request, reverse("deal_board_of", args=[workflow_id]) + (f"?{query}" if query else ""))


def _move(request: MemberRequest, deal_id: UUID, goal: str, origin: str) -> None:
    stage_id = parse_id(goal)
    if stage_id is None:
        raise NotFound
    moved = perform(move_deal, actor=request.actor, deal_id=deal_id, stage_id=stage_id, from_stage_id=parse_id(origin))
    say_moved(request, moved)


def say_moved(request: MemberRequest, moved: Moved) -> None:
    """What became of a move, with the way back."""
    if moved.asked:
        words = _("%(mentor)s was asked about “%(name)s”. It enters “%(stage)s” once they approve.")
        toast(request, words % {"mentor": moved.mentor, "name": moved.name, "stage": moved.stage})
        return
    back = f"{reverse('deal_move', args=[moved.id])}?stage={moved.before_id}&from={moved.stage_id}"
    said = _("“%(name)s” is in “%(stage)s” now.") % {"name": moved.name, "stage": moved.stage}
    toast(request, said, undo_url=back)
