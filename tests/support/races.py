"""Calls that run at the same moment, each in a thread and on a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, in the order given."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(30)
            return call()
        except Exception as error:  # noqa: BLE001 what a thread raised is its result
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def failures(results: list[Any], *expected: type[Exception]) -> list[Exception]:
    """What was raised; anything but the expected refusals is raised here."""
    raised = [one for one in results if isinstance(one, Exception)]
    for one in raised:
        if not isinstance(one, expected):
            raise one
    return raised
