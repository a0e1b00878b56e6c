"""A mentor's desk: what waits for their word, and what they said."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.decisions import visible
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.fields import hidden
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.crm.actions.approvals import approve_deal, decline_deal
from tenantry.crm.mentoring import asked_of
from tenantry.crm.permissions import DEALS_APPROVE
from tenantry.crm.pipelines import DEALS_VIEW
from tenantry.crm.records import DEAL
from tenantry.web.momentum.deal_forms import AnswerForm
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

PAGE_SIZE = 50


@screen(DEALS_APPROVE)
def approval_list(request: MemberRequest) -> HttpResponse:
    """Those that wait first; `?state=settled` the others."""
    settled = request.GET.get("state") == "settled"
    rows = asked_of(request.actor, settled=settled)
    shown = keyset_page(rows, order="asked_at", descending=settled, cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    context = {
        "page": shown,
        "rows": shown.rows,
        "settled": settled,
        "waiting": rows.count() if not settled else asked_of(request.actor).count(),
        "total": rows.count(),
        "values": "value" not in hidden(request.actor, DEAL),
    }
    return page(request, "momentum/approvals.html", context)


@screen(DEALS_APPROVE, methods=("GET", "POST"))
def approval_detail(request: MemberRequest, approval_id: UUID) -> HttpResponse:
    """What is asked. POST: `do` is approve or decline. Being asked is what shows this much of the deal."""
    with reading():
        row = asked_of(request.actor, settled=None).filter(id=approval_id).first()
        if row is None:
            raise NotFound
        seen = visible(request.actor, DEALS_VIEW, DEAL).filter(pk=row.deal_id).exists()
    form = AnswerForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "form": form,
        "asked": row,
        "deal": row.deal,
        "seen": seen,
        "values": "value" not in hidden(request.actor, DEAL),
    }
    if request.method == "GET" or not form.is_valid():
        return page(request, "momentum/approval.html", context, status=200 if request.method == "GET" else 422)
    yes = request.POST.get("do", "") == "approve"
    try:
        answer: Any = approve_deal if yes else decline_deal
        perform(answer, actor=request.actor, approval_id=approval_id, comment=form.cleaned_data["comment"])
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "momentum/approval.html", context, status=status_of(refused))
    words = (
        _("“%(name)s” is approved and goes on.") if yes else _("“%(name)s” stays where it is. Your word was passed on.")
    )
    toast(request, words % {"name": row.deal.name})
    return go(request, reverse("approval_list"))
