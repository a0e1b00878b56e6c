"""What of the CRM is metered: how many records there are, and how full people's Drives."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, Subquery, Sum
from django.db.models.functions import JSONObject

from tenantry.core.ids import NIL
from tenantry.crm.models import DriveUsage
from tenantry.metering.meters import DRIVE, RECORDS, Gauge, Level, count_gauge
from tenantry.metering.selectors import tallied


def _drives(now: datetime) -> tuple[Any, ...]:
    """All that people own, and what whoever has most has. What nobody owns has no limit."""
    sums = DriveUsage.objects.order_by().values("organization_id")
    sums = sums.annotate(used_by_all=Sum("used"), most=Max("used", filter=~Q(owner_id=NIL)))
    return (Subquery(sums.values(figures=JSONObject(all="used_by_all", most="most"))[:1]),)


def _drive(figures: Any) -> Level:
    found = figures or {}
    return Level(found.get("all") or 0, fullest=found.get("most") or 0, usual=settings.DRIVE_QUOTA)


# Of every metered type, those that are not archived.
RECORDS_GAUGE = count_gauge(RECORDS, Gauge(lambda _now: (tallied(RECORDS),), lambda number: Level(number or 0)))
DRIVE_GAUGE = count_gauge(DRIVE, Gauge(_drives, _drive))
