"""What lies in the Drives of the demonstration: papers, lists and notes of our own making, and pictures of pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from tenantry.core import files
from tenantry.crm.kinds import HEAD, content_type_of
from tenantry.crm.uploading import Stored
from tenantry.usecases.demonstrating_use import DemoFile


@dataclass(frozen=True, slots=True)
class Paper:
    """`days`: how long ago it was filed; `lines`: what it says."""

    name: str
    folder: str
    days: int
    lines: tuple[str, ...]
    on_deal: bool = False

    @property
    def pages(self) -> int:
        return 1 if self.name.endswith(".pdf") else 0


_TERMS = (
    "1. What is delivered stands in the order.",
    "2. Prices hold for twelve months from the day of signing.",
    "3. Deliveries within Scandinavia reach the site in four working days.",
    "4. Invoices are due within 30 days.",
    "5. Either side may end this agreement with three months of notice.",
)
_PRICES = ("article,unit,price", *(f"HS-{1000 + n * 17},pallet,{180 + n * 35}.00" for n in range(24)))
_FAIR = (
    "Stand B 14, next to the ferry companies.",
    "Bring: samples of the spring range, price lists in English and German, 200 cards.",
    "Leads of last year came mostly on the second day, before noon.",
)
PAPERS = (
    Paper("Framework agreement.pdf", "Contracts", 214, ("Framework agreement", "", *_TERMS)),
    Paper("Framework agreement, renewal.pdf", "Contracts", 38, ("Framework agreement, renewed", "", *_TERMS)),
    Paper("Terms of delivery.pdf", "Contracts", 301, ("Terms of delivery", "", *_TERMS[2:])),
    Paper("Price list, spring.csv", "Price lists", 190, _PRICES),
    Paper("Price list, autumn.csv", "Price lists", 52, _PRICES[:19]),
    Paper("Trade fair, Bergen.txt", "", 96, _FAIR),
    Paper("Targets of the quarter.txt", "", 21, ("Twelve new customers.", "Answer every lead on the day it comes.")),
    Paper("Offer.pdf", "", 9, ("Offer", "", "As we spoke on the telephone:", "", *_TERMS[:4]), on_deal=True),
    Paper("Drawing of the site.pdf", "", 4, ("Site", "", "Gate 3, ramp on the left.", "Crane to 12 t."), on_deal=True),
)


def stored_papers(organization_id: UUID, owners: Sequence[UUID], now: datetime) -> Iterator[DemoFile]:
    """Papers of each owner, of whom the first has all of them. Their bytes are in the store; those that no file comes
    of are swept one day."""
    for place, owner in enumerate(owners):
        for n, paper in enumerate(PAPERS):
            if place and (n + place) % 3:
                continue
            content = written(paper.lines) if paper.pages else "\n".join(paper.lines).encode()
            kept = files.put(organization_id, BytesIO(content))
            kind = content_type_of(content[:HEAD], paper.name)
            stored = Stored(kept.key, kept.size, kept.sha256, kind, paper.pages)
            at = now - timedelta(days=paper.days, hours=3 * place + n)
            yield DemoFile(stored, paper.name, owner, at, paper.folder, paper.on_deal)


_FONTS = b"<< /Font << /F1 5 0 R >> >>"


def written(lines: Sequence[str]) -> bytes:
    """A page of A4 with these lines, the first as its heading, as a PDF. Nothing here holds a bracket or backslash."""
    drawn = ["BT", "/F1 20 Tf", "72 760 Td", f"({lines[0]}) Tj", "/F1 11 Tf"]
    for line in lines[1:]:
        drawn += ["0 -20 Td", f"({line}) Tj"]
    stream = "\n".join([*drawn, "ET"]).encode("ascii")
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %b >>" % _FONTS,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    page, places = b"%PDF-1.4\n", []
    for number, one in enumerate(bodies, 1):
        places.append(len(page))
        page += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(page))
    return page + b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + table + end
