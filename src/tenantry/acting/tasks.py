"""Jobs of long work."""

from uuid import UUID

from tenantry.acting import operations
from tenantry.core import clock
from tenantry.core.jobs import LONG, SOON, TURN_SECONDS, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing


@job(operations.RUN, lane=LONG, retry=SOON)
def run_operation(*, organization_id: UUID, operation_id: str) -> None:
    """For as long as a turn is; then whatever waits longer goes first."""
    over = operations.run(UUID(operation_id), seconds=TURN_SECONDS)
    if not over:
        with writing():
            enqueue(operations.job_of(organization_id, UUID(operation_id)))


@job("acting.find_stuck", every="* * * * * */30", retry=None)
def find_stuck() -> None:
    """What lost its worker, whatever became of the job, goes on where it stood."""
    with scope.platform("schedule"), writing():
        enqueue(*(operations.operation_job(row) for row in operations.stuck(clock.now())[:100]))
