"""A real S3 server: moto as a process of its own, which keeps what it is given in memory."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from django.test import override_settings

from support.processes import answers, free_port, wait_for
from tenantry.config.files import BUCKET, DISK

ACCESS, SECRET = "an-access-key", "a-secret-key"


@dataclass
class BucketServer:
    """Where it answers, and the client of an operator who looks at it from outside."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            region_name="eu-north-1",
        )

    def bucket(self, name: str) -> str:
        place = {"LocationConstraint": "eu-north-1"}
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        return name

    def keys(self, bucket: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=bucket)
        return [row["Key"] for row in found.get("Contents", [])]

    def unfinished(self, bucket: str) -> list[str]:
        """Uploads in parts that nobody ended."""
        return [row["Key"] for row in self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]

    def environment(self, bucket: str) -> dict[str, str]:
        """Settings of a process that keeps its files there, without the prefix."""
        return {
            "FILES_S3_BUCKET": bucket,
            "FILES_S3_ENDPOINT": self.url,
            "FILES_S3_REGION": "eu-north-1",
            "FILES_S3_ACCESS_KEY": ACCESS,
            "FILES_S3_SECRET_KEY": SECRET,
            "FILES_S3_ADDRESSING": "path",
        }

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(20)


def start_bucket_server() -> BucketServer:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = BucketServer(f"http://127.0.0.1:{port}", process)
    wait_for(lambda: answers(f"{server.url}/moto-api/") or process.poll() is not None, seconds=60, what="moto answers")
    return server


@contextmanager
def files_in_bucket(server: BucketServer, bucket: str, prefix: str = "") -> Iterator[None]:
    """This process keeps its files there."""
    options = {
        "bucket_name": bucket,
        "access_key": ACCESS,
        "secret_key": SECRET,
        "endpoint_url": server.url,
        "region_name": "eu-north-1",
        "location": prefix,
        "addressing_style": "path",
        "signature_version": "s3v4",
        "querystring_auth": False,
        "file_overwrite": True,
    }
    with _store(BUCKET, options):
        yield


@contextmanager
def files_on_disk(directory: Any) -> Iterator[None]:
    with _store(DISK, {"location": str(directory)}):
        yield


@contextmanager
def _store(backend: str, options: dict[str, Any]) -> Iterator[None]:
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={"default": {"BACKEND": backend, "OPTIONS": options}, "staticfiles": static}):
        yield
