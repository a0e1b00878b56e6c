"""``tenantry worker``: carries out jobs, one of many."""

import os
import socket

import typer
from django.conf import settings
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema

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
        fetching_app().run_worker(
            name=f"{socket.gethostname()}:{os.getpid()}",
            concurrency=settings.JOB_CONCURRENCY,
            fetch_job_polling_interval=POLL_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
        )
    except ConnectorException as error:
        raise Failure("The database went away, the worker ends.") from error


def fetching_app() -> App:
    """The same jobs, fetched over connections of the worker's own.

    Not ``replace_connector``, which would also change the application that the jobs
    themselves use: what a job enqueues has to stay part of its transaction.
    """
    connector = PsycopgConnector(
        kwargs=connector_params("default"),
        timeout=CONNECT_SECONDS,
        min_size=2,
        max_size=settings.JOB_CONCURRENCY + 3,
    )
    return jobs.with_connector(connector)
