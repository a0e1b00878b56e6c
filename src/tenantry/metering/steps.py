"""What actions compose: events are counted once, room is held and given back, packs are added."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from tenantry.acting.actions import in_action
from tenantry.core.ids import NEW_ID_SQL, new_id
from tenantry.core.tenancy import scope
from tenantry.metering.meters import METERS, Meter
from tenantry.metering.models import Hold, Pack
from tenantry.metering.reports import Use
from tenantry.metering.selectors import meter_state
from tenantry.metering.wording import exhausted
from tenantry.organizations.selectors import entitlements

# A gauge has no window; its row is there to be locked, so that two who create look one after the other.
NO_WINDOW = date(1970, 1, 1)

# New events feed the days and the windows in the statement that writes them. Sorted, so that batches that share events
# wait for each other instead of for ever.
_COUNT = f"""
WITH given AS (
  SELECT * FROM jsonb_to_recordset(%(events)s::jsonb)
    AS x(id uuid, event text, meter text, amount bigint, at timestamptz, member uuid)
), came AS (
  INSERT INTO metering_usageevent (organization_id, id, event_id, meter, amount, at, membership_id)
  SELECT %(organization)s, id, event, meter, amount, at, member FROM given ORDER BY event
  ON CONFLICT (organization_id, event_id) DO NOTHING
  RETURNING event_id, meter, amount, (at AT TIME ZONE 'UTC')::date AS day
), windows AS (
  INSERT INTO metering_quota AS q (organization_id, id, meter, starts_on, used, reserved, from_packs)
  SELECT %(organization)s, {NEW_ID_SQL}, meter, began, sum(amount), 0, 0 FROM (
    SELECT meter, amount, CASE WHEN meter = ANY(%(daily)s) THEN day ELSE date_trunc('month', day)::date END AS began
    FROM came
  ) AS counted GROUP BY meter, began ORDER BY meter, began
  ON CONFLICT (organization_id, meter, starts_on) DO UPDATE SET used = q.used + excluded.used
  RETURNING meter, starts_on, used
), days AS (
  INSERT INTO metering_usageday AS d (organization_id, id, meter, day, amount)
  SELECT %(organization)s, {NEW_ID_SQL}, meter, day, sum(amount) FROM came GROUP BY meter, day ORDER BY meter, day
  ON CONFLICT (organization_id, meter, day) DO UPDATE SET amount = d.amount + excluded.amount
)
SELECT
  (SELECT array_agg(event_id) FROM came),
  (SELECT jsonb_agg(jsonb_build_array(w.meter, w.starts_on, c.amount)) FROM windows w JOIN (
    SELECT meter, CASE WHEN meter = ANY(%(daily)s) THEN day ELSE date_trunc('month', day)::date END AS starts_on,
      sum(amount) AS amount
    FROM came GROUP BY 1, 2
  ) AS c USING (meter, starts_on))
"""  # noqa: S608 no value of anybody's
_DRAW = "SELECT metering_draw(%s, %s, %s, %s, %s)"
_RESERVE = "SELECT metering_reserve(%s, %s, %s, %s, %s, %s, %s, %s)"
_SETTLE = "SELECT metering_settle(%s, %s, %s, %s, %s, %s)"
_TAKE = "SELECT metering_take(%s, %s, %s, %s, %s, %s, %s)"
_LOCK = "SELECT metering_lock(%s, %s, %s)"
_ADD = "SELECT metering_add(%s, %s, %s, %s, %s, %s)"
_EXPIRE = "SELECT metering_expire(%s, %s, %s)"


def _asked(statement: str, params: Sequence[Any] | dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchone()


def count_events(events: Iterable[Use]) -> tuple[frozenset[str], frozenset[str]]:
    """Counts events that were not counted before. One statement for all of them, and one for each window in which packs
    may have been used. Their ids differ.

    :returns: ids of those that were counted now, and the meters that moved.
    """
    in_action()
    rows = [
        {
            "id": str(new_id()),
            "event": use.event_id,
            "meter": use.meter,
            "amount": use.amount,
            "at": use.at.isoformat(),
            "member": str(use.membership_id) if use.membership_id else None,
        }
        for use in sorted(events, key=lambda use: use.event_id)
    ]
    if not rows:
        return frozenset(), frozenset()
    organization_id = scope.organization_id()
    daily = [meter.key for meter in METERS.values() if meter.window == "day"]
    asked = {"events": json.dumps(rows), "organization": organization_id, "daily": daily}
    counted, windows = _asked(_COUNT, asked)
    moved = windows if isinstance(windows, list) else json.loads(windows or "[]")
    for key, starts_on, amount in moved:
        if METERS[key].packs:
            _asked(_DRAW, [organization_id, key, starts_on, METERS[key].entitlement, int(amount)])
    return frozenset(counted or ()), frozenset(key for key, _starts_on, _amount in moved)


def reserve(meter: Meter, amount: int, until: datetime, now: datetime) -> UUID:
    """Holds room in the window of this moment; one statement. Returns the hold's id.

    :raises MeterExhausted: allowance and packs have less than that, holds of others counted.
    """
    in_action()
    hold_id = new_id()
    [room] = _asked(
        _RESERVE,
        [scope.organization_id(), meter.key, meter.starts_on(now), meter.entitlement, amount, hold_id, now, until],
    )
    if room is not None:
        raise exhausted(meter_state(meter.key, now), amount)
    return hold_id


def settle(hold: Hold, state: Hold.State, amount: int, now: datetime) -> bool:
    """Ends a hold, once: what it really took is counted, the rest is free again. False: somebody was first, or it had
    expired."""
    in_action()
    entitled = METERS[hold.meter].entitlement
    [done] = _asked(_SETTLE, [hold.organization_id, hold.id, entitled, amount, state.value, now])
    return bool(done)


def take(meter_key: str, amount: int, now: datetime) -> None:
    """Counts use of a window whose size is known before it happens, if there is room for it; exact under concurrency.

    :raises MeterExhausted: there is not, and nothing was counted.
    """
    in_action()
    meter, organization_id = METERS[meter_key], scope.organization_id()
    today = now.astimezone(UTC).date()
    asked = [organization_id, meter.key, meter.starts_on(now), meter.entitlement, amount, now, today]
    [room] = _asked(_TAKE, asked)
    if room is not None:
        raise exhausted(meter_state(meter.key, now), amount)


def add_use(meter_key: str, amount: int, now: datetime) -> int:
    """Counts what has happened already, beyond the limit too. Returns what the window comes to."""
    in_action()
    meter, organization_id = METERS[meter_key], scope.organization_id()
    starts_on = meter.starts_on(now)
    _asked(_LOCK, [organization_id, meter.key, starts_on])
    today = now.astimezone(UTC).date()
    [total] = _asked(_ADD, [organization_id, meter.key, starts_on, meter.entitlement, amount, today])
    return int(total)


def require_room(meter_key: str, amount: int, now: datetime) -> None:
    """Makes sure that so much more of a gauge may come. Call before the rows change: where there is a limit, the lock
    holds to the commit, and nobody else looks in between.

    :raises MeterExhausted: it would be beyond the limit.
    """
    in_action()
    if amount <= 0 or entitlements().get(METERS[meter_key].entitlement) is None:
        return
    _asked(_LOCK, [scope.organization_id(), meter_key, NO_WINDOW])
    state = meter_state(meter_key, now)
    if state.limit is not None and state.counted + amount > state.limit:
        raise exhausted(state, amount)


def expire_holds(meter_key: str, now: datetime) -> int:
    """Frees what expired holds kept. Returns how much."""
    in_action()
    organization_id, meter = scope.organization_id(), METERS[meter_key]
    _asked(_LOCK, [organization_id, meter_key, meter.starts_on(now)])
    [freed] = _asked(_EXPIRE, [organization_id, meter_key, now])
    return int(freed)


def add_pack(meter_key: str, amount: int, now: datetime) -> Pack:
    """One that was bought."""
    in_action()
    if not METERS[meter_key].packs:
        raise ValueError(f"there are no packs of {meter_key}")
    pack = Pack(meter=meter_key, amount=amount, left=amount, bought_at=now)
    Pack.objects.bulk_create([pack])
    return pack
