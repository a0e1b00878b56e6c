"""Invoices: the list, one with its lines, and its paper."""

from ninja import Query, Router

from tenantry.api.billing.paper_schemas import (
    InvoiceDetailOut,
    InvoiceOut,
    InvoicePage,
    InvoiceQuery,
    PartyOut,
)
from tenantry.api.billing.rows import invoice_values, lines_out
from tenantry.api.operations import Answer, Download, operation
from tenantry.api.pagination import listed
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.billing.documents import lines_of, paper
from tenantry.billing.selectors import find_invoice, invoices
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_VIEW

router = Router(tags=["Billing"])
ONE = "/billing/invoices/{invoice_id}"


@operation(router, "GET", "/billing/invoices", BILLING_VIEW, answer=InvoicePage)
def billing_invoice_list(request: ApiRequest, query: Query[InvoiceQuery]) -> Answer:
    """Every invoice, the newest first; numbers have no gaps."""
    page = keyset_page(invoices(), order="number", descending=True, cursor=query.cursor, size=query.limit)
    return listed(request, InvoicePage, page, [InvoiceOut(**invoice_values(row)) for row in page.rows])


@operation(router, "GET", ONE, BILLING_VIEW, answer=InvoiceDetailOut)
def billing_invoice(request: ApiRequest, invoice_id: Id) -> InvoiceDetailOut:
    """One invoice with its lines and the buyer that it names."""
    invoice = find_invoice(invoice_id)
    buyer = PartyOut(**{name: invoice.buyer.get(name, "") for name in PartyOut.model_fields})
    return InvoiceDetailOut(**invoice_values(invoice), buyer=buyer, lines=lines_out(lines_of(invoice), request))


@operation(router, "GET", f"{ONE}/pdf", BILLING_VIEW, status=200, gives="application/pdf")
def billing_invoice_pdf(request: ApiRequest, invoice_id: Id) -> Download:
    """The invoice as PDF/A."""
    with reading():
        invoice = find_invoice(invoice_id)
        pieces = iter(()) if request.method == "HEAD" else iter((paper(invoice),))
        return Download(f"{invoice.written_number}.pdf", pieces)
