"""Real processes for tests: the product's own, and what can be seen of them from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil


def free_port() -> int:
    """A TCP port on the loopback address that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Return when the condition holds; AssertionError after that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether somebody answers HTTP there, with whatever status."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def environment(**settings: object) -> dict[str, str]:
    """This process's environment with these TENANTRY_ variables and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | {f"TENANTRY_{name}": str(value) for name, value in settings.items()}


@dataclass
class Program:
    """A started ``tenantry`` command and its output so far."""

    arguments: tuple[str, ...]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> "Program":
        """Start it in a session of its own."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tenantry", *self.arguments],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    @property
    def output(self) -> str:
        """What it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tree(self) -> list[psutil.Process]:
        """It and everything below it."""
        try:
            top = psutil.Process(self.process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def find(self, *words: str) -> psutil.Process | None:
        """The topmost process below it whose command line has all these words."""
        for process in self.tree()[1:]:
            try:
                line = " ".join(process.cmdline())
            except psutil.NoSuchProcess:
                # It ended meanwhile, or waits to be reaped.
                continue
            if all(word in line for word in words):
                return process
        return None

    def stop(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 40) -> int:
        """Signal it, wait, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            for process in self.tree():
                process.kill()
            raise


def run(*arguments: str, env: dict[str, str], seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a ``tenantry`` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tenantry", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@contextmanager
def stopped_at_the_end(*programs: Program) -> Iterator[None]:
    """Stop them in the opposite order, whatever happens."""
    try:
        yield
    finally:
        for program in reversed(programs):
            program.stop()
