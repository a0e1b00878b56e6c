"""What Stripe tells, followed by reading again what it is about: late, twice or in any order it comes to the same."""

from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.billing.actions.gateway import keep_references
from tenantry.billing.actions.orders import settle_order
from tenantry.billing.actions.payments import receive_payment
from tenantry.billing.collecting import collect
from tenantry.billing.gateways.stripe import checkout
from tenantry.billing.gateways.stripe.charging import written_on
from tenantry.billing.gateways.stripe.checkout import Session
from tenantry.billing.gateways.stripe.client import KEY, asking, id_of
from tenantry.billing.gateways.stripe.customers import make_default
from tenantry.billing.gateways.stripe.subscriptions import end, look
from tenantry.billing.mirroring import house, keep, mirror
from tenantry.billing.selectors import find_invoice, find_order, open_invoices, subscription
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading


def follow(organization_id: UUID, ref: str) -> None:
    """`ref`: of a session, an invoice, or anything else of the organization's customer.

    :raises GatewayAway, GatewayRefused: it is tried again.
    """
    if ref.startswith("cs_"):
        with asking() as client:
            session = checkout.read(client, ref)
        settle(organization_id, session)
    elif ref.startswith("in_"):
        follow_invoice(organization_id, ref)
    else:
        mirror(organization_id)


def settle(organization_id: UUID, session: Session) -> None:
    """A page of Stripe's on which somebody paid, or gave a card. One that is still open, or over, says nothing."""
    with reading():
        row = subscription()
    if row is None or session.state != "complete" or session.customer != row.customer_ref:
        return
    if session.mode != "setup":
        order_id = parse_id(session.order)
        if order_id is None or not session.paid or not _ordered(order_id, session.total):
            return
        perform(settle_order, actor=house(organization_id), order_id=order_id, outcome="paid", ref=session.settled)
    if session.keeps and session.card is not None:
        with asking() as client:
            card = make_default(client, session.customer, session.card.ref, session.id)
        keep(organization_id, card)
    if session.subscription:
        _take(organization_id, session.subscription)
    if session.keeps:
        mirror(organization_id)


def _ordered(order_id: UUID, amount: int) -> bool:
    """Whether there is such an order, of that amount."""
    with reading():
        try:
            return bool(find_order(order_id).quote["due"] == amount)
        except NotFound:
            return False


def _take(organization_id: UUID, ref: str) -> None:
    """The subscription of a page becomes ours, unless another one runs: what was paid for it is credit then."""
    with reading():
        row = subscription()
    assert row is not None
    with asking() as client:
        if row.subscription_ref != ref and look(client, row.subscription_ref) is not None:
            if look(client, ref) is not None:
                end(client, ref)
            return
    perform(keep_references, actor=house(organization_id), gateway=KEY, subscription=ref)


def follow_invoice(organization_id: UUID, ref: str) -> None:
    """Paid ones settle what is written on them; a draft of Stripe's own waits for ours, which is tried now."""
    with asking() as client:
        paper = client.v1.invoices.retrieve(ref)
    told = written_on(paper)
    with reading():
        row = subscription()
        if row is None or id_of(paper.customer) != row.customer_ref:
            return
    order_id, invoice_id = parse_id(told.get("order", "")), parse_id(told.get("invoice", ""))
    if paper.status == "paid" and order_id is not None and _ordered(order_id, paper.amount_paid):
        perform(settle_order, actor=house(organization_id), order_id=order_id, outcome="paid", ref=ref)
    elif paper.status == "paid" and invoice_id is not None and _issued(invoice_id, paper.amount_paid):
        perform(receive_payment, actor=house(organization_id), invoice_id=invoice_id, ref=ref)
    elif paper.status == "draft" and not told.keys() & {"order", "invoice"}:
        with reading():
            ids = list(open_invoices().values_list("id", flat=True))
        for one in ids:
            collect(organization_id, one)


def _issued(invoice_id: UUID, amount: int) -> bool:
    with reading():
        try:
            return bool(find_invoice(invoice_id).due == amount)
        except NotFound:
            return False
