"""The file store keeps its promises on disk and in a bucket of a real S3 server alike."""

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import storages

from support.buckets import BucketServer, files_in_bucket, files_on_disk, start_bucket_server
from tenantry.config import env
from tenantry.config.files import BUCKET, DISK, file_store
from tenantry.core import clock, files
from tenantry.core.files.errors import BytesMissing, StoreUnavailable
from tenantry.core.files.ranges import RangeNotSatisfiable, etag_of, part_asked


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[BucketServer]:
    server = start_bucket_server()
    yield server
    server.stop()


@pytest.fixture(params=["disk", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        if request.param == "disk":
            stack.enter_context(files_on_disk(tmp_path))
        else:
            server = request.getfixturevalue("bucket_server")
            name = server.bucket(f"tenantry-{uuid4().hex}")
            stack.enter_context(files_in_bucket(server, name, prefix="one/installation"))
        yield request.param


def read(organization: Any, key: str, first: int = 0, last: int | None = None) -> bytes:
    return b"".join(files.pieces(organization, key, first, last))


def test_what_was_put_is_read_whole_and_in_part(store):
    organization, content = uuid4(), os.urandom(700_000)
    kept = files.put(organization, io.BytesIO(content))
    assert kept.size == len(content)
    assert read(organization, kept.key) == content
    assert read(organization, kept.key, 10, 19) == content[10:20]
    assert read(organization, kept.key, 300_000, 699_999) == content[300_000:]
    assert read(organization, kept.key, 699_990) == content[-10:]


def test_it_is_put_from_its_beginning_wherever_the_reader_stood(store):
    organization, source = uuid4(), io.BytesIO(b"all of it")
    source.read(4)
    assert read(organization, files.put(organization, source).key) == b"all of it"


def test_an_empty_file_is_a_file(store):
    organization = uuid4()
    kept = files.put(organization, io.BytesIO())
    assert kept.size == 0
    assert read(organization, kept.key) == b""


def test_keys_are_of_one_organization(store):
    one, other = uuid4(), uuid4()
    kept = files.put(one, io.BytesIO(b"mine"))
    with pytest.raises(BytesMissing):
        files.pieces(other, kept.key)
    assert [key for shelf in files.shelves(one) for key in shelf] == [kept.key]
    assert list(files.shelves(other)) == []
    assert files.organizations() == [one]
    assert clock.now() - files.kept_at(one, kept.key) < timedelta(minutes=2)


def test_deleting_twice_is_no_fault(store):
    organization = uuid4()
    kept = files.put(organization, io.BytesIO(b"gone soon"))
    files.delete(organization, kept.key)
    files.delete(organization, kept.key)
    with pytest.raises(BytesMissing):
        files.pieces(organization, kept.key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 33, f"{'a' * 32}/", "a" * 32 + "\n"])
def test_nothing_but_a_key_names_bytes(store, key):
    with pytest.raises(ValueError, match="not a key"):
        files.pieces(uuid4(), key)


class Breaking(io.BytesIO):
    """A source that ends with an error after it was measured, at its second reading."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.begun = 0

    def seek(self, place: int, whence: int = 0) -> int:
        self.begun += place == 0
        return super().seek(place, whence)

    def read(self, size: int | None = -1) -> bytes:
        if self.begun > 2 and self.tell() > 9_000_000:
            raise OSError("the disk that it comes from is gone")
        return super().read(size)


def test_half_a_file_is_not_kept(store, request):
    """A writer that fails must not leave an object that looks whole, nor parts of one."""
    organization = uuid4()
    with pytest.raises(StoreUnavailable):
        files.put(organization, Breaking(os.urandom(20_000_000)))
    assert [key for shelf in files.shelves(organization) for key in shelf] == []
    if store == "bucket":
        server = request.getfixturevalue("bucket_server")
        assert server.unfinished(storages["default"].bucket_name) == []


def test_files_on_disk_are_for_the_installation_alone(tmp_path):
    with files_on_disk(tmp_path):
        organization = uuid4()
        kept = files.put(organization, io.BytesIO(b"mine"))
        path = tmp_path / str(organization) / kept.key[-2:] / kept.key
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_store_that_does_not_answer_is_named(bucket_server):
    gone = BucketServer("http://127.0.0.1:9", bucket_server.process)
    with files_in_bucket(gone, "nowhere"), pytest.raises(StoreUnavailable):
        files.put(uuid4(), io.BytesIO(b"lost"))


# --- Settings -----------------------------------------------------------------------------


@pytest.fixture
def variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("TENANTRY_FILES")]:
        monkeypatch.delenv(name)
    return lambda **values: [monkeypatch.setenv(f"TENANTRY_FILES_S3_{n}", v) for n, v in values.items()]


def test_files_lie_on_disk_unless_a_bucket_is_named(variables):
    assert file_store()["BACKEND"] == DISK
    variables(BUCKET="tenantry", ENDPOINT="https://store.example/", PREFIX="/one/", ACCESS_KEY="a", SECRET_KEY="b")
    found = file_store()
    assert found["BACKEND"] == BUCKET
    assert found["OPTIONS"]["endpoint_url"] == "https://store.example"
    assert found["OPTIONS"]["location"] == "one"
    assert found["OPTIONS"]["access_key"] == "a"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ENDPOINT": "https://store.example"}, "FILES_S3_BUCKET"),
        ({"SECRET_KEY": "b"}, "FILES_S3_BUCKET"),
        ({"BUCKET": "t", "ACCESS_KEY": "a"}, "FILES_S3_SECRET_KEY"),
        ({"BUCKET": "t", "SECRET_KEY": "b"}, "FILES_S3_ACCESS_KEY"),
        ({"BUCKET": "t", "ADDRESSING": "dns"}, "FILES_S3_ADDRESSING"),
        ({"BUCKET": "t", "ENDPOINT": "ftp://store.example"}, "FILES_S3_ENDPOINT"),
    ],
)
def test_half_a_bucket_stops_the_start(variables, given, named):
    variables(**given)
    with pytest.raises(env.SettingError, match=named):
        file_store()


# --- Ranges -------------------------------------------------------------------------------

TAG = etag_of("ab" * 32)


@pytest.mark.parametrize(
    ("asked", "unless", "first", "last", "partial"),
    [
        ("", "", 0, 99, False),
        ("bytes=0-9", "", 0, 9, True),
        ("bytes=90-", "", 90, 99, True),
        ("bytes=90-500", "", 90, 99, True),
        ("bytes=-10", "", 90, 99, True),
        ("bytes=-500", "", 0, 99, True),
        ("bytes=99-99", "", 99, 99, True),
        ("bytes=9-0", "", 0, 99, False),
        ("bytes=-", "", 0, 99, False),
        ("bytes=0-1,5-6", "", 0, 99, False),
        ("lines=0-1", "", 0, 99, False),
        ("bytes=a-b", "", 0, 99, False),
        ("bytes=0-9", TAG, 0, 9, True),
        ("bytes=0-9", '"another"', 0, 99, False),
        ("bytes=0-9", "Sun, 22 Nov 2026 10:00:00 GMT", 0, 99, False),
        ("bytes=0-" + "9" * 30, "", 0, 99, False),
    ],
)
def test_one_range_of_bytes_or_everything(asked, unless, first, last, partial):
    part = part_asked(100, TAG, asked=asked, unless=unless)
    assert (part.first, part.last, part.partial) == (first, last, partial)
    assert part.headers(TAG)["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize(("size", "asked"), [(100, "bytes=100-"), (100, "bytes=-0"), (0, "bytes=0-0"), (0, "bytes=-5")])
def test_what_begins_behind_the_end_is_refused(size, asked):
    with pytest.raises(RangeNotSatisfiable):
        part_asked(size, TAG, asked=asked)
