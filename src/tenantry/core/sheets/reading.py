"""A file, opened as a table with the columns that somebody asks for."""

import itertools
from collections.abc import Generator, Iterator, Sequence
from types import TracebackType
from typing import Literal, Self

from tenantry.core.sheets import encodings, separated, workbooks
from tenantry.core.sheets.bounds import BOUNDS, Bounds
from tenantry.core.sheets.cells import plain_cell
from tenantry.core.sheets.columns import Column, Heading, Row, heading_of
from tenantry.core.sheets.errors import (
    CellTooLong,
    EmptyFile,
    FileTooLarge,
    NoRows,
    OldWorkbook,
    TooManyColumns,
    TooManyRows,
)

Kind = Literal["csv", "xlsx"]
_Raw = Generator[tuple[int, list[str]], None, None]


class Table:
    """An opened file whose heading fits; close it, or use it as a context. Rows can be walked once.

    `encoding` and `separator` say how a text was read and are "" for a workbook; `headings` are those of the file, each
    with the column that it means, "" where nobody asked for it.
    """

    def __init__(
        self, kind: Kind, raw: _Raw, columns: Sequence[Column], bounds: Bounds, encoding: str = "", separator: str = ""
    ) -> None:
        """:raises SheetRefusal: the heading does not fit, or nothing stands below it."""
        self.kind, self.encoding, self.separator = kind, encoding, separator
        self._bounds, self._raw = bounds, raw
        first = next(raw, None)
        if first is None:
            raise EmptyFile
        line, cells = first
        _check_cells(line, cells, bounds)
        self._heading: Heading = heading_of(cells, columns, line, bounds)
        self.headings = self._heading.names
        second = next(raw, None)
        if second is None:
            raise NoRows
        self._rows = itertools.chain((second,), raw)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._raw.close()

    def rows(self) -> Iterator[Row]:
        """:raises SheetRefusal: as late as with the last row."""
        bounds, width, pick = self._bounds, self._heading.width, self._heading.picker()
        empty = True
        for count, (line, cells) in enumerate(self._rows, 1):
            if count > bounds.rows:
                raise TooManyRows(line=line, maximum=bounds.rows)
            _check_cells(line, cells, bounds)
            plain = [plain_cell(cell) for cell in cells]
            surplus = len(plain) > width and any(plain[width:])
            if len(plain) != width:
                plain = plain[:width] + [""] * (width - len(plain))
            plain.append("")
            row = pick(plain)
            if surplus or any(row):
                empty = False
                yield Row(line, row, surplus)
        if empty:
            raise NoRows

    def chunks(self, size: int) -> Iterator[list[Row]]:
        rows = self.rows()
        while chunk := list(itertools.islice(rows, size)):
            yield chunk


def _check_cells(line: int, cells: Sequence[str], bounds: Bounds) -> None:
    if len(cells) > bounds.columns:
        raise TooManyColumns(line=line, maximum=bounds.columns)
    if max(map(len, cells)) > bounds.cell:
        raise CellTooLong(line=line, maximum=bounds.cell)


def open_table(
    content: bytes, columns: Sequence[Column], *, encoding: str = "", separator: str = "", bounds: Bounds = BOUNDS
) -> Table:
    """What kind of file it is shows in its first bytes, whatever its name. `encoding` (a key of `ENCODINGS`) and
    `separator` (one of `SEPARATORS`) override what is found out, for text.

    :raises SheetRefusal: what is wrong with the file so far; the rest shows in walking its rows.
    """
    if not content:
        raise EmptyFile
    if len(content) > bounds.file:
        raise FileTooLarge(maximum=bounds.file // (1024 * 1024))
    if content.startswith(workbooks.OLD):
        raise OldWorkbook
    if content.startswith(workbooks.ARCHIVE):
        return _opened("xlsx", workbooks.rows_of(content, bounds), columns, bounds)
    found, start = encodings.decoding_of(content, encoding)
    split_by = separated.separator_of(content, found, start, columns, separator)
    raw = separated.rows_of(separated.text_of(content, found, start), split_by, bounds)
    return _opened("csv", raw, columns, bounds, found, split_by)


def _opened(kind: Kind, raw: _Raw, columns: Sequence[Column], bounds: Bounds, *how: str) -> Table:
    try:
        return Table(kind, raw, columns, bounds, *how)
    except BaseException:
        raw.close()
        raise
