"""Carrying out what was promised: a paid order, or a change that costs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.billing.invoicing import Line
from tenantry.billing.models import Subscription
from tenantry.billing.seat_pricing import price_with_plan
from tenantry.billing.selectors import gateway_for, rules
from tenantry.billing.states import Happening, State
from tenantry.billing.steps import changed, invoice_all, keep, move, resolve_entitlements
from tenantry.billing.terms import Terms
from tenantry.core.jobs import Job
from tenantry.metering.steps import add_pack


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """`values`: for the audit."""

    values: Mapping[str, Any]
    events: tuple[Event, ...]
    jobs: tuple[Job, ...]


def carry_out(
    row: Subscription,
    promise: Mapping[str, Any],
    at: datetime,
    now: datetime,
    ref: str = "",
    *,
    prepaid: bool = True,
    until: datetime | None = None,
) -> CarriedOut:
    """The plan of a promise holds from the moment it was quoted of; its invoices are the quote's lines, and paid where
    the money is there already. `until`: when what was agreed ends. `row` is locked."""
    in_action()
    terms, before, was, had = Terms.of(promise["terms"]), row.terms["title"], row.state, row.seats
    said, row.gateway = _said(row, promise), gateway_for(row)
    quoted = datetime.fromisoformat(promise["at"])
    period = [datetime.fromisoformat(one) for one in promise["period"]] if promise["period"] else None
    goes_on = period is not None and row.period_end == period[1]
    row.terms, row.interval, row.seats = terms.plain(), promise["interval"], promise["seats"]
    row.charged_seats, row.increased_at, row.planned, row.cancels = promise["seats"], None, {}, False
    row.charged_addons = _addons_in(promise)
    row.trial_ends_at = row.agreed_told_at = None
    row.agreed_until = until
    if period is None:
        row.period_start = row.period_end = row.anchor_at = None
    elif not goes_on:
        row.period_start, row.period_end = period
        row.anchor_at = quoted
    several = period is not None and row.interval == "year" and (rules().per_person or bool(terms.addons))
    row.counted_at = (row.counted_at or quoted) if several else None
    move(row, Happening.BOUGHT, at)
    sheets = [[Line.of(one) for one in sheet["lines"]] for sheet in promise["sheets"]]
    issued = invoice_all(row, sheets, at, prepaid=prepaid, ref=ref)
    price_with_plan(row, had, issued, now)
    keep(row, now)
    resolve_entitlements(now)
    values = {
        "before": before,
        "after": terms.title,
        "interval": row.interval,
        "seats": row.seats,
        "due": promise["due"],
        "currency": promise["currency"],
        "from_state": was,
        "invoices": [one.invoice.written_number for one in issued],
    }
    events = (changed(row, said, at, before), *(event for one in issued for event in one.events))
    return CarriedOut(values, events, tuple(job for one in issued for job in one.jobs))


def _addons_in(promise: Mapping[str, Any]) -> dict[str, int]:
    """For how many people of each add-on it was paid: who was switched on since the quote is counted later."""
    lines = [(sheet["key"], one) for sheet in promise["sheets"] for one in sheet["lines"]]
    return {key: one["quantity"] for key, one in lines if one["code"] == "addon"}


def _said(row: Subscription, promise: Mapping[str, Any]) -> str:
    """The change's name, for those who tell people of it."""
    if row.state in (State.TRIAL, State.TRIAL_ENDED, State.CANCELED) or row.period_end is None:
        return "started"
    if promise["terms"]["by_agreement"]:
        return "agreed"
    if row.terms["plan"] != promise["terms"]["plan"]:
        return "upgraded" if promise["direction"] == "up" else "downgraded"
    if row.interval != promise["interval"]:
        return "interval_changed"
    return "seats_changed"


def carry_pack(row: Subscription, promise: Mapping[str, Any], at: datetime, now: datetime, ref: str = "") -> CarriedOut:
    """The pack is there, and its invoice is the quote's lines and paid. `row` is locked."""
    in_action()
    pack = promise["pack"]
    sheets = [[Line.of(one) for one in sheet["lines"]] for sheet in promise["sheets"]]
    issued = invoice_all(row, sheets, at, prepaid=True, ref=ref)
    add_pack(pack["meter"], pack["amount"], at)
    keep(row, now)
    values = {
        "after": pack["title"],
        "due": promise["due"],
        "currency": promise["currency"],
        "invoices": [one.invoice.written_number for one in issued],
    }
    event = Event("PackBought", {"meter": pack["meter"], "amount": pack["amount"]})
    return CarriedOut(values, (event, *(each for one in issued for each in one.events)), ())
