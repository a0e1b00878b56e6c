"""Seats as a gauge."""

from typing import Any

from tenantry.metering.meters import SEATS, Gauge, Level, count_gauge
from tenantry.people.seats import seat_columns, seats_of


def _level(*found: Any) -> Level:
    return Level(seats_of((found[0], found[1], found[2])).in_use)


# As the seat meter everywhere says it.
GAUGE = count_gauge(SEATS, Gauge(seat_columns, _level))
