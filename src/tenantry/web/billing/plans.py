"""Choosing a plan: what each grants, and what changing to one costs and does, before anything is confirmed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.billing.actions.plans import change_plan, plan_change_plan, withdraw_downgrade
from tenantry.billing.changing import Difference, PlanChangePlan
from tenantry.billing.offers import catalogue_with, offered
from tenantry.billing.quoting import Sheet
from tenantry.billing.selectors import subscription, terms_of
from tenantry.billing.terms import UNLIMITED, Terms
from tenantry.billing.wording import Worded, worded
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.organizations.entitlements import CATALOGUE
from tenantry.organizations.permissions import BILLING_CHANGE, BILLING_VIEW
from tenantry.people.seats import seats
from tenantry.web.billing.words import Granted, granted_words
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast

INTERVALS = ("month", "year")
MOST_SEATS = 10_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says; `plan` "" before one is chosen. What can't be meant is the usual."""

    plan: str
    interval: str
    seats: int | None

    @classmethod
    def of(cls, said: QueryDict, interval: str) -> "Asked":
        number = said.get("seats", "")
        seats_ = int(number) if number.isascii() and number.isdigit() and len(number) <= 8 else None
        chosen = said.get("interval", "")
        return cls(said.get("plan", "")[:60], chosen if chosen in INTERVALS else interval, seats_)


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as the page shows it, at the prices of `interval`."""

    terms: Terms
    interval: str
    base: int
    seat: int | None
    told: list[str]
    current: bool


@dataclass(frozen=True, slots=True)
class Priced:
    """One invoice to be, in words."""

    lines: list[Worded]
    tax: int
    credit: int


@screen(BILLING_VIEW, methods=("GET", "POST"))
def billing_plans(request: MemberRequest) -> HttpResponse:
    """A GET with a plan in its address shows what changing to it does; a POST carries that out."""
    if request.method == "POST":
        return _change(request)
    return _plans(request, request.GET)


def _plans(
    request: MemberRequest,
    said: QueryDict,
    *,
    found: PlanChangePlan | None = None,
    refused: Refusal | None = None,
    changed: bool = False,
) -> HttpResponse:
    with reading():
        row, now, actor = subscription(), clock.now(), request.actor
        held, catalogue = terms_of(row), catalogue_with(request.organization.blueprint, row)
        asked, sold = Asked.of(said, row.interval if row else INTERVALS[0]), catalogue.key != UNLIMITED
        may = actor.may(BILLING_CHANGE)
        if asked.plan and may and found is None and refused is None:
            found, refused = _planned(request, asked)
        offers = [_offer(one, asked.interval, held) for one in offered(catalogue)] if sold else []
        chosen = next((one for one in offers if one.terms.plan == (asked.plan or held.plan)), None)
        context: dict[str, Any] = {
            "subscription": row,
            "sells": sold,
            "held": held,
            "offers": offers,
            # What costs nothing a seat has as many as it has, and what costs nothing is not paid by the month.
            "by_seat": chosen is None or bool(chosen.seat),
            "is_paid": chosen is None or bool(chosen.seat or chosen.base),
            "asked": asked,
            "counted": seats(now),
            "may_change": may,
            "refused": refused,
            "changed": changed,
            "found": found,
        }
        if found is not None:
            context |= _shown(request, found)
        status = 409 if changed else status_of(refused) if refused is not None and request.method == "POST" else 200
        return page(request, "billing/plans.html", context, status=status)


def _planned(request: MemberRequest, asked: Asked) -> tuple[PlanChangePlan | None, Refusal | None]:
    try:
        return plan_change_plan(
            actor=request.actor, plan=asked.plan, interval=asked.interval, seats=asked.seats, now=clock.now()
        ), None
    except Refusal as refused:
        return None, refused


def _offer(terms: Terms, interval: str, held: Terms) -> Offer:
    current = (terms.catalogue, terms.plan, terms.version) == (held.catalogue, held.plan, held.version)
    if current and terms.by_agreement:
        # At what was agreed on.
        terms, interval = held, next(iter(held.prices), interval)
    price = terms.price(interval)
    return Offer(terms, interval, price.base, price.seat, _told(granted_words(terms.entitlements)), current)


def _told(granted: list[Granted]) -> list[str]:
    """What is limited by how much, what is not, and features by their names: `Drive: 10 GB a person`."""
    said = [f"{one.title}: {one.words} {one.per}".rstrip() for one in granted if not one.feature and one.limit]
    free = [one.title for one in granted if not one.feature and one.limit is None]
    if free:
        said.append(_("Unlimited: %(what)s") % {"what": ", ".join(free)})
    return said + [one.title for one in granted if one.feature and one.limit != 0]


def _shown(request: MemberRequest, found: PlanChangePlan) -> dict[str, Any]:
    zone = zone_of(request.organization)

    def priced(sheet: Sheet) -> Priced:
        return Priced([worded(line, zone) for line in sheet.lines], sheet.sums.tax, sheet.sums.credit)

    return {
        "priced": [priced(sheet) for sheet in found.quote.sheets],
        "gained": [_differs(one) for one in found.gained],
        "lost": [_differs(one) for one in found.lost],
    }


def _differs(one: Difference) -> str:
    """What there will be instead of what there was, as a sentence."""
    if CATALOGUE[one.key].feature:
        return (_("%(title)s: included") if one.after else _("%(title)s: no longer included")) % {"title": one.title}
    before, after = (
        next((row.words for row in granted_words({one.key: limit}) if row.key == one.key), "")
        or (_("unlimited") if limit is None else str(limit))
        for limit in (one.before, one.after)
    )
    return _("%(title)s: %(after)s instead of %(before)s") % {"title": one.title, "after": after, "before": before}


def _change(request: MemberRequest) -> HttpResponse:
    with reading():
        row = subscription()
        asked = Asked.of(request.POST, row.interval if row else INTERVALS[0])
    try:
        chosen = perform(
            change_plan,
            actor=request.actor,
            plan=asked.plan,
            interval=asked.interval,
            seats=asked.seats,
            at=moment_said(request.POST.get("at", "")),
            digest=request.POST.get("digest", ""),
        )
    except PlanChanged as changed:
        return _plans(request, request.POST, found=changed.plan, changed=True)
    except Refusal as refused:
        return _plans(request, request.POST, refused=refused)
    if chosen.order_id is not None:
        return go(request, reverse("billing_checkout", args=[chosen.order_id]))
    day = date_format(chosen.at.astimezone(zone_of(request.organization)), "DATE_FORMAT")
    if chosen.how == "planned":
        toast(request, _("The change comes on %(day)s. Until then it can be taken back.") % {"day": day})
    else:
        toast(request, _("The plan is changed."))
    return go(request, reverse("billing_home"))


def moment_said(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@screen(BILLING_CHANGE, methods=("POST",))
def billing_keep(request: MemberRequest) -> HttpResponse:
    """Takes a planned change back."""
    try:
        perform(withdraw_downgrade, actor=request.actor)
        toast(request, _("Everything stays as it is."))
    except Refusal as refused:
        toast(request, str(refused), bad=True)
    return go(request, reverse("billing_home"))
