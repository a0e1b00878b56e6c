from datetime import timedelta

from tenantry.acting.models import IdempotencyRecord
from tenantry.core import clock
from tenantry.core.jobs import job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing


@job("acting.prune_idempotency", every="0 17 * * * 0", retry=None)
def prune_idempotency() -> None:
    """Idempotency keys live a day."""
    with scope.platform("schedule"), writing():
        IdempotencyRecord.objects.filter(created_at__lt=clock.now() - timedelta(days=1)).delete()
