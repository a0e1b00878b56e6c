"""When access ends: days of the organization's calendar as moments, and what has come to its end or soon will."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from tenantry.access.models import Assignment
from tenantry.people.models import Membership

# How long before an end it is told.
NOTICES = (timedelta(days=7), timedelta(days=1))
SOON = NOTICES[0]
LAST = date(9000, 1, 1)


def end_of_day(day: date, zone: str) -> datetime:
    """The moment at which that day is over there, UTC: the next day's first, whatever clocks do that night."""
    return datetime.combine(min(day, LAST) + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def last_day(ends_at: datetime, zone: str) -> date:
    """The last day there on which something with this end still holds."""
    return (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


def ended(now: datetime) -> QuerySet[Assignment]:
    """Over, and not yet tidied up; what stands beside a base role comes before it."""
    return Assignment.objects.filter(ends_at__lte=now).order_by("is_base", "id")


def to_announce(now: datetime) -> QuerySet[Assignment]:
    """Of active people, ending soon, and nobody was told since it came this close."""
    rows = Assignment.objects.filter(ends_at__gt=now, membership__status=Membership.Status.ACTIVE)
    rows = rows.annotate(told_at=Coalesce("noticed_at", "given_at"))
    near = Q()
    for before in NOTICES:
        near |= Q(ends_at__lte=now + before, told_at__lt=F("ends_at") - before)
    return rows.filter(near).order_by("id")


def ending_soon(now: datetime) -> QuerySet[Assignment]:
    """Of active people, within the time in which it is told."""
    rows = Assignment.objects.filter(ends_at__gt=now, ends_at__lte=now + SOON)
    return rows.filter(membership__status=Membership.Status.ACTIVE).order_by("ends_at", "id")
