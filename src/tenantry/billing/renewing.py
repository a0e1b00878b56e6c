"""What happens to a subscription by itself: steps that come to the same whenever they run, and run twice do nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.billing.coming import planned_seats, seats_then
from tenantry.billing.invoicing import Issued
from tenantry.billing.models import Interval, Subscription
from tenantry.billing.quoting import addon_parts, increase_parts, period_of, whole
from tenantry.billing.seat_pricing import price_bought, price_people, price_renewed
from tenantry.billing.selectors import holding_of, moment_of, rules, terms_of
from tenantry.billing.states import Happening
from tenantry.billing.steps import changed, dues, invoice_all, move, write_off
from tenantry.billing.terms import Terms
from tenantry.core.jobs import Job
from tenantry.people.seats import seats as seats_in_use

TEND: Final = "billing.tend"
# More at one time is a fault: each moves the subscription on.
MOST = 500


@dataclass(frozen=True, slots=True)
class Happened:
    """`what`: for the audit, in the order of time."""

    what: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()

    def __add__(self, other: "Happened") -> "Happened":
        return Happened(self.what + other.what, self.events + other.events, self.jobs + other.jobs)


def _of(what: str, events: tuple[Event, ...], issued: list[Issued]) -> Happened:
    more = tuple(event for one in issued for event in one.events)
    return Happened((what,), events + more, tuple(job for one in issued for job in one.jobs))


def pass_time(row: Subscription, now: datetime) -> Happened:
    """Everything that is due, each as of its own moment, until nothing is. `row` is locked; the caller keeps it."""
    in_action()
    moment, found = moment_of(row, now), Happened()
    for _turn in range(MOST):
        due = next((one for one in dues(row) if one.at <= moment), None)
        if due is None:
            return found
        found += _STEPS[due.what](row, due.at, now)
        if due.what == "closed":
            # The organization follows when the row is kept; nothing comes after it.
            return found
    raise RuntimeError("the subscription does not come to rest")


def _trial_told(row: Subscription, at: datetime, now: datetime) -> Happened:
    row.trial_told_at = at
    assert row.trial_ends_at is not None
    return Happened(("trial_told",), (changed(row, "trial_ending", row.trial_ends_at),))


def _trial_over(row: Subscription, at: datetime, now: datetime) -> Happened:
    move(row, Happening.TRIAL_OVER, at)
    return Happened(("trial_over",), (changed(row, "trial_ended", at),))


def _grace_over(row: Subscription, at: datetime, now: datetime) -> Happened:
    move(row, Happening.GRACE_OVER, at)
    return Happened(("frozen",), (changed(row, "frozen", at),))


def _closed(row: Subscription, at: datetime, now: datetime) -> Happened:
    return Happened(("closed",))


def _period_over(row: Subscription, at: datetime, now: datetime) -> Happened:
    return end(row, at) if row.cancels or agreement_over(row, at) else renew(row, at, now)


def agreement_over(row: Subscription, at: datetime) -> bool:
    """Whether nothing follows what was agreed: no other plan was chosen meanwhile."""
    return row.agreed_until is not None and row.agreed_until <= at and "terms" not in row.planned


def _agreement_told(row: Subscription, at: datetime, now: datetime) -> Happened:
    row.agreed_told_at = at
    assert row.agreed_until is not None
    return Happened(("agreement_told",), (changed(row, "agreement_ending", row.agreed_until),))


def end(row: Subscription, at: datetime) -> Happened:
    """Nothing runs any more; what is open is written off."""
    write_off(row, at)
    row.cancels, row.planned, row.unpaid_since = False, {}, None
    row.agreed_until = row.agreed_told_at = None
    row.period_start = row.period_end = row.anchor_at = row.increased_at = row.counted_at = None
    row.charged_addons = None
    move(row, Happening.ENDED, at)
    return Happened(("canceled",), (changed(row, "canceled", at),))


def renew(row: Subscription, at: datetime, now: datetime) -> Happened:
    """The next period begins at `at`, with what was planned, and is invoiced."""
    before, planned = row.terms["title"], "terms" in row.planned
    had = (row.seats if planned else row.charged_seats) or row.seats or 0
    said = _planned_comes(row, at)
    ruled, terms = rules(), terms_of(row)
    counted = seats_in_use(now).in_use
    row.seats = seats_then(terms, row.seats, counted, row.charged_seats, per_person=ruled.per_person)
    row.charged_seats, row.increased_at = row.seats, None
    anchor, several = row.anchor_at or at, row.interval == Interval.YEAR and (ruled.per_person or bool(terms.addons))
    period = period_of(terms, row.interval, at, anchor)
    row.period_start, row.period_end = period or (None, None)
    row.anchor_at = anchor if period else None
    row.counted_at = at if period and several else None
    row.charged_addons = None
    move(row, Happening.RENEWED, at)
    held = holding_of(row)
    row.charged_addons = dict(held.switched)
    sheets = [lines for _key, lines in whole(held, period)] if period else []
    events = (changed(row, said, at, before),) if said else ()
    issued = invoice_all(row, sheets, at)
    price_renewed(row, had, issued, now, planned=planned)
    return _of(said or "renewed", events, issued)


def _planned_comes(row: Subscription, at: datetime) -> str:
    """What changes with the period's end, by its event's name; empty: nothing."""
    row.seats, planned, row.planned = planned_seats(row), row.planned, {}
    if not planned:
        return ""
    if planned.get("interval", row.interval) != row.interval:
        row.interval, row.anchor_at = planned["interval"], at
    if "terms" not in planned:
        return "seats_changed"
    row.agreed_until = row.agreed_told_at = None
    same = planned["terms"]["plan"] == row.terms["plan"]
    row.terms = Terms.of(planned["terms"]).plain()
    return "interval_changed" if same else "downgraded"


def _seats_charged(row: Subscription, at: datetime, now: datetime) -> Happened:
    """One charge for all that were added since the first."""
    began, row.increased_at = row.increased_at or at, None
    held = holding_of(row)
    parts = increase_parts(held, held.seats - held.charged, began, rules().basis)
    row.charged_seats = row.seats
    issued = invoice_all(row, [lines for _key, lines in parts], at)
    price_bought(held.terms, held.charged, held.seats, issued)
    return _of("seats_charged", (), issued)


def begin_counting(row: Subscription, at: datetime) -> bool:
    """Whether people are counted from now on, in a period of several months that began without that. The caller keeps
    it."""
    if row.counted_at is not None or row.period_end is None or row.interval != Interval.YEAR or not rules().per_person:
        return False
    row.counted_at = at
    return True


def _people_counted(row: Subscription, at: datetime, now: datetime) -> Happened:
    """Who came since or was switched on, for the months that are left; who went is paid until the period's end."""
    row.counted_at = at
    held, per_person = holding_of(row), rules().per_person
    counted = seats_in_use(now).in_use if per_person else held.charged
    issued = []
    if counted > held.charged:
        parts = increase_parts(held, counted - held.charged, at, "month")
        row.seats = row.charged_seats = counted
        issued = invoice_all(row, [lines for _key, lines in parts], at)
    if per_person:
        price_people(held.terms, held.charged, counted, issued, now)
    more = addon_parts(held, held.switched, at, "month")
    row.charged_addons = {key: max(n, held.charged_addons.get(key, 0)) for key, n in held.switched.items()}
    issued = [*issued, *invoice_all(row, [lines for _key, lines in more], at)]
    return _of("people_counted", (), issued)


Step = Callable[[Subscription, datetime, datetime], Happened]
_STEPS: Mapping[str, Step] = {
    "trial_told": _trial_told,
    "trial_over": _trial_over,
    "agreement_told": _agreement_told,
    "seats_charged": _seats_charged,
    "people_counted": _people_counted,
    "period_over": _period_over,
    "grace_over": _grace_over,
    "closed": _closed,
}
