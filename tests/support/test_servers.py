"""A worker lives while it is there, not for as long as its last heartbeat says."""

import signal

from django.db import connections

from support.processes import Program, wait_for
from support.servers import a_worker_lives, live_environment


def test_a_killed_worker_lives_no_more(tmp_path):
    # The other connection of the tests is nobody's either.
    connections["owner"].ensure_connection()
    wait_for(lambda: not a_worker_lives(), seconds=30, what="earlier workers are gone")
    worker = Program(("worker",), live_environment(), tmp_path / "worker.log").start()
    try:
        wait_for(a_worker_lives, seconds=60, what="the worker lives")
        worker.process.send_signal(signal.SIGKILL)
        worker.process.wait(10)
        # The server notices a closed connection at once, its last heartbeat is young for twenty seconds.
        wait_for(lambda: not a_worker_lives(), seconds=5, what="nobody takes it for alive")
    finally:
        worker.stop()
