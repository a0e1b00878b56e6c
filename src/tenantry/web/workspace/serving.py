"""Bytes of files on their way out. What somebody uploaded is never shown by a browser as a page of ours: it is saved,
and should a browser look at it all the same, nothing in it runs (security case 26)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from tenantry.core import files, painting
from tenantry.core.files.ranges import INERT, Part, RangeNotSatisfiable, etag_of, part_asked
from tenantry.core.transactions import reading
from tenantry.crm.drive import VIEW, find_file
from tenantry.crm.uploading import preview_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import screen

if TYPE_CHECKING:
    from tenantry.crm.models import File

NOT_MODIFIED = 304
NOT_SATISFIABLE = 416


@screen(VIEW, crosses=True)
def file_content(request: MemberRequest, file_id: UUID) -> HttpResponseBase:
    """The file itself, whole or a part of it, to be saved. Each piece is sent as it is read."""
    with reading():
        row = find_file(request.actor, file_id)
    etag = etag_of(row.sha256)
    if _known(request, etag):
        return HttpResponse(status=NOT_MODIFIED, headers={"ETag": etag, **INERT})
    try:
        part = part_asked(
            row.size, etag, asked=request.headers.get("Range", ""), unless=request.headers.get("If-Range", "")
        )
    except RangeNotSatisfiable:
        return HttpResponse(status=NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{row.size}", **INERT})
    named = content_disposition_header(as_attachment=True, filename=row.name) or "attachment"
    headers = {**part.headers(etag), **INERT, "Content-Disposition": named}
    return StreamingHttpResponse(
        _pieces(row, part, request.method), status=part.status, content_type=row.content_type, headers=headers
    )


def _pieces(row: "File", part: Part, method: str | None) -> Iterator[bytes]:
    if method == "HEAD" or part.length == 0:
        return iter(())
    return files.pieces(row.organization_id, row.store_key, part.first, part.last)


@screen(VIEW, crosses=True)
def file_preview(request: MemberRequest, file_id: UUID, page: int, width: int) -> HttpResponse:
    """One page as a picture that we painted: nothing of the file is in it but how it looks."""
    with reading():
        row = find_file(request.actor, file_id)
    etag = etag_of(row.sha256)
    headers = {**INERT, "ETag": etag}
    if _known(request, etag):
        return HttpResponse(status=NOT_MODIFIED, headers=headers)
    return HttpResponse(preview_of(row, page, width), content_type=painting.PAINTED, headers=headers)


def _known(request: MemberRequest, etag: str) -> bool:
    return etag in (part.strip() for part in request.headers.get("If-None-Match", "").split(","))
