"""Ending the subscription with its effect first, and taking that back."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.billing.actions.plans import (
    CancelPlan,
    cancel_subscription,
    plan_cancel_subscription,
    resume_subscription,
)
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CANCEL
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast


@screen(BILLING_CANCEL, methods=("GET", "POST"))
def billing_cancel(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _dialog(request, plan_cancel_subscription(actor=request.actor, now=clock.now()))
    try:
        perform(cancel_subscription, actor=request.actor, digest=request.POST.get("digest", ""))
    except PlanChanged as changed:
        return _dialog(request, changed.plan, changed=True)
    toast(request, _("The subscription is canceled."), undo_url=reverse("billing_resume"))
    return go(request, reverse("billing_home"))


def _dialog(request: MemberRequest, found: CancelPlan, *, changed: bool = False) -> HttpResponse:
    with reading():
        return page(request, "billing/cancel.html", {"plan": found, "changed": changed}, status=409 if changed else 200)


@screen(BILLING_CANCEL, methods=("POST",))
def billing_resume(request: MemberRequest) -> HttpResponse:
    try:
        perform(resume_subscription, actor=request.actor)
        toast(request, _("The subscription goes on."))
    except Refusal as refused:
        toast(request, str(refused), bad=True)
    return go(request, reverse("billing_home"))
