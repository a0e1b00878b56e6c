"""What is done to one deal: moved, won, lost, reopened; who works on it; how the commission is split."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.decisions import find, require_on
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.crm.actions.approvals import withdraw_approval
from tenantry.crm.actions.deal_members import Share, add_deal_members, remove_deal_member, split_commission
from tenantry.crm.actions.deals import lose_deal, move_deal, reopen_deal, win_deal
from tenantry.crm.deal_pages import splits_of
from tenantry.crm.permissions import COMMISSION_VIEW, DEALS_MOVE
from tenantry.crm.records import DEAL
from tenantry.crm.selectors import receivers
from tenantry.people.choosing import people_called
from tenantry.web.momentum.acts import behind
from tenantry.web.momentum.board import say_moved
from tenantry.web.momentum.deal_forms import LossForm, SplitForm, StageChoice, typed
from tenantry.web.momentum.deals import EDIT
from tenantry.web.momentum.staging import stage_picker
from tenantry.web.offers import TYPED
from tenantry.web.picking import is_searching
from tenantry.web.refusals import safe_back, status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import selected
from tenantry.web.toasts import toast

MOST_PEOPLE = 50


def _found(request: MemberRequest, deal_id: UUID, code: str) -> Any:
    with reading():
        deal = find(request.actor, DEAL, deal_id)
        require_on(request.actor, code, DEAL, deal)
    return deal


def _back(request: MemberRequest, deal_id: UUID) -> str:
    """To the page that one comes from: board, list or the deal's own."""
    return behind(request) or safe_back(request) or reverse("deal_detail", args=[deal_id])


@screen(DEALS_MOVE, methods=("GET", "POST"))
def deal_move(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    """GET: the stages to choose from. POST: `stage`, and in `from` the stage that was seen, in the body or the
    address."""
    said = request.POST if {"stage", f"stage{TYPED}"} & request.POST.keys() else request.GET
    deal = _found(request, deal_id, DEALS_MOVE)
    sent = said if request.method == "POST" else None
    with reading():
        picker = stage_picker(request.actor, sent, present=deal.stage_id, deal=deal)
    if picker is None:
        raise NotFound
    form = StageChoice(None if is_searching(sent) else sent, actor=request.actor, picker=picker)
    context = {"form": form, "deal": deal}
    if not form.is_bound or not form.is_valid():
        return page(request, "momentum/deal_move.html", context, status=422 if form.is_bound else 200)
    try:
        moved = perform(
            move_deal,
            actor=request.actor,
            deal_id=deal_id,
            stage_id=form.cleaned_data["stage"],
            from_stage_id=parse_id(said.get("from", "")),
        )
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "momentum/deal_move.html", context, status=status_of(refused))
    say_moved(request, moved)
    return go(request, _back(request, deal_id))


@screen(DEALS_MOVE, methods=("POST",))
def deal_win(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    perform(win_deal, actor=request.actor, deal_id=deal_id)
    toast(request, _("The deal is won. Well done!"), undo_url=reverse("deal_reopen", args=[deal_id]))
    return go(request, _back(request, deal_id))


@screen(DEALS_MOVE, methods=("GET", "POST"))
def deal_loss(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    deal = _found(request, deal_id, DEALS_MOVE)
    form = LossForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "deal": deal}
    if request.method == "GET" or not form.is_valid():
        return page(request, "momentum/deal_loss.html", context, status=200 if request.method == "GET" else 422)
    try:
        perform(lose_deal, actor=request.actor, deal_id=deal_id, reason=form.cleaned_data["reason"])
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "momentum/deal_loss.html", context, status=status_of(refused))
    toast(request, _("The deal is lost. You can reopen it."), undo_url=reverse("deal_reopen", args=[deal_id]))
    return go(request, _back(request, deal_id))


@screen(DEALS_MOVE, methods=("POST",))
def deal_reopen(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    perform(reopen_deal, actor=request.actor, deal_id=deal_id)
    toast(request, _("The deal is open again."))
    return go(request, _back(request, deal_id))


@screen(DEALS_MOVE, methods=("POST",))
def deal_withdrawal(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    """Nobody's word is waited for any more."""
    perform(withdraw_approval, actor=request.actor, deal_id=deal_id)
    toast(request, _("The question was taken back."))
    return go(request, reverse("deal_detail", args=[deal_id]))


# --- Who works on it ----------------------------------------------------------------------


@screen(EDIT, methods=("GET", "POST"))
def deal_people(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    """GET: colleagues to search and tick. POST: they work on the deal."""
    if request.method == "POST":
        added = perform(add_deal_members, actor=request.actor, deal_id=deal_id, membership_ids=selected(request))
        count = len(added.members)
        words = ngettext("%(n)s person works on the deal now.", "%(n)s people work on the deal now.", count)
        toast(request, words % {"n": count})
        return go(request, reverse("deal_detail", args=[deal_id]))
    deal = _found(request, deal_id, EDIT)
    query = request.GET.get("q", "")
    here = {deal.owner_id, *(one.id for one in splits_of(deal).rows)}
    people = people_called(receivers(request.actor).exclude(id__in=[i for i in here if i]), query)
    shown = list(people.order_by("sort_name", "id")[: MOST_PEOPLE + 1])
    context = {"deal": deal, "people": shown[:MOST_PEOPLE], "more": len(shown) > MOST_PEOPLE, "query": query}
    return page(request, "momentum/deal_people.html", context)


@screen(EDIT, methods=("POST",))
def deal_member_removal(request: MemberRequest, deal_id: UUID, membership_id: UUID) -> HttpResponse:
    perform(remove_deal_member, actor=request.actor, deal_id=deal_id, membership_id=membership_id)
    toast(request, _("Taken out of the deal."))
    return go(request, reverse("deal_detail", args=[deal_id]))


@screen(COMMISSION_VIEW, methods=("GET", "POST"))
def deal_split(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    """The commission and the shares of those who work on the deal."""
    deal = _found(request, deal_id, EDIT)
    with reading():
        require_on(request.actor, COMMISSION_VIEW, DEAL, deal)
        splits = splits_of(deal)
    initial: dict[str, Any] = {"commission": typed(deal.commission, deal.currency)}
    initial |= {f"share-{one.id}": one.percent for one in splits.rows}
    form = SplitForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        currency=deal.currency,
        members=[(one.id, one.name) for one in splits.rows],
    )
    context = {"form": form, "deal": deal}
    if request.method == "GET" or not form.is_valid():
        return page(request, "momentum/deal_split.html", context, status=200 if request.method == "GET" else 422)
    try:
        perform(
            split_commission,
            actor=request.actor,
            deal_id=deal_id,
            commission=form.cleaned_data["commission"],
            shares=tuple(Share(i, share) for i, share in form.shares()),
        )
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "momentum/deal_split.html", context, status=status_of(refused))
    toast(request, _("The commission is split so now."))
    return go(request, reverse("deal_detail", args=[deal_id]))
