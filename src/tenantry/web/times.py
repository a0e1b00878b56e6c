"""Moments in words: in the organization's time zone and the person's language."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOURS_IN_WORDS = timedelta(hours=6)
DAYS_IN_WORDS = 14


def zone_of(organization: Any) -> tzinfo:
    """The organization's time zone; UTC outside of one."""
    try:
        return ZoneInfo(getattr(organization, "time_zone", "") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def worded(value: datetime | date, *, now: datetime, zone: tzinfo, style: str = "relative") -> str:
    """`12 min ago`, `Today, 07:58`, `Yesterday`, `18 Nov`, `4 Mar 2024`, `in 5 days`.

    `style`: relative, date, time (of day) or full.
    """
    today = now.astimezone(zone).date()
    if not isinstance(value, datetime):
        return _day(value, today, named=style == "relative")
    local = value.astimezone(zone)
    if style == "full":
        return exact(value, zone=zone)
    if style == "time":
        return clock_time(local)
    if style == "date":
        return _day(local.date(), today, named=False)
    return _span(now - value) or _near(local, today)


def clock_time(local: datetime) -> str:
    return time_format(local, "TIME_FORMAT")


def exact(value: datetime | date, *, zone: tzinfo) -> str:
    """The whole moment with its time zone, for titles."""
    if not isinstance(value, datetime):
        return _full_date(value)
    local = value.astimezone(zone)
    return f"{_full_date(local)}, {clock_time(local)} {local.tzname()}"


def _full_date(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def machine(value: datetime | date) -> str:
    """For the `datetime` attribute."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def _span(ago: timedelta) -> str:
    if timedelta(0) <= ago < MINUTE:
        return _("just now")
    if MINUTE <= ago < HOUR:
        return _("%(count)s min ago") % {"count": ago // MINUTE}
    if HOUR <= ago < HOURS_IN_WORDS:
        return _("%(count)s h ago") % {"count": ago // HOUR}
    if timedelta(0) < -ago < HOUR:
        return _("in %(count)s min") % {"count": max(-ago // MINUTE, 1)}
    if HOUR <= -ago < HOURS_IN_WORDS:
        return _("in %(count)s h") % {"count": -ago // HOUR}
    return ""


def _near(local: datetime, today: date) -> str:
    days = (local.date() - today).days
    if days == 0:
        return _("Today, %(time)s") % {"time": clock_time(local)}
    if 1 < days <= DAYS_IN_WORDS:
        return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
    return _day(local.date(), today, named=True)


def _day(day: date, today: date, *, named: bool) -> str:
    if named and day in (today, today - timedelta(days=1), today + timedelta(days=1)):
        return {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}[(day - today).days]
    if day.year == today.year:
        return date_format(day, "MONTH_DAY_FORMAT")
    return date_format(day, "SHORT_DATE_FORMAT")
