"""What keeps meters quick and their history whole: tallies are summed up, holds expire, days of gauges are noted."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count

from tenantry.core.ids import NEW_ID_SQL
from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction
from tenantry.metering.meters import GAUGES
from tenantry.metering.models import Hold, Tally, UsageDay
from tenantry.metering.selectors import meter_states
from tenantry.metering.steps import expire_holds

# With fewer rows an organization is counted as fast as with one.
MOST_ROWS = 50
# Rows that another one is deleting are waited for and then not there: each is summed up once.
_SUM_UP = f"""
WITH gone AS (
  DELETE FROM metering_tally WHERE organization_id = %(organization)s RETURNING meter, number
)
INSERT INTO metering_tally (organization_id, id, meter, number)
SELECT %(organization)s, {NEW_ID_SQL}, meter, sum(number) FROM gone GROUP BY meter HAVING sum(number) <> 0
"""  # noqa: S608 no value of anybody's


def scattered() -> list[UUID]:
    """Organizations whose gauges are counted by many rows (crossing `schedule`)."""
    counted = Tally.objects.order_by().values("organization_id").annotate(n=Count("id")).filter(n__gt=MOST_ROWS)
    return list(counted.values_list("organization_id", flat=True))


def sum_up() -> None:
    """The open scope's rows, into one for each gauge."""
    assert_in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_SUM_UP, {"organization": scope.organization_id()})


def with_expired_holds(now: datetime) -> list[tuple[UUID, str]]:
    """Organizations and meters that hold room for work that never came back (crossing `schedule`)."""
    rows = Hold.objects.filter(state=Hold.State.HELD, expires_at__lte=now)
    return sorted(set(rows.order_by().values_list("organization_id", "meter")))


def expire(meter: str, now: datetime) -> None:
    """Of one meter in the open scope."""
    expire_holds(meter, now)


def note_gauges(now: datetime) -> None:
    """How far the open scope's gauges stand, for the history by day; the last look at a day counts."""
    assert_in_transaction()
    day = now.astimezone(UTC).date()
    rows = [UsageDay(meter=state.meter.key, day=day, amount=state.used) for state in meter_states(now, GAUGES)]
    UsageDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization_id", "meter", "day"],
        update_fields=["amount"],
    )
