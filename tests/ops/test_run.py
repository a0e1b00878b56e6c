"""``tenantry run``: one process tree, which leaves nothing behind and loses nothing."""

import functools
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ops.installations import Installation, alive, all_dead
from support.processes import Program, free_port, run, wait_for


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    if hasattr(made, "program"):
        tree = made.program.tree()
        made.program.stop(signal.SIGKILL)
        wait_for(lambda: all_dead(tree), seconds=20, what="nothing is left of the test")


def test_run_once_and_stop(installation: Installation) -> None:
    program = installation.start()
    tree = program.tree()
    assert len(tree) >= 6
    wait_for(installation.serves, seconds=60, what="pages are answered")
    assert f"http://127.0.0.1:{installation.port}" in program.output
    megabytes = psutil.virtual_memory().total // 2**20
    buffers = "SELECT setting::int * 8 / 1024 FROM pg_settings WHERE name = 'shared_buffers'"
    [(kept,)] = installation.sql(buffers)
    assert 128 <= int(str(kept)) <= max(128, megabytes // 4), "a quarter of the machine, or of the container"
    assert installation.sql("SHOW jit") == [("off",)]

    second = run("run", env=installation.env)
    assert second.returncode == 1
    assert second.stderr == (
        f"tenantry: Tenantry runs already at http://127.0.0.1:{installation.port} "
        f"(process {program.process.pid}). Stop that one first.\n"
    )

    wait_for(lambda: run("doctor", env=installation.env).returncode == 0, seconds=120, what="the doctor is content")

    assert program.stop(signal.SIGINT) == 0
    assert alive(tree) == []
    assert "Traceback" not in program.output


def test_supervisor_killed(installation: Installation) -> None:
    program = installation.start()
    installation.sql("CREATE TABLE probe AS SELECT generate_series(1, 1000) AS number")
    tree = program.tree()
    program.process.kill()
    wait_for(lambda: all_dead(tree), seconds=30, what="everything has ended with the supervisor")

    installation.start()
    wait_for(installation.serves, seconds=60, what="pages are answered")
    assert installation.sql("SELECT count(*) FROM probe") == [(1000,)]


@pytest.mark.soak
def test_everything_killed(installation: Installation) -> None:
    program = installation.start()
    installation.sql("CREATE TABLE probe AS SELECT generate_series(1, 1000) AS number")
    tree = program.tree()
    for process in tree:
        # Those below a killed one die with it, often before their turn.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for(lambda: all_dead(tree), seconds=30, what="all are dead")

    installation.start()
    assert installation.sql("SELECT count(*) FROM probe") == [(1000,)]


@pytest.mark.soak
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("granian",), id="web"),
        pytest.param(("tenantry", "worker"), id="worker"),
        pytest.param(("postgres", "-D"), id="database"),
    ],
)
def test_child_killed(words: tuple[str, ...], installation: Installation) -> None:
    program = installation.start()
    installation.sql("CREATE TABLE probe AS SELECT generate_series(1, 1000) AS number")
    victim = program.find(*words)
    assert victim is not None
    below = victim.children(recursive=True)
    victim.kill()
    wait_for(lambda: all_dead([victim, *below]), seconds=15, what="its own children ended with it")
    wait_for(lambda: program.find(*words), seconds=15, what="it is started again")
    wait_for(lambda: run("doctor", env=installation.env).returncode == 0, seconds=60, what="the doctor is content")
    wait_for(installation.serves, seconds=15, what="pages are served again")
    assert installation.sql("SELECT count(*) FROM probe") == [(1000,)]
    assert "killed by SIGKILL" in program.output
    tree = program.tree()
    assert program.stop(signal.SIGTERM) == 0
    assert alive(tree) == []


@pytest.mark.soak
def test_server_process_killed(installation: Installation) -> None:
    program = installation.start()
    server = program.find("granian")
    assert server is not None
    for victim in server.children():
        if "granian" in " ".join(victim.cmdline()):
            victim.kill()
    wait_for(installation.serves, seconds=15, what="pages are served again")
    tree = program.tree()
    assert program.stop(signal.SIGINT) == 0
    assert alive(tree) == []


@pytest.mark.soak
def test_killed_during_first_start(installation: Installation) -> None:
    """At whatever moment it is killed, the next start gets through."""
    for number, seconds in enumerate((0.15, 0.4, 0.8, 1.5, 2.5)):
        log = installation.directory / f"killed-{number}.log"
        program = Program(("run",), installation.env, log).start()
        time.sleep(seconds)
        tree = program.tree()
        program.process.kill()
        program.process.wait()
        wait_for(functools.partial(all_dead, tree), seconds=30, what="all are dead")
    installation.start()
    wait_for(installation.serves, seconds=60, what="pages are answered")


@pytest.mark.soak
def test_home_out_of_reach(tmp_path: Path) -> None:
    """As root: below a directory that the database's account may not enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    installation = Installation(closed)
    program = installation.start()
    wait_for(installation.serves, seconds=60, what="pages are answered")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert program.stop(signal.SIGINT) == 0


@pytest.mark.soak
def test_home_with_long_path(tmp_path: Path) -> None:
    """A socket's path has an end at 107 bytes; the home's has not."""
    installation = Installation(tmp_path / ("long directory " * 7) / "ümlaut")
    installation.directory.mkdir(parents=True)
    program = installation.start()
    wait_for(installation.serves, seconds=60, what="pages are answered")
    assert program.stop(signal.SIGINT) == 0


def test_port_taken(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen(1)
        done = run("run", env=installation.env)
    assert done.returncode == 1
    assert done.stderr == (
        f"tenantry: Port {installation.port} on 127.0.0.1 cannot be used: Address already in use. "
        "Choose another by TENANTRY_PORT.\n"
    )
    assert not (tmp_path / "home" / "postgres").exists()


def test_home_not_writable(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    done = run("run", env=Installation(blocker, free_port()).env)
    assert done.returncode in {1, 2}
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("tenantry: ")
