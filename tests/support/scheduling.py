"""Which of the test processes gets which tests."""

from typing import Any

from xdist.scheduler import LoadScheduling

# The fiftieth part of all tests is more than those that drive a browser.
FEW = 50


class OneByOneAtLast(LoadScheduling):
    """In runs of neighbours, which share what their module made, until few are left: those are the long ones, and a
    run of them would keep one process at work for minutes when the others have nothing left to do."""

    def check_schedule(self, node: Any, duration: float = 0) -> None:
        if self.collection and len(self.pending) <= len(self.collection) // FEW:
            self.maxschedchunk = 1
        super().check_schedule(node, duration)
