"""The lock on an installation's home directory: one supervisor at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenantry.cli.failures import Failure


@contextmanager
def sole_supervisor(home: Path, address: str) -> Iterator[None]:
    """Hold the home's lock; the kernel releases it when we end, however we end.

    :raises Failure: another one holds it; the text says where that one answers.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Failure(f"The directory {home} cannot be used: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(_who(os.pread(handle, 4096, 0))) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)
        yield
    finally:
        os.close(handle)


def _who(content: bytes) -> str:
    try:
        told = json.loads(content)
        return f"Tenantry runs already at {told['address']} (process {told['pid']}). Stop that one first."
    except (ValueError, KeyError, TypeError):
        # The other one holds the lock and has not written yet.
        return "Tenantry runs already from this directory. Stop that one first."
