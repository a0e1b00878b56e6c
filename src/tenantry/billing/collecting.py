"""Charging what is due: asked of the gateway outside of any transaction, written down by an action."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext, override

from tenantry.acting.actions import perform
from tenantry.billing.actions.payments import fail_payment, receive_payment
from tenantry.billing.documents import worded_lines
from tenantry.billing.errors import GatewayAway
from tenantry.billing.gateways import Bill, Charged, Named, Result, gateway_of
from tenantry.billing.models import Invoice, Subscription
from tenantry.billing.selectors import moment_of, payment_method, subscription
from tenantry.billing.wording import Worded
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.transactions import reading

# After each failure; all of them within the 14 days of grace (product.md §5).
AGAIN: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=4), timedelta(days=4))


@dataclass(frozen=True, slots=True)
class Due:
    """`attempt` makes the key under which a gateway charges once, however often it is asked."""

    gateway: str
    bill: Bill
    attempt: int
    at: datetime


def due_of(invoice_id: UUID) -> Due | None:
    """None: it is paid, written off, or not to be tried yet."""
    row = subscription()
    invoice = Invoice.objects.filter(id=invoice_id, state=Invoice.State.OPEN).first()
    at = moment_of(row, clock.now())
    if row is None or invoice is None or invoice.next_attempt_at is None or invoice.next_attempt_at > at:
        return None
    return Due(row.gateway, bill_of(row, invoice), invoice.attempts, at)


def bill_of(row: Subscription, invoice: Invoice) -> Bill:
    """An open invoice as a gateway is asked to take it; in the words of its buyer."""
    method, at = payment_method(), moment_of(row, clock.now())
    renews = invoice.period_start is not None and abs(invoice.issued_at - invoice.period_start) < timedelta(days=1)
    return Bill(
        kind="invoice",
        id=invoice.id,
        organization_id=invoice.organization_id,
        number=gettext("Invoice %(number)s") % {"number": invoice.written_number},
        amount=invoice.due,
        currency=invoice.currency,
        lines=_named(invoice),
        at=at,
        method=method.ref if method else "",
        customer=row.customer_ref,
        subscription=row.subscription_ref,
        renews_at=invoice.period_start if renews else None,
        ref=invoice.ref,
    )


def _named(invoice: Invoice) -> tuple[Named, ...]:
    """Lines, tax and used credit: their sum is what is due."""
    with override(invoice.buyer.get("locale") or "en"):
        found = [named(one) for one in worded_lines(invoice, ZoneInfo(invoice.buyer.get("zone") or "UTC"))]
        found.append(Named(invoice.seller.get("tax_name") or gettext("Tax"), invoice.tax))
        found.append(Named(gettext("Paid from credit"), -invoice.credit_used))
    return tuple(one for one in found if one.amount)


def named(line: Worded) -> Named:
    return Named(f"{line.text} · {line.detail}" if line.detail else line.text, line.amount)


def invoices_due(now: datetime) -> QuerySet[Invoice]:
    """To be tried now, and whatever is open where a clock is ahead: its own job looks at that (platform scope)."""
    ahead = Subscription.objects.filter(ahead_seconds__gt=0).values("organization_id")
    return Invoice.objects.filter(
        Q(next_attempt_at__lte=now) | Q(next_attempt_at__isnull=False, organization_id__in=ahead),
        state=Invoice.State.OPEN,
    ).order_by("next_attempt_at")


def collect(organization_id: UUID, invoice_id: UUID) -> None:
    """Once: asked again after a crash, the gateway answers what it answered before."""
    with reading():
        due = due_of(invoice_id)
    if due is None:
        return
    try:
        charged = gateway_of(due.gateway).charge(due.bill, attempt=due.attempt)
    except GatewayAway:
        charged = Charged(Result.WAITING)
    if charged.result == Result.WAITING:
        # It is asked again within a minute.
        return
    actor = Actor.system("billing", organization_id)
    if charged.result == Result.PAID:
        perform(receive_payment, actor=actor, invoice_id=invoice_id, ref=charged.ref)
        return
    again = due.at + AGAIN[due.attempt] if due.attempt < len(AGAIN) else None
    perform(fail_payment, actor=actor, invoice_id=invoice_id, again_at=again, attempt=due.attempt, ref=charged.ref)
