from uuid import UUID

from tenantry.audit import outbox
from tenantry.core.jobs import job


@job("audit.dispatch_outbox")
def dispatch_outbox(*, organization_id: UUID) -> None:
    outbox.dispatch(organization_id)
