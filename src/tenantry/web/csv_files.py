"""Cells of files that spreadsheet programs open."""

_LEADING = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Text that a spreadsheet takes for text: a quote stands before what would be read as a formula."""
    return f"'{text}" if text.startswith(_LEADING) else text
