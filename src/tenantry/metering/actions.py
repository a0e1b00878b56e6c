"""What programs report and reserve, and what the house notes about meters by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.jobs import Job
from tenantry.core.tenancy import scope
from tenantry.metering.bounds import AHEAD, LATE
from tenantry.metering.errors import HoldEnded, MoreThanReserved, NotReported
from tenantry.metering.meters import METERS, Meter
from tenantry.metering.models import Hold, MeterAlert
from tenantry.metering.permissions import REPORT
from tenantry.metering.reports import Use
from tenantry.metering.selectors import FULL, NEAR, MeterState, meter_states
from tenantry.metering.steps import count_events, reserve, settle
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.people.selectors import names_of

OF_THE_HOUSE = "the house alone: whoever uses a meter up is told by the meter itself"
WATCH = "metering.watch"
State = Literal["counted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one event. `code`: why it was refused."""

    event_id: str
    state: State
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    lines: tuple[Line, ...]


def _fault(use: Use, known: frozenset[UUID], now: datetime) -> str:
    """Why an event is refused; empty where it is not."""
    meter = METERS.get(use.meter)
    if meter is None or not meter.reported:
        return NotReported.code
    if use.at < now - LATE:
        return "event_too_old"
    if use.at > now + AHEAD:
        return "event_in_future"
    if use.membership_id is not None and use.membership_id not in known:
        return "unknown_member"
    return ""


@action(REPORT)
def report_usage(*, actor: Actor, now: datetime, events: tuple[Use, ...]) -> Outcome[Reported]:
    """Counts each event once, whoever sends it how often; one that can't be counted keeps no other from it. What was
    used is counted beyond the limit, too: it has happened.
    """
    named = {use.membership_id for use in events if use.membership_id is not None}
    known = frozenset(names_of(named)) if named else frozenset[UUID]()
    faults = [_fault(use, known, now) for use in events]
    fresh: dict[str, Use] = {}
    for use, fault in zip(events, faults, strict=True):
        if not fault:
            fresh.setdefault(use.event_id, use)
    counted, moved = count_events(fresh.values())
    left, lines = set(counted), []
    for use, fault in zip(events, faults, strict=True):
        if fault:
            lines.append(Line(use.event_id, "refused", fault))
        elif use.event_id in left:
            left.remove(use.event_id)
            lines.append(Line(use.event_id, "counted"))
        else:
            lines.append(Line(use.event_id, "duplicate"))
    return Outcome(Reported(tuple(lines)), None, jobs=to_watch(moved, now))


# --- Room for work whose size is known only afterwards ------------------------------------


@dataclass(frozen=True, slots=True)
class Reservation:
    """`committed`: what it really took, null while it is held and where nothing was taken."""

    id: UUID
    meter: str
    amount: int
    state: str
    expires_at: datetime
    committed: int | None = None


def _shown(hold: Hold) -> Reservation:
    return Reservation(hold.id, hold.meter, hold.amount, hold.state, hold.expires_at, hold.committed)


def _reportable(meter_key: str) -> Meter:
    meter = METERS.get(meter_key)
    if meter is None or not meter.reported:
        raise NotReported(meter=meter_key)
    return meter


@action(REPORT)
def reserve_usage(*, actor: Actor, now: datetime, meter: str, amount: int, seconds: int) -> Outcome[Reservation]:
    """Holds room for so many seconds. Repeated with the same Idempotency-Key it is one reservation.

    :raises NotReported: no meter for that. :raises MeterExhausted: allowance and packs have less left.
    """
    until = now + timedelta(seconds=seconds)
    hold_id = reserve(_reportable(meter), amount, until, now)
    return Outcome(Reservation(hold_id, meter, amount, Hold.State.HELD.value, until), None)


def _ended(hold_id: UUID, state: Hold.State, amount: int | None, now: datetime) -> Reservation:
    """:raises NotFound: no such hold. :raises HoldEnded: in another way, or with another amount."""
    hold = Hold.objects.filter(id=hold_id).first()
    if hold is None:
        raise NotFound
    if state is Hold.State.COMMITTED and (amount or 0) > hold.amount:
        raise MoreThanReserved(reserved=hold.amount)
    settle(hold, state, amount or 0, now)
    hold.refresh_from_db()
    # Asked again for what was done already: that is an answer, no fault. Released is free, by whatever hand.
    if hold.state != state and not (state is Hold.State.RELEASED and hold.state == Hold.State.EXPIRED):
        found = Hold.State.EXPIRED if hold.state == Hold.State.HELD else Hold.State(hold.state)
        raise HoldEnded(state=found.value)
    if state is Hold.State.COMMITTED and hold.committed != (amount or 0):
        raise HoldEnded(state=hold.state)
    return _shown(hold)


@action(REPORT)
def commit_usage(*, actor: Actor, now: datetime, reservation_id: UUID, amount: int) -> Outcome[Reservation]:
    """Counts what the work really took, at most what was reserved; the rest is free again. The same again is answered
    alike and counts nothing.

    :raises NotFound: no such reservation. :raises HoldEnded: expired, released, or committed with another amount.
    :raises MoreThanReserved: reserve more first.
    """
    found = _ended(reservation_id, Hold.State.COMMITTED, amount, now)
    return Outcome(found, None, jobs=to_watch((found.meter,), now))


@action(REPORT)
def release_usage(*, actor: Actor, now: datetime, reservation_id: UUID) -> Outcome[Reservation]:
    """Nothing was used. The same again, or after it expired, is answered alike.

    :raises NotFound: no such reservation. :raises HoldEnded: it was committed.
    """
    return Outcome(_ended(reservation_id, Hold.State.RELEASED, None, now), None)


# --- Telling ------------------------------------------------------------------------------


def reached(states: Iterable[MeterState]) -> list[tuple[MeterState, int]]:
    """Meters at 80 % or more of what the plan gives, with the level that they have reached, and that was not told in
    this window yet; one query."""
    high = [state for state in states if state.limit and state.percent >= NEAR]
    if not high:
        return []
    rows = MeterAlert.objects.filter(meter__in=[state.meter.key for state in high])
    told = set(rows.values_list("meter", "starts_on", "percent"))
    found = [(state, FULL if state.percent >= FULL else NEAR) for state in high]
    return [(state, level) for state, level in found if (state.meter.key, state.starts_on, level) not in told]


def to_watch(keys: Iterable[str], now: datetime) -> tuple[Job, ...]:
    """The job that tells, where one of these meters has something to tell."""
    moved = tuple(keys)
    due = reached(meter_states(now, moved)) if moved else []
    return (Job(WATCH, {"organization_id": str(scope.organization_id())}),) if due else ()


@action(open_to=OF_THE_HOUSE)
def note_reached(*, actor: Actor, now: datetime, meter: str) -> Outcome[Done]:
    """Says once in a window that a meter stands at 80 %, and once that it stands at 100 %. A level that was passed
    without a look at it is not told afterwards.

    :raises PermissionMissing: to everybody but the house.
    """
    if actor.kind != "system":
        raise PermissionMissing(BILLING_VIEW)
    due = reached(meter_states(now, (meter,)))
    if not due:
        return Outcome(Done(), None)
    [(state, level)] = due
    alert = MeterAlert(meter=meter, starts_on=state.starts_on, percent=level, told_at=now)
    MeterAlert.objects.bulk_create([alert], ignore_conflicts=True)
    told = {
        "meter": meter,
        "percent": level,
        "used": state.counted,
        "limit": state.limit,
        "resets_at": state.resets_at.isoformat() if state.resets_at else "",
    }
    return Outcome(Done(), Entry("billing.meter_reached", "", None, told), (Event("MeterReached", told),))
