"""Pictures of files: what somebody uploaded is never shown itself, but painted anew by a process that has bounds.

A picture that claims a hundred thousand pixels a side, or a document that never ends, costs that process its life and
nobody else anything (docs/decisions/0024-files.md).
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal
from tenantry.core.painting import painter

PICTURES: Final = painter.FORMATS
DOCUMENT: Final = "application/pdf"
PAINTED: Final = "image/webp"
KINDS: Final = frozenset({*PICTURES, DOCUMENT})
WIDTHS: Final = (320, 1280)
# Larger files are downloaded.
MOST_BYTES: Final = 50_000_000
MOST_PAGES: Final = 32_000

_MEMORY = 1024 * 1024 * 1024
_CPU_SECONDS = 10
_SECONDS = 20
_PROGRAM = Path(painter.__file__)
# Of one server process: painting must not take all of a machine's cores from everybody else.
_AT_ONCE = threading.BoundedSemaphore(2)


class NoPicture(Refusal):
    code = "no_preview"
    kind = "missing"
    sentence = _("There is no preview of this file. Download it to look at it.")


class PainterBusy(Refusal):
    code = "preview_busy"
    kind = "unavailable"
    sentence = _("Too many previews are being made. Please try again in a moment.")


def count_pages(path: Path, content_type: str) -> int:
    """How many pictures can be made of a file: 1 of a picture, the pages of a document, 0 of anything else, also of
    what only claims to be one."""
    if content_type not in KINDS or path.stat().st_size > MOST_BYTES:
        return 0
    try:
        with _turn():
            answer = _run("count", path, content_type)
        return min(int(answer), MOST_PAGES)
    except (Refusal, ValueError):
        return 0


def paint(path: Path, content_type: str, page: int, width: int) -> bytes:
    """A WebP without anything of the file but how it looks. `page` counts from 1; `width` in pixels is the most.

    :raises NoPicture: none can be made within the bounds. :raises PainterBusy: others wait already.
    """
    with _turn():
        return _run("paint", path, content_type, str(page), str(width))


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_SECONDS):
        raise PainterBusy
    try:
        yield
    finally:
        _AT_ONCE.release()


def _run(what: str, path: Path, content_type: str, *more: str) -> bytes:
    command = [
        sys.executable,
        "-I",
        str(_PROGRAM),
        str(_MEMORY),
        str(_CPU_SECONDS),
        what,
        str(path),
        content_type,
        *more,
    ]
    try:
        done = subprocess.run(  # noqa: S603 our own program, no shell
            command, capture_output=True, timeout=_SECONDS, check=True, env={}
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError, OSError) as error:
        raise NoPicture from error
    return done.stdout
