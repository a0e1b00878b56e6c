"""How fast somebody may call: a token bucket a caller, counted in PostgreSQL so that every process sees the same.

One statement of its own, committed at once: a refused or failed request stays counted, and no action waits for it.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection

from tenantry.core import crypto
from tenantry.security.models import RateBucket

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """`remaining` calls at once; `reset` seconds until the bucket is full; `wait` seconds before the next call may
    come, 0 when this one may."""

    limit: int
    remaining: int
    reset: int
    wait: int

    @property
    def exceeded(self) -> bool:
        return self.wait > 0


def left(caller: str, limit: int, window: timedelta, now: datetime) -> tuple[int, int]:
    """How many more of `limit` in `window`, and the seconds until the next; counts nothing. Call it like `take`."""
    row = RateBucket.objects.filter(key=_key(caller)).values_list("whole_at", flat=True).first()
    used = max(timedelta(), (row or now) - now)
    step = window / limit
    remaining = math.floor((window - used) / step + 1e-6)
    return max(0, remaining), 0 if remaining > 0 else math.ceil((used + step - window).total_seconds())


def spend(caller: str, number: int, limit: int, window: timedelta, now: datetime) -> None:
    """Counts what has happened already, beyond the limit too: the debt is paid off by waiting, a day at most."""
    step, most = window / limit * number, max(window, timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO security_ratebucket AS t (key, whole_at)"
            " VALUES (%(key)s, least(%(now)s + %(step)s, %(now)s + %(most)s)) ON CONFLICT (key) DO UPDATE"
            " SET whole_at = least(greatest(t.whole_at, %(now)s) + %(step)s, %(now)s + %(most)s)",
            cast("dict[str, Any]", {"key": _key(caller), "now": now, "step": step, "most": most}),
        )


def _key(caller: str) -> bytes:
    return crypto.mac("call rate", caller.encode())


def take(caller: str, limit: int, now: datetime) -> Allowance:
    """Counts one call of this caller against `limit` a minute. Call it outside of a scope and of a transaction."""
    key = _key(caller)
    step = timedelta(seconds=WINDOW_SECONDS / limit)
    window = timedelta(seconds=WINDOW_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO security_ratebucket AS t (key, whole_at) VALUES (%(key)s, %(now)s + %(step)s)"
            " ON CONFLICT (key) DO UPDATE SET whole_at = greatest(t.whole_at, %(now)s) + %(step)s"
            " WHERE greatest(t.whole_at, %(now)s) + %(step)s <= %(now)s + %(window)s RETURNING whole_at",
            cast("dict[str, Any]", {"key": key, "now": now, "step": step, "window": window}),
        )
        counted = cursor.fetchone()
    if counted is None:
        whole_at = RateBucket.objects.filter(key=key).values_list("whole_at", flat=True).first() or now
        wait = (whole_at + step - now - window).total_seconds()
        return Allowance(limit, 0, math.ceil((whole_at - now).total_seconds()), max(1, math.ceil(wait)))
    used = (counted[0] - now).total_seconds()
    remaining = math.floor((WINDOW_SECONDS - used) / step.total_seconds() + 1e-6)
    return Allowance(limit, max(0, remaining), math.ceil(used), 0)
