"""Jobs by declared name, enqueued in the transaction that decided them (Procrastinate in the same database).

Arguments are JSON scalars: ids only, never values, because every tenant can read the queue by SQL.
"""

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tenantry.core.tenancy import scope

Scalar = str | int | bool | None

# Two lanes, each with slots of its own in every worker: what a person waits for is never behind a long file.
QUICK = "default"
LONG = "long"
LANES = (QUICK, LONG)
# How long a job of the long lane works at a time, so that others have their turn.
TURN_SECONDS = 20

# name -> function; a test resolves every name that an action enqueues.
DECLARED: dict[str, Callable[..., None]] = {}
PERIODIC: dict[str, str] = {}

# Back-off 4, 16, 64 … seconds: a mail server that is down for an hour loses nothing.
RETRIES = RetryStrategy(max_attempts=8, exponential_wait=4)
# For what goes on where it stood: a database that was away for a moment is no reason to wait for minutes.
SOON = RetryStrategy(max_attempts=20, wait=5)


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    args: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    # Two jobs with one key never wait at the same time: the later one is not enqueued.
    once: str | None = None
    at: datetime | None = None


def job(
    name: str, *, retry: RetryStrategy | None = RETRIES, every: str | None = None, lane: str = QUICK
) -> Callable[..., Any]:
    """Declares a job. `every` is a cron line of six fields, of which seconds are the last, for periodic work. `lane`:
    LONG for what may take more than a second or two.

    A job with `organization_id` runs with that organization armed.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(timestamp: int = 0, **args: Any) -> None:
            organization = args.get("organization_id")
            if organization is None:
                function(**args)
                return
            args["organization_id"] = UUID(organization)
            with scope.tenant(args["organization_id"]):
                function(**args)

        task = app.task(name=name, retry=retry or False, queue=lane)(run)
        if every:
            app.periodic(cron=every, periodic_id=name)(task)
            PERIODIC[name] = every
        if name in DECLARED:
            raise ValueError(f"job {name} is declared twice")
        DECLARED[name] = function
        return function

    return declare


def enqueue(*jobs: Job) -> None:
    """Puts jobs into the queue with the running transaction. Unknown names raise."""
    for one in jobs:
        if one.name not in DECLARED:
            raise LookupError(f"no job is called {one.name}")
        options: dict[str, Any] = {}
        if one.once:
            options["queueing_lock"] = one.once
        if one.at:
            options["schedule_at"] = one.at
        _defer(one, options)


def _defer(one: Job, options: dict[str, Any]) -> None:
    deferrer = app.configure_task(one.name, **options)
    if not one.once:
        deferrer.defer(**one.args)
        return
    # The queue's unique index answers by an error; a savepoint keeps it from spoiling the action.
    with suppress(AlreadyEnqueued), transaction.atomic():
        deferrer.defer(**one.args)
