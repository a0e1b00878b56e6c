"""Buying and reducing licensed seats."""

from dataclasses import dataclass
from datetime import datetime

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.billing.allowed import refuse_card
from tenantry.billing.changing import QUOTE_HOLDS
from tenantry.billing.coming import BOUGHT, fewer_planned, more_planned, planned_seats, renewal_amount
from tenantry.billing.errors import (
    AlreadyCanceling,
    FewestSeats,
    MostSeats,
    NoSeats,
    NotCounted,
    NothingChanges,
    SeatsInUse,
)
from tenantry.billing.invoicing import credit_balance
from tenantry.billing.models import Subscription
from tenantry.billing.quoting import Quote, increase_parts, quote_of
from tenantry.billing.seat_pricing import price_bought, withdraw_planned
from tenantry.billing.selectors import (
    WINDOW,
    holding_of,
    moment_of,
    payment_method,
    planned_terms,
    rules,
    subscription,
    terms_of,
)
from tenantry.billing.states import Act, Happening, require_state
from tenantry.billing.steps import changed, keep, lock_subscription, move, resolve_entitlements
from tenantry.billing.terms import Terms
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.people.seat_ledger import Effect, Kind, note_licence
from tenantry.people.seats import seats as seats_in_use

# More at once is a mistake of the keyboard.
MOST_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class SeatsPlan(Plan):
    """`at`: the moment that the figures are of. `quote`: everything that is charged together at `charged_at`, what was
    added within the hour before with it. `renewal_amount`: of the next invoice, before tax and credit."""

    before: int
    after: int
    at: datetime
    quote: Quote
    charged_at: datetime
    effective_at: datetime
    renewal_amount: int
    version: int


def _licensed(row: Subscription | None, act: Act) -> tuple[Subscription, Terms]:
    """:raises NotCounted: nobody counts seats here. :raises Refusal: the state keeps it back."""
    terms = terms_of(row)
    if row is None or row.seats is None or terms.included is None or rules().per_person:
        raise NotCounted
    require_state(row.state, act)
    return row, terms


def plan_buy_seats(*, actor: Actor, count: int, now: datetime, at: datetime | None = None) -> SeatsPlan:
    """What `count` more seats cost for the rest of the period and at renewal. `at`: of a quote that is read already.

    :raises NoSeats, NotCounted, MostSeats, NoPaymentMethod, CardDeclined, InTrial, PaymentPending: see there.
    """
    require_any(actor, BILLING_CHANGE)
    if not 0 < count <= MOST_AT_ONCE:
        raise NoSeats
    row, terms = _licensed(subscription(), Act.BUY_SEATS)
    held = holding_of(row)
    if row.period_end is None or terms.most_seats is not None:
        raise MostSeats(plan=terms.title, maximum=row.seats)
    refuse_card(payment_method())
    moment = moment_of(row, now)
    if at is None or not max(moment - QUOTE_HOLDS, row.period_start or moment) <= at <= moment:
        at = moment
    # What is charged together is reckoned from the first increase.
    began = row.increased_at or at
    after = held.seats + count
    parts = increase_parts(held, after - held.charged, began, rules().basis)
    quote = quote_of(parts, currency=terms.currency, at=began, balance=credit_balance(terms.currency))
    then = more_planned(row, count).get("seats", after)
    return SeatsPlan(
        held.seats,
        after,
        at,
        quote,
        min(began + WINDOW, row.period_end),
        at,
        renewal_amount(row, seats_in_use(now), held, after if then is None else then),
        row.version,
    )


@action(BILLING_CHANGE)
def buy_seats(
    *, actor: Actor, now: datetime, count: int, at: datetime | None = None, digest: str | None = None
) -> Outcome[Done]:
    """They can be taken at once; the charge comes an hour after the first of them, one for all that came meanwhile.

    :raises PlanChanged: `digest` is of other figures. :raises Refusal: see `plan_buy_seats`.
    """
    row = lock_subscription()
    found = confirm(plan_buy_seats(actor=actor, count=count, now=now, at=at), digest)
    assert row is not None
    row.seats = found.after
    row.increased_at = row.increased_at or found.at
    row.planned = more_planned(row, count)
    note_licence(Kind.BOUGHT, count, now)
    return _kept(row, _entry("billing.seats_bought", row, found), now)


def _entry(code: str, row: Subscription, found: SeatsPlan) -> Entry:
    values = {
        "before": found.before,
        "after": found.after,
        "count": abs(found.after - found.before),
        "due": found.quote.due,
        "currency": found.quote.currency,
    }
    return Entry(code, "subscription", row.id, values)


def _kept(row: Subscription, entry: Entry, now: datetime, then: int | None = None) -> Outcome[Done]:
    """`then`: seats that were chosen for the next period."""
    keep(row, now)
    resolve_entitlements(now)
    return Outcome(Done(row.id), entry, (changed(row, "seats_changed", moment_of(row, now), then=then),))


def plan_reduce_seats(*, actor: Actor, seats: int, now: datetime) -> SeatsPlan:
    """To `seats`, at renewal; at once as far as they were added within the hour and not charged yet. With another plan
    to come they are those of that plan.

    :raises NoSeats, NotCounted, FewestSeats, MostSeats, SeatsInUse, NothingChanges, AlreadyCanceling, InTrial: see
        there.
    """
    require_any(actor, BILLING_CHANGE)
    if seats <= 0:
        raise NoSeats
    row, terms = _licensed(subscription(), Act.REDUCE_SEATS)
    held, counted = holding_of(row), seats_in_use(now)
    if seats < counted.in_use:
        raise SeatsInUse(in_use=counted.in_use)
    at_once = row.increased_at is not None and seats >= held.charged
    _refuse_number(terms if at_once else planned_terms(row) or terms, seats)
    if seats >= held.seats or row.period_end is None or (not at_once and seats == planned_seats(row)):
        raise NothingChanges
    if row.cancels and not at_once:
        raise AlreadyCanceling
    moment = moment_of(row, now)
    began = row.increased_at or moment
    parts = increase_parts(held, seats - held.charged, began, rules().basis) if at_once else []
    # By the minute, so that the digest of what is read holds: nothing here depends on the second.
    at = moment.replace(second=0, microsecond=0) if at_once else row.period_end
    then = fewer_planned(row, held.seats - seats).get("seats", seats) if at_once else seats
    balance = credit_balance(terms.currency)
    return SeatsPlan(
        held.seats,
        seats,
        row.period_end,
        quote_of(parts, currency=terms.currency, at=began if at_once else row.period_end, balance=balance),
        min(began + WINDOW, row.period_end) if at_once else row.period_end,
        row.increased_at or at if at_once else row.period_end,
        renewal_amount(row, counted, held, seats if then is None else then),
        row.version,
    )


def _refuse_number(terms: Terms, seats: int) -> None:
    """:raises FewestSeats, MostSeats: the plan is not sold with so many."""
    if seats < terms.minimum:
        raise FewestSeats(plan=terms.title, minimum=terms.minimum)
    if terms.most_seats is not None:
        raise MostSeats(plan=terms.title, maximum=terms.most_seats)


@action(BILLING_CHANGE)
def reduce_seats(*, actor: Actor, now: datetime, seats: int, digest: str | None = None) -> Outcome[Done]:
    """What is paid stays until the period's end.

    :raises PlanChanged: `digest` is of an older plan. :raises Refusal: see `plan_reduce_seats`.
    """
    row = lock_subscription()
    found = confirm(plan_reduce_seats(actor=actor, seats=seats, now=now), digest)
    assert row is not None
    if found.effective_at != row.period_end:
        row.seats, row.planned = found.after, fewer_planned(row, found.before - found.after)
        note_licence(Kind.GIVEN_BACK, found.after - found.before, now)
        if row.seats == row.charged_seats:
            # Nothing of it is ever charged.
            row.increased_at = None
            price_bought(terms_of(row), found.after, found.after, ())
        return _kept(row, _entry("billing.seats_reduced", row, found), now)
    _note_planned(row, found, now)
    row.planned = {key: value for key, value in row.planned.items() if key != BOUGHT} | {"seats": found.after}
    move(row, Happening.DOWNGRADE_PLANNED, moment_of(row, now))
    return _kept(row, _entry("billing.seats_reduction_planned", row, found), now, found.after)


def _note_planned(row: Subscription, found: SeatsPlan, now: datetime) -> None:
    """What is given back at renewal, as the ledger says it. Of another plan's seats that plan says it when it comes."""
    if "terms" in row.planned:
        return
    less = found.after - (planned_seats(row) or found.before)
    if less > 0:
        # Fewer are given back than was said before.
        withdraw_planned()
        less = found.after - found.before
    note_licence(Kind.GIVEN_BACK, less, now, effect=Effect.RENEWAL)
