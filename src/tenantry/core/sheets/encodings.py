"""Bytes to text: by mark, by what is evident, by strict trial; or as the caller says."""

import codecs
from typing import Final

from tenantry.core.sheets.errors import EmptyFile, HasNul, NotATable, UnknownEncoding, WrongEncoding

UTF8: Final = "utf-8"
# What a person may choose; the first that fits is found without being asked.
ENCODINGS: Final = {
    UTF8: "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "iso8859-15": "ISO 8859-15",
    "mac-roman": "Mac Roman",
    "shift_jis": "Shift JIS",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
}
# The longest first: the mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Files that are no text, by how they begin: PDF, gzip, 7-Zip, bzip2, xz, RAR, PNG, JPEG, GIF, ZIP of any kind.
_OTHERS: Final = (
    b"%PDF-",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"BZh91AY",
    b"\xfd7zXZ",
    b"Rar!\x1a",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"PK\x03\x04",
    b"PK\x05\x06",
)
_PIECE = 1024 * 1024
_SAMPLE = 4096


def decoding_of(content: bytes, chosen: str = "") -> tuple[str, int]:
    """Name of the encoding and how many bytes of mark precede the text, which is known to decode without a NUL.

    :raises EmptyFile, NotATable, UnknownEncoding, WrongEncoding, HasNul: see there.
    """
    if chosen and chosen not in ENCODINGS:
        raise UnknownEncoding(encoding=chosen[:40])
    if content.startswith(_OTHERS):
        raise NotATable
    mark, marked = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", None))
    if marked == "":
        raise NotATable
    # A mark that belongs to another encoding than the chosen one is text, as the person says.
    start = len(mark) if marked and chosen in ("", marked) else 0
    encoding = chosen or marked or _evident_utf16(content[:_SAMPLE]) or UTF8
    if not content[start:].strip(b"\x00 \t\r\n"):
        raise EmptyFile
    try:
        _check(content, start, encoding)
    except WrongEncoding:
        if chosen or marked or encoding != UTF8:
            raise
        encoding = "cp1252"
        _check(content, start, encoding)
    return encoding, start


def _evident_utf16(sample: bytes) -> str:
    """Latin text in UTF-16 has a NUL in every other place and hardly one in the others."""
    if len(sample) < 4:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return ""


def _check(content: bytes, start: int, encoding: str) -> None:
    """Decodes piece by piece and keeps nothing.

    :raises WrongEncoding, HasNul: at the line where it is.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    view, at, line = memoryview(content), start, 1
    while at < len(content):
        piece = view[at : at + _PIECE]
        at += len(piece)
        try:
            text = decoder.decode(piece, final=at >= len(content))
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start]).decode(encoding, errors="ignore")
            raise WrongEncoding(line=line + before.count("\n"), encoding=ENCODINGS[encoding]) from None
        nul = text.find("\0")
        if nul >= 0:
            raise HasNul(line=line + text.count("\n", 0, nul))
        line += text.count("\n")
