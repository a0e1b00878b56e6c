"""Jobs of the house: mail, dead workers' jobs, pruning."""

from datetime import timedelta
from uuid import UUID

from asgiref.sync import async_to_sync
from django.apps import apps
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from tenantry.core import clock
from tenantry.core.ids import first_id_of
from tenantry.core.jobs import LONG, job
from tenantry.core.lifecycle import DAYS, Lifecycle
from tenantry.core.mail import sending
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

STALLED_AFTER_SECONDS = 30


@job("core.send_mail")
def send_mail(*, delivery_id: str) -> None:
    sending.send(UUID(delivery_id))


@job("core.send_bundle", lane=LONG)
def send_bundle(*, bundle: str) -> None:
    sending.send_bundle(UUID(bundle))


@job("core.requeue_stalled", every="* * * * * */15", retry=None)
def requeue_stalled() -> None:
    """A worker that was killed leaves its jobs marked as running; nothing else would run them again. One whose like
    waits already has ended: the other does its work, and it must not keep the rest from coming back."""
    manager = app.job_manager
    for stalled in async_to_sync(manager.get_stalled_jobs)(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        try:
            async_to_sync(manager.retry_job)(stalled)
        except UniqueViolation:
            async_to_sync(manager.finish_job)(stalled, status=Status.FAILED, delete_job=False)


@job("core.prune", every="0 3 * * * 0", retry=None, lane=LONG)
def prune() -> None:
    """Finished jobs after a week; rows of every model after the days that it declares."""
    async_to_sync(app.job_manager.delete_old_jobs)(nb_hours=24 * 7)
    now = clock.now()
    for model in apps.get_models():
        lifecycle: Lifecycle | None = getattr(model, "lifecycle", None)
        if lifecycle is None or lifecycle.keep not in DAYS:
            continue
        before = now - timedelta(days=DAYS[lifecycle.keep])
        limit = first_id_of(before) if lifecycle.age == "id" else before
        with scope.platform("schedule"), writing():
            model._default_manager.filter(**{f"{lifecycle.age}__lt": limit}).delete()
