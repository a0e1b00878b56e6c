"""Jobs belong to the transaction that asked for them, and a killed worker loses and repeats nothing."""

import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from factories.organizations import Organization, Person, make_organization
from support import catalogue
from support.processes import Program, wait_for
from support.servers import forget_jobs, live_environment
from tenantry.access.actions.assigning import change_role
from tenantry.audit.chain import verify
from tenantry.core import jobs, tasks
from tenantry.core.jobs import Job, enqueue
from tenantry.core.mail import sending
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications.models import Notification
from tenantry.people.models import InvitationLink


def queued(name: str, **args: Any) -> list[ProcrastinateJob]:
    rows = ProcrastinateJob.objects.filter(task_name=name).order_by("id")
    return [row for row in rows if all(row.args.get(k) == str(v) for k, v in args.items())]


def test_a_job_is_there_when_its_transaction_committed_and_not_before():
    token = str(UUID(int=random.getrandbits(128)))
    with pytest.raises(RuntimeError, match="stop"), writing():
        enqueue(Job("core.send_mail", {"delivery_id": token}))
        raise RuntimeError("stop")
    assert queued("core.send_mail", delivery_id=token) == []
    with writing():
        enqueue(Job("core.send_mail", {"delivery_id": token}))
    assert len(queued("core.send_mail", delivery_id=token)) == 1


def test_an_unknown_name_is_refused_at_once():
    with pytest.raises(LookupError, match="no job is called"), writing():
        enqueue(Job("core.send_mial"))


def test_of_jobs_with_one_key_one_waits():
    key = f"once-{random.random()}"
    with writing():
        enqueue(Job("core.prune", once=key), Job("core.prune", once=key))
        enqueue(Job("core.prune", once=key))
    assert ProcrastinateJob.objects.filter(queueing_lock=key).count() == 1


def test_a_tenants_job_arms_its_organization_and_another_arms_none():
    seen = []

    def note(**args: Any) -> None:
        seen.append((scope.current(), args))

    declared = dict(jobs.DECLARED)
    try:
        jobs.job("test.note_scope", retry=None)(note)
        organization_id = UUID(int=7)
        task = jobs.app.tasks["test.note_scope"]
        task(organization_id=str(organization_id), n=1)
        task(n=2)
    finally:
        jobs.DECLARED.clear()
        jobs.DECLARED.update(declared)
    assert seen[0][0].organization_id == organization_id
    assert seen[0][1] == {"organization_id": organization_id, "n": 1}
    assert seen[1] == (None, {"n": 2})


# --- A worker that is killed ------------------------------------------------------------------


def worker(directory: Path, number: int, **more: object) -> Program:
    return Program(("worker",), live_environment(**more), directory / f"worker-{number}.log").start()


def doing(organization_id: UUID, name: str = "audit.dispatch_outbox") -> bool:
    return any(row.status == "doing" for row in queued(name, organization_id=organization_id))


def open_jobs(organization_id: UUID) -> list[str]:
    return [
        r.status for r in queued("audit.dispatch_outbox", organization_id=organization_id) if r.status != "succeeded"
    ]


def notices(person: Person) -> int:
    with scope.tenant(person.organization_id), reading():
        return Notification.objects.filter(membership_id=person.membership_id, kind="role_changed").count()


def promote(org: Organization, person: Person, role: str) -> None:
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role(role))


def requeue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the periodic job does; here a worker counts as dead after one second without a heartbeat."""
    monkeypatch.setattr(tasks, "STALLED_AFTER_SECONDS", 1)
    time.sleep(1.2)
    tasks.requeue_stalled()


def test_a_worker_killed_in_the_middle_of_a_job_loses_and_repeats_nothing(tmp_path, monkeypatch):
    forget_jobs()
    org = make_organization()
    person = org.person()
    first = worker(tmp_path, 1)
    try:
        promote(org, person, "manager")
        wait_for(lambda: notices(person) == 1, seconds=40, what="the first notice")
        # The job comes as far as the row that it changes last, and waits there.
        with catalogue.superuser() as holder:
            holder.autocommit = False
            holder.execute("SELECT 1 FROM audit_outboxcursor WHERE organization_id = %s FOR UPDATE", [org.id])
            promote(org, person, "administrator")
            wait_for(lambda: doing(org.id), seconds=20, what="the job runs")
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(10)
            holder.rollback()
        time.sleep(0.3)
        assert notices(person) == 1
        assert doing(org.id), "nothing but the periodic job brings it back"
        requeue(monkeypatch)
        assert not doing(org.id)
        second = worker(tmp_path, 2)
        try:
            wait_for(lambda: notices(person) == 2, seconds=40, what="the second notice")
            wait_for(lambda: open_jobs(org.id) == [], seconds=20, what="no job is left")
        finally:
            second.stop()
        assert notices(person) == 2
        with scope.tenant(org.id), reading():
            assert verify().sound
    finally:
        if first.process.poll() is None:
            first.stop()


def test_a_dead_workers_job_whose_like_waits_already_keeps_no_other_from_coming_back():
    key, other = (f"once-{random.random()}" for _ in range(2))
    with writing():
        enqueue(Job("core.prune", once=key), Job("core.prune", once=other))
    died = ProcrastinateJob.objects.filter(queueing_lock__in=[key, other])
    with catalogue.superuser() as connection:
        taken = (
            "UPDATE procrastinate_jobs SET status = 'doing', scheduled_at = '2999-01-01' WHERE queueing_lock = ANY(%s)"
        )
        connection.execute(taken, [[key, other]])
    stalled = {one.queueing_lock: one.id for one in died}
    with writing():
        enqueue(Job("core.prune", once=key, at=datetime(2999, 1, 1, tzinfo=UTC)))
    tasks.requeue_stalled()
    now = dict(ProcrastinateJob.objects.filter(queueing_lock__in=[key, other]).values_list("id", "status"))
    assert now.pop(stalled[key]) == "failed"
    assert now.pop(stalled[other]) == "todo"
    assert list(now.values()) == ["todo"]


def test_a_mail_that_was_composed_when_the_worker_died_keeps_its_link(monkeypatch):
    """Composing commits before anything is sent: a second run hands over the same mail."""
    org = make_organization()
    invited = org.invite()
    with scope.platform("mail"), reading():
        delivery = MailDelivery.objects.get(recipient=invited.email)

    class Killed(BaseException):
        pass

    def die(*_args: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_settle", die)
        with pytest.raises(Killed):
            sending.send(delivery.id)
    hashes = link_hashes(org, invited.membership_id)
    sending.send(delivery.id)
    assert link_hashes(org, invited.membership_id) == hashes != [None]
    with scope.platform("mail"), reading():
        assert MailDelivery.objects.get(pk=delivery.pk).state == "outbox"


def link_hashes(org: Organization, membership_id: UUID) -> list[bytes | None]:
    with scope.tenant(org.id), reading():
        rows = InvitationLink.objects.filter(invitation__membership_id=membership_id)
        return [bytes(row.token_hash) if row.token_hash else None for row in rows]


@pytest.mark.soak
def test_twenty_kills_at_any_moment(tmp_path, monkeypatch):
    """The same effect once each, whenever the worker dies."""
    org = make_organization()
    people = [org.person() for _ in range(20)]
    running = worker(tmp_path, 0)
    for number, person in enumerate(people, 1):
        promote(org, person, "manager")
        time.sleep(random.uniform(0, 1.5))
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(10)
        requeue(monkeypatch)
        running = worker(tmp_path, number)
    try:
        wait_for(lambda: all(notices(p) == 1 for p in people), seconds=120, what="everybody was told")
        wait_for(lambda: open_jobs(org.id) == [], seconds=60, what="no job is left")
    finally:
        running.stop()
    assert [notices(p) for p in people] == [1] * 20
