"""The meters, declared: what each counts, in what window, and where its figures come from (product.md §5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["gauge", "window"]
Window = Literal["month", "day"]
Unit = Literal["number", "bytes"]


@dataclass(frozen=True, slots=True)
class Meter:
    """`kind`: a gauge says how much there is, a window counts what was used in a month or on a day, UTC.
    `entitlement`: the key that limits it. `per_person`: the limit is each person's. `source`: where its figures come
    from, a sentence. `reported`: the usage interface takes it. `packs`: more can be bought, used after the allowance.
    """

    key: str
    title: str | Promise
    sentence: str | Promise
    source: str | Promise
    kind: Kind
    entitlement: str
    window: Window | None = None
    unit: Unit = "number"
    per_person: bool = False
    reported: bool = False
    packs: bool = False

    def starts_on(self, moment: datetime | date) -> date:
        """The first day, UTC, of the window in which this moment is; of a gauge the month, for what is told once."""
        day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
        return day if self.window == "day" else day.replace(day=1)

    def ends_at(self, starts_on: date) -> datetime | None:
        """When the window that began on this day is over and counting begins anew; None for what never does."""
        if self.window is None:
            return None
        after = starts_on + timedelta(days=1) if self.window == "day" else _next_month(starts_on)
        return datetime.combine(after, time.min, UTC)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


SEATS = "seats"
TOKENS = "ai_tokens"
AUTOMATIONS = "bulk_automations"
DRIVE = "drive"
RECORDS = "records"
CALLS = "api_calls"

METERS: dict[str, Meter] = {
    meter.key: meter
    for meter in (
        Meter(
            SEATS,
            _("Seats"),
            _("People who hold a seat."),
            _("The directory: active people and open invitations, as your policy counts them."),
            "gauge",
            "seats",
        ),
        Meter(
            TOKENS,
            _("AI tokens"),
            _("Tokens that language models read and write."),
            _("The assistant on records, and what your programs report."),
            "window",
            "ai_tokens",
            window="month",
            reported=True,
            packs=True,
        ),
        Meter(
            AUTOMATIONS,
            _("Bulk automations"),
            _("Records that automations work on."),
            _("Automations, for each record they change, and what your programs report."),
            "window",
            "bulk_automations",
            window="month",
            reported=True,
        ),
        Meter(
            DRIVE,
            _("Drive storage"),
            _("Bytes in each person’s Drive."),
            _("Drive: the files that somebody owns, archived ones too."),
            "gauge",
            "drive_bytes",
            unit="bytes",
            per_person=True,
        ),
        Meter(
            RECORDS,
            _("CRM records"),
            _("Leads, contacts, companies and deals. Archived ones do not count."),
            _("The CRM: whatever was created and is neither archived nor deleted."),
            "gauge",
            "records",
        ),
        Meter(
            "connect_messages",
            _("Connect messages"),
            _("Messages that are sent and received."),
            _("What your messaging reports."),
            "window",
            "connect_messages",
            window="day",
            reported=True,
        ),
        Meter(
            "meeting_minutes",
            _("Meeting minutes"),
            _("Minutes of meetings."),
            _("What your meetings report."),
            "window",
            "meeting_minutes",
            window="day",
            reported=True,
        ),
        Meter(
            CALLS,
            _("API calls"),
            _("Calls of programs and integrations."),
            _("The interface for programs: calls with a key. They are counted within a few seconds."),
            "window",
            "api_calls",
            window="month",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Level:
    """How far a gauge stands. `fullest`: of a meter per person, the person with most; what its limit is held against.
    `usual`: the limit where no entitlement says one."""

    used: int
    fullest: int | None = None
    usual: int | None = None


@dataclass(frozen=True, slots=True)
class Gauge:
    """How a gauge is counted: subqueries for a query over the organization, so that all meters are asked for at once,
    and the level that their values say."""

    columns: Callable[[datetime], tuple[Any, ...]]
    level: Callable[..., Level]


GAUGES: dict[str, Gauge] = {}


def count_gauge(key: str, gauge: Gauge) -> Gauge:
    """Registers how a gauge is counted, by the package that owns what it counts. Once for each."""
    if METERS[key].kind != "gauge" or GAUGES.setdefault(key, gauge) is not gauge:
        raise ValueError(f"{key} is no gauge, or counted twice")
    return gauge
