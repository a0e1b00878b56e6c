"""Handing over while worker and database are killed at any moment: each record is moved exactly once or not yet."""

import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from ops.installations import Installation, all_dead
from support.processes import wait_for

SCRIPT = Path(__file__).resolve().parent.parent / "support" / "handover_in_another_place.py"
TYPES = ("crm_lead", "crm_note", "crm_file")
# Records for each kill, so that the last of them still finds it under way.
FOR_EACH = 9_000
# And for a machine that does much else: it goes on by itself before anybody has looked.
BESIDES = 30_000


@dataclass
class Place:
    """An installation in which much is being handed over."""

    installation: Installation
    organization: str
    operation: str
    receiver: str
    number: int

    def asked(self, *arguments: str) -> str:
        return program(self.installation, *arguments)

    def told(self, statement: str) -> int:
        """The number that it says; -1 while the database is away or recovers."""
        try:
            return int(str(self.installation.sql(statement)[0][0]))
        except psycopg.OperationalError:
            return -1

    @property
    def done(self) -> int:
        return self.told(f"SELECT done FROM acting_operation WHERE id = '{self.operation}'")

    def agree(self) -> int:
        """Operation, lines, records and what Drive counts say the same, whatever moment it is. Returns it."""
        mine = f"organization_id = '{self.organization}' AND owner_id = '{self.receiver}'"
        moved = " + ".join(f"(SELECT count(*) FROM {table} WHERE {mine} AND version = 2)" for table in TYPES)
        files = f"(SELECT 10 * count(*) FROM crm_file WHERE {mine})"
        used = f"(SELECT coalesce(sum(used), 0) FROM crm_driveusage WHERE {mine})"
        lines = f"FROM acting_operationline WHERE operation_id = '{self.operation}'"
        [found] = self.installation.sql(
            f"SELECT (SELECT done FROM acting_operation WHERE id = '{self.operation}'), {moved}, "
            f"(SELECT count(DISTINCT target_id) {lines}), (SELECT max(position) {lines}), {files} - {used}"
        )
        done, moved_, lines_, last, difference = (int(str(one or 0)) for one in found)
        assert (moved_, lines_, last, difference) == (done, done, done, 0), found
        return done


def program(installation: Installation, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=installation.env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def going_on(place: Place) -> None:
    """What the schedule does about it a minute later. Nobody waits: it moves before this has ended."""
    command = [sys.executable, str(SCRIPT), "go_on", place.organization]
    subprocess.Popen(command, env=place.installation.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def installation(tmp_path):
    place = Installation(tmp_path, pause=1)
    place.start()
    yield place
    place.program.stop()


def kill(place: Place, *, database: bool) -> None:
    """`kill -9` of the worker, or of the postmaster and all of its children; `tenantry run` starts either again."""
    found = place.installation.program.find(*(("postgres", "-D") if database else ("worker",)))
    assert found is not None
    victims = [found, *found.children(recursive=True)]
    for process in victims:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for(lambda: all_dead(victims), seconds=30, what="it is gone")
    wait_for(lambda: place.told("SELECT 1") == 1, seconds=180, what="the database answers")


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.soak)])
def test_each_record_is_moved_exactly_once(installation, kills):
    number = kills * FOR_EACH + BESIDES
    place = Place(installation, *program(installation, "begin", str(number)).split(), number)
    rng, seen = random.Random(kills), 0
    for n in range(kills):
        wait_for(lambda seen=seen: place.done > seen, seconds=300, what=f"it moves, {n}")
        time.sleep(rng.uniform(0, 0.3))
        kill(place, database=n % 3 == 1)
        seen = place.agree()
        assert seen < number, "it was killed too late to prove anything"
        going_on(place)
    wait_for(lambda: place.done == number, seconds=300, what="all of it is moved")
    wait_for(
        lambda: place.told(f"SELECT count(*) FROM acting_operation WHERE id = '{place.operation}' AND state = 'done'"),
        seconds=120,
        what="it has ended",
    )
    assert place.agree() == number
    assert place.asked("check", place.organization, place.operation).split() == [str(number), "True"]
