"""A whole installation of its own for one test: home, port, embedded database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from django.conf import settings

from support.processes import Program, answers, environment, free_port, wait_for
from tenantry.config.postgres import socket_directory


@dataclass
class Installation:
    """``tenantry run`` in a directory."""

    directory: Path
    port: int = field(default_factory=free_port)
    starts: int = 0
    # Whoever kills again and again does not wait as long as a broken one would.
    pause: int = 30
    program: Program = field(init=False)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def env(self) -> dict[str, str]:
        """Its settings: small, without demo data, with the static files that the session has collected."""
        return environment(
            HOME=self.directory / "home",
            STATIC_ROOT=settings.HOME / "static",
            PORT=self.port,
            DEMO="false",
            WEB_WORKERS=2,
            WEB_THREADS=2,
            RESTART_PAUSE=self.pause,
        )

    def start(self) -> Program:
        """Start it and wait until it has announced itself."""
        self.starts += 1
        self.program = Program(("run",), self.env, self.directory / f"run-{self.starts}.log").start()
        wait_for(
            lambda: "Ctrl-C stops everything" in self.program.output or self.program.process.poll() is not None,
            seconds=180,
            what="it runs",
        )
        assert self.program.process.poll() is None, self.program.output
        return self.program

    def serves(self) -> bool:
        """Whether pages are answered."""
        return answers(self.url)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in its database as the superuser."""
        run = socket_directory(self.directory / "home")
        server = psycopg.connect(host=str(run), dbname="tenantry", user="postgres", autocommit=True)
        with server:
            cursor = server.execute(statement)
            return cursor.fetchall() if cursor.description else []


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; what waits for its parent to ask for the exit code has ended."""
    found = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def all_dead(processes: Iterable[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return not alive(processes)
