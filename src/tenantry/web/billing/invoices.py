"""Invoices: the list, one with its lines, each as PDF, several as one ZIP."""

from uuid import UUID

from django.http import HttpResponse

from tenantry.billing.documents import paper, papers, sums_of, worded_lines
from tenantry.billing.selectors import (
    SANDBOX,
    credit_balance,
    find_invoice,
    gateway_for,
    invoices,
    subscription,
    terms_of,
)
from tenantry.core.ids import parse_id
from tenantry.core.paging import keyset_page
from tenantry.organizations.permissions import BILLING_CHANGE, BILLING_VIEW
from tenantry.web.billing.leaving import may_lead_away
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.times import zone_of

SIZE = 24
# Two thousand pages of paper are nobody's wish; ten years of months are.
MOST = 120
# Paper has a name of its own and nothing that acts.
SAFELY = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


@screen(BILLING_VIEW)
def invoice_list(request: MemberRequest) -> HttpResponse:
    found = keyset_page(invoices(), order="number", descending=True, cursor=request.GET.get("cursor"), size=SIZE)
    row = subscription()
    currency = terms_of(row).currency
    context = {"page": found, "credit": credit_balance(currency), "currency": currency}
    return page(request, "billing/invoices.html", context)


@screen(BILLING_VIEW)
def invoice_detail(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    invoice = find_invoice(invoice_id)
    lines = worded_lines(invoice, zone_of(request.organization))
    pays = invoice.state == "open" and request.actor.may(BILLING_CHANGE) and gateway_for(subscription()) != SANDBOX
    context = {"invoice": invoice, "lines": lines, "sums": sums_of(invoice), "pays": pays}
    return may_lead_away(page(request, "billing/invoice.html", context))


@screen(BILLING_VIEW)
def invoice_pdf(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    invoice = find_invoice(invoice_id)
    return _file(paper(invoice), "application/pdf", f"{invoice.written_number}.pdf")


@screen(BILLING_VIEW)
def invoice_zip(request: MemberRequest) -> HttpResponse:
    """`invoice`: ids of those that are wanted; none: the newest."""
    chosen = [one for one in map(parse_id, request.GET.getlist("invoice")[:MOST]) if one]
    rows = invoices().filter(id__in=chosen) if chosen else invoices()
    return _file(b"".join(papers(rows[:MOST])), "application/zip", "invoices.zip")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind, headers=SAFELY)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
