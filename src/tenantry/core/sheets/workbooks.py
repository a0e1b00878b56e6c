"""Workbooks (XLSX): measured as an archive first, then read by a process of their own that has bounds."""

import csv
import io
import lzma
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from tenantry.core.sheets import workbook_reader
from tenantry.core.sheets.bounds import Bounds
from tenantry.core.sheets.errors import (
    BrokenWorkbook,
    CellTooLong,
    EmptyWorkbook,
    HasNul,
    NotATable,
    OldWorkbook,
    SheetRefusal,
    WorkbookTooLarge,
)

ARCHIVE: Final = b"PK\x03\x04"
# The container of .xls, and of workbooks with a password.
OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOOK = "xl/workbook.xml"
_PIECE = 1024 * 1024
# Of the reading process: twice what a full sheet was seen to take, and ten times as long.
_MEMORY = 768 * 1024 * 1024
_SECONDS = 30
_PROGRAM = Path(workbook_reader.__file__)
_LINE = 512 * 1024
# What the archive's library raises for one that is damaged, by whatever method its parts are packed.
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError, OSError, ValueError)

_REFUSALS: Final[dict[int, type[SheetRefusal]]] = {
    workbook_reader.BROKEN: BrokenWorkbook,
    workbook_reader.PASSWORD: OldWorkbook,
    workbook_reader.NO_SHEET: EmptyWorkbook,
    workbook_reader.TOO_LARGE: WorkbookTooLarge,
    1: BrokenWorkbook,
}


def measure(content: bytes, bounds: Bounds) -> None:
    """What the archive claims, then what it really unpacks to: claims may lie.

    :raises NotATable: an archive of something else. :raises WorkbookTooLarge, BrokenWorkbook: see there.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if _BOOK not in archive.NameToInfo:
                raise NotATable
            if len(parts) > bounds.parts or sum(part.file_size for part in parts) > bounds.unpacked:
                raise WorkbookTooLarge
            if any(part.flag_bits & 0x1 for part in parts):
                raise OldWorkbook
            left = bounds.unpacked
            for part in parts:
                left -= _unpacked(archive, part, left)
    except _BROKEN as error:
        raise BrokenWorkbook from error


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    size = 0
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > left:
                raise WorkbookTooLarge
    return size


def rows_of(content: bytes, bounds: Bounds) -> Generator[tuple[int, list[str]], None, None]:
    """The number of each row that holds something, and its cells, from the first visible sheet. Of a formula comes what
    it last showed.

    :raises SheetRefusal: one of the named ones.
    """
    measure(content, bounds)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(content)
        file.flush()
        # One row more than allowed, beside the heading: whoever counts refuses by name.
        arguments = [str(_MEMORY), str(_SECONDS), str(bounds.rows + 2)]
        command = [sys.executable, "-I", str(_PROGRAM), file.name, *arguments]
        process = subprocess.Popen(  # noqa: S603 our own program, no shell
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        )
        assert process.stdout is not None
        try:
            yield from _parsed(process.stdout, bounds)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            with suppress(OSError):
                process.stdout.close()
    if status != workbook_reader.DONE:
        raise _REFUSALS.get(status, WorkbookTooLarge)


def _parsed(output: IO[bytes], bounds: Bounds) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(output, encoding="utf-8", newline="")
    lines = iter(lambda: text.readline(_LINE), "")
    line = 0
    try:
        for row in csv.reader(lines):
            line = int(row[0])
            cells = row[1:]
            if any("\0" in cell for cell in cells):
                raise HasNul(line=line)
            yield line, cells
    except (csv.Error, ValueError) as error:
        # The reader gives up on a cell of 131,072 characters.
        raise CellTooLong(line=line + 1, maximum=bounds.cell) from error
