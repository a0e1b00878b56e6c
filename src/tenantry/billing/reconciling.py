"""Once a day: what Stripe says beside what we say. What a lost word left is settled; the rest an operator is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import stripe
from django.db.models import Sum

from tenantry.acting.actions import perform
from tenantry.billing.actions.gateway import Trouble, keep_references, keep_troubles
from tenantry.billing.collecting import collect
from tenantry.billing.documents import TRANSFER
from tenantry.billing.following import follow, follow_invoice
from tenantry.billing.gateways.stripe.charging import close, written_on
from tenantry.billing.gateways.stripe.client import KEY, asking, is_set, moment
from tenantry.billing.gateways.stripe.subscriptions import end, look, running
from tenantry.billing.mirroring import house, mirror, wanted_of
from tenantry.billing.models import Invoice, Order
from tenantry.billing.selectors import find_invoice, find_order, moment_of, open_invoices, subscription
from tenantry.billing.troubles import CUSTOMER_MISSING
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading

# How far back; longer than every retry of a payment, and than a month.
BACK: Final = timedelta(days=40)
# Drafts of Stripe's that nothing of ours took by then are of nothing.
IDLE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Paper:
    """Stripe's invoice, as far as it is compared."""

    ref: str
    status: str
    total: int
    paid: int
    made_at: datetime
    told: dict[str, str]


def reconcile(organization_id: UUID) -> None:
    """Comes to the same however often.

    :raises GatewayAway, GatewayRefused: it is tried again.
    """
    with reading():
        row = subscription()
    if row is None or row.gateway != KEY or not row.customer_ref or not is_set():
        return
    now = moment_of(row, clock.now())
    if _gone(row.customer_ref):
        # Whoever pays next is introduced anew.
        perform(keep_references, actor=house(organization_id), gateway=KEY, customer="", subscription="")
        missing = Trouble(CUSTOMER_MISSING, row.customer_ref, {})
        perform(keep_troubles, actor=house(organization_id), found=(missing,))
        return
    with reading():
        waiting = [one.ref for one in _orders(now)]
    for ref in waiting:
        if ref.startswith("cs_"):
            follow(organization_id, ref)
    troubles: list[Trouble] = []
    papers = _papers(row.customer_ref, now)
    for paper in papers:
        _settle(organization_id, paper, now)
    with reading():
        unpaid, paid_here = list(open_invoices().values_list("id", flat=True)), _paid_here(now)
    papers += _elsewhere(sorted(paid_here.keys() - {paper.ref for paper in papers}))
    with reading():
        troubles += _differing(papers, paid_here)
    for one in unpaid:
        collect(organization_id, one)
    mirror(organization_id)
    _end_strays(organization_id)
    troubles += _other(organization_id)
    perform(keep_troubles, actor=house(organization_id), found=troubles)


def _orders(now: datetime) -> Iterable[Order]:
    recent = Order.objects.filter(made_at__gte=now - timedelta(days=4)).exclude(state=Order.State.PAID)
    return recent.exclude(ref="")


def _gone(customer: str) -> bool:
    with asking() as client:
        try:
            return bool(getattr(client.v1.customers.retrieve(customer), "deleted", False))
        except stripe.InvalidRequestError as error:
            if error.http_status != 404:
                raise
            return True


def _papers(customer: str, now: datetime) -> list[Paper]:
    """All of the last weeks."""
    since = int((now - BACK).timestamp())
    with asking() as client:
        page = client.v1.invoices.list({"customer": customer, "created": {"gte": since}, "limit": 100})
        return [_read(one) for one in page.auto_paging_iter()]


def _read(one: stripe.Invoice) -> Paper:
    return Paper(one.id, one.status or "", one.total, one.amount_paid, moment(one.created), written_on(one))


def _settle(organization_id: UUID, paper: Paper, now: datetime) -> None:
    """A word that was lost is heard now; what nobody asks for any more is closed."""
    if paper.status == "paid":
        if paper.told.keys() & {"order", "invoice"}:
            follow_invoice(organization_id, paper.ref)
        return
    if paper.status not in ("draft", "open") or _wanted(paper, now):
        return
    with asking() as client:
        close(client, client.v1.invoices.retrieve(paper.ref))


def _wanted(paper: Paper, now: datetime) -> bool:
    """Whether something of ours is still to be paid by it."""
    order_id, invoice_id = parse_id(paper.told.get("order", "")), parse_id(paper.told.get("invoice", ""))
    with reading():
        try:
            if order_id is not None:
                order = find_order(order_id)
                return order.state == Order.State.OPEN and order.expires_at > now
            if invoice_id is not None:
                return find_invoice(invoice_id).state == Invoice.State.OPEN
        except NotFound:
            return True
    return paper.made_at > now - IDLE


def _paid_here(now: datetime) -> dict[str, int]:
    """Stripe's invoice -> what we say that it paid."""
    ours = Invoice.objects.filter(state=Invoice.State.PAID, paid_at__gte=now - BACK + IDLE, ref__startswith="in_")
    return {row["ref"]: row["due"] for row in ours.order_by().values("ref").annotate(due=Sum("due"))}


def _elsewhere(refs: Iterable[str]) -> list[Paper]:
    """Those that stand in no list of this customer: a former one's."""
    found = []
    with asking() as client:
        for ref in refs:
            try:
                found.append(_read(client.v1.invoices.retrieve(ref)))
            except stripe.InvalidRequestError as error:
                if error.http_status != 404:
                    raise
    return found


def _differing(papers: Sequence[Paper], paid_here: Mapping[str, int]) -> Iterable[Trouble]:
    """Money that one of both does not know of."""
    theirs = {paper.ref: paper for paper in papers}
    for ref, due in sorted(paid_here.items()):
        paper = theirs.get(ref)
        if paper is None or paper.status != "paid":
            yield Trouble("not_paid_there", ref, {"amount": due})
    known = set(Order.objects.filter(ref__startswith="in_").values_list("ref", flat=True))
    known |= set(Invoice.objects.filter(ref__startswith="in_").values_list("ref", flat=True))
    transferred = Invoice.objects.filter(state=Invoice.State.PAID, ref__startswith=TRANSFER)
    ids = {str(one) for one in transferred.values_list("id", flat=True)}
    # Stripe was told, and took nothing.
    known |= {paper.ref for paper in papers if paper.told.get("invoice") in ids}
    for ref, paper in sorted(theirs.items()):
        if paper.status == "paid" and paper.paid and ref not in known:
            yield Trouble("not_known_here", ref, {"amount": paper.paid})


def _end_strays(organization_id: UUID) -> None:
    """One at a time: what runs beside ours was begun on a page, and its word was lost halfway."""
    with reading():
        row = subscription()
    if row is None:
        return
    with asking() as client:
        for one in running(client, row.customer_ref, organization_id):
            if one.id != row.subscription_ref:
                end(client, one.id)


def _other(organization_id: UUID) -> Iterable[Trouble]:
    """What stands there after ours was carried there."""
    with reading():
        row = subscription()
        wanted = wanted_of(row) if row is not None else None
    if row is None:
        return
    with asking() as client:
        seen = look(client, row.subscription_ref)
    if wanted is None or not wanted.items or wanted.cancels:
        return
    if seen is None and wanted.method:
        yield Trouble("subscription_missing", row.subscription_ref or row.customer_ref, {})
    elif seen is not None and sum(seen.quantities.values()) != sum(one.quantity for one in wanted.items):
        yield Trouble("items_differ", seen.id, {})
