"""Paying at Stripe: what is due here, the way there, and what became of it."""

from contextlib import suppress
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.billing import hops
from tenantry.billing.actions.orders import holds
from tenantry.billing.errors import GatewayAway, GatewayRefused
from tenantry.billing.invoicing import Line
from tenantry.billing.selectors import find_order, moment_of, payment_method, subscription
from tenantry.billing.wording import worded
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CANCEL, BILLING_CHANGE
from tenantry.web.billing.leaving import away, may_lead_away
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast

# Seconds until a page that waits looks again, each time longer; then its reader does.
LOOKS = (2, 4, 8, 15, 30)


def address(path: str, query: str = "") -> str:
    """Of ours, as Stripe sends the browser back to it."""
    return f"{settings.BASE_URL}{path}{query}"


def checkout(request: MemberRequest, order_id: UUID) -> HttpResponse:
    """An order: a GET shows it, or looks what became of it; a POST goes to pay."""
    here = reverse("billing_checkout", args=[order_id])
    if request.method != "POST":
        back = request.GET.get("paid", "")
        if back:
            _look_again(request, order_id)
        return _shown(request, order_id, looks=int(back) if back.isascii() and back.isdigit() else 0)
    paid, back = address(here, "?paid=1"), address(here)
    try:
        url = hops.pay(request.organization.id, order_id, paid_url=paid, back_url=back)
        return away(request, url) if url else go(request, here)
    except NotFound:
        raise
    except Refusal as refused:
        return _shown(request, order_id, wrong=str(refused), status=status_of(refused))


def _look_again(request: MemberRequest, order_id: UUID) -> None:
    """The word may be late: it is read there. Without an answer the page goes on waiting."""
    with reading():
        order = find_order(order_id)
    if order.state == order.State.OPEN and order.ref:
        try:
            hops.look_again(request.organization.id, order.ref)
        except (GatewayAway, GatewayRefused):
            return


def _shown(
    request: MemberRequest, order_id: UUID, *, looks: int = 0, wrong: str = "", status: int = 200
) -> HttpResponse:
    with reading():
        order, zone, row = find_order(order_id), zone_of(request.organization), subscription()
        held = payment_method()
        open_ = order.state == order.State.OPEN
        over = order.expires_at <= moment_of(row, clock.now()) or row is None or not holds(row, order)
        runs = order.kind != order.Kind.PACK and row is not None and row.period_end is not None
        waits = looks and open_ and bool(order.ref)
        context: dict[str, Any] = {
            "order": order,
            "lines": _lines(order.quote, zone),
            "due": order.quote["due"],
            "currency": order.quote["currency"],
            "over": open_ and over,
            "card": held if runs and held is not None and held.ref.startswith("pm_") else None,
            "wrong": wrong,
            "waits": waits,
            "again": f"?paid={looks + 1}",
        }
        answer = page(request, "billing/checkout_away.html", context, status=status)
    if waits and looks <= len(LOOKS):
        answer["Refresh"] = f"{LOOKS[looks - 1]}; url={request.path}?paid={looks + 1}"
    return may_lead_away(answer)


def _lines(quote: Any, zone: ZoneInfo | Any) -> list[Any]:
    return [worded(Line.of(one), zone) for sheet in quote["sheets"] for one in sheet["lines"]]


def card(request: MemberRequest) -> HttpResponse | None:
    """A POST goes to a page that takes another card; coming back with its session, what came of it. None: neither."""
    here = reverse("billing_payment_methods")
    if request.method == "POST":
        done = address(here, "?taken={CHECKOUT_SESSION_ID}")
        return away(request, hops.another_card(request.organization.id, done_url=done, back_url=address(here)))
    session = request.GET.get("taken", "")
    if not session:
        return None
    try:
        if hops.card_taken(request.organization.id, session[:255]):
            toast(request, _("This card is charged from now on."))
    except (GatewayAway, GatewayRefused) as refused:
        toast(request, str(refused), bad=True)
    return go(request, reverse("billing_home"))


@screen(BILLING_CHANGE, methods=("GET", "POST"), crosses=True)
def billing_portal(request: MemberRequest) -> HttpResponse:
    """A POST goes to Stripe's page for card and papers, with a way to cancel for those who may; it leads back to a GET,
    which reads what was done there before Stripe has told it."""
    if request.method == "POST":
        back, cancels = address(reverse("billing_portal")), request.actor.may(BILLING_CANCEL)
        return away(request, hops.portal(request.organization.id, cancels=cancels, back_url=back))
    with suppress(GatewayAway, GatewayRefused):
        hops.look_around(request.organization.id)
    return go(request, reverse("billing_home"))


@screen(BILLING_CHANGE, methods=("POST",))
def billing_pay_invoice(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """To Stripe's page of an open invoice: to pay by hand, or to say yes at the bank."""
    url = hops.page_to_pay(request.organization.id, invoice_id)
    if url:
        return away(request, url)
    toast(request, _("There is nothing to pay right now."))
    return go(request, reverse("invoice_detail", args=[invoice_id]))
