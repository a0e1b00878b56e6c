"""The meters: what each counts, how it stands, and its history by day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core import clock
from tenantry.metering.meters import RECORDS, TOKENS, Meter
from tenantry.metering.selectors import Day, MeterState, meter_states, usage_by_day
from tenantry.metering.wording import amount_in_words
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.web.reports.chart import Chart, columns
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

PERIODS = {
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    365: gettext_lazy("12 months"),
}
USUAL = 30
# As many days as are named below the columns, on a phone too.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter in words. `figure`: “2,140 of 5,000”; `spark`: what its days add up to, in words, beside the bars."""

    state: MeterState
    figure: str
    details: tuple[str, ...]
    bars: tuple[int, ...]
    spark: str

    @property
    def meter(self) -> Meter:
        return self.state.meter


def _figure(state: MeterState) -> str:
    used = amount_in_words(state.meter, state.counted)
    if state.standing == "none":
        return _("Not in your plan")
    if state.limit is None:
        return _("%(used)s, not limited") % {"used": amount_in_words(state.meter, state.used)}
    return _("%(used)s of %(limit)s") % {"used": used, "limit": amount_in_words(state.meter, state.limit)}


def _details(state: MeterState) -> tuple[str, ...]:
    """What else is worth a line: where it comes from stands on the page of its days."""
    said, meter = [], state.meter
    if meter.per_person:
        said.append(_("The fullest Drive; %(all)s in all") % {"all": amount_in_words(meter, state.used)})
    if state.resets_at is not None:
        said.append(
            _("Starts again tomorrow, UTC")
            if meter.window == "day"
            else _("Starts again on %(day)s") % {"day": date_format(state.resets_at, "DATE_FORMAT")}
        )
    if meter.key == RECORDS:
        said.append(_("Archived ones do not count"))
    if state.packs_left or state.from_packs:
        said.append(_("%(left)s left in packs") % {"left": amount_in_words(meter, state.packs_left)})
    if state.reserved:
        said.append(_("%(reserved)s reserved for work that goes on") % {"reserved": state.reserved})
    if state.standing == "full":
        said.append(_("Nothing more can be used now"))
    return tuple(said)


def _spark(meter: Meter, days: list[Day]) -> str:
    amounts = [one.amount for one in days] or [0]
    if meter.kind == "gauge":
        places = {"low": amount_in_words(meter, min(amounts)), "high": amount_in_words(meter, max(amounts))}
        return _("%(low)s to %(high)s in these days") % places
    return _("Up to %(high)s a day") % {"high": amount_in_words(meter, max(amounts))}


def meters_now(now: datetime, limits: Mapping[str, int | None]) -> list[MeterRow]:
    """Every meter without its days. Two queries."""
    return [MeterRow(state, _figure(state), _details(state), (), "") for state in meter_states(now, limits=limits)]


def meter_rows(
    now: datetime, days: int = USUAL, limits: Mapping[str, int | None] | None = None
) -> tuple[list[MeterRow], dict[str, list[Day]]]:
    """Every meter with its days, today's level of gauges among them. Four queries, one less with the `limits`."""
    states = meter_states(now, limits=limits)
    by_day = usage_by_day([state.meter.key for state in states], now, days)
    for state in states:
        if state.meter.kind == "gauge":
            by_day[state.meter.key][-1] = Day(by_day[state.meter.key][-1].day, state.used)
    rows = [
        MeterRow(
            state,
            _figure(state),
            _details(state),
            tuple(one.amount for one in by_day[state.meter.key]),
            _spark(state.meter, by_day[state.meter.key]),
        )
        for state in states
    ]
    return rows, by_day


def _chart(meter: Meter, days: list[Day]) -> Chart:
    amounts = [one.amount for one in days]
    top, every = max(amounts, default=0), max(1, len(days) // MOST_NAMED)
    words = [amount_in_words(meter, amount) if amount == top else "" for amount in amounts]
    # The highest is said once, where it was last reached.
    last = len(amounts) - 1 - amounts[::-1].index(top) if amounts else 0
    chart = columns([one.day for one in days], amounts, [w if n == last else "" for n, w in enumerate(words)])
    named = tuple(replace(one, named=n % every == 0) for n, one in enumerate(chart.columns))
    return replace(chart, columns=named)


@screen(BILLING_VIEW)
def usage_home(request: MemberRequest) -> HttpResponse:
    """`meter`: whose days are shown; `days`: how far back."""
    asked = request.GET.get("days", "")
    days = next((one for one in PERIODS if str(one) == asked), USUAL)
    rows, by_day = meter_rows(clock.now(), days)
    wanted = request.GET.get("meter", "")
    shown = next((row for row in rows if row.meter.key == wanted), None) or _most_used(rows)
    of_shown = by_day[shown.meter.key]
    context: dict[str, Any] = {
        "rows": rows,
        "shown": shown,
        "chart": _chart(shown.meter, of_shown),
        "by_day": [(one.day, amount_in_words(shown.meter, one.amount)) for one in reversed(of_shown)],
        "periods": PERIODS,
        "days": days,
        "short": [row for row in rows if row.state.standing in ("near", "full")],
    }
    return page(request, "billing/usage.html", context)


def _most_used(rows: list[MeterRow]) -> MeterRow:
    """What is nearest to its limit is what somebody comes for; else the tokens."""
    nearest = max(rows, key=lambda row: row.state.percent)
    return nearest if nearest.state.percent else next(row for row in rows if row.meter.key == TOKENS)
