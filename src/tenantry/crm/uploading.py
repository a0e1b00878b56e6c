"""The way of an upload: bounds first, then the bytes into the store, then the action that makes them a file. What no
file came of is taken away again; what a killed process left behind, the sweep finds."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import UUID

from django.conf import settings

from tenantry.core import files, painting
from tenantry.core.errors import Refusal
from tenantry.core.files.errors import StoreUnavailable
from tenantry.core.sizes import in_words
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.drive import Room, room_of
from tenantry.crm.drive_errors import DriveFull, FileTooLarge, UploadCut
from tenantry.crm.kinds import HEAD, content_type_of
from tenantry.crm.models import File


class Readable(Protocol):
    """A body as it comes in: read once, from its beginning."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """What an action is told of bytes that are in the store, by their key."""

    store_key: str
    size: int
    sha256: str
    content_type: str
    pages: int

    @property
    def columns(self) -> dict[str, Any]:
        return asdict(self)


def refuse_full(room: Room, name: str, size: int) -> None:
    """:raises DriveFull: with its figures."""
    if room.holds(size) or room.limit is None:
        return
    raise DriveFull(
        name=name,
        used=room.used,
        limit=room.limit,
        needed=in_words(size),
        left=in_words(room.left or 0),
        most=in_words(room.limit),
    )


def refuse_large(name: str, size: int) -> None:
    """:raises FileTooLarge: beyond what the installation takes."""
    if size > settings.LARGEST_FILE:
        raise FileTooLarge(name=name, most=in_words(settings.LARGEST_FILE), limit=settings.LARGEST_FILE)


@contextmanager
def taken_in(source: IO[bytes], name: str, owner_id: UUID | None, *, replaced: int = 0) -> Iterator[Stored]:
    """The bytes are in the store while the block runs, which calls the action; refused, they are gone again.
    `owner_id`: whose quota they count for; `replaced`: how many bytes they take the place of.

    :raises FileTooLarge, DriveFull, StoreUnavailable: before anything is kept.
    """
    size, _sha256 = files.measured(source)
    refuse_large(name, size)
    with reading():
        # The action asks again, under its lock; here it is asked so that nothing is moved in vain.
        refuse_full(room_of(owner_id), name, size - replaced)
    head = source.read(HEAD)
    content_type = content_type_of(head, name)
    pages = _pages(source, content_type)
    organization_id = scope.organization_id()
    kept = files.put(organization_id, source)
    try:
        yield Stored(kept.key, kept.size, kept.sha256, content_type, pages)
    except Refusal:
        # Anything else may have happened after the commit: then the bytes are needed, and the sweep looks after them.
        forget(organization_id, kept.key)
        raise


def forget(organization_id: UUID, key: str) -> None:
    """Takes away bytes that no file came of; what does not answer is swept later."""
    with suppress(StoreUnavailable):
        files.delete(organization_id, key)


def _pages(source: IO[bytes], content_type: str) -> int:
    if content_type not in painting.KINDS:
        return 0
    with tempfile.NamedTemporaryFile() as copy:
        source.seek(0)
        shutil.copyfileobj(source, copy, files.PIECE)
        copy.flush()
        return painting.count_pages(Path(copy.name), content_type)


@contextmanager
def received(source: Readable, length: int, name: str) -> Iterator[IO[bytes]]:
    """The body of a call, of `length` announced bytes, as a file that can be read twice.

    :raises FileTooLarge: before a byte is read. :raises UploadCut: fewer bytes came.
    """
    refuse_large(name, length)
    with tempfile.SpooledTemporaryFile(max_size=2_000_000) as spool:
        left = length
        while left > 0 and (piece := source.read(min(files.PIECE, left))):
            spool.write(piece)
            left -= len(piece)
        if left:
            raise UploadCut
        spool.seek(0)
        yield spool


def preview_of(file: File, page: int, width: int) -> bytes:
    """One page as a picture that we painted (`core.painting`).

    :raises NoPicture: there is no such page, or it can't be painted. :raises PainterBusy, StoreUnavailable: see there.
    """
    if not 1 <= page <= file.pages or width not in painting.WIDTHS:
        raise painting.NoPicture
    with tempfile.NamedTemporaryFile() as copy:
        for piece in files.pieces(file.organization_id, file.store_key):
            copy.write(piece)
        copy.flush()
        return painting.paint(Path(copy.name), file.content_type, page, width)
