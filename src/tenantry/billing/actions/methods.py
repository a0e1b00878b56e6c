"""What is charged: another card, and what its owner learns of one that was declined."""

from datetime import datetime

from tenantry.acting.actions import Done, Outcome, Part, action
from tenantry.audit.chain import Entry
from tenantry.billing.gateways.sandbox import CARDS, Sandbox
from tenantry.billing.invoicing import collecting
from tenantry.billing.models import PaymentMethod
from tenantry.billing.selectors import gateway_for, moment_of, open_invoices
from tenantry.billing.steps import lock_subscription
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import new_id
from tenantry.organizations.permissions import BILLING_CHANGE


@action(BILLING_CHANGE)
def set_payment_method(*, actor: Actor, now: datetime, card: str) -> Outcome[Done]:
    """A card of the sandbox in place of the one before. What is due is tried again with it at once.

    :raises NotFound: the sandbox has no such card, or money is taken elsewhere.
    """
    row, chosen = lock_subscription(), CARDS.get(card)
    if chosen is None or gateway_for(row) != Sandbox.key:
        raise NotFound
    method = PaymentMethod(
        id=new_id(),
        brand=chosen.brand,
        last4=chosen.last4,
        expires_month=chosen.expires_month,
        expires_year=chosen.expires_year,
        ref=chosen.ref,
        added_at=moment_of(row, now),
    )
    return put_card(PaymentMethod.objects.first(), method).outcome


def put_card(before: PaymentMethod | None, method: PaymentMethod) -> Part[Done]:
    """In place of the one before; what is due is tried again with it at once."""
    PaymentMethod.objects.all().delete()
    PaymentMethod.objects.bulk_create([method])
    values = {
        "before": f"{before.brand} {before.last4}".strip() if before else "",
        "after": f"{method.brand} {method.last4}".strip(),
    }
    open_invoices().update(next_attempt_at=method.added_at)
    jobs = tuple(job for invoice in open_invoices() for job in collecting(invoice))
    return Part(Done(method.id), Entry("billing.card_changed", "payment_method", method.id, values), jobs=jobs)


def mark_declined(at: datetime | None) -> None:
    """The card's owner sees it beside the card; None: it was paid with."""
    PaymentMethod.objects.update(declined_at=at)
