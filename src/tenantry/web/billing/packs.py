"""A pack on top of the plan: what it is and costs, then the checkout."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.billing.actions.packs import PackPlan, buy_pack, plan_buy_pack
from tenantry.billing.wording import worded
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast


@screen(BILLING_CHANGE, methods=("GET", "POST"))
def billing_pack(request: MemberRequest, pack: str) -> HttpResponse:
    if request.method == "GET":
        return _dialog(request, plan_buy_pack(actor=request.actor, pack=pack, now=clock.now()))
    try:
        ordered = perform(buy_pack, actor=request.actor, pack=pack, digest=request.POST.get("digest", ""))
    except PlanChanged as changed:
        return _dialog(request, changed.plan, changed=True)
    if ordered.order_id is not None:
        return go(request, reverse("billing_checkout", args=[ordered.order_id]))
    toast(request, _("The pack %(title)s is there.") % {"title": ordered.title})
    return go(request, reverse("billing_home"))


def _dialog(request: MemberRequest, found: PackPlan, *, changed: bool = False) -> HttpResponse:
    with reading():
        lines = [worded(line, zone_of(request.organization)) for line in found.quote.lines]
        context = {"plan": found, "lines": lines, "changed": changed}
        return page(request, "billing/pack.html", context, status=409 if changed else 200)
