"""Jobs of billing: whatever happens to subscriptions by itself."""

from uuid import UUID

from django.conf import settings

from tenantry.acting.actions import perform
from tenantry.billing.actions.tending import tend_subscription
from tenantry.billing.collecting import collect, invoices_due
from tenantry.billing.following import follow
from tenantry.billing.hearing import FOLLOW
from tenantry.billing.invoicing import COLLECT, collecting
from tenantry.billing.mirroring import MIRROR, mirror
from tenantry.billing.reconciling import reconcile
from tenantry.billing.renewing import TEND
from tenantry.billing.selectors import STRIPE, customers_at, overrides_due, subscriptions_due
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.jobs import LONG, SOON, Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

COMPARE = "billing.compare"


@job("billing.find_due", every="* * * * * 40", retry=None)
def find_due() -> None:
    """Which organizations have something due; each is served by a job of its own."""
    now = clock.now()
    with scope.platform("schedule"), writing():
        ids = set(subscriptions_due(now)) | set(overrides_due(now))
        enqueue(*(Job(TEND, {"organization_id": str(i)}, once=f"{TEND}:{i}") for (i,) in sorted(ids)))


@job(TEND)
def tend(*, organization_id: UUID) -> None:
    perform(tend_subscription, actor=Actor.system("billing", organization_id))


@job("billing.find_unpaid", every="* * * * * 50", retry=None)
def find_unpaid() -> None:
    """Invoices whose next attempt has come."""
    with scope.platform("schedule"), writing():
        enqueue(*(one for invoice in invoices_due(clock.now())[:500] for one in collecting(invoice)))


@job(COLLECT, retry=SOON)
def collect_invoice(*, organization_id: UUID, invoice_id: str) -> None:
    collect(organization_id, UUID(invoice_id))


@job(FOLLOW)
def follow_told(*, organization_id: UUID, ref: str) -> None:
    follow(organization_id, ref)


@job(MIRROR)
def mirror_subscription(*, organization_id: UUID) -> None:
    mirror(organization_id)


@job("billing.find_customers", every="20 4 * * * 0", retry=None, lane=LONG)
def find_customers() -> None:
    """Once a day what the gateway says is compared with ours, organization by organization."""
    if not settings.STRIPE_SECRET_KEY:
        return
    with scope.platform("schedule"), writing():
        ids = sorted(i for (i,) in customers_at(STRIPE))
        enqueue(*(Job(COMPARE, {"organization_id": str(i)}, once=f"{COMPARE}:{i}") for i in ids))


@job(COMPARE, lane=LONG)
def compare_with_gateway(*, organization_id: UUID) -> None:
    reconcile(organization_id)
