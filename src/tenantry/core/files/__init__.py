"""The file store: bytes by key, on disk or in any S3-compatible store (`STORAGES["default"]`).

A key is 32 hexadecimal characters that nobody chose; its bytes are written once and never changed. Where they lie
begins with the organization, so that what is listed, swept or purged is of one organization.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol, cast
from uuid import UUID

from django.core.files import File
from django.core.files.storage import storages

from tenantry.core.ids import new_id, parse_id

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SHELF = re.compile(r"[0-9a-f]{2}", re.ASCII)
PIECE = 256 * 1024


class Storage(Protocol):
    """What a backend of ours offers beside Django's storages. Faults are named refusals (`core.files.errors`)."""

    def keep(self, name: str, content: File[bytes]) -> None: ...
    def read(self, name: str, first: int, last: int) -> Iterator[bytes]: ...
    def delete(self, name: str) -> None: ...
    def list_below(self, path: str) -> tuple[list[str], list[str]]: ...
    def get_modified_time(self, name: str) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """`size` in bytes; `sha256` hexadecimal."""

    key: str
    size: int
    sha256: str


def _storage() -> Storage:
    return cast("Storage", storages["default"])


def _shelf(organization_id: UUID, key: str) -> str:
    # The end of a UUIDv7 is random: 256 shelves of about the same length.
    return f"{organization_id}/{key[-2:]}"


def _name(organization_id: UUID, key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("not a key of the file store")
    return f"{_shelf(organization_id, key)}/{key}"


def measured(source: IO[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of what can be read from the beginning; left at the beginning."""
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    while piece := source.read(PIECE):
        digest.update(piece)
        size += len(piece)
    source.seek(0)
    return size, digest.hexdigest()


def put(organization_id: UUID, source: IO[bytes]) -> Kept:
    """Keeps what can be read from the beginning of `source`, whole or not at all.

    :raises StoreUnavailable: the store does not take it.
    """
    size, sha256 = measured(source)
    key = new_id().hex
    _storage().keep(_name(organization_id, key), File(cast("Any", source)))
    return Kept(key, size, sha256)


def pieces(organization_id: UUID, key: str, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    """The bytes from `first` to `last`, both included; None reads to the end. Opened before it returns.

    :raises BytesMissing: there are none under this key. :raises StoreUnavailable: the store does not answer.
    """
    return _storage().read(_name(organization_id, key), first, -1 if last is None else last)


def delete(organization_id: UUID, key: str) -> None:
    """Deleting what is not there is no fault.

    :raises StoreUnavailable: the store does not answer.
    """
    _storage().delete(_name(organization_id, key))


def organizations() -> list[UUID]:
    """Those that have bytes here."""
    return sorted(i for name in _storage().list_below("")[0] if (i := parse_id(name)) is not None)


def shelves(organization_id: UUID) -> Iterator[list[str]]:
    """All keys of an organization, a 256th of them at a time."""
    for shelf in sorted(_storage().list_below(str(organization_id))[0]):
        if _SHELF.fullmatch(shelf):
            yield sorted(k for k in _storage().list_below(f"{organization_id}/{shelf}")[1] if _KEY.fullmatch(k))


def kept_at(organization_id: UUID, key: str) -> datetime:
    """When the bytes were written.

    :raises BytesMissing: they are not there any more.
    """
    return _storage().get_modified_time(_name(organization_id, key))
