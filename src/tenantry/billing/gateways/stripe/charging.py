"""Bills as Stripe's invoices: one for each, to the cent, charged once."""

from datetime import timedelta
from typing import Final

import stripe
from stripe import Invoice, RequestOptions, StripeClient

from tenantry.billing.gateways.base import Bill, Charged, Result
from tenantry.billing.gateways.stripe.client import KEY, asking, id_of, keyed, moment

# How long Stripe may take to begin a period after we did, before its bill is not waited for any more.
LATE: Final = timedelta(hours=2)
# Two clocks that say the same.
NEAR: Final = timedelta(hours=1)
_ASKS: Final = frozenset(
    {"authentication_required", "invoice_payment_intent_requires_action", "authentication_not_handled"}
)


class Stripe:
    """The engine says what is due; Stripe's own invoice is made to say the same, and is paid."""

    key = KEY

    def charge(self, bill: Bill, *, attempt: int) -> Charged:
        if not bill.customer:
            return Charged(Result.DECLINED, "no_card")
        with asking() as client:
            paper = paper_of(client, bill)
            if paper is None:
                return Charged(Result.WAITING)
            if not bill.method:
                return said(paper) if paper.status != "open" else _declined(paper, "no_card")
            return paid(client, paper, bill, keyed("pay", bill.kind, bill.id, attempt, bill.method))


def paper_of(client: StripeClient, bill: Bill) -> Invoice | None:
    """Stripe's invoice of this bill, finalized: the one that is known, the one with which Stripe itself begins the
    period, or a new one. None: Stripe has not begun the period yet."""
    found = known(client, bill)
    if found is None and bill.renews_at is not None and bill.subscription:
        turned, found = _of_the_cycle(client, bill)
        if not turned and found is None and bill.at < bill.renews_at + LATE:
            return None
        if found is not None:
            found = _marked(client, found, bill)
    if found is None:
        found = _made(client, bill)
    if found.status == "draft":
        found = _final(client, _to_the_cent(client, found, bill))
    return found


def known(client: StripeClient, bill: Bill) -> Invoice | None:
    """By its reference, else by what was written on it: a crash may have come before the reference was kept."""
    if bill.ref.startswith("in_"):
        return client.v1.invoices.retrieve(bill.ref)
    page = client.v1.invoices.list({"customer": bill.customer, "limit": 100})
    said_on_it = str(bill.id)
    return next((one for one in page.data if written_on(one).get(bill.kind) == said_on_it), None)


def written_on(paper: Invoice) -> dict[str, str]:
    """What we said of it: `invoice` or `order`, and `organization`."""
    return dict(paper.metadata.to_dict()) if paper.metadata else {}


def _of_the_cycle(client: StripeClient, bill: Bill) -> tuple[bool, Invoice | None]:
    """Whether Stripe has begun the period, and its draft for it."""
    assert bill.renews_at is not None
    page = client.v1.invoices.list({"customer": bill.customer, "subscription": bill.subscription, "limit": 20})
    for one in page.data:
        ours = written_on(one).keys() & {"invoice", "order"}
        if one.billing_reason == "subscription_cycle" and not ours and moment(one.created) >= bill.renews_at - NEAR:
            return True, one if one.status == "draft" else None
    begun = period_of(client.v1.subscriptions.retrieve(bill.subscription))
    return begun is None or moment(begun[0]) >= bill.renews_at - NEAR, None


def period_of(subscription: stripe.Subscription) -> tuple[int, int] | None:
    """The running period, which stands on the items; None where nothing runs."""
    if subscription.status in ("canceled", "incomplete_expired"):
        return None
    items = subscription["items"].data
    return (items[0].current_period_start, items[0].current_period_end) if items else None


def _named(bill: Bill) -> dict[str, str]:
    return {bill.kind: str(bill.id), "organization": str(bill.organization_id), "number": bill.number}


def _marked(client: StripeClient, found: Invoice, bill: Bill) -> Invoice:
    """Taken for this bill, and left alone by Stripe."""
    params: stripe.params.InvoiceUpdateParams = {"auto_advance": False, "metadata": _named(bill)}
    return client.v1.invoices.update(found.id, params, keyed("mark", found.id, bill.id))


def _made(client: StripeClient, bill: Bill) -> Invoice:
    made = client.v1.invoices.create(
        {
            "customer": bill.customer,
            "currency": bill.currency.lower(),
            "auto_advance": False,
            "collection_method": "charge_automatically",
            "pending_invoice_items_behavior": "exclude",
            "metadata": _named(bill),
            "description": bill.number,
        },
        keyed(bill.kind, bill.id),
    )
    if made.status != "draft":
        return client.v1.invoices.retrieve(made.id)
    for n, line in enumerate(bill.lines):
        _line(client, made, bill, line.amount, line.text, n)
    return client.v1.invoices.retrieve(made.id)


def _line(client: StripeClient, paper: Invoice, bill: Bill, amount: int, text: str, place: object) -> None:
    client.v1.invoice_items.create(
        {
            "customer": bill.customer,
            "invoice": paper.id,
            "amount": amount,
            "currency": bill.currency.lower(),
            "description": text[:500],
        },
        keyed("line", bill.kind, bill.id, place),
    )


def _to_the_cent(client: StripeClient, paper: Invoice, bill: Bill) -> Invoice:
    """Whatever Stripe reckoned (credit, tax and people that it does not know of), it comes to what is due."""
    differs = bill.amount - paper.total
    if not differs:
        return paper
    _line(client, paper, bill, differs, bill.number, f"to-{bill.amount}-from-{paper.total}")
    return client.v1.invoices.retrieve(paper.id)


def _final(client: StripeClient, paper: Invoice) -> Invoice:
    return client.v1.invoices.finalize_invoice(paper.id, {"auto_advance": False}, keyed("finalize", paper.id))


def paid(client: StripeClient, paper: Invoice, bill: Bill, key: RequestOptions, *, there: bool = False) -> Charged:
    """`there`: its owner is."""
    if paper.status != "open":
        return said(paper)
    params: stripe.params.InvoicePayParams = {"payment_method": bill.method}
    if not there:
        params["off_session"] = True
    try:
        return said(client.v1.invoices.pay(paper.id, params, key))
    except stripe.CardError as refused:
        code = refused.code or ""
        asks = code in _ASKS or getattr(refused.error, "decline_code", None) in _ASKS
        result = Result.NEEDS_ACTION if asks else Result.DECLINED
        return Charged(result, code or "declined", paper.id, paper.hosted_invoice_url or "")
    except stripe.InvalidRequestError:
        # Paid by hand meanwhile, on Stripe's own page.
        now = client.v1.invoices.retrieve(paper.id)
        if now.status == "open":
            raise
        return said(now)


def said(paper: Invoice) -> Charged:
    page = paper.hosted_invoice_url or ""
    if paper.status == "paid":
        return Charged(Result.PAID, ref=paper.id, page=page)
    if paper.status in ("void", "uncollectible"):
        return Charged(Result.DECLINED, paper.status, paper.id)
    return Charged(Result.WAITING, ref=paper.id, page=page)


def _declined(paper: Invoice, reason: str) -> Charged:
    return Charged(Result.DECLINED, reason, paper.id, paper.hosted_invoice_url or "")


def page_of(bill: Bill) -> Charged:
    """Where the bill can be paid by hand; nothing is charged.

    :raises GatewayAway: Stripe does not answer.
    """
    with asking() as client:
        paper = paper_of(client, bill)
        return Charged(Result.WAITING) if paper is None else said(paper)


def paid_elsewhere(bill: Bill) -> Charged:
    """Its money came by another way: Stripe notes it and asks for nothing any more. PAID without a reason: it does so
    since now; with "paid": it was paid there before; with "void": it asked for nothing. WAITING: Stripe has not begun
    the period and may still charge it.

    :raises GatewayAway, GatewayRefused: nothing is known.
    """
    with asking() as client:
        paper = paper_of(client, bill)
        if paper is None:
            return Charged(Result.WAITING)
        if paper.status in ("open", "uncollectible"):
            try:
                return said(client.v1.invoices.pay(paper.id, {"paid_out_of_band": True}, keyed("elsewhere", paper.id)))
            except stripe.InvalidRequestError:
                # A card was faster.
                paper = client.v1.invoices.retrieve(paper.id)
                if paper.status != "paid":
                    raise
        return Charged(Result.PAID, paper.status or "", paper.id)


def close(client: StripeClient, paper: Invoice) -> None:
    """Of a bill that is settled elsewhere: nothing is asked for any more."""
    if paper.status == "open":
        client.v1.invoices.void_invoice(paper.id, {}, keyed("void", paper.id))
        return
    if paper.total:
        client.v1.invoice_items.create(
            {
                "customer": id_of(paper.customer),
                "invoice": paper.id,
                "amount": -paper.total,
                "currency": paper.currency,
                "description": "-",
            },
            keyed("close", paper.id, paper.total),
        )
    _final(client, paper)
