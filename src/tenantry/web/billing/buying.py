"""More seats or fewer: how many there shall be, what that costs and when, and the word that does it."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.billing.actions.seats import SeatsPlan, buy_seats, plan_buy_seats, plan_reduce_seats, reduce_seats
from tenantry.billing.errors import NoSeats, NothingChanges
from tenantry.billing.selectors import subscription
from tenantry.billing.wording import worded
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.people.seats import seats
from tenantry.web.billing.plans import moment_said
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast


@screen(BILLING_CHANGE, methods=("GET", "POST"))
def billing_seats(request: MemberRequest) -> HttpResponse:
    """GET: how many there shall be. POST of that number without a digest: what it costs. With one: it happens."""
    if request.method == "GET":
        return _dialog(request, "")
    said = request.POST.get("seats", "")
    if not request.POST.get("digest"):
        return _dialog(request, said or "0")
    try:
        with reading():
            before, wanted = _held(), _number(said)
        at, digest = moment_said(request.POST.get("at", "")), request.POST.get("digest", "")
        if wanted > before:
            perform(buy_seats, actor=request.actor, count=wanted - before, at=at, digest=digest)
            told = ngettext("%(count)s seat more.", "%(count)s seats more.", wanted - before)
            toast(request, told % {"count": wanted - before})
        else:
            perform(reduce_seats, actor=request.actor, seats=wanted, digest=digest)
            told = ngettext("There will be %(count)s seat.", "There will be %(count)s seats.", wanted)
            toast(request, told % {"count": wanted})
    except PlanChanged as changed:
        return _dialog(request, said, changed=changed.plan)
    except Refusal as refused:
        return _dialog(request, said, refused=refused)
    return go(request, reverse("seat_home"))


def _held() -> int:
    row = subscription()
    return (row.seats if row else None) or 0


def _number(said: str) -> int:
    """:raises NoSeats: no whole number of seats."""
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        raise NoSeats
    return int(said)


def _dialog(
    request: MemberRequest, said: str, *, changed: SeatsPlan | None = None, refused: Refusal | None = None
) -> HttpResponse:
    with reading():
        found = changed
        if said and found is None and refused is None:
            try:
                found = _planned(request, said)
            except Refusal as one:
                refused = one
        zone = zone_of(request.organization)
        context: dict[str, Any] = {
            "said": said or str(_held()),
            "held": _held(),
            "counted": seats(clock.now()),
            "found": found,
            "lines": [worded(line, zone) for line in found.quote.lines] if found else [],
            "refused": refused,
            "changed": changed is not None,
        }
        status = 409 if changed else status_of(refused) if refused and request.method == "POST" else 200
        return page(request, "billing/seats_change.html", context, status=status)


def _planned(request: MemberRequest, said: str) -> SeatsPlan:
    before, wanted = _held(), _number(said)
    if wanted == before:
        raise NothingChanges
    if wanted > before:
        return plan_buy_seats(actor=request.actor, count=wanted - before, now=clock.now())
    return plan_reduce_seats(actor=request.actor, seats=wanted, now=clock.now())
