"""To another plan: whether at once or at the period's end, for how much, and what it gives and takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from tenantry.acting.plans import Plan
from tenantry.billing.coming import seats_then
from tenantry.billing.errors import (
    AlreadyCanceling,
    ByAgreement,
    FewestSeats,
    InvoicePending,
    MostSeats,
    NothingChanges,
    NothingSold,
    PlanUnknown,
)
from tenantry.billing.invoicing import credit_balance
from tenantry.billing.models import Interval, Subscription
from tenantry.billing.offers import offered, sells
from tenantry.billing.quoting import Holding, Period, Quote, change_parts, period_of, quote_of
from tenantry.billing.selectors import (
    Rules,
    holding_of,
    moment_of,
    open_invoices,
    overrides,
    rules,
    switched,
    terms_of,
)
from tenantry.billing.states import Act, State, require_state
from tenantry.billing.terms import Terms
from tenantry.billing.use import Reduction, reductions
from tenantry.core import crypto
from tenantry.core.errors import InvalidInput
from tenantry.core.money import major
from tenantry.organizations.entitlements import CATALOGUE, SEATS
from tenantry.people.seats import seats as seats_in_use

# A quote that is being read holds for so long.
QUOTE_HOLDS = timedelta(minutes=30)
# States in which nothing that was paid runs any more, or yet.
OUTSIDE = frozenset({State.TRIAL, State.TRIAL_ENDED, State.CANCELED})


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one entitlement; None is unlimited."""

    key: str
    title: str
    before: int | None
    after: int | None

    @property
    def gains(self) -> bool:
        return self.before is not None and (self.after is None or self.after > self.before)


@dataclass(frozen=True, slots=True)
class PlanChangePlan(Plan):
    """`at`: the moment that the figures are of, by the subscription's clock; whoever confirms hands it back. `when`:
    "now" or "period_end"; `effective_at` accordingly. `direction`: "up", "down" or "same". `quote`: of what is due now.
    `reductions`: what is more than there would be; at once nothing may be. `base`: what the figures are of."""

    plan: str
    title: str
    before_title: str
    interval: str
    seats: int | None
    at: datetime
    when: str
    effective_at: datetime
    direction: str
    ends_trial: bool
    cancels: bool
    quote: Quote
    next_at: datetime | None
    next_amount: int
    gained: tuple[Difference, ...]
    lost: tuple[Difference, ...]
    reductions: tuple[Reduction, ...]
    base: str
    terms: Mapping[str, Any]
    period: Period | None


def planned_change(
    row: Subscription | None, plan: str, interval: str, seats: int | None, now: datetime, at: datetime | None
) -> PlanChangePlan:
    """What the change is; asks for nobody's permission and locks nothing.

    :raises NothingSold, PlanUnknown, ByAgreement: see there. :raises Refusal: see `change_to`.
    """
    return change_to(row, _chosen(plan, interval), interval, seats, now, at)


def change_to(
    row: Subscription | None,
    terms: Terms,
    interval: str,
    seats: int | None,
    now: datetime,
    at: datetime | None,
    *,
    agreed: bool = False,
) -> PlanChangePlan:
    """`agreed`: with an operator, at once and from its own day on, whatever was held before.

    :raises NothingChanges, FewestSeats, MostSeats, InvoicePending: see there.
    :raises InTrial, PaymentPending, NotWhileFrozen, AlreadyCanceling: the state keeps it back.
    """
    ruled = rules()
    before = terms_of(row)
    at = _moment(row, now, at)
    counted = seats_in_use(now).in_use
    wanted = _seats(terms, seats, row, counted, ruled)
    direction = "up" if agreed else _direction(row, before, terms, interval, wanted)
    at_once = _comes_at_once(row, before, terms, now=ruled.at_once or direction == "up", agreed=agreed)
    after = _held(terms, interval, wanted, counted, ruled)
    period: Period | None = None
    parts: list[tuple[str, Any]] = []
    if at_once:
        _refuse_open()
        period, parts = _at_once(row, after, at, ruled, anew=agreed)
    effective, next_at = _when(row, terms, at, period, at_once=at_once)
    granted = {**terms.entitlements, SEATS: None if wanted is None or ruled.per_person else wanted}
    said = _said_otherwise(row, effective)
    gained, lost = _differences(row, before, granted, ruled, said)
    then = after.seats if at_once else _seats_at_renewal(row, terms, after.seats, counted, ruled)
    return PlanChangePlan(
        plan=terms.plan,
        title=terms.title,
        before_title=before.title,
        interval=interval,
        seats=wanted,
        at=at,
        when="now" if at_once else "period_end",
        effective_at=effective,
        direction=direction,
        ends_trial=row is not None and row.state == State.TRIAL,
        cancels=terms.is_free and row is not None and row.period_end is not None,
        quote=quote_of(parts, currency=terms.currency, at=at, balance=credit_balance(terms.currency)),
        next_at=next_at,
        next_amount=0 if next_at is None else terms.amount(interval, then, after.switched),
        gained=gained,
        lost=lost,
        reductions=reductions({**granted, **said}, now),
        base=base_of(row),
        terms=terms.plain(),
        period=period,
    )


def _comes_at_once(row: Subscription | None, before: Terms, terms: Terms, *, now: bool, agreed: bool) -> bool:
    """`now`: the rules have it at once.

    :raises Refusal: the state keeps it back.
    """
    outside = row is None or row.state in OUTSIDE or row.period_end is None
    # What is unused of one currency is no money of another: that one begins with a period of its own.
    other = not outside and before.currency != terms.currency
    if other and agreed:
        raise InvalidInput({"plan": _("It is in another currency: what runs has to end first.")})
    at_once = outside or (now and not other)
    require_state(row.state if row else State.ACTIVE, Act.CHANGE_NOW if at_once else Act.CHANGE_LATER)
    if row is not None and row.cancels and not at_once:
        raise AlreadyCanceling
    return at_once


def _said_otherwise(row: Subscription | None, effective: datetime) -> Mapping[str, int | None]:
    """By operators, and holding beyond that moment whatever the plan is."""
    lasting = [one for one in overrides() if one.ends_at is None or moment_of(row, one.ends_at) > effective]
    return {one.key: one.limit for one in lasting}


def _seats_at_renewal(row: Subscription | None, terms: Terms, wanted: int, counted: int, ruled: Rules) -> int:
    """As renewing will have them, if nobody comes or goes until then."""
    assert row is not None
    charged = row.seats if row.increased_at else row.charged_seats
    return seats_then(terms, wanted, counted, charged, per_person=ruled.per_person) or 0


def _when(
    row: Subscription | None, terms: Terms, at: datetime, period: Period | None, *, at_once: bool
) -> tuple[datetime, datetime | None]:
    """From when on it holds, and when it is charged next."""
    if at_once:
        return at, period[1] if period else None
    assert row is not None
    assert row.period_end is not None
    return row.period_end, None if terms.is_free else row.period_end


def _chosen(plan: str, interval: str) -> Terms:
    if not sells():
        raise NothingSold
    terms = next((one for one in offered() if one.plan == plan), None)
    if terms is None or interval not in Interval.values:
        raise PlanUnknown
    if terms.by_agreement:
        raise ByAgreement(plan=terms.title)
    return terms


def _moment(row: Subscription | None, now: datetime, at: datetime | None) -> datetime:
    """The moment of the quote that was read, as long as it holds; else this one."""
    moment = moment_of(row, now)
    if at is None or not moment - QUOTE_HOLDS <= at <= moment:
        return moment
    if row is not None and (at < row.state_since or (row.period_start is not None and at < row.period_start)):
        return moment
    return at


def _seats(terms: Terms, wanted: int | None, row: Subscription | None, counted: int, ruled: Rules) -> int | None:
    """How many are held afterwards; None where they are not counted."""
    if terms.included is None:
        return None
    if ruled.per_person:
        return counted
    if terms.most_seats is not None:
        if wanted is not None and wanted > terms.most_seats:
            raise MostSeats(plan=terms.title, maximum=terms.most_seats)
        return terms.most_seats
    if wanted is None:
        kept = row.seats if row is not None and row.period_end is not None else None
        return max(terms.minimum, counted if kept is None else kept)
    if wanted < terms.minimum:
        raise FewestSeats(plan=terms.title, minimum=terms.minimum)
    return wanted


def _direction(row: Subscription | None, before: Terms, after: Terms, interval: str, wanted: int | None) -> str:
    """By the plans' places in their catalogue, else by what a month costs; then by the interval, then by the seats."""
    if row is None or row.state in OUTSIDE or row.period_end is None:
        if (
            row is not None
            and row.state not in OUTSIDE
            and (before.plan, before.version) == (after.plan, after.version)
        ):
            raise NothingChanges
        return "up" if not after.is_free else "same"
    held = row.seats or 0
    if before.catalogue == after.catalogue and before.plan != after.plan:
        return "up" if after.rank > before.rank else "down"
    if before.plan != after.plan or before.version != after.version:
        cost = (after.amount("month", wanted or 0), before.amount("month", held))
        return "up" if cost[0] >= cost[1] else "down"
    if row.interval != interval:
        return "up" if interval == Interval.YEAR else "down"
    if wanted == row.seats:
        raise NothingChanges
    return "up" if (wanted or 0) > held else "down"


def _held(terms: Terms, interval: str, wanted: int | None, counted: int, ruled: Rules) -> Holding:
    seats = counted if ruled.per_person else (wanted or 0)
    return Holding(terms, interval, seats, seats, switched() if terms.addons else {}, None, None)


def _at_once(
    row: Subscription | None, after: Holding, at: datetime, ruled: Rules, *, anew: bool
) -> tuple[Period | None, list[tuple[str, Any]]]:
    """The period that runs afterwards: the present one where the interval stays, else or `anew` one that begins now."""
    before = None if row is None or row.state in OUTSIDE else holding_of(row)
    runs = before is not None and before.period is not None
    if runs and not anew and before is not None and before.interval == after.interval:
        period = None if after.terms.is_free else before.period
    else:
        period = period_of(after.terms, after.interval, at, at)
    return period, change_parts(before, after, period, at, ruled.basis)


def _refuse_open() -> None:
    """:raises InvoicePending: what was not paid can't be given back."""
    first = open_invoices().first()
    if first is not None:
        raise InvoicePending(number=first.written_number)


def _differences(
    row: Subscription | None,
    before: Terms,
    granted: Mapping[str, int | None],
    ruled: Rules,
    said: Mapping[str, int | None],
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """`said`: of operators, which no plan changes."""
    held: dict[str, int | None] = {key: before.entitlements.get(key) for key in CATALOGUE}
    unbound = row is None or row.seats is None or before.included is None or ruled.per_person
    held[SEATS] = None if unbound or row is None else row.seats
    found = [
        Difference(key, str(CATALOGUE[key].title), held[key], granted.get(key))
        for key in CATALOGUE
        if key not in said and held[key] != granted.get(key)
    ]
    return tuple(one for one in found if one.gains), tuple(one for one in found if not one.gains)


def base_of(row: Subscription | None) -> str:
    """Of everything that a quote's figures rest on: another one, and the quote is not true any more. That a trial is
    about to end, or has, changes none of them."""
    terms = terms_of(row)
    seats, charged = (row.seats, row.charged_seats) if row else (None, None)
    period = (row.period_start, row.period_end) if row else (None, None)
    interval = row.interval if row else Interval.MONTH
    parts = (terms.catalogue, terms.plan, terms.version, interval, seats, charged, *period)
    return crypto.token_hash("|".join(map(str, parts))).hex()[:16]


def promised(plan: PlanChangePlan) -> dict[str, Any]:
    """What an order keeps of it, to be carried out when it is paid."""
    return {
        "terms": dict(plan.terms),
        "interval": plan.interval,
        "seats": plan.seats,
        "sheets": [sheet.plain() for sheet in plan.quote.sheets],
        "due": plan.quote.due,
        "balance": plan.quote.balance,
        "currency": plan.quote.currency,
        "at": plan.at.isoformat(),
        "period": [one.isoformat() for one in plan.period] if plan.period else None,
        "base": plan.base,
        "direction": plan.direction,
        "amount": str(major(plan.quote.due, plan.quote.currency)),
    }
