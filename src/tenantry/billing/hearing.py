"""What a gateway tells by itself: kept once, and followed by a job."""

from datetime import datetime
from typing import Final

from tenantry.billing.gateways.stripe.hooks import SignatureWrong, read
from tenantry.billing.models import GatewayEvent
from tenantry.billing.selectors import whose
from tenantry.core.jobs import Job, enqueue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

__all__ = ["FOLLOW", "SignatureWrong", "hear"]
FOLLOW: Final = "billing.follow"


def hear(body: bytes, signature: str, now: datetime) -> None:
    """Nothing of it is believed but that something happened to what it names.

    :raises SignatureWrong: nothing is kept.
    """
    told = read(body, signature)
    row = GatewayEvent(id=told.id, kind=told.kind, about=told.about, customer=told.customer, received_at=now)
    with scope.platform("gateway"), writing():
        if GatewayEvent.objects.filter(id=told.id).exists():
            return
        GatewayEvent.objects.bulk_create([row], ignore_conflicts=True)
        organization_id = whose(told.customer) if told.followed else None
        if organization_id is not None:
            # Several about one thing are one look at it.
            args = {"organization_id": str(organization_id), "ref": told.about}
            enqueue(Job(FOLLOW, args, once=f"{FOLLOW}:{told.about}"))
