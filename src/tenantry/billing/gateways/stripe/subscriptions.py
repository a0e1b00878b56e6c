"""Our subscription as Stripe's: whatever stands there, it says what ours says and takes nothing by itself."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import stripe
from stripe import StripeClient, Subscription, SubscriptionSchedule

from tenantry.billing.gateways.stripe.charging import NEAR, period_of
from tenantry.billing.gateways.stripe.client import id_of, keyed, moment, seconds
from tenantry.billing.gateways.stripe.prices import Item, priced

OVER = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What runs by our own word, as of that `version` of it. `then`: what comes with the next period, None: the same;
    `cancels`: nothing does. `now`: by the subscription's clock."""

    organization_id: UUID
    customer: str
    method: str
    items: tuple[Item, ...]
    period: tuple[datetime, datetime]
    cancels: bool
    then: tuple[Item, ...] | None
    now: datetime
    version: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What runs there. `quantities` by price; `lines`: the items' ids by price. `noted`: what we last said about its
    end. `planned`: what comes next by its schedule."""

    id: str
    customer: str
    quantities: dict[str, int]
    lines: dict[str, str]
    period: tuple[datetime, datetime] | None
    cancels: bool
    noted: bool
    waits: bool
    schedule: str
    planned: dict[str, int] | None

    @property
    def told(self) -> bool:
        """Somebody ended it, or took that back, at Stripe."""
        return self.cancels != self.noted


def look(client: StripeClient, ref: str) -> Seen | None:
    """None: there is none, or it is over."""
    if not ref:
        return None
    found = client.v1.subscriptions.retrieve(ref, {"expand": ["schedule"]})
    return None if found.status in OVER else _seen(found)


def running(client: StripeClient, customer: str, organization_id: UUID) -> list[Seen]:
    """All of ours that run for this customer, the oldest first: one begun on a page may not be known yet. Those that
    somebody made at Stripe by hand are left alone."""
    page = client.v1.subscriptions.list({"customer": customer, "limit": 100, "expand": ["data.schedule"]})
    ours = str(organization_id)
    found = [one for one in page.data if dict(one.metadata.to_dict()).get("organization") == ours]
    return [_seen(one) for one in reversed(found) if one.status not in OVER]


def _seen(found: Subscription) -> Seen:
    items, span = found["items"].data, period_of(found)
    schedule = found.schedule if isinstance(found.schedule, SubscriptionSchedule) else None
    noted = dict(found.metadata.to_dict()).get("cancels")
    ends = bool(found.cancel_at_period_end or found.cancel_at)
    return Seen(
        id=found.id,
        customer=id_of(found.customer),
        quantities={one.price.id: one.quantity or 0 for one in items},
        lines={one.price.id: one.id for one in items},
        period=(moment(span[0]), moment(span[1])) if span else None,
        cancels=ends,
        noted=ends if noted is None else noted == "yes",
        waits=bool(found.pause_collection and found.pause_collection.behavior == "keep_as_draft"),
        schedule=id_of(found.schedule),
        planned=_planned(schedule) if schedule else None,
    )


def _planned(schedule: SubscriptionSchedule) -> dict[str, int] | None:
    """Of the phase after the running one."""
    running = schedule.current_phase
    later = [one for one in schedule.phases if running is None or one.start_date >= running.end_date]
    return {id_of(one.price): one.quantity or 0 for one in later[0]["items"]} if later else None


def end(client: StripeClient, ref: str) -> None:
    """At once; nothing is reckoned or charged."""
    client.v1.subscriptions.cancel(ref, {"invoice_now": False, "prorate": False}, keyed("end", ref))


def converge(client: StripeClient, wanted: Wanted | None, seen: Seen | None) -> str:
    """Makes Stripe's the same as ours, and says what it is called now; "" where nothing runs."""
    if wanted is None or not wanted.items:
        if seen is not None:
            end(client, seen.id)
        return ""
    prices = priced(client, (*wanted.items, *(wanted.then or ())))
    if seen is not None and (seen.customer != wanted.customer or _elsewhere(wanted, seen)):
        end(client, seen.id)
        seen = None
    if seen is None:
        if wanted.cancels or not wanted.method:
            return ""
        seen = _begun(client, wanted, prices)
    key = _Key(wanted, seen)
    seen = _same_items(client, wanted, seen, prices, key)
    _same_end(client, wanted, seen, key)
    _same_plan(client, wanted, seen, prices, key)
    return seen.id


def _elsewhere(wanted: Wanted, seen: Seen) -> bool:
    """Another period runs there. At the end of one, whoever is later is waited for."""
    if seen.period is None:
        return True
    (start, over), (begun, ends) = seen.period, wanted.period
    return min(abs(over - ends), abs(over - begun), abs(start - ends)) > NEAR


class _Key:
    """One change of what was seen to what is wanted is asked for once. What was seen is in it, and which version of
    ours is wanted: whoever cancels, resumes and cancels again wants what was wanted before, and is not answered by what
    was done then. The hour is in it for whoever goes back and forth at Stripe, of which no version of ours tells."""

    def __init__(self, wanted: Wanted, seen: Seen) -> None:
        when = f"{wanted.version}:{seconds(wanted.now) // 3600}"
        told = f"{when}{wanted.items}{wanted.then}{wanted.cancels}{wanted.method}{seen}"
        self.id, self.digest = seen.id, hashlib.sha256(told.encode()).hexdigest()[:24]

    def __call__(self, what: str) -> stripe.RequestOptions:
        return keyed(what, self.id, self.digest)


def _begun(client: StripeClient, wanted: Wanted, prices: dict[str, str]) -> Seen:
    """It runs from our next period on: the present one is charged by us."""
    told = hashlib.sha256(f"{wanted.items}{wanted.method}".encode()).hexdigest()[:24]
    made = client.v1.subscriptions.create(
        {
            "customer": wanted.customer,
            "items": [{"price": prices[one.name], "quantity": one.quantity} for one in wanted.items],
            "default_payment_method": wanted.method,
            "billing_cycle_anchor": seconds(wanted.period[1]),
            "proration_behavior": "none",
            "off_session": True,
            "metadata": {"organization": str(wanted.organization_id), "cancels": "no"},
        },
        keyed("begin", wanted.organization_id, seconds(wanted.period[0]), seconds(wanted.now) // 3600, told),
    )
    return _seen(client.v1.subscriptions.retrieve(made.id, {"expand": ["schedule"]}))


def _same_items(client: StripeClient, wanted: Wanted, seen: Seen, prices: dict[str, str], key: _Key) -> Seen:
    """What is held now. A schedule goes first: it would bring the former items back."""
    asked = {prices[one.name]: one.quantity for one in wanted.items}
    if asked == seen.quantities and seen.waits:
        return seen
    if seen.schedule and asked != seen.quantities:
        client.v1.subscription_schedules.release(seen.schedule, {}, key("release"))
    params: stripe.params.SubscriptionUpdateParams = {
        "proration_behavior": "none",
        # Bills of a period stay drafts until we have made them say what ours say.
        "pause_collection": {"behavior": "keep_as_draft"},
    }
    if asked != seen.quantities:
        changed: list[Any] = [
            {"id": seen.lines[price], "quantity": number}
            if price in seen.lines
            else {"price": price, "quantity": number}
            for price, number in asked.items()
        ]
        gone: list[Any] = [{"id": line, "deleted": True} for price, line in seen.lines.items() if price not in asked]
        params["items"] = [*changed, *gone]
    client.v1.subscriptions.update(seen.id, params, key("items"))
    return _seen(client.v1.subscriptions.retrieve(seen.id, {"expand": ["schedule"]}))


def _same_end(client: StripeClient, wanted: Wanted, seen: Seen, key: _Key) -> None:
    if seen.cancels == wanted.cancels == seen.noted:
        return
    if wanted.cancels and seen.schedule:
        client.v1.subscription_schedules.release(seen.schedule, {}, key("release-to-end"))
    client.v1.subscriptions.update(
        seen.id,
        {"cancel_at_period_end": wanted.cancels, "metadata": {"cancels": "yes" if wanted.cancels else "no"}},
        key("end"),
    )


def _same_plan(client: StripeClient, wanted: Wanted, seen: Seen, prices: dict[str, str], key: _Key) -> None:
    """What comes with the next period, as a schedule of two phases that lets go afterwards."""
    if wanted.then is None or wanted.cancels:
        if seen.schedule and not wanted.cancels:
            client.v1.subscription_schedules.release(seen.schedule, {}, key("release-plan"))
        return
    asked = {prices[one.name]: one.quantity for one in wanted.then}
    if seen.planned == asked or seen.period is None:
        return
    ref = seen.schedule
    if not ref:
        ref = client.v1.subscription_schedules.create({"from_subscription": seen.id}, key("schedule")).id
    running = client.v1.subscription_schedules.retrieve(ref).current_phase
    start = running.start_date if running else seconds(seen.period[0])
    interval = wanted.then[0].interval
    client.v1.subscription_schedules.update(
        ref,
        {
            "end_behavior": "release",
            "proration_behavior": "none",
            "phases": [
                {
                    "items": [{"price": price, "quantity": number} for price, number in seen.quantities.items()],
                    "start_date": start,
                    "end_date": seconds(seen.period[1]),
                    "proration_behavior": "none",
                },
                {
                    "items": [{"price": price, "quantity": number} for price, number in asked.items()],
                    "duration": {"interval": "year" if interval == "year" else "month", "interval_count": 1},
                    "proration_behavior": "none",
                },
            ],
        },
        key("phases"),
    )
