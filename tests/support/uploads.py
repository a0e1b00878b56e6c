"""Files of the kinds that people upload, small and well formed, and some that are made to do harm."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

from factories.organizations import Organization, Person
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.files import Filed, add_file
from tenantry.crm.models import DiscardedBytes, DriveUsage, File
from tenantry.crm.uploading import taken_in


def picture(width: int = 60, height: int = 40, kind: str = "PNG", **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 30)).save(written, kind, **more)
    return written.getvalue()


def huge_picture(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def document(pages: int = 2) -> bytes:
    written = io.BytesIO()
    first, *others = [Image.new("RGB", (300, 420), (250, 250, 250 - 20 * n)) for n in range(pages)]
    first.save(written, "PDF", save_all=True, append_images=others)
    return written.getvalue()


MARKUP = b"<!doctype html><html><script>document.title = 'taken'</script><body>hello</body></html>"
DRAWING = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def put_file(org: Organization, person: Person, content: bytes, name: str = "offer.txt", **more: Any) -> Filed:
    """Through the way of an upload and the action."""
    owner = more.get("owner_id") or person.membership_id
    with scope.tenant(org.id):
        with taken_in(io.BytesIO(content), name, owner) as stored:
            done: Filed = org.perform(add_file, by=person, name=name, stored=stored, **more)
        return done


def file_row(org: Organization, file_id: Any) -> File | None:
    with scope.tenant(org.id), reading():
        return File.objects.filter(id=file_id).first()


def used(org: Organization, owner_id: Any) -> int:
    """As the statements that write files keep it."""
    with scope.tenant(org.id), reading():
        return sum(DriveUsage.objects.filter(owner_id=owner_id).values_list("used", flat=True))


def discarded(org: Organization) -> list[str]:
    with scope.tenant(org.id), reading():
        return list(DiscardedBytes.objects.values_list("store_key", flat=True))
