"""How the meters stand, and how they stood on other days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Q, Subquery, Sum

from tenantry.core.tenancy import scope
from tenantry.metering.meters import GAUGES, METERS, Meter
from tenantry.metering.models import Pack, Quota, Tally, UsageDay
from tenantry.organizations.models import Organization
from tenantry.organizations.selectors import entitlements

Standing = Literal["open", "none", "ok", "near", "full"]
NEAR = 80
FULL = 100
# As far back as a picture of days goes.
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class MeterState:
    """`limit` None: as much as one likes. `used`: in this window, or how far the gauge stands; `fullest`: of a meter
    per person, the person with most, whom the limit is held against. `reserved`: held for work that goes on.
    `from_packs`: the part of `used` that came out of packs; `packs_left`: what is left in them."""

    meter: Meter
    used: int
    limit: int | None
    starts_on: date
    reserved: int = 0
    from_packs: int = 0
    packs_left: int = 0
    fullest: int | None = None

    @property
    def counted(self) -> int:
        """What is held against the limit."""
        return self.used if self.fullest is None else self.fullest

    @property
    def resets_at(self) -> datetime | None:
        return self.meter.ends_at(self.starts_on)

    @property
    def room(self) -> int | None:
        """How much more may be used, packs included."""
        if self.limit is None:
            return None
        return max(0, max(0, self.limit - (self.counted - self.from_packs)) + self.packs_left - self.reserved)

    @property
    def percent(self) -> int:
        """Of the allowance, packs not counted; 0 without a limit."""
        if self.limit is None or not self.counted:
            return 0
        return FULL if self.limit == 0 else self.counted * 100 // self.limit

    @property
    def standing(self) -> Standing:
        """`open` without a limit, `none` where the plan has nothing of it, `ok`, `near` from 80 %, `full`."""
        if self.limit is None:
            return "open"
        if self.limit == 0 and not self.counted and not self.packs_left:
            return "none"
        if self.room == 0:
            return "full"
        return "near" if self.percent >= NEAR else "ok"


def meter_states(
    now: datetime, keys: Iterable[str] | None = None, limits: Mapping[str, int | None] | None = None
) -> list[MeterState]:
    """Every meter that something counts, or these, as they stand. Three queries at most; two for whoever has read the
    entitlements, `limits`, already."""
    meters = [METERS[key] for key in (METERS if keys is None else keys) if METERS[key].window or key in GAUGES]
    limits = entitlements() if limits is None else limits
    counted = _counted(meters, now)
    quotas = _quotas([(meter.key, meter.starts_on(now)) for meter in meters if meter.window])
    found = []
    for meter in meters:
        starts_on = meter.starts_on(now)
        if meter.kind == "gauge":
            level = GAUGES[meter.key].level(*counted[meter.key])
            limit = limits.get(meter.entitlement, level.usual)
            found.append(MeterState(meter, level.used, limit, starts_on, fullest=level.fullest))
            continue
        quota, packs = quotas.get(meter.key), counted.get(meter.key, (0,))[0] or 0
        state = MeterState(meter, 0, limits.get(meter.entitlement), starts_on, packs_left=packs)
        if quota:
            state = replace(state, used=quota.used, reserved=quota.reserved, from_packs=quota.from_packs)
        found.append(state)
    return found


def meter_state(key: str, now: datetime) -> MeterState:
    return meter_states(now, (key,))[0]


def _counted(meters: Iterable[Meter], now: datetime) -> Mapping[str, tuple[Any, ...]]:
    """What gauges read, and what packs have left, by meter: one query."""
    columns: dict[str, tuple[Any, ...]] = {}
    for meter in meters:
        if meter.kind == "gauge":
            columns[meter.key] = GAUGES[meter.key].columns(now)
        elif meter.packs:
            columns[meter.key] = (_left_in_packs(meter.key),)
    if not columns:
        return {}
    asked = [column for of_one in columns.values() for column in of_one]
    row = Organization.objects.filter(pk=scope.organization_id()).values_list(*asked).first()
    values, found = iter(row or [None] * len(asked)), {}
    for key, of_one in columns.items():
        found[key] = tuple(next(values) for _column in of_one)
    return found


def _quotas(windows: list[tuple[str, date]]) -> Mapping[str, Quota]:
    if not windows:
        return {}
    asked = Q()
    for key, starts_on in windows:
        asked |= Q(meter=key, starts_on=starts_on)
    return {row.meter: row for row in Quota.objects.filter(asked)}


def _left_in_packs(key: str) -> Subquery:
    rows = Pack.objects.filter(meter=key, left__gt=0).order_by().values("organization_id")
    return Subquery(rows.annotate(left_of_all=Sum("left")).values("left_of_all")[:1])


def tallied(key: str) -> Subquery:
    """What a gauge counts that is kept as a tally, as a column; exact in the transaction that asks."""
    rows = Tally.objects.filter(meter=key).order_by().values("organization_id")
    return Subquery(rows.annotate(counted=Sum("number")).values("counted")[:1])


def packs_of(key: str) -> list[Pack]:
    """Those with something left, in the order in which they are used."""
    return list(Pack.objects.filter(meter=key, left__gt=0).order_by("bought_at", "id"))


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    amount: int


def usage_days(key: str, now: datetime, days: int) -> list[Day]:
    """The last so many days of one meter up to today, UTC, the oldest first; see `usage_by_day`."""
    return usage_by_day((key,), now, days)[key]


def usage_by_day(keys: Iterable[str], now: datetime, days: int) -> dict[str, list[Day]]:
    """The last so many days up to today, UTC, the oldest first, none left out: a day without use is 0, and a gauge
    stands where it stood before. One query."""
    last = now.astimezone(UTC).date()
    first = last - timedelta(days=min(days, MOST_DAYS) - 1)
    wanted = list(keys)
    gauges = [key for key in wanted if METERS[key].kind == "gauge"]
    # Of a gauge the last day before the first says where it stood then.
    before = Q(meter__in=gauges, day__gte=first - timedelta(days=MOST_DAYS))
    rows = UsageDay.objects.filter(Q(meter__in=wanted, day__gte=first) | before, day__lte=last).order_by("day")
    known: dict[str, dict[date, int]] = {key: {} for key in wanted}
    for key, day, amount in rows.values_list("meter", "day", "amount"):
        known[key][day] = amount
    return {key: _filled(found, first, last, level=key in gauges) for key, found in known.items()}


def _filled(known: Mapping[date, int], first: date, last: date, *, level: bool) -> list[Day]:
    """`known`: in the order of days."""
    standing = 0
    if level:
        standing = next((amount for day, amount in reversed(list(known.items())) if day < first), 0)
    found = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        amount = known.get(day, standing)
        standing = amount if level else 0
        found.append(Day(day, amount))
    return found
