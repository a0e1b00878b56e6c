"""Workbooks written by hand, so that a test decides on every byte of them."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def column_name(place: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def sheet_of(rows: Iterable[Sequence[str]]) -> str:
    """Inline strings; "" leaves the cell out."""
    lines = []
    for number, cells in enumerate(rows, 1):
        inner = "".join(text_cell(f"{column_name(i)}{number}", cell) for i, cell in enumerate(cells) if cell)
        lines.append(f'<row r="{number}">{inner}</row>')
    return "".join(lines)


def workbook(*sheets: str, hidden: Sequence[int] = (), extra: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """`sheets`: what stands in `sheetData`, each; `hidden`: their places; `extra`: more parts of the archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        relation = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}">{relation}</Relationships>')
        entries, relations = "", ""
        for place, inner in enumerate(sheets):
            state = ' state="hidden"' if place in hidden else ""
            entries += f'<sheet name="S{place}" sheetId="{place + 1}"{state} r:id="rId{place + 1}"/>'
            target = f"worksheets/sheet{place + 1}.xml"
            relations += f'<Relationship Id="rId{place + 1}" Type="{_OFFICE}/worksheet" Target="{target}"/>'
            xml = f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{inner}</sheetData></worksheet>'
            archive.writestr(f"xl/{target}", xml)
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>')
        for name, content in extra:
            archive.writestr(name, content)
    return held.getvalue()
