"""Tables that people upload and take away: CSV, TSV and XLSX in, CSV out. Nothing here knows what the rows are about.

Reading streams: a file is checked and decoded before the first row, its rows come in chunks, and whatever is wrong with
it is a refusal of `core.sheets.errors`. It may come as late as with the last row: whoever stores rows on the way takes
them back.
"""

from tenantry.core.sheets.bounds import BOUNDS, Bounds
from tenantry.core.sheets.cells import safe_cell
from tenantry.core.sheets.columns import Column, Row
from tenantry.core.sheets.encodings import ENCODINGS
from tenantry.core.sheets.reading import Table, open_table
from tenantry.core.sheets.separated import SEPARATORS
from tenantry.core.sheets.writing import MARK, csv_line

__all__ = [
    "BOUNDS",
    "ENCODINGS",
    "MARK",
    "SEPARATORS",
    "Bounds",
    "Column",
    "Row",
    "Table",
    "csv_line",
    "open_table",
    "safe_cell",
]
