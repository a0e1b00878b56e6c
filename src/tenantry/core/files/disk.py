"""Files in a directory of this machine, or one that all machines mount."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import FileSystemStorage

from tenantry.core.files.errors import BytesMissing, StoreUnavailable

_PIECE = 256 * 1024


class DiskStorage(FileSystemStorage):
    """A file is on the disk before a row names its key; half of one has a key that nobody ever learns, and is swept."""

    def keep(self, name: str, content: File[bytes]) -> None:
        path = Path(self.path(name))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for piece in content.chunks(_PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            _settle(path.parent)
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise StoreUnavailable from error

    def read(self, name: str, first: int, last: int) -> Iterator[bytes]:
        try:
            file = Path(self.path(name)).open("rb")  # noqa: SIM115 closed by whoever has read it
        except FileNotFoundError as error:
            raise BytesMissing from error
        except OSError as error:
            raise StoreUnavailable from error
        return _between(file, first, last)

    def delete(self, name: str) -> None:
        try:
            Path(self.path(name)).unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable from error

    def list_below(self, path: str) -> tuple[list[str], list[str]]:
        try:
            return self.listdir(path)
        except FileNotFoundError:
            return [], []
        except OSError as error:
            raise StoreUnavailable from error

    def get_modified_time(self, name: str) -> datetime:
        try:
            return super().get_modified_time(name)
        except FileNotFoundError as error:
            raise BytesMissing from error


def _settle(directory: Path) -> None:
    """A new name is safe once its directory is."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _between(file: IO[bytes], first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1 if last >= 0 else None
        while left is None or left > 0:
            piece = file.read(_PIECE if left is None else min(_PIECE, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            yield piece
