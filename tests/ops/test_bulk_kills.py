"""A bulk invite that is killed on its way, worker or database: nothing lost, nothing doubled."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from factories.organizations import make_organization, unique
from ops.installations import Installation, all_dead
from support.bulk import batch_of, file_of, upload
from support.catalogue import rows as ask
from support.processes import Program, wait_for
from support.servers import forget_jobs, live_environment
from tenantry.acting.operations import BATCH
from tenantry.core import tasks
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import BatchRow
from tenantry.usecases import bulk_inviting as bulk

ROWS = 1_500
# So many that two kills find it under way.
MANY = 15_000
# Each address: memberships, open invitations, links that live, mails of theirs.
ONCE = """
    SELECT count(*), count(DISTINCT m.email), count(DISTINCT i.id), count(DISTINCT l.id), count(DISTINCT d.id)
    FROM people_membership m
    JOIN people_invitation i ON i.membership_id = m.id AND i.accepted_at IS NULL AND i.revoked_at IS NULL
    JOIN people_invitationlink l ON l.invitation_id = i.id AND l.ended_at IS NULL
    JOIN core_maildelivery d ON d.subject_id = l.id
    WHERE m.organization_id = '{}' AND m.email LIKE '%@many.example'
"""


@pytest.fixture
def emails():
    return [f"{unique('p')}@many.example" for _ in range(ROWS)]


def worker(directory: Path, number: int, **more: object) -> Program:
    return Program(("worker",), live_environment(**more), directory / f"worker-{number}.log").start()


def killed(program: Program) -> None:
    program.process.send_signal(signal.SIGKILL)
    program.process.wait(10)


def requeue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the periodic job does; here a worker counts as dead after one second without a heartbeat."""
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "STALLED_AFTER_SECONDS", 1)
        time.sleep(1.2)
        tasks.requeue_stalled()


def sent(org, batch_id) -> int:
    with scope.tenant(org.id), reading():
        return BatchRow.objects.filter(batch_id=batch_id, state="sent").count()


@pytest.mark.soak
def test_the_worker_is_killed_while_reading_sending_and_mailing(tmp_path, monkeypatch, smtp_server, emails):
    smtp_server.start()
    settings = {"SMTP_URL": smtp_server.url}
    forget_jobs()
    org = make_organization()
    batch_id = upload(org, file_of(*((email, "Ada Stone") for email in emails)))
    running = worker(tmp_path, 0, **settings)
    try:
        for number in range(1, 3):
            time.sleep(random.uniform(0.5, 2.5))
            killed(running)
            requeue(monkeypatch)
            running = worker(tmp_path, number, **settings)
        wait_for(lambda: batch_of(org, batch_id).state == "ready", seconds=60, what="the file is read")
        assert batch_of(org, batch_id).rows_read == ROWS
        org.perform(bulk.send_batch, batch_id=batch_id)
        for number in range(3, 3 + ROWS // BATCH - 1):
            before = sent(org, batch_id)
            wait_for(lambda seen=before: sent(org, batch_id) > seen, seconds=60, what="a batch is sent")
            time.sleep(random.uniform(0, 0.6))
            killed(running)
            requeue(monkeypatch)
            running = worker(tmp_path, number, **settings)
        wait_for(lambda: batch_of(org, batch_id).state == "sent", seconds=120, what="all of it is sent")
        wait_for(lambda: left(org) < ROWS // 2, seconds=240, what="half of the mails are out")
        killed(running)
        requeue(monkeypatch)
        running = worker(tmp_path, 7, **settings)
        wait_for(lambda: left(org) == 0, seconds=300, what="every mail is out")
    finally:
        running.stop()
        smtp_server.stop()
    assert sent(org, batch_id) == ROWS
    assert ask(ONCE.format(org.id)) == [(ROWS,) * 5]
    arrived = [(str(m["To"]), str(m["Message-ID"])) for m in smtp_server.messages() if "@many.example" in str(m["To"])]
    assert Counter(to for to, _id in set(arrived)) == Counter(emails), "one Message-ID each"
    # A mail that was handed over when the worker died comes twice, under one Message-ID: at most one a kill.
    assert len(arrived) - len(set(arrived)) <= 7


def left(org) -> int:
    states = "SELECT count(*) FROM core_maildelivery WHERE organization_id = %s AND state IN ('queued', 'failed')"
    return int(ask(states, org.id)[0][0])


SCRIPT = Path(__file__).resolve().parent.parent / "support" / "bulk_in_another_place.py"


@pytest.mark.soak
def test_the_database_is_killed_while_reading_and_sending(tmp_path):
    """`kill -9` of the postmaster and all of its children, twice; `tenantry run` starts it again."""
    place = Installation(tmp_path, pause=1)
    try:
        place.start()
        command = [sys.executable, str(SCRIPT), str(MANY)]
        made = subprocess.run(command, env=place.env, capture_output=True, text=True, timeout=300, check=False)
        assert made.returncode == 0, made.stderr
        organization_id, batch_id = made.stdout.split()
        done = f"SELECT count(*) FROM people_batchrow WHERE batch_id = '{batch_id}' AND state = 'sent'"
        for _ in range(2):
            before = told(place, done)
            assert before < MANY, "it was quicker than this test"
            wait_for(lambda seen=before: told(place, done) > seen, seconds=240, what="a batch is sent")
            postmaster = place.program.find("postgres", "-D")
            assert postmaster is not None
            victims = [postmaster, *postmaster.children(recursive=True)]
            for process in victims:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            wait_for(lambda gone=victims: all_dead(gone), seconds=30, what="it is gone")
            wait_for(lambda: told(place, "SELECT 1") == 1, seconds=60, what="it is back")
        wait_for(lambda: told(place, done) == MANY, seconds=240, what="all of it is sent")
        assert place.sql(ONCE.format(organization_id)) == [(MANY,) * 5]
    finally:
        place.program.stop()


def told(place: Installation, statement: str) -> int:
    """The number that it says; -1 while it is away or recovers."""
    try:
        return int(str(place.sql(statement)[0][0]))
    except psycopg.OperationalError:
        return -1
