"""An invoice with its lines as a document: for the page, for paper, for several at once."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from tenantry.billing.invoicing import Line
from tenantry.billing.models import Invoice, InvoiceLine
from tenantry.billing.printing import Party, Printed, PrintedLine, PrintedSum, pdf
from tenantry.billing.wording import Worded, worded
from tenantry.core.money import written

# Before the reference of a bank transfer, where else a gateway's own stands.
TRANSFER: Final = "transfer:"


def lines_of(invoice: Invoice) -> list[Line]:
    """In their order; one query."""
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    return [Line(row.code, row.amount, row.quantity, row.values) for row in rows]


def worded_lines(invoice: Invoice, zone: tzinfo) -> list[Worded]:
    return [worded(line, zone) for line in lines_of(invoice)]


def sums_of(invoice: Invoice) -> list[tuple[str, int]]:
    """Label and amount, those that are nothing left out; the last is what is due."""
    found = [(_("Subtotal"), invoice.subtotal)]
    if invoice.tax_rate:
        rate = number_format(invoice.tax_rate / 10_000, use_l10n=True).rstrip("0").rstrip(".,")
        found.append((f"{invoice.seller.get('tax_name') or _('Tax')} {rate} %", invoice.tax))
    if invoice.credit_used > 0:
        found.append((_("Paid from credit"), -invoice.credit_used))
    elif invoice.credit_used < 0:
        found.append((_("Kept as credit"), -invoice.credit_used))
    return [*found, (_("Due"), invoice.due)]


def paper(invoice: Invoice) -> bytes:
    """The PDF, in the language and the time zone that the buyer had."""
    buyer, seller = invoice.buyer, invoice.seller
    zone = ZoneInfo(buyer.get("zone") or "UTC")
    with override(buyer.get("locale") or "en"):
        sums = sums_of(invoice)
        return pdf(
            Printed(
                title=_("Invoice %(number)s") % {"number": invoice.written_number},
                seller=Party(seller.get("name", ""), seller.get("address", ""), seller.get("tax_id", "")),
                buyer=_party(buyer),
                facts=_facts(invoice, zone),
                lines=[
                    PrintedLine(
                        one.text,
                        one.detail,
                        str(number_format(one.quantity, use_l10n=True, force_grouping=True)),
                        written(one.amount, invoice.currency),
                    )
                    for one in worded_lines(invoice, zone)
                ],
                sums=[
                    PrintedSum(label, written(amount, invoice.currency), strong=n == len(sums))
                    for n, (label, amount) in enumerate(sums, 1)
                ],
                words={
                    "to": _("To"),
                    "tax_id": _("Tax number"),
                    "attention": _("For"),
                    "what": _("What"),
                    "quantity": _("Quantity"),
                    "amount": _("Amount"),
                },
                note=_note(invoice, zone),
                footer=" · ".join(part for part in (seller.get("name", ""), seller.get("tax_id", "")) if part),
                currency=invoice.currency,
                lang=buyer.get("locale") or "en",
            )
        )


def _party(buyer: Mapping[str, str]) -> Party:
    """The country stands under the address, whatever that says."""
    address = "\n".join(part for part in (buyer.get("address", ""), buyer.get("country", "")) if part)
    return Party(buyer.get("name", ""), address, buyer.get("tax_id", ""), buyer.get("attention", ""))


def _facts(invoice: Invoice, zone: tzinfo) -> Sequence[tuple[str, str]]:
    return [
        (_("Number"), invoice.written_number),
        (_("Date"), date_format(invoice.issued_at.astimezone(zone), "DATE_FORMAT")),
        (_("Currency"), invoice.currency),
        *([(_("Purchase order"), order)] if (order := invoice.buyer.get("purchase_order", "")) else []),
    ]


def _note(invoice: Invoice, zone: tzinfo) -> str:
    if invoice.state == Invoice.State.VOID:
        return _("This invoice is void.")
    if invoice.paid_at is None:
        return _("This invoice is not paid yet.")
    day = date_format(invoice.paid_at.astimezone(zone), "DATE_FORMAT")
    if invoice.ref.startswith(TRANSFER):
        reference = invoice.ref.removeprefix(TRANSFER)
        return _("Paid by bank transfer on %(day)s, reference %(reference)s.") % {"day": day, "reference": reference}
    return _("Paid on %(day)s.") % {"day": day}


def papers(invoices: Iterable[Invoice]) -> Iterator[bytes]:
    """A ZIP of their PDFs, piece by piece: many of them need no more memory than one."""
    buffer = BytesIO()
    with zipfile.ZipFile(_Forward(buffer), "w", zipfile.ZIP_STORED) as archive:
        for invoice in invoices:
            archive.writestr(f"{invoice.written_number}.pdf", paper(invoice))
            yield _taken(buffer)
    yield _taken(buffer)


class _Forward:
    """What `zipfile` needs of a file that is only ever written on."""

    def __init__(self, buffer: BytesIO) -> None:
        self.buffer = buffer

    def write(self, content: bytes, /) -> int:
        return self.buffer.write(content)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Whoever made the buffer reads the rest."""


def _taken(buffer: BytesIO) -> bytes:
    found = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return found
