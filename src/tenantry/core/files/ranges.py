"""Which part of a file an answer carries (RFC 9110, 14): one range of bytes, or everything."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal

# Of every answer that carries what somebody uploaded: a browser saves it, and should one look at it all the same,
# nothing in it runs.
INERT = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


class RangeNotSatisfiable(Refusal):
    """`size`: of the whole, which the answer names."""

    code = "range_not_satisfiable"
    kind = "invalid"
    sentence = _("The file has %(size)s bytes, and none of those that were asked for.")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` to `last`, both included, of `size`; of an empty file none."""

    first: int
    last: int
    size: int
    partial: bool = False

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def status(self) -> int:
        return 206 if self.partial else 200

    def headers(self, etag: str) -> dict[str, str]:
        found = {"Accept-Ranges": "bytes", "Content-Length": str(self.length), "ETag": etag}
        if self.partial:
            found["Content-Range"] = f"bytes {self.first}-{self.last}/{self.size}"
        return found


def etag_of(sha256: str) -> str:
    """Strong: the same tag is the same bytes."""
    return f'"{sha256[:32]}"'


def part_asked(size: int, etag: str, *, asked: str = "", unless: str = "") -> Part:
    """`asked`, `unless`: the headers Range and If-Range. Several ranges, other units and what is malformed are answered
    with everything, as is a range of bytes that were others when the caller saw them.

    :raises RangeNotSatisfiable: it begins behind the end.
    """
    whole = Part(0, size - 1, size)
    found = _RANGE.fullmatch(asked.strip().replace(" ", ""))
    # A date says nothing sure about bytes: only our own tag is believed.
    if found is None or (unless and unless.strip() != etag):
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if not first:
        wanted = min(int(last), size)
        if wanted == 0:
            raise RangeNotSatisfiable(size=size)
        return Part(size - wanted, size - 1, size, partial=True)
    if last and int(last) < int(first):
        return whole
    if int(first) >= size:
        raise RangeNotSatisfiable(size=size)
    return Part(int(first), min(int(last), size - 1) if last else size - 1, size, partial=True)
