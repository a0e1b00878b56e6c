"""Child processes that never outlive their parent (Linux)."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: signal.Signals, parent: int) -> None:
    """Ask the kernel for this signal when the parent ends, however it ends, ``kill -9`` included."""
    if _LIBC.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        # It ended before we asked: the signal will never come.
        os.kill(os.getpid(), signal.SIGKILL)


def _before_exec(parent: int, number: signal.Signals) -> Callable[[], None]:
    return lambda: die_with_parent(number, parent)


@dataclass
class Child:
    """One supervised program in a session and process group of its own.

    Its own group keeps the terminal's Ctrl-C away from it: the supervisor decides the
    order of stopping, and the database has to go last.
    """

    name: str
    command: Sequence[str]
    stop_signal: signal.Signals = signal.SIGTERM
    # What the kernel sends when the supervisor was killed. Whatever was under way is as
    # good as lost then, and a next start must find port and data free.
    orphan_signal: signal.Signals = signal.SIGKILL
    # Seconds between the request to stop and SIGKILL.
    patience: float = 15.0
    environment: Mapping[str, str] | None = None
    output: IO[bytes] | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the program; a previous run of it is over."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            env=None if self.environment is None else dict(self.environment),
            start_new_session=True,
            # Nothing here runs threads, which is what makes preexec_fn safe.
            preexec_fn=_before_exec(os.getpid(), self.orphan_signal),  # noqa: PLW1509
        )

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative is the number of the signal that ended it."""
        return None if self.process is None else self.process.poll()

    def ask_to_stop(self) -> None:
        """Send the polite signal to the program itself; it stops its own children."""
        if self.process is not None and self.alive:
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Stop and wait; past its patience the whole group is killed."""
        self.ask_to_stop()
        deadline = time.monotonic() + self.patience
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        self.clear()

    def clear(self) -> None:
        """Kill what is left of its process group, such as the workers of a killed server."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
