"""The text of a mail with its addresses as links."""

import re

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


def linked(text: str) -> SafeString:
    """`text` escaped, http and https addresses as links, line by line."""
    return format_html_join("\n", "{}", ((_line(line),) for line in text.splitlines()))


def _line(line: str) -> SafeString:
    parts: list[SafeString] = []
    end = 0
    for found in _ADDRESS.finditer(line):
        parts.append(escape(line[end : found.start()]))
        parts.append(format_html('<a href="{0}" rel="noreferrer">{0}</a>', found.group()))
        end = found.end()
    parts.append(escape(line[end:]))
    return format_html_join("", "{}", ((part,) for part in parts))
