"""Text with separators: CSV as spreadsheet programs write it (RFC 4180, with semicolons and tabs too)."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from typing import Final

from tenantry.core.sheets.bounds import Bounds
from tenantry.core.sheets.columns import Column, known, matches
from tenantry.core.sheets.errors import CellTooLong, QuoteNotClosed, UnknownSeparator

SEPARATORS: Final = (",", ";", "\t")
# What spreadsheet programs write into the first line to say it themselves.
_SAID = re.compile(r"sep=([,;\t])\r?\n?")
_SAMPLE = 64 * 1024
# Longer lines are not even looked at: the bounds of columns and cells leave no such line.
_LINE = 512 * 1024


def text_of(content: bytes, encoding: str, start: int) -> io.TextIOWrapper:
    raw = io.BytesIO(content)
    raw.seek(start)
    return io.TextIOWrapper(raw, encoding=encoding, newline="")


def separator_of(content: bytes, encoding: str, start: int, columns: Sequence[Column], chosen: str = "") -> str:
    """As chosen, as the file says itself, or the one that finds most headings and then the most even width.

    :raises UnknownSeparator: the chosen one is none of ours.
    """
    if chosen:
        if chosen not in SEPARATORS:
            raise UnknownSeparator
        return chosen
    cut = content[start : start + _SAMPLE]
    sample = codecs.getincrementaldecoder(encoding)().decode(cut)
    said = _SAID.match(sample)
    if said:
        return said.group(1)
    lines = sample.splitlines(keepends=True)
    if len(cut) == _SAMPLE and len(lines) > 1:
        lines.pop()
    names = known(columns)
    return max(SEPARATORS, key=lambda one: _fitness(lines, one, names))


def _fitness(lines: list[str], separator: str, names: dict[str, int]) -> tuple[int, float, int]:
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in csv.reader(lines, delimiter=separator) if row)
    except csv.Error:
        return (0, 0.0, 0)
    if not rows:
        return (0, 0.0, 0)
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    return (matches(rows[0], names), count / len(rows) if width > 1 else 0.0, width)


def rows_of(text: io.TextIOWrapper, separator: str, bounds: Bounds) -> Generator[tuple[int, list[str]], None, None]:
    """The line where each row begins, and its cells; blank lines are left out.

    :raises CellTooLong, QuoteNotClosed: at the line where it is.
    """
    lines = _Lines(text, bounds)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    begun = 0
    while True:
        begun = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The reader gives up on a cell of 131,072 characters: within a line it is one long cell, and over several
            # lines a quote that nothing closes.
            if "field limit" in str(error) and lines.number == begun:
                raise CellTooLong(line=begun, maximum=bounds.cell) from None
            raise QuoteNotClosed(line=begun) from None
        if begun == 1 and _SAID.fullmatch(lines.first):
            continue
        if row:
            yield begun, row


class _Lines:
    """Lines with their number. One without an end is refused before it is in memory."""

    def __init__(self, text: io.TextIOWrapper, bounds: Bounds) -> None:
        self.number = 0
        self.first = ""
        self._read = text.readline
        self._bounds = bounds

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._read(_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            self.first = line
        if len(line) >= _LINE:
            raise CellTooLong(line=self.number, maximum=self._bounds.cell)
        return line
