"""An invoice that was paid by bank transfer: the gateway is told first, so that it takes the same money by no card."""

from datetime import date
from typing import Any
from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.acting.plans import confirm
from tenantry.billing.actions.transfers import note_transfer, plan_transfer, reason_in
from tenantry.billing.collecting import bill_of
from tenantry.billing.errors import InvoicePaid, NotBegunThere
from tenantry.billing.following import follow
from tenantry.billing.gateways.base import Result
from tenantry.billing.gateways.stripe.charging import paid_elsewhere
from tenantry.billing.selectors import find_invoice, subscription
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.transactions import reading


def transfer(
    actor: Actor, organization_id: UUID, invoice_id: UUID, *, paid_on: date, reference: str, reason: str, digest: str
) -> None:
    """In the open scope. Told to the gateway and not noted here, because of a crash between, it is paid by the
    gateway's own word.

    :raises Refusal: see `note_transfer`; nothing has happened. :raises NotBegunThere: the gateway may still take it.
    :raises InvoicePaid: the gateway has taken it. :raises GatewayAway, GatewayRefused: it can't be told.
    """
    said: dict[str, Any] = {"invoice_id": invoice_id, "paid_on": paid_on, "reference": reference}
    with reading():
        plan = confirm(plan_transfer(actor=actor, now=clock.now(), **said), digest)
        row = subscription()
        bill = bill_of(row, find_invoice(invoice_id)) if plan.told and row is not None else None
    reason = reason_in(reason)
    if bill is None:
        perform(note_transfer, actor=actor, **said, reason=reason, digest=digest)
        return
    found = paid_elsewhere(bill)
    if found.result == Result.WAITING:
        raise NotBegunThere(number=plan.number)
    if found.reason == "paid":
        follow(organization_id, found.ref)
        raise InvoicePaid(number=plan.number)
    # What was shown was confirmed before it was told, which can't be taken back.
    perform(note_transfer, actor=actor, **said, reason=reason, ref=found.ref)
