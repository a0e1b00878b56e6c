"""Who stays: people with a seat, ticked; then what becomes of the others, and the word that does it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.people.seats import seats
from tenantry.usecases.staying import (
    called,
    let_go,
    likely_to_stay,
    plan_who_stays,
    seat_holders,
    seats_to_come,
    who_leaves,
)
from tenantry.web.people.leaving_words import leaving_effects
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

# Besides those who are ticked already.
MOST_SHOWN = 100
MOST_SEATS = 10_000_000


@screen(BILLING_CHANGE, methods=("GET", "POST"))
def seat_stay(request: MemberRequest) -> HttpResponse:
    """GET `seats`: as many as there shall be. POST with `find` looks for somebody, with `show` tells what happens, with
    the digest of that it happens; who is ticked stays ticked."""
    if request.method == "GET":
        return _page(request, None)
    if "digest" not in request.POST or {"find", "show"} & set(request.POST):
        return _page(request, _ticked(request), tell="find" not in request.POST)
    try:
        return _let_go(request)
    except OrganizationNameAsked as asked:
        return _page(request, _ticked(request), tell=True, asked=asked)
    except PlanChanged as changed:
        return _page(request, _ticked(request), tell=True, changed=changed)
    except Refusal as refused:
        return _page(request, _ticked(request), refused=refused)


def _ticked(request: MemberRequest) -> list[UUID]:
    return [one for one in map(parse_id, request.POST.getlist("stay")) if one]


def _number(said: str) -> int | None:
    return min(int(said), MOST_SEATS) if said.isascii() and said.isdigit() and len(said) < 9 else None


def _let_go(request: MemberRequest) -> HttpResponse:
    with reading():
        now, number = clock.now(), _number(request.POST.get("seats", ""))
        number = seats_to_come(now) if number is None else number
        leaving = who_leaves(actor=request.actor, staying=_ticked(request), now=now)
    done = perform(
        let_go,
        actor=request.actor,
        membership_ids=leaving,
        number=number,
        digest=request.POST["digest"],
        organization_name=request.POST.get("organization_name", ""),
    )
    toast(request, ngettext("%(n)s person left.", "%(n)s people left.", done.number) % {"n": done.number})
    return go(request, reverse("billing_plans"))


def _page(
    request: MemberRequest,
    ticked: list[UUID] | None,
    *,
    tell: bool = False,
    asked: OrganizationNameAsked | None = None,
    changed: PlanChanged | None = None,
    refused: Refusal | None = None,
) -> HttpResponse:
    """`ticked` None: nobody was asked yet. `tell`: what would happen."""
    said = request.POST if request.method == "POST" else request.GET
    with reading():
        now, actor = clock.now(), request.actor
        state, number = seats(now), _number(said.get("seats", ""))
        number = seats_to_come(now) if number is None else number
        staying = likely_to_stay(actor, number, now) if ticked is None else [*ticked, actor.own_id]
        found = None
        if tell and refused is None:
            try:
                found = plan_who_stays(actor=actor, staying=staying, number=number, now=now)
            except Refusal as one:
                refused = one
        holders, query = seat_holders(actor, now), said.get("q", "")[:200]
        chosen = list(holders.filter(id__in=staying))
        others = list(called(holders, query).exclude(id__in=staying)[: MOST_SHOWN + 1])
        parts = [(part, name) for part, name in ((found.off, "off"), (found.away, "away")) if part] if found else []
        context: dict[str, Any] = {
            "number": number,
            "counted": state,
            "query": query,
            "chosen": chosen,
            "others": others[:MOST_SHOWN],
            "more": len(others) > MOST_SHOWN,
            "oneself": actor.own_id,
            "found": found,
            "plan": found.off if found else None,
            "parts": [(name, leaving_effects(part, removing=name == "away"), part) for part, name in parts],
            "asked": asked,
            "typed": said.get("organization_name", ""),
            "changed": changed,
            "refused": refused,
        }
        status = 409 if changed else 422 if asked else status_of(refused) if refused and ticked is not None else 200
        return page(request, "billing/stay.html", context, status=status)
