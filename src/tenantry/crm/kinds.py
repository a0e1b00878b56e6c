"""What bytes are, told by how they begin. A closed list without anything that a browser would run: HTML and SVG are
text here, and whatever is not known is bytes."""

from typing import Final

BYTES: Final = "application/octet-stream"
TEXT: Final = "text/plain"
# How much of a file is looked at.
HEAD: Final = 4096

_OFFICE = "application/vnd.openxmlformats-officedocument"
_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
)
# An archive is what its name says, as long as it is one of these.
_ARCHIVES: Final = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
_TEXTS: Final = {"csv": "text/csv", "tsv": "text/tab-separated-values"}


def content_type_of(head: bytes, name: str) -> str:
    """The media type of what begins with `head`, its first `HEAD` bytes; the name tells apart what looks alike."""
    ending = name.rpartition(".")[2].lower()
    for beginning, found in _BEGINNINGS:
        if head.startswith(beginning):
            return _ARCHIVES.get(ending, found) if found == "application/zip" else found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    return _TEXTS.get(ending, TEXT) if _is_text(head) else BYTES


def _is_text(head: bytes) -> bool:
    if any(byte < 9 or 13 < byte < 27 for byte in head):
        return False
    # The last character may be cut in two.
    for cut in range(4):
        try:
            head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
