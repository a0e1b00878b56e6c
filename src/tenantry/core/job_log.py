"""The queue as operators read it (platform scope)."""

from datetime import datetime, timedelta
from math import ceil

from django.db.models import Count, Max, QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from tenantry.core.errors import NotFound
from tenantry.core.jobs import LANES
from tenantry.core.transactions import assert_in_transaction

STATES = ("todo", "doing", "succeeded", "failed", "cancelled", "aborted")
ALIVE = timedelta(seconds=30)


def jobs(*, state: str = "", task: str = "") -> QuerySet[ProcrastinateJob]:
    """With `last_at`, the moment of their last event; not ordered."""
    rows: QuerySet[ProcrastinateJob] = ProcrastinateJob.objects.annotate(last_at=Max("procrastinateevent__at"))
    if state:
        rows = rows.filter(status=state)
    return rows.filter(task_name=task) if task else rows


def count_jobs() -> dict[str, int]:
    """By state; states without a job are left out."""
    return dict(ProcrastinateJob.objects.values_list("status").annotate(Count("id")).order_by("status"))


def count_workers(now: datetime) -> int:
    """Workers that gave a sign of life in the last half minute; each does so once for a lane."""
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gt=now - ALIVE).count()
    return ceil(alive / len(LANES))


def retry_job(job_id: int, now: datetime) -> str:
    """Puts a failed job into the queue again. Returns its name.

    :raises NotFound: unknown, or it did not fail.
    """
    assert_in_transaction()
    job = ProcrastinateJob.objects.filter(id=job_id, status="failed").first()
    if job is None:
        raise NotFound
    app.job_manager.retry_job_by_id(job.id, retry_at=now)
    return str(job.task_name)
