"""Invoices that were paid past the gateway, by bank transfer: an operator has seen the money and notes it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.billing.actions.overriding import OPERATORS, REASON
from tenantry.billing.actions.payments import begins_anew, received, recover
from tenantry.billing.documents import TRANSFER
from tenantry.billing.errors import InvoicePaid, InvoiceVoid
from tenantry.billing.models import Invoice, Subscription
from tenantry.billing.renewing import agreement_over
from tenantry.billing.selectors import STRIPE, find_invoice, moment_of, open_invoices, subscription
from tenantry.billing.states import State
from tenantry.billing.steps import keep, lock_subscription, paid, resolve_entitlements
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.jobs import Job
from tenantry.core.text import InvalidText, TextBound

# As long as banks let it be.
REFERENCE = TextBound(140)


@dataclass(frozen=True, slots=True)
class TransferPlan(Plan):
    """`others`: invoices that stay open. `recovers`: the subscription is well again; `anew`: with a period that begins
    then, `ends`: or not, because what was agreed on is over. `told`: the gateway is, so that it takes nothing."""

    invoice_id: UUID
    number: str
    amount: int
    currency: str
    paid_on: date
    reference: str
    state: str
    others: int
    recovers: bool
    anew: bool
    ends: bool
    told: bool


def plan_transfer(*, actor: Actor, invoice_id: UUID, paid_on: date, reference: str, now: datetime) -> TransferPlan:
    """:raises NotFound: no such invoice, or nobody but an operator asks. :raises InvoicePaid, InvoiceVoid: nothing is
    asked for by it. :raises InvalidInput: an impossible day, no reference.
    """
    _refuse_others(actor)
    return _planned(subscription(), find_invoice(invoice_id), paid_on, reference, now)


def _planned(row: Subscription | None, invoice: Invoice, paid_on: date, reference: str, now: datetime) -> TransferPlan:
    if row is None:
        raise NotFound
    refuse_settled(invoice)
    at = moment_of(row, now)
    said = _checked(invoice, paid_on, reference, at)
    others = open_invoices().exclude(id=invoice.id).count()
    recovers = not others and row.state in (State.PENDING_PAYMENT, State.FROZEN)
    anew = recovers and begins_anew(row, at)
    return TransferPlan(
        invoice_id=invoice.id,
        number=invoice.written_number,
        amount=invoice.due,
        currency=invoice.currency,
        paid_on=paid_on,
        reference=said,
        state=row.state,
        others=others,
        recovers=recovers,
        anew=anew,
        ends=anew and (row.cancels or agreement_over(row, at)),
        told=row.gateway == STRIPE and bool(row.customer_ref),
    )


def refuse_settled(invoice: Invoice) -> None:
    """:raises InvoicePaid, InvoiceVoid: nothing is asked for by it."""
    if invoice.state == Invoice.State.PAID:
        raise InvoicePaid(number=invoice.written_number)
    if invoice.state == Invoice.State.VOID:
        raise InvoiceVoid(number=invoice.written_number)


def _checked(invoice: Invoice, paid_on: date, reference: str, at: datetime) -> str:
    """The reference, cleaned.

    :raises InvalidInput: a day before the invoice or after today, by the buyer's calendar; no reference.
    """
    wrong: dict[str, Any] = {}
    zone = _zone(invoice)
    if paid_on > at.astimezone(zone).date():
        wrong["paid_on"] = _("This day is still to come.")
    elif paid_on < invoice.issued_at.astimezone(zone).date():
        wrong["paid_on"] = _("The invoice was issued later; it was not paid before.")
    said = ""
    try:
        said = REFERENCE.clean(reference)
    except InvalidText as refused:
        wrong["reference"] = str(refused)
    if wrong:
        raise InvalidInput(wrong)
    return said


def reason_in(said: str) -> str:
    """:raises InvalidInput: there is none."""
    try:
        return REASON.clean(said)
    except InvalidText:
        raise InvalidInput({"reason": _("Say why; the organization reads it in its audit.")}) from None


def _zone(invoice: Invoice) -> Any:
    return ZoneInfo(invoice.buyer.get("zone") or "UTC")


def _refuse_others(actor: Actor) -> None:
    if actor.kind != "operator" or actor.operator_id is None:
        raise NotFound


@action(open_to=OPERATORS)
def note_transfer(
    *,
    actor: Actor,
    now: datetime,
    invoice_id: UUID,
    paid_on: date,
    reference: str,
    reason: str,
    digest: str | None = None,
    ref: str = "",
) -> Outcome[Done]:
    """The invoice is paid, and what follows is the same as with a card. `ref`: what the gateway that was told calls it;
    its word about that may have been faster. The card's own mark stays: nothing was paid with it.

    :raises PlanChanged: `digest` is of something else. :raises InvalidInput: no reason. :raises Refusal: see
    `plan_transfer`.
    """
    _refuse_others(actor)
    said = reason_in(reason)
    row, invoice = lock_subscription(), find_invoice(invoice_id)
    if row is None:
        raise NotFound
    at, known = moment_of(row, now), bool(ref) and invoice.state == Invoice.State.PAID and invoice.ref == ref
    if not known:
        confirm(_planned(row, invoice, paid_on, reference, now), digest)
    noted = _checked(invoice, paid_on, reference, at)
    noon = datetime.combine(paid_on, time(12), _zone(invoice)).astimezone(UTC)
    paid(invoice, min(max(noon, invoice.issued_at), at), f"{TRANSFER}{noted}")
    events: list[Event] = []
    jobs: tuple[Job, ...] = ()
    if not known:
        more, jobs = recover(row, at, now)
        events = [received(invoice), *more]
        keep(row, now)
        resolve_entitlements(now)
    values = {
        "invoice": invoice.written_number,
        "amount": invoice.due,
        "currency": invoice.currency,
        "day": paid_on.isoformat(),
        "reference": noted,
        "reason": said,
    }
    return Outcome(Done(invoice.id), Entry("billing.transfer_noted", "invoice", invoice.id, values), (*events,), jobs)
