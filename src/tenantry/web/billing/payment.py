"""The sandbox's checkout and its card: pages that say that no money moves. Off this site with another gateway."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.billing.actions.methods import set_payment_method
from tenantry.billing.actions.orders import holds
from tenantry.billing.desk import pay
from tenantry.billing.gateways import Result
from tenantry.billing.gateways.sandbox import CARDS
from tenantry.billing.invoicing import Line
from tenantry.billing.selectors import (
    SANDBOX,
    find_order,
    gateway_for,
    moment_of,
    open_invoices,
    payment_method,
    subscription,
)
from tenantry.billing.wording import worded
from tenantry.core import clock
from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CHANGE, BILLING_VIEW
from tenantry.web.billing import paying
from tenantry.web.billing.leaving import may_lead_away
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast


@screen(BILLING_VIEW, methods=("GET", "POST"), crosses=True)
def billing_payment_methods(request: MemberRequest) -> HttpResponse:
    """The card that is charged, and another one in its place."""
    status = 200
    with reading():
        away = gateway_for(subscription()) != SANDBOX
    if away:
        if request.method == "POST" or "taken" in request.GET:
            require_any(request.actor, BILLING_CHANGE)
            answer = paying.card(request)
            if answer is not None:
                return answer
    elif request.method == "POST":
        try:
            perform(set_payment_method, actor=request.actor, card=request.POST.get("card", ""))
        except NotFound:
            toast(request, _("Choose one of the cards."), bad=True)
            status = 422
        else:
            toast(request, _("This card is charged from now on."))
            return go(request, reverse("billing_home"))
    with reading():
        context = {
            "card": payment_method(),
            "cards": list(CARDS.values()),
            "unpaid": open_invoices().first(),
            "may_change": request.actor.may(BILLING_CHANGE),
            "away": away,
        }
        return may_lead_away(page(request, "billing/payment_methods.html", context, status=status))


@screen(BILLING_CHANGE, methods=("GET", "POST"), crosses=True)
def billing_checkout(request: MemberRequest, order_id: UUID) -> HttpResponse:
    """An order with its lines, to be paid at Stripe, or by one of the sandbox's cards."""
    with reading():
        away = gateway_for(subscription()) != SANDBOX
    if away:
        return paying.checkout(request, order_id)
    if request.method == "GET":
        return _checkout(request, order_id)
    with reading():
        order = find_order(order_id)
    card = request.POST.get("card", "")
    if order.state != order.State.OPEN:
        return _checkout(request, order_id)
    if request.POST.get("bank") == "no":
        return _checkout(request, order_id, wrong=_("The bank was told no. Nothing was charged."), status=422)
    try:
        confirmed = request.POST.get("bank") == "yes"
        result = pay(request.actor, request.organization.id, order_id, card, confirmed=confirmed)
    except NotFound:
        return _checkout(request, order_id, wrong=_("Choose one of the cards."), status=422)
    except Refusal as refused:
        return _checkout(request, order_id, wrong=str(refused), status=status_of(refused))
    if result == Result.NEEDS_ACTION:
        return _checkout(request, order_id, asking=card)
    if result == Result.DECLINED:
        told = _("%(brand)s %(last4)s was declined. Nothing was charged; try another card.")
        return _checkout(
            request, order_id, wrong=told % {"brand": CARDS[card].brand, "last4": CARDS[card].last4}, status=422
        )
    return go(request, reverse("billing_checkout", args=[order_id]))


def _checkout(
    request: MemberRequest, order_id: UUID, *, wrong: str = "", asking: str = "", status: int = 200
) -> HttpResponse:
    with reading():
        order, zone = find_order(order_id), zone_of(request.organization)
        lines = [worded(Line.of(one), zone) for sheet in order.quote["sheets"] for one in sheet["lines"]]
        row = subscription()
        late = order.expires_at <= moment_of(row, clock.now()) or row is None or not holds(row, order)
        context: dict[str, Any] = {
            "order": order,
            "lines": lines,
            "due": order.quote["due"],
            "currency": order.quote["currency"],
            "over": order.state == order.State.OPEN and late,
            "cards": list(CARDS.values()),
            "held": payment_method(),
            "wrong": wrong,
            "asking": asking,
        }
        return page(request, "billing/checkout.html", context, status=status)
