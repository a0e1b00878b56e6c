from datetime import timedelta

from tenantry.core import clock
from tenantry.core.jobs import job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.security.models import FailedAttempts, OperatorSession, RateBucket
from tenantry.security.slowing import FORGOTTEN_AFTER


@job("security.prune_counters", every="0 23 * * * 0", retry=None)
def prune_counters() -> None:
    """Counters that no longer slow anybody down."""
    now = clock.now()
    FailedAttempts.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
    RateBucket.objects.filter(whole_at__lt=now - timedelta(minutes=1)).delete()


@job("security.prune_operator_sessions", every="40 3 * * * 0", retry=None)
def prune_operator_sessions() -> None:
    """Where operators were signed in, after 90 days."""
    with scope.platform("schedule"), writing():
        OperatorSession.objects.filter(entered_at__lt=clock.now() - timedelta(days=90)).delete()
