"""An invoice on paper: what somebody typed stands there letter by letter, in every script, and nothing of it acts."""

from dataclasses import replace

import pypdfium2
import pytest

from tenantry.billing.printing import Party, Printed, PrintedLine, PrintedSum, pdf

PLAIN = Printed(
    title="Invoice 2026-0011",
    seller=Party("Halden Software Ltd", "12 Quay Street\nBergen", "NO 123"),
    buyer=Party("Fjord Bikes AS", "Quay 1\nBergen", "NO 456", "Maren Holt"),
    facts=[("Date", "22 Nov 2026")],
    lines=[PrintedLine("Enterprise, 50 seats", "14 of 30 days", "50", "$1,050.00")],
    sums=[PrintedSum("Due", "$1,050.00", strong=True)],
    words={
        "to": "To",
        "tax_id": "Tax number",
        "attention": "For",
        "what": "What",
        "quantity": "Quantity",
        "amount": "Amount",
    },
    note="Paid by Visa 4421.",
    footer="Halden Software Ltd",
    currency="EUR",
)


def pages(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]


def test_all_of_it_stands_on_one_page() -> None:
    [text] = pages(pdf(PLAIN))
    for word in ("Invoice 2026-0011", "Fjord Bikes AS", "NO 456", "Maren Holt", "14 of 30 days", "$1,050.00", "1 / 1"):
        assert word in text


@pytest.mark.parametrize(
    "name",
    [
        '#eval("1+1") *bold* _x_ $y$ \\ `raw` <label> @ref // no comment',
        "Åsa & Söhne «Žluť» Ελλάς Москва",
        "नमस्ते",
        "ไทย",
        "]]) #import",
    ],
)
def test_what_was_typed_is_no_markup(name: str) -> None:
    [text] = pages(pdf(replace(PLAIN, buyer=Party(name))))
    assert "".join(name.split()) in "".join(text.split())


@pytest.mark.parametrize("name", ["שלום", "مرحبا", "😀 emoji"])
def test_every_script_has_its_letters(name: str) -> None:
    """Written from right to left they come back in another order; a letter without a shape does not come at all."""
    [text] = pages(pdf(replace(PLAIN, buyer=Party(name))))
    assert set(name) <= set(text)


def test_a_long_invoice_takes_more_pages_and_heads_each() -> None:
    found = pages(pdf(replace(PLAIN, lines=[*PLAIN.lines] * 80)))
    assert len(found) > 1
    assert all("Amount" in text for text in found)
    assert f"{len(found)} / {len(found)}" in found[-1]


def test_the_same_invoice_is_the_same_paper_where_people_print_on_letter() -> None:
    sizes = [pypdfium2.PdfDocument(pdf(replace(PLAIN, currency=one)))[0].get_size() for one in ("EUR", "USD")]
    assert [round(width) for width, _height in sizes] == [595, 612]
