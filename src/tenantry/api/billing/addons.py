"""Add-ons of the plan: who has each, and switching them with their price first."""

from typing import Any

from ninja import Query, Router

from tenantry.api.billing.addon_schemas import (
    AddonOut,
    AddonPersonOut,
    AddonPersonPage,
    AddonPersonQuery,
    AddonsOut,
    AddonSwitchIn,
    AddonSwitchOut,
    ConfirmedAddonSwitch,
)
from tenantry.api.billing.rows import INTERVALS
from tenantry.api.billing.schemas import Interval
from tenantry.api.billing.subscription import KEPT_BACK
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import named, refused_people
from tenantry.api.requests import ApiRequest
from tenantry.billing.actions.addons import AddonPlan, plan_switch_addon, switch_addon
from tenantry.billing.errors import AddonUnknown
from tenantry.billing.selectors import holding_of, people_with_addon, subscription
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.organizations.permissions import BILLING_CHANGE, BILLING_VIEW

router = Router(tags=["Billing"])
ONE = "/billing/addons/{addon}"


@operation(router, "GET", "/billing/addons", BILLING_VIEW, answer=AddonsOut)
def billing_addon_list(request: ApiRequest) -> AddonsOut:
    """Add-ons of the present plan, and for how many people each is on."""
    row = subscription()
    if row is None:
        return AddonsOut(items=[])
    held = holding_of(row)
    interval = _interval(held.interval)
    items = [
        AddonOut(
            key=one.key,
            title=one.title,
            price=one.prices[interval],
            interval=interval,
            currency=held.terms.currency,
            people=held.switched.get(one.key, 0),
            charged_people=held.charged_addons.get(one.key, 0) if held.period else None,
        )
        for one in held.terms.addons
    ]
    return AddonsOut(items=items)


def _interval(said: str) -> Interval:
    return next(one for one in INTERVALS if one == said)


@operation(router, "GET", f"{ONE}/people", BILLING_VIEW, answer=AddonPersonPage, refuses=(AddonUnknown,))
def billing_addon_person_list(request: ApiRequest, addon: str, query: Query[AddonPersonQuery]) -> Answer:
    """Who has it, by name; needs to see people, too."""
    row = subscription()
    if row is None or all(one.key != addon for one in holding_of(row).terms.addons):
        raise AddonUnknown
    rows = people_with_addon(request.actor, addon)
    page = keyset_page(rows, order="sort_name", cursor=query.cursor, size=query.limit)
    items = [_person(member) for member in page.rows]
    return listed(request, AddonPersonPage, page, items)


def _person(member: Any) -> AddonPersonOut:
    return AddonPersonOut(id=member.id, name=member.name, status=member.status, since=member.since)


def _plan(found: AddonPlan) -> AddonSwitchOut:
    same = ("digest", "key", "title", "on", "same", "price", "currency", "charged_at", "charged")
    more = ("renews_at", "renewal_before", "renewal_after")
    values: dict[str, Any] = {name: getattr(found, name) for name in (*same, *more)}
    return AddonSwitchOut(
        **values,
        people=named(found.members, found.names),
        refused=refused_people(found.refused),
        interval=_interval(found.interval),
        people_before=found.before,
        people_after=found.after,
    )


@operation(
    router,
    "POST",
    f"{ONE}/plan",
    BILLING_CHANGE,
    answer=AddonSwitchOut,
    reads=True,
    refuses=(AddonUnknown, InvalidInput, *KEPT_BACK),
)
def billing_addon_plan(request: ApiRequest, addon: str, body: AddonSwitchIn) -> AddonSwitchOut:
    """What switching it on or off for people costs and when; changes nothing."""
    ids = tuple(body.person_ids)
    return _plan(plan_switch_addon(actor=request.actor, key=addon, membership_ids=ids, on=body.on, now=clock.now()))


@operation(
    router,
    "POST",
    ONE,
    BILLING_CHANGE,
    answer=AddonSwitchOut,
    refuses=(AddonUnknown, InvalidInput, PlanChanged, *KEPT_BACK),
)
def billing_addon_switch(request: ApiRequest, addon: str, body: ConfirmedAddonSwitch) -> AddonSwitchOut:
    """Switches it on or off for people; who can't have it is left out and named."""
    ids = tuple(body.person_ids)
    done = carry_out(request, switch_addon, key=addon, membership_ids=ids, on=body.on, digest=body.digest)
    return _plan(done)
