"""Files in an S3-compatible store, by django-storages. Imported only where one is set up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from tenantry.core.files.errors import BytesMissing, StoreUnavailable

_PIECE = 256 * 1024
_MISSING = frozenset({"404", "NoSuchKey"})
# What S3 takes in one request; the largest TENANTRY_DRIVE_LARGEST_FILE is below it.
_WHOLE = TransferConfig(multipart_threshold=5 * 1024**3)


class BucketStorage(S3Storage):
    """Each file is one request: of an upload in parts, a process that is killed would leave parts for ever, in no list
    of objects. Writing through `open` would complete the upload also when the writer fails, and leave half a file."""

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "transfer_config": _WHOLE}

    def keep(self, name: str, content: File[bytes]) -> None:
        with _named():
            self.save(name, content)

    def read(self, name: str, first: int, last: int) -> Iterator[bytes]:
        # Django's own way to open a file fetches all of it first.
        asked = {"Range": f"bytes={first}-{last if last >= 0 else ''}"} if first or last >= 0 else {}
        with _named():
            body = self._object(name).get(**asked)["Body"]
        return _pieces(body)

    def delete(self, name: str) -> None:
        with _named():
            super().delete(name)

    def list_below(self, path: str) -> tuple[list[str], list[str]]:
        with _named():
            directories, files = self.listdir(path)
        return directories, files

    def get_modified_time(self, name: str) -> datetime:
        with _named():
            found: datetime = super().get_modified_time(name)
        return found

    def _object(self, name: str) -> Any:
        return self.bucket.Object(self._normalize_name(name))


def _pieces(body: Any) -> Iterator[bytes]:
    with body, _named():
        yield from body.iter_chunks(_PIECE)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise BytesMissing from error
        raise StoreUnavailable from error
    except (BotoCoreError, OSError) as error:
        raise StoreUnavailable from error
