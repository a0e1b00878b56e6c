"""Every change of a subscription is carried to the gateway that charges it. A renewal shows by its payment."""

from tenantry.audit.outbox import Delivered, subscribe
from tenantry.billing.mirroring import MIRROR
from tenantry.billing.models import Subscription
from tenantry.billing.selectors import STRIPE
from tenantry.core.jobs import Job, enqueue


@subscribe("billing", "SubscriptionChanged", "PaymentReceived")
def carry_change(batch: list[Delivered]) -> None:
    row = Subscription.objects.filter(gateway=STRIPE).exclude(customer_ref="").first()
    if row is not None:
        args = {"organization_id": str(row.organization_id)}
        enqueue(Job(MIRROR, args, once=f"{MIRROR}:{row.organization_id}"))
