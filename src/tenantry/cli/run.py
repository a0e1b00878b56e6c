"""``tenantry run``: everything on one machine as one process tree."""

import http.client
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import typer
from django.conf import settings
from rich.console import Console

from tenantry.cli import signins
from tenantry.cli.children import Child
from tenantry.cli.database_size import memory_options
from tenantry.cli.embedded import Cluster
from tenantry.cli.failures import Failure
from tenantry.cli.home import sole_supervisor

app = typer.Typer()

TICK_SECONDS = 0.1
# A child that lived this long has recovered: its next restart is immediate again.
RECOVERED_SECONDS = 60.0
LOG_BYTES = 10 * 1024 * 1024
COMMAND = (sys.executable, "-m", "tenantry")


@app.command()
def run() -> None:
    """Start database, web server and job worker on this machine, until Ctrl-C."""
    with sole_supervisor(settings.HOME, settings.BASE_URL):
        refuse_taken_port(settings.HOST, settings.PORT)
        Supervisor(Console(highlight=False)).run()


def refuse_taken_port(host: str, port: int) -> None:
    """:raises Failure: somebody listens there, or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server does: connections of an earlier run that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise Failure(
                f"Port {port} on {host} cannot be used: {error.strerror}. Choose another by TENANTRY_PORT."
            ) from error


def embedded_cluster() -> Cluster:
    """The installation's own database server, as the settings place it."""
    return Cluster(
        data=settings.POSTGRES_DATA,
        run=settings.POSTGRES_RUN,
        account=settings.POSTGRES_USER,
        options=("max_connections=60", "password_encryption=scram-sha-256", *memory_options()),
    )


@dataclass
class Watched:
    """A child and what is known about its restarts."""

    child: Child
    start: Callable[[], None]
    pause: float = 0.0
    started_at: float = field(default_factory=time.monotonic)
    due_at: float | None = None

    def tend(self, now: float) -> str | None:
        """Restart it when it is due; the sentence to print when it has just been found dead."""
        if self.child.alive:
            if now - self.started_at > RECOVERED_SECONDS:
                self.pause = 0.0
            return None
        if self.due_at is None:
            code = self.child.exit_code
            self.child.clear()
            self.due_at = now + self.pause
            sentence = f"The {self.child.name} process ended ({describe(code)}); it is started again"
            sentence += f" in {self.pause:.0f} s." if self.pause else "."
            self.pause = min(max(1.0, self.pause * 2), settings.RESTART_PAUSE)
            return sentence
        if now >= self.due_at:
            self.due_at = None
            self.started_at = now
            self.start()
        return None


def describe(code: int | None) -> str:
    """An exit code in words."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


class Supervisor:
    """Starts the children in order, keeps them alive, stops them in the opposite order."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.stop_requests = 0
        self.web = Child("web", (*COMMAND, "web"))
        self.worker = Child("worker", (*COMMAND, "worker"), patience=25.0)
        self.watched: list[Watched] = []
        self.cluster: Cluster | None = None

    def run(self) -> None:
        """Until a signal asks to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        with ExitStack() as stack:
            stack.callback(self._stop_all)
            if settings.EMBEDDED_DATABASE:
                self._start_database(stack)
            self._prepare()
            if self.stop_requests:
                return
            for child in (self.web, self.worker):
                child.start()
                self.watched.append(Watched(child, child.start))
            self._wait_for_web()
            if not self.stop_requests:
                signins.announce(self.console)
            while not self.stop_requests:
                self._tend()
                time.sleep(TICK_SECONDS)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop_requests += 1
        if self.stop_requests > 1:
            # A second Ctrl-C: no more patience with the requests and jobs under way.
            for child in (self.web, self.worker):
                child.patience = 0.0

    def _start_database(self, stack: ExitStack) -> None:
        cluster = embedded_cluster()
        if not cluster.data.exists():
            self.console.print("Preparing the database …")
        cluster.create()
        log = stack.enter_context(_open_log(settings.HOME / "log" / "postgres.log"))
        # Known before it starts: a failed or interrupted start is cleaned up too.
        self.cluster = cluster
        try:
            cluster.start(log)
        except Failure as failure:
            raise Failure(f"{failure} See {settings.HOME / 'log' / 'postgres.log'}.") from failure
        if cluster.server is not None:
            self.watched.append(Watched(cluster.server, cluster.launch))

    def _prepare(self) -> None:
        """Roles, migrations, static files, demo data: in a process of its own, which keeps this one small."""
        preparation = Child("preparation", (*COMMAND, "prepare"))
        preparation.start()
        while preparation.alive:
            if self.stop_requests:
                preparation.stop()
                return
            time.sleep(TICK_SECONDS)
        if preparation.exit_code:
            # It has said why.
            raise typer.Exit(preparation.exit_code if preparation.exit_code > 0 else 1)

    def _wait_for_web(self) -> None:
        while not self.stop_requests:
            if not self.web.alive:
                raise Failure("The web server did not start.")
            if _answers(settings.HOST, settings.PORT):
                return
            time.sleep(TICK_SECONDS)

    def _tend(self) -> None:
        now = time.monotonic()
        for watched in self.watched:
            sentence = watched.tend(now)
            if sentence:
                sys.stderr.write(f"tenantry: {sentence}\n")

    def _stop_all(self) -> None:
        """Web first, so that no request meets a missing database; the database last."""
        self.web.stop()
        self.worker.stop()
        if self.cluster is not None:
            self.cluster.stop()


def _answers(host: str, port: int) -> bool:
    """Whether a page is served. The port alone says little: it is open before the application is loaded."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
