"""Sums up the rows by which people are counted, so that there are never many of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from tenantry.core.ids import NEW_ID_SQL
from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction
from tenantry.people.models import Headcount

# With fewer rows an organization is counted as fast as with one.
MOST_ROWS = 50
# Hours that have long been over are one; not sooner, or a clock that is behind would count them as gone.
OVER = timedelta(days=1)
PAST = datetime(1970, 1, 1, tzinfo=UTC)

# Rows that another one is deleting are waited for and then not there: each is summed up once.
_SUM_UP = f"""
WITH gone AS (
  DELETE FROM people_headcount WHERE organization_id = %(organization)s RETURNING status, free, until, number
)
INSERT INTO people_headcount (organization_id, id, status, free, until, number)
SELECT %(organization)s, {NEW_ID_SQL}, status, free, ends, sum(number) FROM (
  SELECT status, free, CASE WHEN until < %(hour)s THEN %(past)s ELSE until END AS ends, number FROM gone
) AS found GROUP BY status, free, ends HAVING sum(number) <> 0
"""  # noqa: S608 no value of anybody's


def scattered() -> list[UUID]:
    """Organizations with many rows (crossing `schedule`)."""
    counted = Headcount.objects.order_by().values("organization_id").annotate(n=Count("id")).filter(n__gt=MOST_ROWS)
    return list(counted.values_list("organization_id", flat=True))


def sum_up(now: datetime) -> None:
    """The open scope's rows, into one for each status and each hour to come."""
    assert_in_transaction()
    asked: dict[str, Any] = {
        "organization": scope.organization_id(),
        "hour": (now - OVER).replace(minute=0, second=0, microsecond=0),
        "past": PAST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUM_UP, asked)
