"""Cells of files that spreadsheet programs open."""

# The wide forms count too: some spreadsheet programs read them as the narrow ones (OWASP, CSV injection).
_LEADING = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Text that a spreadsheet takes for text: a quote stands before what would be read as a formula."""
    return f"'{text}" if text.startswith(_LEADING) else text


def plain_cell(text: str) -> str:
    """Trimmed, and without the quote of `safe_cell`: a file that we wrote reads as what it was made of."""
    # The quote goes first: what stands behind it may be nothing but a line feed.
    ours = text.startswith("'") and text[1:].startswith(_LEADING)
    return text[1 if ours else 0 :].strip()
