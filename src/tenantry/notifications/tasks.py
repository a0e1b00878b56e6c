"""Jobs of notices: digests at eight, and trouble that contacts are told of."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob

from tenantry.audit.models import OutboxCursor
from tenantry.core import clock
from tenantry.core.ids import NIL
from tenantry.core.jobs import LONG, Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications.contacts import TECHNICAL, tell_contact, told_lately
from tenantry.notifications.digests import BATCH, due_members, make_digests, waiting

MAKE, TELL = "notifications.make_digests", "notifications.tell_trouble"
# How far back failed work is looked for; longer than the pause between two looks.
LATELY = timedelta(hours=1)


@job("notifications.find_digests", every="*/15 * * * * 20", retry=None)
def find_digests() -> None:
    """Organizations in which something waits for a digest. Time zones differ by whole quarters of an hour."""
    with scope.platform("schedule"), writing():
        ids = sorted(set(waiting().values_list("organization_id", flat=True)))
        enqueue(*(Job(MAKE, {"organization_id": str(i)}, once=f"{MAKE}:{i}") for i in ids))


@job(MAKE, lane=LONG)
def make_due_digests(*, organization_id: UUID) -> None:
    """Batch by batch, each in a transaction of its own; safe to run again at any point."""
    now = clock.now()
    with reading():
        due = due_members(now)
    for start in range(0, len(due), BATCH):
        with writing():
            make_digests(due[start : start + BATCH], now)


@job("notifications.find_trouble", every="*/10 * * * * 40", retry=None)
def find_trouble() -> None:
    """Organizations with a stopped follower of their events, or with work that failed for good a while ago."""
    with scope.platform("schedule"), writing():
        stopped = set(OutboxCursor.objects.exclude(parked_at=None).values_list("organization_id", flat=True))
        failed = {UUID(args["organization_id"]) for args in _failed().values_list("args", flat=True)}
        enqueue(*(Job(TELL, {"organization_id": str(i)}, once=f"{TELL}:{i}") for i in sorted(stopped | failed)))


@job(TELL)
def tell_trouble(*, organization_id: UUID) -> None:
    """One mail for each stop, and one a day of failed work, to the technical contact."""
    now = clock.now()
    with scope.platform("schedule", organization_id), writing():
        stopped = list(OutboxCursor.objects.exclude(parked_at=None).order_by("subscriber"))
        for cursor in stopped:
            told = {"part": cursor.subscriber}
            tell_contact(TECHNICAL, "part_stopped", told, number=cursor.number, about=cursor.id, now=now)
        failed = _failed().filter(args__organization_id=str(organization_id)).order_by("id").first()
        if failed is not None and not told_lately("work_failed", now):
            told = {"work": failed.task_name}
            tell_contact(TECHNICAL, "work_failed", told, number=failed.id, about=NIL, now=now)


def _failed() -> QuerySet[ProcrastinateJob]:
    since = clock.now() - LATELY
    rows: QuerySet[ProcrastinateJob] = ProcrastinateJob.objects.filter(status="failed", args__has_key="organization_id")
    return rows.filter(procrastinateevent__type="failed", procrastinateevent__at__gte=since).distinct()
