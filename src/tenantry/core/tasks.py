"""Jobs of the house: mail, dead workers' jobs, pruning."""

from datetime import timedelta
from uuid import UUID

from asgiref.sync import async_to_sync
from procrastinate.contrib.django import app

from tenantry.core import clock
from tenantry.core.jobs import job
from tenantry.core.mail import sending
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

STALLED_AFTER_SECONDS = 30


@job("core.send_mail")
def send_mail(*, delivery_id: str) -> None:
    sending.send(UUID(delivery_id))


@job("core.requeue_stalled", every="*/15 * * * * *", retry=None)
def requeue_stalled() -> None:
    """A worker that was killed leaves its jobs marked as running; nothing else would run them again."""
    manager = app.job_manager
    for stalled in async_to_sync(manager.get_stalled_jobs)(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        async_to_sync(manager.retry_job)(stalled)


@job("core.prune", every="0 3 * * * 0", retry=None)
def prune() -> None:
    """Finished jobs after a week, the mail log after 90 days."""
    async_to_sync(app.job_manager.delete_old_jobs)(nb_hours=24 * 7)
    with scope.platform("schedule"), writing():
        MailDelivery.objects.filter(created_at__lt=clock.now() - timedelta(days=90)).delete()
