"""``tenantry worker``: carries out jobs, one of many."""

import os
import socket

import typer
from django.conf import settings
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector

from tenantry.cli.readiness import require_current_schema

app = typer.Typer()

# Jobs work in batches far shorter than this; what is longer is cut and run again.
GRACE_SECONDS = 20
HEARTBEAT_SECONDS = 5
STALLED_SECONDS = 30
POLL_SECONDS = 5


@app.command()
def worker() -> None:
    """Carry out jobs until asked to stop; jobs under way are finished first."""
    require_current_schema()
    # The other connector shares Django's connection, so that a job is part of the transaction that asked for it.
    with jobs.replace_connector(DjangoConnector().get_worker_connector()):
        jobs.run_worker(
            name=f"{socket.gethostname()}:{os.getpid()}",
            concurrency=settings.JOB_CONCURRENCY,
            fetch_job_polling_interval=POLL_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
        )
