"""Tables to take away, as CSV that a spreadsheet opens without running anything."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from tenantry.core.sheets.cells import safe_cell

# Spreadsheet programs read UTF-8 only with its mark; it stands before the first line.
MARK: Final = b"\xef\xbb\xbf"


def csv_line(cells: Iterable[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow([safe_cell(cell) for cell in cells])
    return written.getvalue().encode()
