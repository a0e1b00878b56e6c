"""Files that mean harm, or were broken on the way: each has a refusal of its own, with the line where there is one."""

import contextlib
import gzip
import io
import struct
import time
import zipfile

import psutil
import pytest

from support.workbooks import sheet_of, text_cell, workbook
from tenantry.core.sheets import Bounds, Column, errors, open_table

COLUMNS = (Column("email", required=True), Column("name"))
GOOD = "email,name\na@a.example,A\n"
HEADING_ONLY = (b"email,name\n", b"email,name\n\n\n", b"email,name\n,\n , \n", workbook(sheet_of([["email"]])))
# What the library does with it depends on how far: no memory, no grid, a walk without end.
FAR_APART = (errors.WorkbookTooLarge, errors.BrokenWorkbook, errors.NoHeading, errors.CellTooLong)


def refusal(content, kind, *, bounds=None, **how):
    """The sentence that somebody reads, which is a whole one."""
    if bounds:
        how["bounds"] = bounds
    with pytest.raises(kind) as caught, open_table(content, COLUMNS, **how) as table:
        list(table.rows())
    assert type(caught.value) is kind
    sentence = str(caught.value)
    assert sentence.endswith((".", "?"))
    assert "%(" not in sentence
    assert len(sentence) < 500
    assert str(errors.revived(kind.code, caught.value.facts())) == sentence
    return caught.value


@pytest.mark.parametrize("content", [b"", b"\n\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe\r\x00\n\x00", b"\x00" * 5000])
def test_nothing_in_it(content):
    refusal(content, errors.EmptyFile)


def test_too_large():
    assert "25 MB" in str(refusal(b"x" * (25 * 1024 * 1024 + 1), errors.FileTooLarge))


@pytest.mark.parametrize("content", HEADING_ONLY)
def test_only_a_heading(content):
    refusal(content, errors.NoRows)


def test_no_heading():
    raised = refusal(b"a@a.example,Ada\nb@a.example,Bob\n", errors.NoHeading)
    assert "email, name" in str(raised)


def test_a_column_that_is_missing_or_there_twice():
    assert refusal(b"name,town\nAda,Rome\n", errors.MissingColumn).params == {"column": "email", "found": "name, town"}
    twice = refusal(b"email,name,E-Mail\na,b,c\n", errors.DuplicateColumn)
    assert twice.params == {"column": "email", "first": "email", "second": "E-Mail"}


@pytest.mark.parametrize("separator", [",", "\t"])
def test_ten_thousand_columns(separator):
    wide = separator.join(["email", "name", *(f"c{n}" for n in range(9998))])
    assert refusal(f"{wide}\n{wide}\n".encode(), errors.TooManyColumns).params == {"line": 1, "maximum": 100}
    below = f"email{separator}name\na@a.example{separator}A\n{wide}\n"
    assert refusal(below.encode(), errors.TooManyColumns).params["line"] == 3


def test_ten_thousand_columns_in_a_workbook():
    wide = ["email", "name", *(f"c{n}" for n in range(9998))]
    assert refusal(workbook(sheet_of([wide, wide])), errors.TooManyColumns).params["line"] == 1
    assert refusal(workbook(sheet_of([["email"], wide])), errors.TooManyColumns).params["line"] == 2


@pytest.mark.parametrize("cell", ["x" * 2001, "x" * 200_000, "x" * 10_000_000, "\U0001f600" * 2_500_000])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_of_ten_megabytes(cell, quote):
    assert refusal(f"{GOOD}b@a.example,{quote}{cell}{quote}\n".encode(), errors.CellTooLong).params["line"] == 3


@pytest.mark.parametrize("size", [2001, 200_000, 10_000_000])
def test_a_cell_of_ten_megabytes_in_a_workbook(size):
    book = workbook(sheet_of([("email", "name"), ("a@a.example", "A"), ("b@a.example", "x" * size)]))
    assert refusal(book, errors.CellTooLong).params["line"] == 3


def test_a_cell_of_many_lines():
    cell = "line\n" * 500
    assert refusal(f'{GOOD}b@a.example,"{cell}"\n{GOOD}'.encode(), errors.CellTooLong).params["line"] == 3


def test_a_nul():
    assert refusal(b"email,name\na@a.example,A\x00B\n", errors.HasNul).params["line"] == 2
    assert refusal(b"\x00" * 100 + b"email\na\n", errors.HasNul).params["line"] == 1
    assert refusal("email,name\n\na@a.example,A\0\n".encode("utf-16"), errors.HasNul).params["line"] == 3
    # Behind the part that is looked at first.
    assert refusal((GOOD * 100_000 + "\0").encode(), errors.HasNul).params["line"] == 200_001


@pytest.mark.parametrize("rest", ["", "b@a.example,B\n" * 3, "b@a.example,B\n" * 50_000])
def test_a_quote_that_is_not_closed(rest):
    assert refusal(f'{GOOD}b@a.example,"B\n{rest}'.encode(), errors.QuoteNotClosed).params["line"] == 3


def test_a_quote_in_the_wrong_place():
    assert refusal(f'{GOOD}b@a.example,"B" x\n'.encode(), errors.QuoteNotClosed).params["line"] == 3


def test_the_wrong_encoding():
    latin = "email,name\na@a.example,A\nb@a.example,J\u00f6rg\n".encode("latin-1")
    raised = refusal(latin, errors.WrongEncoding, encoding="utf-8")
    assert raised.params == {"line": 3, "encoding": "UTF-8"}
    # 0x81 is nothing in Windows-1252, and no UTF-8 either.
    refusal(b"email,name\na@a.example,A\xff\x81\n", errors.WrongEncoding)
    refusal(b"\xff\xfe" + b"email,name\na@a.example,A\n"[:-2], errors.WrongEncoding)
    refusal(GOOD.encode(), errors.UnknownEncoding, encoding="rot13")
    refusal(GOOD.encode(), errors.UnknownSeparator, separator="|")


def test_more_rows_than_allowed():
    content = b"email\n" + b"a\n" * 6
    few = Bounds(rows=5)
    assert refusal(content, errors.TooManyRows, bounds=few).params == {"line": 7, "maximum": 5}
    book = workbook(sheet_of([["email"], *[["a"]] * 6]))
    assert refusal(book, errors.TooManyRows, bounds=few).params == {"line": 7, "maximum": 5}


def test_millions_of_rows():
    started = time.monotonic()
    assert refusal(b"email\n" + b"a\n" * 12_000_000, errors.TooManyRows).params["line"] == 200_002
    assert time.monotonic() - started < 30


def test_a_bomb_with_the_name_of_a_table():
    """A gigabyte of spaces, in a megabyte: not read, whatever it is called."""
    refusal(gzip.compress(b"email,name\n" + b" " * 50_000_000), errors.NotATable)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("email.csv", GOOD)
    refusal(held.getvalue(), errors.NotATable)


@pytest.mark.parametrize("inner", [" " * 300_000_000, "<row/>" * 50_000_000])
def test_a_workbook_that_unpacks_without_end(inner):
    started = time.monotonic()
    refusal(workbook(inner), errors.WorkbookTooLarge)
    assert time.monotonic() - started < 30


def test_a_workbook_that_lies_about_its_size():
    """The directory of the archive says one byte; what is inside is more than all parts may be."""
    book = bytearray(workbook(sheet_of([["email"]] * 3), extra=[("xl/big.xml", b" " * 1_000_000)]))
    at = book.rfind(b"PK\x01\x02", 0, book.rfind(b"xl/big.xml"))
    assert struct.unpack_from("<I", book, at + 24) == (1_000_000,)
    struct.pack_into("<I", book, at + 24, 1)
    with pytest.raises((errors.WorkbookTooLarge, errors.BrokenWorkbook)):
        open_table(bytes(book), COLUMNS, bounds=Bounds(unpacked=500_000))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_whose_parts_are_packed_badly(method):
    """Each way of packing breaks in words of its own."""
    held = io.BytesIO(workbook(sheet_of([["email"], ["a@a.example"]])))
    with zipfile.ZipFile(held, "a", method) as archive:
        archive.writestr("xl/more.xml", b"more and more " * 1000)
        part = archive.getinfo("xl/more.xml")
    packed = part.header_offset + 30 + len(part.filename)
    for place in range(12):
        for value in (b"\x00", b"\x55", b"\xff"):
            book = bytearray(held.getvalue())
            book[packed + place : packed + place + 1] = value
            with contextlib.suppress(errors.BrokenWorkbook), open_table(bytes(book), COLUMNS) as table:
                list(table.rows())


def test_a_workbook_of_many_parts():
    extra = [(f"xl/p{n}.xml", b"") for n in range(1001)]
    refusal(workbook(sheet_of([["email"], ["a"]]), extra=extra), errors.WorkbookTooLarge)


@pytest.mark.parametrize("corner", ["XFD1048576", "CV200000000", "A4000000000", "ZZZZZZ99999999999"])
def test_cells_that_lie_far_apart(corner):
    """The library would lay out a grid of half a terabyte, or walk through billions of rows."""
    inner = f'<row r="1">{text_cell("A1", "email")}</row><row r="2">{text_cell(corner, "x")}</row>'
    started = time.monotonic()
    with pytest.raises(FAR_APART), open_table(workbook(inner), COLUMNS) as table:
        list(table.rows())
    assert time.monotonic() - started < 20


def test_a_workbook_that_is_none():
    book = workbook(sheet_of([["email"], ["a"]]))
    refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 5000, errors.OldWorkbook)
    refusal(book[: len(book) // 2], errors.BrokenWorkbook)
    refusal(workbook("<row><c><is>"), errors.BrokenWorkbook)
    refusal(workbook(sheet_of([["email"], ["a"]]), hidden=(0,)), errors.EmptyWorkbook)
    refusal(workbook(""), errors.EmptyFile)
    for kind in (b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"PK\x05\x06" + b"\x00" * 18):
        refusal(kind + b"email\n", errors.NotATable)


def test_nothing_is_left_behind_by_a_reader_that_stops():
    """Whoever walks away from a workbook leaves no process."""
    book = workbook(sheet_of([["email"], *[[f"p{n}@a.example"] for n in range(5000)]]))
    before = _children()
    table = open_table(book, COLUMNS)
    next(table.rows())
    table.close()
    assert _children() == before


def _children():
    return [child.pid for child in psutil.Process().children()]
