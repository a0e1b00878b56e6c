"""Jobs of meters: those who look after billing are told, holds expire, gauges are noted by day."""

from contextlib import suppress
from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.jobs import LONG, Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.metering import keeping
from tenantry.metering.actions import WATCH, note_reached, reached
from tenantry.metering.selectors import meter_states
from tenantry.organizations.models import Entitlement, Organization


@job(WATCH, retry=None)
def watch(*, organization_id: UUID) -> None:
    """Each meter by an action of its own: one that is refused keeps no other from being told."""
    with reading():
        due = [state.meter.key for state, _level in reached(meter_states(clock.now()))]
    for meter in due:
        with suppress(Refusal):
            perform(note_reached, actor=Actor.system("metering", organization_id), meter=meter)


@job("metering.find_limited", every="7 * * * * 15", retry=None, lane=LONG)
def find_limited() -> None:
    """Gauges move without a word of ours: whoever has a limit is looked at every hour."""
    with scope.platform("schedule"), writing():
        limited = Entitlement.objects.filter(limit__gt=0).order_by().values_list("organization_id", flat=True)
        enqueue(*(Job(WATCH, {"organization_id": str(i)}, once=f"{WATCH}:{i}") for i in sorted(set(limited))))


@job("metering.expire_holds", every="* * * * * 20", retry=None)
def expire_holds() -> None:
    """Work that never said what it took. Room is not kept by it (`metering_reserve` looks itself); this keeps the
    figures that people read right."""
    now = clock.now()
    with scope.platform("schedule"), reading():
        found = keeping.with_expired_holds(now)
    for organization_id, meter in found:
        with scope.platform("schedule", organization_id), writing():
            keeping.expire(meter, now)


@job("metering.sum_up_tallies", every="* * * * * 50", retry=None, lane=LONG)
def sum_up_tallies() -> None:
    """Organizations whose records were counted by many rows."""
    with scope.platform("schedule"), reading():
        found = keeping.scattered()
    for organization_id in found:
        with scope.platform("schedule", organization_id), writing():
            keeping.sum_up()


@job("metering.find_gauges", every="45 */6 * * * 0", retry=None, lane=LONG)
def find_gauges() -> None:
    """The history of gauges: how they stood late on each day, looked at a few times so that no day is missed."""
    with scope.platform("schedule"), writing():
        known = Organization.objects.order_by().values_list("organization_id", flat=True)
        enqueue(
            *(
                Job("metering.note_gauges", {"organization_id": str(i)}, once=f"metering.note_gauges:{i}")
                for i in sorted(known)
            )
        )


@job("metering.note_gauges", retry=None, lane=LONG)
def note_gauges(*, organization_id: UUID) -> None:
    with writing():
        keeping.note_gauges(clock.now())
