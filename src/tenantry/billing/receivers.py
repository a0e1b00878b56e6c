"""Every change of a subscription is carried to the gateway that charges it; a renewal shows by its payment. And another
rule of who is charged holds at once."""

from tenantry.audit.outbox import Delivered, subscribe
from tenantry.billing.mirroring import MIRROR
from tenantry.billing.models import Subscription
from tenantry.billing.renewing import TEND
from tenantry.billing.selectors import PER_PERSON, STRIPE
from tenantry.core.jobs import Job, enqueue
from tenantry.core.tenancy import scope


@subscribe("billing", "SubscriptionChanged", "PaymentReceived")
def carry_change(batch: list[Delivered]) -> None:
    row = Subscription.objects.filter(gateway=STRIPE).exclude(customer_ref="").first()
    if row is not None:
        args = {"organization_id": str(row.organization_id)}
        enqueue(Job(MIRROR, args, once=f"{MIRROR}:{row.organization_id}"))


@subscribe("billing-rules", "PolicyChanged")
def follow_rules(batch: list[Delivered]) -> None:
    """Licences that are counted again, or people who are: what is granted says so, and the next count has its day."""
    if any(one.payload.get("code") == PER_PERSON for one in batch):
        organization_id = scope.organization_id()
        enqueue(Job(TEND, {"organization_id": str(organization_id)}, once=f"{TEND}:{organization_id}"))
