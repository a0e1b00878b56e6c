"""Counts calls of programs without a write for each: a process adds them up and writes once in a while, so that
nobody's calls wait for one row. What a process that is killed had not written yet, seconds' worth, is lost."""

import atexit
import logging
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections

from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.metering.meters import CALLS, METERS
from tenantry.metering.selectors import MeterState, meter_state
from tenantry.metering.steps import add_use
from tenantry.metering.wording import exhausted

logger = logging.getLogger("tenantry.metering")
# How old a look at a limit may be that refuses; a plan that was changed lets calls in again within this.
FRESH = timedelta(seconds=5)
METER = METERS[CALLS]


@dataclass(frozen=True, slots=True)
class _Look:
    state: MeterState
    starts_on: date
    at: datetime


class Counter:
    """Calls of one process. Outside of any scope and transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[UUID, int] = {}
        self._looks: dict[UUID, _Look] = {}
        self._timer: threading.Timer | None = None
        self._leaves = False

    def count(self, organization_id: UUID, now: datetime) -> None:
        """One call.

        :raises CallsExhausted: the month's calls are used up, as far as this process knows; not counted then.
        """
        look = self._looks.get(organization_id)
        if look is not None and look.starts_on == METER.starts_on(now) and self._is_full(organization_id, look):
            if now - look.at > FRESH:
                look = self._look(organization_id, now)
            if self._is_full(organization_id, look):
                raise exhausted(look.state, 1)
        with self._lock:
            self._pending[organization_id] = self._pending.get(organization_id, 0) + 1
            self._wake()

    def _is_full(self, organization_id: UUID, look: _Look) -> bool:
        room = look.state.room
        return room is not None and self._pending.get(organization_id, 0) >= room

    def _look(self, organization_id: UUID, now: datetime) -> _Look:
        with scope.tenant(organization_id), reading():
            state = meter_state(CALLS, now)
        self._looks[organization_id] = _Look(state, state.starts_on, now)
        return self._looks[organization_id]

    def _wake(self) -> None:
        """The lock is held."""
        if self._timer is not None or not settings.API_CALLS_SECONDS:
            return
        if not self._leaves:
            atexit.register(self.flush)
            self._leaves = True
        self._timer = threading.Timer(settings.API_CALLS_SECONDS, self._in_background)
        self._timer.daemon = True
        self._timer.start()

    def _in_background(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        finally:
            connections.close_all()

    def flush(self) -> None:
        """Writes what was counted; what can't be written now is kept for the next time."""
        with self._lock:
            pending, self._pending = self._pending, {}
        now = clock.now()
        for organization_id, number in sorted(pending.items()):
            try:
                with scope.tenant(organization_id), writing():
                    add_use(CALLS, number, now)
                self._look(organization_id, now)
            except DatabaseError:
                logger.warning("calls of programs are counted later", exc_info=True)
                with self._lock:
                    self._pending[organization_id] = self._pending.get(organization_id, 0) + number


_counter = Counter()
count = _counter.count
flush = _counter.flush
