"""A program of its own: writes the first visible sheet of a workbook to standard output as CSV, a row number before
each row. `core.sheets.workbooks` runs it, because a few hundred bytes can make the library ask for more memory than
there is, which ends its process. The exit status says how it went.

    python workbook_reader.py FILE MOST_MEMORY_BYTES MOST_CPU_SECONDS MOST_ROWS
"""

import csv
import datetime as dt
import os
import resource
import sys

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

DONE, BROKEN, PASSWORD, NO_SHEET, TOO_LARGE = 0, 10, 11, 12, 13
# Blank rows count too: a value in the last row of an otherwise empty sheet must not keep us busy.
POSITIONS = 1_048_576


def main() -> int:
    path, memory, seconds, rows = sys.argv[1], *map(int, sys.argv[2:5])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with CalamineWorkbook.from_path(path) as book:
            sheet = _first(book)
            if sheet is None:
                return NO_SHEET
            return _write(sheet, rows)
    except PasswordError:
        return PASSWORD
    except MemoryError:
        return TOO_LARGE
    except BrokenPipeError:
        # The reader has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (CalamineError, ValueError, OverflowError):
        return BROKEN


def _first(book: CalamineWorkbook) -> CalamineSheet | None:
    for place, sheet in enumerate(book.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            return book.get_sheet_by_index(place)
    return None


def _write(sheet: CalamineSheet, most: int) -> int:
    out = csv.writer(sys.stdout)
    written = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number > POSITIONS:
            return TOO_LARGE
        cells = [value if type(value) is str else _text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            out.writerow([number, *cells])
            written += 1
            if written > most:
                break
    sys.stdout.flush()
    return DONE


def _text(value: float | bool | dt.date | dt.time | dt.timedelta | str) -> str:
    """As a person would have typed it: whole numbers without a point, dates by ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time.min
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
