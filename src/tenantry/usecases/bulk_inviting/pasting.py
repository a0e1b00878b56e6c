"""A list from anywhere, as it was copied: a table with a heading or without one, or addresses in any form."""

import csv
import io
import re
from collections.abc import Iterable
from itertools import islice

from tenantry.core.sheets import BOUNDS, SEPARATORS
from tenantry.core.sheets.columns import known, matches
from tenantry.core.sheets.errors import CellTooLong
from tenantry.usecases.bulk_inviting.drafts import COLUMNS, FIELDS
from tenantry.usecases.bulk_inviting.errors import NoAddresses

# Ada Stone <ada@company.example>, as mail programs copy it.
_NAMED = re.compile(r"\s*\"?([^\"<>]*?)\"?\s*<([^<>\s]+)>\s*")
_BETWEEN = re.compile(r"[,;\s]+")
_ANYWHERE = re.compile(r"[,;\t\n]")


def file_of(text: str) -> bytes:
    """The text as a file with a heading.

    :raises NoAddresses: there is none in it. :raises CellTooLong: a quote opens that nothing closes.
    """
    if "@" not in text:
        raise NoAddresses
    if _has_heading(text):
        return text.encode()
    lines = [line for line in text.splitlines() if line.strip()]
    rows: Iterable[list[str]]
    if "<" in text:
        rows = [row for part in _ANYWHERE.split(text) if (row := _named(part))]
    elif all(line.count("@") <= 1 for line in lines):
        rows = _cells(lines)
    else:
        rows = [[part] for line in lines for part in _BETWEEN.split(line.strip()) if part]
    written = io.StringIO()
    csv.writer(written).writerows([FIELDS, *rows])
    return written.getvalue().encode()


def _has_heading(text: str) -> bool:
    first = text.strip().partition("\n")[0]
    names = known(COLUMNS)
    return any(matches(first.split(separator), names) for separator in SEPARATORS) and "@" not in first


def _named(part: str) -> list[str]:
    found = _NAMED.fullmatch(part)
    if found:
        return [found.group(2), found.group(1)]
    return [part.strip()] if "@" in part else []


def _cells(lines: list[str]) -> list[list[str]]:
    """One person a line; what stands behind the address are the next columns of the template."""
    separator = next((one for one in ("\t", ";", ",") if any(one in line for line in lines)), ",")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        return [list(islice(row, len(FIELDS))) for row in reader]
    except csv.Error:
        # A quote that nothing closes swallows line after line, until the reader gives up.
        raise CellTooLong(line=reader.line_num, maximum=BOUNDS.cell) from None
