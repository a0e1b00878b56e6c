"""`kill -9` between a real S3 server and the database: no file is lost, and no bytes are kept for ever."""

import hashlib
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from api.callers import Caller, by_key
from factories.organizations import Organization, make_organization
from support.buckets import BucketServer, files_in_bucket, start_bucket_server
from support.processes import Program, answers, free_port, wait_for
from support.servers import live_environment
from support.uploads import discarded, put_file
from tenantry.core import files, tasks
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm import tasks as sweeping
from tenantry.crm.actions.records import delete_records
from tenantry.crm.models import File

pytestmark = pytest.mark.soak

KILLS = 8
# More than a store takes in parts, were uploads sent in parts.
LARGE = 12_000_000


@dataclass
class Place:
    """Web server and worker that keep their files in a bucket; both can be killed and started again."""

    org: Organization
    caller: Caller
    server: BucketServer
    bucket: str
    directory: Path
    port: int = field(default_factory=free_port)
    started: list[Program] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, name: str) -> Program:
        more = {"PORT": self.port, "BASE_URL": self.url, "WEB_WORKERS": 1, "WEB_THREADS": 4, "API_RATE": 100_000}
        env = live_environment(**more, **self.server.environment(self.bucket))
        program = Program((name,), env, self.directory / f"{name}-{len(self.started)}.log").start()
        self.started.append(program)
        if name == "web":
            wait_for(lambda: answers(self.url) or program.process.poll() is not None, seconds=60, what="it answers")
            assert program.process.poll() is None, program.output
        return program

    def send(self, content: bytes, name: str = "offer.bin") -> int:
        """The status of an upload; 0: nobody answered."""
        asked = urllib.request.Request(
            f"{self.url}/api/v1/files?name={name}&owner_id={self.org.owner.membership_id}",
            data=content,
            headers={**self.caller.headers, "Content-Type": "application/octet-stream"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def rows(self) -> list[File]:
        with scope.tenant(self.org.id), reading():
            return list(File.objects.order_by("created_at"))

    def keys(self) -> set[str]:
        return {name.rpartition("/")[2] for name in self.server.keys(self.bucket)}

    def whole(self) -> None:
        """Every file that the database names has its bytes."""
        for row in self.rows():
            content = b"".join(files.pieces(self.org.id, row.store_key))
            assert hashlib.sha256(content).hexdigest() == row.sha256

    def swept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The nightly sweep, a day later: then the bucket holds what the database names, and nothing else."""
        monkeypatch.setattr(sweeping, "ORPHANED_AFTER", timedelta(seconds=-60))
        with scope.tenant(self.org.id):
            sweeping.sweep_orphans(organization_id=self.org.id)
        assert self.keys() == {row.store_key for row in self.rows()}
        assert self.server.unfinished(self.bucket) == []


@pytest.fixture(scope="module")
def bucket_server(database: None) -> Iterator[BucketServer]:
    server = start_bucket_server()
    yield server
    server.stop()


@pytest.fixture
def place(bucket_server: BucketServer, tmp_path: Path) -> Iterator[Place]:
    org = make_organization()
    bucket = bucket_server.bucket(f"tenantry-{uuid4().hex}")
    place = Place(org, by_key(org), bucket_server, bucket, tmp_path)
    with files_in_bucket(bucket_server, bucket):
        yield place
    bucket_server.go_on()
    for program in place.started:
        kill(program)


def kill(program: Program) -> None:
    for process in program.tree():
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    program.process.wait(20)


@contextmanager
def held(statement: str, *parameters: object) -> Iterator[None]:
    """Another transaction holds what this statement locks, so that whoever comes waits in the middle."""
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(host=str(settings.POSTGRES_RUN), dbname=name, user="postgres") as other:
        other.execute(statement, parameters)
        yield
        other.rollback()


def in_the_background(place: Place, content: bytes) -> tuple[threading.Thread, list[int]]:
    said = list[int]()
    thread = threading.Thread(target=lambda: said.append(place.send(content)))
    thread.start()
    return thread, said


def requeue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the periodic job does; here a worker counts as dead after one second without a heartbeat."""
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "STALLED_AFTER_SECONDS", 1)
        time.sleep(1.2)
        tasks.requeue_stalled()


# --- Coming in ----------------------------------------------------------------------------


def test_killed_after_the_store_and_before_the_row(place, monkeypatch):
    web = place.start("web")
    assert place.send(b"the first") == 201
    kept = place.keys()
    with held("SELECT FROM crm_driveusage WHERE owner_id = %s FOR UPDATE", place.org.owner.membership_id):
        thread, said = in_the_background(place, b"the second")
        wait_for(lambda: place.keys() > kept, seconds=30, what="the bytes are in the store")
        kill(web)
    thread.join(30)
    assert said == [0]
    assert [row.size for row in place.rows()] == [9]
    place.start("web")
    assert place.send(b"the second") == 201
    place.whole()
    place.swept(monkeypatch)
    place.whole()


def test_killed_while_the_store_takes_it(place, monkeypatch):
    web = place.start("web")
    assert place.send(b"the first") == 201
    place.server.pause()
    thread, said = in_the_background(place, os.urandom(LARGE))
    time.sleep(3)
    assert said == []
    kill(web)
    place.server.go_on()
    thread.join(30)
    assert said == [0]
    place.start("web")
    assert len(place.rows()) == 1
    assert place.send(os.urandom(LARGE)) == 201
    place.whole()
    place.swept(monkeypatch)


def test_killed_at_any_moment(place, monkeypatch):
    """What was answered with 201 is there; what was not is there whole or not at all."""
    rng, web, sent = random.Random(7), place.start("web"), 0
    for n in range(KILLS):
        over, said = threading.Event(), list[int]()

        def send_on(over: threading.Event = over, said: list[int] = said) -> None:
            while not over.is_set():
                said.append(place.send(os.urandom(300_000)))

        senders = [threading.Thread(target=send_on) for _ in range(3)]
        for sender in senders:
            sender.start()
        wait_for(lambda said=said: 201 in said, seconds=60, what=f"files come, {n}")
        time.sleep(rng.uniform(0, 0.5))
        kill(web)
        over.set()
        for sender in senders:
            sender.join(60)
        assert set(said) <= {201, 0}
        sent += said.count(201)
        place.whole()
        web = place.start("web")
    # An answer may be lost on its way, a file never.
    assert sent <= len(place.rows()) <= sent + 3 * KILLS
    place.swept(monkeypatch)
    place.whole()


# --- Going --------------------------------------------------------------------------------


def deleted(place: Place, count: int) -> set[str]:
    """Keys of files whose rows are gone."""
    made = [put_file(place.org, place.org.owner, os.urandom(2_000), f"{n}.bin") for n in range(count)]
    put_file(place.org, place.org.owner, b"it stays", "stays.txt")
    place.org.perform(delete_records, type_key="file", record_ids=tuple(one.id for one in made))
    return {one.store_key for one in made}


def test_the_worker_is_killed_after_the_bytes_and_before_the_note(place, monkeypatch):
    gone = deleted(place, 20)
    with held("SELECT FROM crm_discardedbytes WHERE organization_id = %s FOR UPDATE", place.org.id):
        worker = place.start("worker")
        wait_for(lambda: not place.keys() & gone, seconds=60, what="the bytes are deleted")
        kill(worker)
    assert set(discarded(place.org)) == gone
    requeue(monkeypatch)
    place.start("worker")
    wait_for(lambda: discarded(place.org) == [], seconds=90, what="nothing is waiting")
    assert place.keys() == {row.store_key for row in place.rows()}
    place.whole()


def test_the_worker_is_killed_in_the_middle_of_the_bytes(place, monkeypatch):
    gone = deleted(place, 60)
    worker = place.start("worker")
    wait_for(lambda: len(place.keys() & gone) < 60, seconds=60, what="some are deleted")
    kill(worker)
    left = place.keys() & gone
    assert left, "it was killed too late to prove anything"
    assert set(discarded(place.org)) == gone
    requeue(monkeypatch)
    place.start("worker")
    wait_for(lambda: discarded(place.org) == [], seconds=90, what="nothing is waiting")
    assert place.keys() == {row.store_key for row in place.rows()}
    place.whole()


def test_a_store_that_stands_still_is_waited_for(place):
    gone = deleted(place, 3)
    place.server.pause()
    place.start("worker")
    time.sleep(5)
    place.server.go_on()
    wait_for(lambda: discarded(place.org) == [], seconds=150, what="nothing is waiting")
    assert not place.keys() & gone
    place.whole()
