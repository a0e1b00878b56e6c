"""Every test is run once, and the long ones at the end are shared between the processes."""

import heapq
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.remote import Producer

from support.scheduling import FEW, OneByOneAtLast

TESTS, LONG = 2000, 30


class Config:
    def getvalue(self, name: str) -> Any:
        return {"tx": ["2*popen"]}[name]

    def getoption(self, name: str) -> Any:
        return {"maxschedchunk": None}[name]


@dataclass(eq=False)
class Process:
    number: int
    gateway: Any = field(default_factory=lambda: SimpleNamespace(id="popen"))
    queue: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    free_at: float = 0
    shutting_down: bool = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.queue += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def run(durations: list[float]) -> list[Process]:
    """As xdist does it: a process runs a test once it knows the next, or that there is none."""
    scheduler = OneByOneAtLast(Config(), Producer("tests", enabled=False))  # type: ignore[arg-type]
    processes = [Process(0), Process(1)]
    for one in processes:
        scheduler.add_node(one)  # type: ignore[arg-type]
    for one in processes:
        scheduler.add_node_collection(one, [str(n) for n in range(len(durations))])  # type: ignore[arg-type]
    scheduler.schedule()
    turns = [(0.0, one.number) for one in processes]
    while turns:
        _now, number = heapq.heappop(turns)
        one = processes[number]
        if not one.queue:
            continue
        assert len(one.queue) > 1 or one.shutting_down or not scheduler.pending
        test = one.queue.pop(0)
        one.free_at += durations[test]
        one.done.append(test)
        heapq.heappush(turns, (one.free_at, number))
        scheduler.mark_test_complete(one, test, durations[test])  # type: ignore[arg-type]
    return processes


def test_all_are_run_once_and_the_processes_end_together():
    longest = 100.0
    durations = [0.2] * (TESTS - LONG) + [longest] * 6 + [5.0] * (LONG - 6)
    assert TESTS // FEW > LONG
    processes = run(durations)
    assert sorted(test for one in processes for test in one.done) == list(range(TESTS))
    # In order, so that what comes last comes last everywhere.
    assert all(one.done == sorted(one.done) for one in processes)
    first, second = (one.free_at for one in processes)
    assert abs(first - second) < longest
    assert sum(durations) / 2 == pytest.approx(max(first, second), rel=0.1)
