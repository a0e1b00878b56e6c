"""``tenantry worker``: carries out jobs, one of many."""

import asyncio
import os
import signal
import socket

import typer
from django.conf import settings
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.core.jobs import LANES, LONG, QUICK

app = typer.Typer()

# Jobs work in batches far shorter than this; what is longer is cut and run again.
GRACE_SECONDS = 20
HEARTBEAT_SECONDS = 5
STALLED_SECONDS = 30
POLL_SECONDS = 5
# Without a database for that long the worker ends, and whoever started it starts it again.
CONNECT_SECONDS = 5


@app.command()
def worker() -> None:
    """Carry out jobs until asked to stop; jobs under way are finished first."""
    require_current_schema()
    try:
        asyncio.run(carry_out(fetching_app()))
    except ConnectorException as error:
        raise Failure("The database went away, the worker ends.") from error


async def carry_out(application: App) -> None:
    """Both lanes side by side until SIGTERM or SIGINT; one that fails ends the other."""
    slots = {QUICK: settings.JOB_CONCURRENCY, LONG: settings.LONG_JOB_CONCURRENCY}
    async with application.open_async():
        lanes = [
            asyncio.create_task(
                application.run_worker_async(
                    name=f"{socket.gethostname()}:{os.getpid()}:{lane}",
                    queues=[lane],
                    concurrency=slots[lane],
                    fetch_job_polling_interval=POLL_SECONDS,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    install_signal_handlers=False,
                )
            )
            for lane in LANES
        ]

        def stop() -> None:
            for lane in lanes:
                lane.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        stop()
        for ended in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def fetching_app() -> App:
    """The same jobs, fetched over connections of the worker's own.

    Not ``replace_connector``, which would also change the application that the jobs
    themselves use: what a job enqueues has to stay part of its transaction.
    """
    connector = PsycopgConnector(
        kwargs=connector_params("default"),
        timeout=CONNECT_SECONDS,
        min_size=2,
        max_size=settings.JOB_CONCURRENCY + settings.LONG_JOB_CONCURRENCY + 2 * 3,
    )
    return jobs.with_connector(connector)
