"""``tenantry web``: the web server alone, as one of many."""

import os
import shutil
import sys
from pathlib import Path

import typer
from django.conf import settings

from tenantry.cli.readiness import require_current_schema
from tenantry.cli.run import refuse_taken_port
from tenantry.cli.static import collect

app = typer.Typer()

# Longer than a slow request, shorter than the supervisor's patience.
STOP_SECONDS = 10


@app.command()
def web() -> None:
    """Serve pages and API; the schema must be up to date."""
    refuse_taken_port(settings.HOST, settings.PORT)
    require_current_schema()
    collect()
    os.environ["TENANTRY_WEB_SERVER"] = "granian"
    os.environ["TENANTRY_DATABASE_POOL"] = os.environ.get("TENANTRY_DATABASE_POOL") or str(settings.WEB_THREADS + 2)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(fresh_figures())
    # In place of this process, so that signals and the parent-death signal reach the server itself.
    sys.stdout.flush()
    os.execv(sys.executable, (sys.executable, "-m", "granian", *server_options()))


def fresh_figures() -> Path:
    """Where the processes of one server leave their counters for /metrics to sum; a new server counts anew."""
    directory: Path = settings.HOME / "figures" / str(settings.PORT)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def server_options() -> list[str]:
    """Command line of the server; why these values: docs/operate/run.md."""
    return [
        "--interface=wsgi",
        f"--host={settings.HOST}",
        f"--port={settings.PORT}",
        "--http=1",
        "--no-ws",
        f"--workers={settings.WEB_WORKERS}",
        f"--blocking-threads={settings.WEB_THREADS}",
        "--respawn-failed-workers",
        f"--workers-kill-timeout={STOP_SECONDS}",
        "--log-level=warning",
        "tenantry.config.wsgi:application",
    ]
