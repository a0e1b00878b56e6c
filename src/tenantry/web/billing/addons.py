"""Add-ons of the plan: who has each, and switching one on or off with what it costs first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext

from tenantry.access.directory import listed
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting.actions import perform
from tenantry.billing.actions.addons import AddonPlan, plan_switch_addon, switch_addon
from tenantry.billing.selectors import AddonOfPerson, addons_of_person, holding_of, people_with_addon, subscription
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, PlanChanged, Refusal
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CHANGE, BILLING_VIEW
from tenantry.people.permissions import VIEW
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.selection import selected
from tenantry.web.toasts import toast

SIZE = 50


def _held(addon: str) -> tuple[Any, Any]:
    """The holding and the add-on of that key.

    :raises NotFound: the plan has none.
    """
    row = subscription()
    held = holding_of(row) if row else None
    found = next((one for one in held.terms.addons if one.key == addon), None) if held else None
    if found is None:
        raise NotFound
    return held, found


@screen(BILLING_VIEW)
def billing_addon(request: MemberRequest, addon: str) -> HttpResponse:
    """Who has it, in pages; ticked ones are switched off."""
    held, found = _held(addon)
    sees, query = request.actor.may(VIEW), request.GET.get("q", "")
    shown = None
    if sees:
        rows = _called(request.actor, addon, query)
        shown = keyset_page(rows, order="sort_name", cursor=request.GET.get("cursor"), size=SIZE)
    context: dict[str, Any] = {
        "addon": found,
        "price": found.prices[held.interval],
        "currency": held.terms.currency,
        "interval": held.interval,
        "people": held.switched.get(addon, 0),
        "charged": held.charged_addons.get(addon, 0) if held.period else None,
        "period": held.period,
        "page": shown,
        "may_change": sees and request.actor.may(BILLING_CHANGE),
    }
    return page(request, "billing/addon.html", context)


def _called(actor: Actor, addon: str, query: str) -> Any:
    rows = people_with_addon(actor, addon)
    if not query.strip():
        return rows
    return rows.filter(id__in=listed(actor, DirectoryFilter(query=query), clock.now()).values("id"))


@screen(BILLING_CHANGE)
def billing_addon_people(request: MemberRequest, addon: str) -> HttpResponse:
    """Active people who do not have it, to search and tick."""
    _found, one = _held(addon)
    query = request.GET.get("q", "")
    having = people_with_addon(request.actor, addon).values("id")
    rows = listed(request.actor, DirectoryFilter(query=query, statuses=("active",)), clock.now())
    people = list(rows.exclude(id__in=having).order_by("sort_name", "id")[: SIZE + 1])
    context = {"addon": one, "people": people[:SIZE], "more": len(people) > SIZE, "query": query}
    return page(request, "billing/addon_people.html", context)


@screen(BILLING_CHANGE, methods=("POST",))
def billing_addon_switch(request: MemberRequest, addon: str) -> HttpResponse:
    """`ids` and `on`. Without a digest: what it costs. With one: it is done. `person`: back to their page."""
    on, back = request.POST.get("on") == "1", request.POST.get("back", "")
    try:
        ids = selected(request)
    except InvalidInput as refused:
        toast(request, " ".join(str(text) for text in refused.fields.values()), bad=True)
        return go(request, reverse("billing_addon", args=[addon]))
    if not request.POST.get("digest"):
        return _asked(request, addon, ids, back, on=on)
    digest = request.POST["digest"]
    try:
        done = perform(switch_addon, actor=request.actor, key=addon, membership_ids=ids, on=on, digest=digest)
    except PlanChanged as changed:
        return _dialog(request, addon, ids, changed.plan, back, changed=True)
    except Refusal as refused:
        return _refused(request, addon, refused)
    toast(request, _said(done))
    for one in done.refused[:3]:
        toast(request, f"{one.name}: {one.sentence}", bad=True)
    return go(request, _back(addon, ids, back))


def _back(addon: str, ids: Sequence[UUID], back: str) -> str:
    if back == "person" and len(ids) == 1:
        return reverse("person_detail", args=[ids[0]])
    return reverse("billing_addon", args=[addon])


def _said(done: AddonPlan) -> str:
    count = len(done.members)
    words = {"n": count, "addon": done.title}
    if done.on:
        return (
            ngettext("%(addon)s is on for %(n)s person more.", "%(addon)s is on for %(n)s people more.", count) % words
        )
    return ngettext("%(addon)s is off for %(n)s person.", "%(addon)s is off for %(n)s people.", count) % words


def _asked(request: MemberRequest, addon: str, ids: Sequence[UUID], back: str, *, on: bool) -> HttpResponse:
    try:
        with reading():
            found = plan_switch_addon(actor=request.actor, key=addon, membership_ids=ids, on=on, now=clock.now())
    except Refusal as refused:
        return _refused(request, addon, refused)
    return _dialog(request, addon, ids, found, back)


def _refused(request: MemberRequest, addon: str, refused: Refusal) -> HttpResponse:
    if refused.kind in ("missing", "forbidden", "invalid"):
        raise refused
    toast(request, str(refused), bad=True)
    return go(request, reverse("billing_addon", args=[addon]))


def _dialog(
    request: MemberRequest, addon: str, ids: Sequence[UUID], found: AddonPlan, back: str, *, changed: bool = False
) -> HttpResponse:
    context = {
        "addon": addon,
        "plan": found,
        "ids": ids,
        "back": back if back == "person" else "",
        "back_url": _back(addon, ids, back),
        "changed": changed,
    }
    return page(request, "billing/addon_switch.html", context, status=409 if changed else 200)


def addons_for(actor: Actor, membership_id: UUID, status: str) -> list[AddonOfPerson]:
    """For the page of somebody active; nothing is asked for whoever does not see billing. The add-on's own page shows
    those who have it and are not active."""
    if status != "active" or not actor.may(BILLING_VIEW):
        return []
    return addons_of_person(membership_id)
