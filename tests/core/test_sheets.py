"""What people really upload: separators, encodings and quotes in every mixture, workbooks, headings of other people."""

import codecs
import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.workbooks import sheet_of, text_cell, workbook
from tenantry.core.sheets import Column, Row, csv_line, open_table
from tenantry.core.sheets.cells import plain_cell

COLUMNS = (
    Column("email", ("e-mail address", "mail"), required=True),
    Column("name", ("full name",)),
    Column("role"),
)
# What one sees in files: names of many scripts, quotes, separators and line ends within a cell.
ANYTHING = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp"), include_characters=',;\t"\n'), max_size=30
)
WESTERN = st.text(st.sampled_from('abcxyzÄÖÜéèñßç€’–,;"\t\n '), max_size=30)
UNICODE = {
    "utf-8": b"",
    "utf-8 with a mark": codecs.BOM_UTF8,
    "utf-16-le with a mark": codecs.BOM_UTF16_LE,
    "utf-16-be with a mark": codecs.BOM_UTF16_BE,
}


def rows(content, columns=COLUMNS, **how):
    with open_table(content, columns, **how) as table:
        return list(table.rows())


def cells(content, **how):
    return [row.cells for row in rows(content, **how)]


def as_read(row):
    return tuple(plain_cell(cell.replace("\r\n", "\n")) for cell in row)


def text(table, separator, quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=quoting).writerows([("email", "name", "role"), *table])
    return out.getvalue()


def tables(cell):
    filled = st.tuples(cell, cell, cell).filter(lambda row: any(as_read(row)))
    return st.lists(filled, min_size=1, max_size=8)


@given(
    table=tables(ANYTHING),
    separator=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    how=st.sampled_from(sorted(UNICODE)),
)
@settings(max_examples=300, deadline=None)
def test_a_table_comes_back_whatever_its_separator_encoding_and_quoting(table, separator, quoting, how):
    content = UNICODE[how] + text(table, separator, quoting).encode(how.partition(" ")[0])
    assert cells(content) == [as_read(row) for row in table]


@given(table=tables(WESTERN), separator=st.sampled_from(",;\t"), encoding=st.sampled_from(["cp1252", "mac-roman"]))
@settings(max_examples=100, deadline=None)
def test_a_table_in_an_encoding_that_was_chosen_comes_back(table, separator, encoding):
    assert cells(text(table, separator).encode(encoding), encoding=encoding) == [as_read(row) for row in table]


@given(table=tables(ANYTHING))
@settings(max_examples=15, deadline=None)
def test_a_workbook_comes_back(table):
    content = workbook(sheet_of([("email", "name", "role"), *table]))
    assert cells(content) == [as_read(row) for row in table]


@given(row=st.tuples(ANYTHING, ANYTHING, ANYTHING).filter(lambda row: any(as_read(row))))
@example(row=("", "", "\n0"))
@example(row=("", "0", "\n"))
def test_what_we_wrote_reads_as_what_it_was(row):
    line = csv_line(row)
    assert cells(b"email,name,role\r\n" + line) == [as_read(row)]


def test_windows_text_is_found_out():
    assert cells("email;name\nj@a.example;Jörg – Café €\n".encode("cp1252")) == [("j@a.example", "Jörg – Café €", "")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_found_out(encoding):
    content = "email\tname\nj@a.example\tJörg\n".encode(encoding)
    with open_table(content, COLUMNS) as table:
        assert (table.encoding, table.separator) == (encoding, "\t")
        assert [row.cells for row in table.rows()] == [("j@a.example", "Jörg", "")]


def test_the_heading_decides_about_the_separator():
    """A comma in every name is as even as the semicolon."""
    content = b"email;name\na@a.example;Stone, Ada\nb@a.example;Stone, Bob\n"
    assert cells(content) == [("a@a.example", "Stone, Ada", ""), ("b@a.example", "Stone, Bob", "")]


def test_a_separator_that_the_file_names_or_somebody_chose():
    assert rows(b"sep=;\r\nemail;name\r\na@a.example;A\r\n") == [Row(3, ("a@a.example", "A", ""), False)]
    assert cells(b"email;x,role\na@a.example;y,Admin\n", separator=",", columns=(Column("role"),)) == [("Admin",)]


def test_lines_are_counted_where_a_row_begins():
    content = b'email,name\n\n"a@a.example","two\nlines"\n\n , \nb@a.example,B\n'
    assert rows(content) == [
        Row(3, ("a@a.example", "two\nlines", ""), False),
        Row(7, ("b@a.example", "B", ""), False),
    ]
    book = workbook(f'<row r="2">{text_cell("B2", "E-Mail")}</row><row r="7">{text_cell("B7", "a@a.example")}</row>')
    assert rows(book) == [Row(7, ("a@a.example", "", ""), False)]


def test_headings_are_found_by_other_names_in_any_order():
    content = b"Department,Full_Name,E-MAIL  Address\nSales,Ada,a@a.example\n"
    with open_table(content, COLUMNS) as table:
        assert table.headings == (("Department", ""), ("Full_Name", "name"), ("E-MAIL  Address", "email"))
        assert [row.cells for row in table.rows()] == [("a@a.example", "Ada", "")]


def test_rows_that_are_shorter_or_longer_than_the_heading():
    content = b"email,name,role\na@a.example\nb@a.example,B,Admin,,\nc@a.example,Stone,Cy,Admin\n"
    assert rows(content) == [
        Row(2, ("a@a.example", "", ""), False),
        Row(3, ("b@a.example", "B", "Admin"), False),
        Row(4, ("c@a.example", "Stone", "Cy"), True),
    ]


def test_formulas_are_text():
    assert cells(b"email,name\na@a.example,\"=cmd|' /C calc'!A0\"\n") == [("a@a.example", "=cmd|' /C calc'!A0", "")]
    heading = text_cell("A1", "email") + text_cell("B1", "name") + text_cell("C1", "role")
    shown = '<c r="B2" t="str"><f>HYPERLINK("x","y")</f><v>shown</v></c><c r="C2"><f>NOW()</f></c>'
    book = workbook(f'<row r="1">{heading}</row><row r="2">{text_cell("A2", "=1+1")}{shown}</row>')
    assert cells(book) == [("=1+1", "shown", "")]


def test_numbers_dates_and_truths_of_a_workbook_are_what_a_person_would_type():
    heading = text_cell("A1", "email") + text_cell("B1", "name") + text_cell("C1", "role")
    values = '<c r="A2"><v>4711</v></c><c r="B2"><v>1.5</v></c><c r="C2" t="b"><v>1</v></c>'
    day = '<c r="A3" t="d"><v>2026-11-22</v></c><c r="B3" t="e"><v>#N/A</v></c>'
    day += '<c r="C3" t="d"><v>2026-11-22T10:05:00</v></c>'
    book = workbook(f'<row r="1">{heading}</row><row r="2">{values}</row><row r="3">{day}</row>')
    assert cells(book) == [("4711", "1.5", "TRUE"), ("2026-11-22", "", "2026-11-22 10:05:00")]


def test_the_first_visible_sheet_is_read():
    sheets = [sheet_of([("email",), (f"{name}@a.example",)]) for name in "abc"]
    assert cells(workbook(*sheets, hidden=(0,))) == [("b@a.example", "", "")]


def test_rows_come_in_chunks():
    content = b"email\n" + b"".join(b"p%d@a.example\n" % n for n in range(25))
    with open_table(content, COLUMNS) as table:
        assert [len(chunk) for chunk in table.chunks(10)] == [10, 10, 5]
