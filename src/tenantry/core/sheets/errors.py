"""Why a file can't be read. `line` counts the file's lines, and a workbook's rows, from 1."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class SheetRefusal(Refusal):
    """Base of everything that is wrong with a file as a whole."""

    code = "sheet_refused"
    kind = "invalid"
    sentence: ClassVar[str | Promise] = _("This file can't be read as a table.")


class EmptyFile(SheetRefusal):
    code = "sheet_empty"
    sentence = _("The file is empty.")


class FileTooLarge(SheetRefusal):
    code = "sheet_file_too_large"
    sentence = _("The file is larger than %(maximum)s MB. Please split it.")


class NotATable(SheetRefusal):
    code = "sheet_not_a_table"
    sentence = _("This is not a table. Please upload a CSV file or an Excel workbook (.xlsx).")


class OldWorkbook(SheetRefusal):
    code = "sheet_old_workbook"
    sentence = _("This workbook has the old format (.xls) or a password. Please save it as .xlsx, without a password.")


class BrokenWorkbook(SheetRefusal):
    code = "sheet_broken_workbook"
    sentence = _("This workbook is damaged and can't be opened. Please save it again as .xlsx, or as CSV.")


class WorkbookTooLarge(SheetRefusal):
    """Small packed and huge unpacked, or a few cells that lie far apart."""

    code = "sheet_workbook_too_large"
    sentence = _("This workbook is too large once it is unpacked. Please copy the rows into a new one, or save as CSV.")


class EmptyWorkbook(SheetRefusal):
    code = "sheet_empty_workbook"
    sentence = _("This workbook has no visible sheet.")


class WrongEncoding(SheetRefusal):
    code = "sheet_wrong_encoding"
    sentence = _("Line %(line)s has characters that don't fit the encoding %(encoding)s. Please choose another one.")


class UnknownEncoding(SheetRefusal):
    code = "sheet_unknown_encoding"
    sentence = _("The encoding “%(encoding)s” can't be read. Please choose one of the list.")


class UnknownSeparator(SheetRefusal):
    code = "sheet_unknown_separator"
    sentence = _("Cells are separated by a comma, a semicolon or a tab.")


class HasNul(SheetRefusal):
    code = "sheet_nul"
    sentence = _("Line %(line)s has a NUL character, which no text has. Was the file damaged, or is it no text?")


class NoHeading(SheetRefusal):
    code = "sheet_no_heading"
    sentence = _("The first row must name the columns: %(columns)s.")


class MissingColumn(SheetRefusal):
    code = "sheet_missing_column"
    sentence = _("The column “%(column)s” is missing. The first row has: %(found)s.")


class DuplicateColumn(SheetRefusal):
    code = "sheet_duplicate_column"
    sentence = _("The column “%(column)s” is there twice: “%(first)s” and “%(second)s”.")


class TooManyColumns(SheetRefusal):
    code = "sheet_too_many_columns"
    sentence = _("Line %(line)s has more than %(maximum)s columns.")


class NoRows(SheetRefusal):
    code = "sheet_no_rows"
    sentence = _("The file has a heading and nothing below it.")


class TooManyRows(SheetRefusal):
    code = "sheet_too_many_rows"
    sentence = _("The file has more than %(maximum)s rows: line %(line)s is one too many. Please split it.")


class CellTooLong(SheetRefusal):
    code = "sheet_cell_too_long"
    sentence = _("A cell in line %(line)s is longer than %(maximum)s characters.")


class QuoteNotClosed(SheetRefusal):
    code = "sheet_quote_not_closed"
    sentence = _("In line %(line)s a quotation mark opens that is not closed, or closed in the wrong place.")


# Code -> class: a fault that was stored is shown by the sentence of today.
BY_CODE: dict[str, type[SheetRefusal]] = {
    kind.code: kind
    for kind in (
        SheetRefusal,
        EmptyFile,
        FileTooLarge,
        NotATable,
        OldWorkbook,
        BrokenWorkbook,
        WorkbookTooLarge,
        EmptyWorkbook,
        WrongEncoding,
        UnknownEncoding,
        UnknownSeparator,
        HasNul,
        NoHeading,
        MissingColumn,
        DuplicateColumn,
        TooManyColumns,
        NoRows,
        TooManyRows,
        CellTooLong,
        QuoteNotClosed,
    )
}


def revived(code: str, values: dict[str, Any]) -> SheetRefusal:
    """The refusal that was kept as code and values."""
    return BY_CODE.get(code, SheetRefusal)(**values)
