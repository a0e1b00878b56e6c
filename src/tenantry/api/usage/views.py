"""Meters: what was used, what may be used, and what programs report of it."""

from collections import Counter

from ninja import Query, Router

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.usage.schemas import (
    CommitIn,
    DayOut,
    DaysOut,
    DaysQuery,
    LineOut,
    MeterOut,
    MetersOut,
    ReservationIn,
    ReservationOut,
    UsageBatch,
    UsageReported,
)
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.metering import actions
from tenantry.metering.errors import HoldEnded, MeterExhausted, MoreThanReserved, NotReported
from tenantry.metering.meters import METERS
from tenantry.metering.permissions import REPORT
from tenantry.metering.reports import Use
from tenantry.metering.selectors import MeterState, meter_states, usage_days
from tenantry.organizations.permissions import BILLING_VIEW

router = Router(tags=["Usage"])


@operation(router, "GET", "/usage", BILLING_VIEW, answer=MetersOut)
def usage_list(request: ApiRequest) -> MetersOut:
    """Every meter as it stands."""
    return MetersOut(items=[_meter(state) for state in meter_states(clock.now())])


def _meter(state: MeterState) -> MeterOut:
    meter = state.meter
    return MeterOut(
        meter=meter.key,
        title=str(meter.title),
        source=str(meter.source),
        unit=meter.unit,
        kind=meter.kind,
        window=meter.window,
        used=state.used,
        limit=state.limit,
        per_person=meter.per_person,
        fullest=state.fullest,
        reserved=state.reserved,
        packs_left=state.packs_left,
        room=state.room,
        standing=state.standing,
        resets_at=state.resets_at,
    )


@operation(router, "GET", "/usage/{meter}/days", BILLING_VIEW, answer=DaysOut)
def usage_day_list(request: ApiRequest, meter: str, query: Query[DaysQuery]) -> DaysOut:
    """One meter by day, UTC. Of a gauge: how far it stood."""
    if meter not in METERS:
        raise NotFound
    found = usage_days(meter, clock.now(), query.days)
    return DaysOut(meter=meter, items=[DayOut(day=one.day, amount=one.amount) for one in found])


@operation(router, "POST", "/usage/events", REPORT, answer=UsageReported)
def usage_report(request: ApiRequest, body: UsageBatch) -> UsageReported:
    """Counts up to 1,000 events, each once. An event that can't be counted keeps no other from it; what was used is
    counted beyond the limit, too."""
    events = tuple(Use(one.event_id, one.meter, one.amount, one.at, one.member_id) for one in body.events)
    lines = carry_out(request, actions.report_usage, events=events).lines
    states = Counter(line.state for line in lines)
    return UsageReported(
        counted=states["counted"],
        duplicates=states["duplicate"],
        refused=states["refused"],
        items=[LineOut(event_id=line.event_id, state=line.state, code=line.code) for line in lines],
    )


@operation(
    router,
    "POST",
    "/usage/reservations",
    REPORT,
    answer=ReservationOut,
    status=201,
    refuses=(MeterExhausted, NotReported),
)
def usage_reserve(request: ApiRequest, body: ReservationIn) -> ReservationOut:
    """Holds room for work whose size is known only afterwards. Commit or release it, or it is free again when it
    expires. With the same Idempotency-Key it is one reservation."""
    return _reservation(
        carry_out(request, actions.reserve_usage, meter=body.meter, amount=body.amount, seconds=body.expires_in)
    )


@operation(
    router,
    "POST",
    "/usage/reservations/{reservation_id}/commit",
    REPORT,
    answer=ReservationOut,
    refuses=(HoldEnded, MoreThanReserved),
)
def usage_commit(request: ApiRequest, reservation_id: Id, body: CommitIn) -> ReservationOut:
    """Counts what the work really took; the rest is free again. The same again counts nothing more."""
    return _reservation(carry_out(request, actions.commit_usage, reservation_id=reservation_id, amount=body.amount))


@operation(
    router,
    "POST",
    "/usage/reservations/{reservation_id}/release",
    REPORT,
    answer=ReservationOut,
    refuses=(HoldEnded,),
)
def usage_release(request: ApiRequest, reservation_id: Id) -> ReservationOut:
    """Nothing was used: all of it is free again."""
    return _reservation(carry_out(request, actions.release_usage, reservation_id=reservation_id))


def _reservation(found: actions.Reservation) -> ReservationOut:
    return ReservationOut(
        id=found.id,
        meter=found.meter,
        amount=found.amount,
        state=found.state,  # type: ignore[arg-type]
        expires_at=found.expires_at,
        committed=found.committed,
    )
