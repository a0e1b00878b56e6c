"""Long work whose worker is killed in the middle: everybody is changed exactly once."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from factories.organizations import make_organization
from support.many import crowd, lines, state_of
from support.processes import Program, wait_for
from support.servers import forget_jobs, live_environment
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting.models import Operation
from tenantry.acting.tasks import find_stuck
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership
from tenantry.usecases.bulk_changing.changing import change_people

PEOPLE = 4000
KILLS = 2


@pytest.fixture
def workers(tmp_path: Path):
    forget_jobs()
    started: list[Program] = []

    def start() -> Program:
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(Program(("worker",), live_environment(), log).start())
        return started[-1]

    yield start
    for program in started:
        for process in program.tree():
            process.kill()
        program.process.wait(20)


def kill(program: Program) -> None:
    for process in program.tree():
        process.send_signal(signal.SIGKILL)
    program.process.wait(20)


def test_a_killed_worker_leaves_nobody_out_and_changes_nobody_twice(workers):
    org = make_organization()
    ids = crowd(org, PEOPLE)
    begun = org.perform(change_people, do="deactivation", wanted=DirectoryFilter(query="crowd"))
    for n in range(KILLS):
        program, before = workers(), state_of(org, begun.operation_id).done
        wait_for(
            lambda before=before: state_of(org, begun.operation_id).done > before, seconds=60, what=f"it moves, {n}"
        )
        kill(program)
        row = state_of(org, begun.operation_id)
        assert row.state == "running"
        assert row.done < PEOPLE, "it was killed too late to prove anything"
        settled = [one for one in lines(org, begun.operation_id) if one.state == "done"]
        with scope.tenant(org.id), reading():
            gone = set(Membership.objects.filter(status="deactivated").values_list("id", flat=True))
        # Whatever moment it was: lines, people and count say the same.
        assert gone == {one.target_id for one in settled}
        assert len(gone) == row.done
        # What the schedule finds a minute later.
        with scope.tenant(org.id), writing():
            Operation.objects.filter(id=row.id).update(moved_at=clock.now() - timedelta(minutes=2))
        find_stuck()
    workers()
    wait_for(lambda: state_of(org, begun.operation_id).state == "done", seconds=120, what="it ends")
    row = state_of(org, begun.operation_id)
    assert (row.done, row.refused) == (PEOPLE, 0)
    with scope.tenant(org.id), reading():
        people = Membership.objects.filter(id__in=ids)
        # Each deactivation raises it by one.
        assert set(people.values_list("status", "session_epoch")) == {("deactivated", 1)}
        batches = Entry.objects.filter(action="people.deactivated")
        told = [one for entry in batches for one in entry.values["members"]]
        assert len(told) == len(set(told)) == PEOPLE
        assert verify().sound
