"""An invoice as PDF/A-2b, set by Typst. Data goes in as data: nothing that somebody typed is read as markup."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Final

import typst

FONTS: Final = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Emoji",
)
# Where letter paper is what people print on.
LETTER: Final = frozenset({"USD", "CAD"})
# One compiler holds the fonts; it compiles one document at a time.
_one = Lock()


@dataclass(frozen=True, slots=True)
class PrintedLine:
    text: str
    detail: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True)
class PrintedSum:
    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    address: str = ""
    tax_id: str = ""
    attention: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """All that stands on it, in words. `facts`: label and value; `words`: headings by key."""

    title: str
    seller: Party
    buyer: Party
    facts: Sequence[tuple[str, str]]
    lines: Sequence[PrintedLine]
    sums: Sequence[PrintedSum]
    words: dict[str, str]
    note: str
    footer: str
    currency: str
    lang: str = "en"

    @property
    def rtl(self) -> bool:
        return self.lang.partition("-")[0] in {"ar", "he", "fa", "ur"}


@cache
def _compiler() -> typst.Compiler:
    folder = files("tenantry.billing")
    return typst.Compiler(str(folder / "invoice.typ"), font_paths=[str(folder / "fonts")])


def pdf(printed: Printed) -> bytes:
    """One invoice, tagged, with its fonts. About 20 ms after the first."""
    data = asdict(printed) | {
        "fonts": FONTS,
        "rtl": printed.rtl,
        "paper": "us-letter" if printed.currency in LETTER else "a4",
    }
    with _one:
        made = _compiler().compile(
            format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=["a-2b"]
        )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made
