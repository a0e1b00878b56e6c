"""What becomes of an invoice once the gateway says how its collection went."""

from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action, in_action
from tenantry.audit.chain import Entry, Event
from tenantry.billing.actions.methods import mark_declined
from tenantry.billing.actions.orders import HOUSE, refuse_others
from tenantry.billing.invoicing import add_credit
from tenantry.billing.models import Invoice, Subscription
from tenantry.billing.renewing import agreement_over, end, renew
from tenantry.billing.selectors import find_invoice, moment_of, open_invoices
from tenantry.billing.states import GRACE, TRANSITIONS, Happening, State
from tenantry.billing.steps import changed, keep, lock_subscription, move, paid, resolve_entitlements
from tenantry.core.actor import Actor
from tenantry.core.jobs import Job


@action(open_to=HOUSE)
def receive_payment(*, actor: Actor, now: datetime, invoice_id: UUID, ref: str = "") -> Outcome[Done]:
    """The invoice is paid; with the last open one the subscription is well again. Money for one that was written off
    becomes credit. However often it comes, it counts once.

    :raises NotFound: no such invoice.
    """
    refuse_others(actor)
    row, invoice = lock_subscription(), find_invoice(invoice_id)
    if row is None or invoice.state == Invoice.State.PAID:
        return Outcome(Done(invoice.id), None)
    at = moment_of(row, now)
    written_off = invoice.state == Invoice.State.VOID
    paid(invoice, at, ref)
    mark_declined(None)
    events = [received(invoice)]
    jobs: tuple[Job, ...] = ()
    if written_off:
        add_credit(row, invoice.due, "paid_late", at, currency=invoice.currency, invoice=invoice)
    else:
        more, jobs = recover(row, at, now)
        events += more
    keep(row, now)
    resolve_entitlements(now)
    values = {"invoice": invoice.written_number, "amount": invoice.due, "currency": invoice.currency}
    return Outcome(Done(invoice.id), Entry("billing.payment_received", "invoice", invoice.id, values), (*events,), jobs)


def received(invoice: Invoice) -> Event:
    return Event("PaymentReceived", {"invoice_id": invoice.id})


def recover(row: Subscription, at: datetime, now: datetime) -> tuple[list[Event], tuple[Job, ...]]:
    """What follows for a locked subscription when an invoice was paid: nothing while another one is open. The caller
    keeps it."""
    in_action()
    if open_invoices().exists():
        return [], ()
    row.unpaid_since = None
    if row.state not in (State.PENDING_PAYMENT, State.FROZEN):
        return [], ()
    anew = begins_anew(row, at)
    move(row, Happening.PAYMENT_RECEIVED, at)
    events = [changed(row, "recovered", at)]
    more, jobs = _begun_anew(row, at, now) if anew else ([], ())
    return events + more, jobs


def begins_anew(row: Subscription, at: datetime) -> bool:
    """Whether its period went by while it was frozen."""
    return row.state == State.FROZEN and row.period_end is not None and row.period_end <= at


def _begun_anew(row: Subscription, at: datetime, now: datetime) -> tuple[list[Event], tuple[Job, ...]]:
    """What was frozen is not charged for the time in which nothing worked: the next period begins now."""
    row.anchor_at = row.period_end = at
    done = end(row, at) if row.cancels or agreement_over(row, at) else renew(row, at, now)
    return list(done.events), done.jobs


@action(open_to=HOUSE)
def fail_payment(
    *,
    actor: Actor,
    now: datetime,
    invoice_id: UUID,
    again_at: datetime | None = None,
    ref: str = "",
    attempt: int | None = None,
) -> Outcome[Done]:
    """It could not be collected; the first such failure begins the grace. `again_at`: when it is tried again. What is
    paid or written off meanwhile stays so. `attempt`: how many had failed before; told of one twice, it counts once.

    :raises NotFound: no such invoice.
    """
    refuse_others(actor)
    row, invoice = lock_subscription(), find_invoice(invoice_id)
    told = attempt is not None and attempt != invoice.attempts
    if row is None or told or invoice.state != Invoice.State.OPEN:
        return Outcome(Done(invoice.id), None)
    at = moment_of(row, now)
    invoice.attempts, invoice.next_attempt_at, invoice.ref = invoice.attempts + 1, again_at, ref or invoice.ref
    invoice.save(update_fields=["attempts", "next_attempt_at", "ref"])
    events = [
        Event("PaymentFailed", {"invoice_id": invoice.id, "again_at": again_at.isoformat() if again_at else None})
    ]
    mark_declined(at)
    row.unpaid_since = row.unpaid_since or at
    if (State(row.state), Happening.PAYMENT_FAILED) in TRANSITIONS:
        first = row.state not in (State.PENDING_PAYMENT, State.FROZEN)
        move(row, Happening.PAYMENT_FAILED, at)
        events += [changed(row, "payment_pending", row.unpaid_since + GRACE)] if first else []
    keep(row, now)
    values = {"invoice": invoice.written_number, "amount": invoice.due, "currency": invoice.currency}
    return Outcome(Done(invoice.id), Entry("billing.payment_failed", "invoice", invoice.id, values), (*events,))
