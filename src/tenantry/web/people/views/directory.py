"""The directory: search as you type, filters and order in the address, keyset pages, and the same as a file."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse

from tenantry.access.directory import facets, listed
from tenantry.access.selectors import DirectoryFilter, directory, status_shown
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.paging import Page, keyset_page
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy
from tenantry.people.permissions import EXPORT, VIEW
from tenantry.people.pictures import CONTENT_TYPE, etag_of
from tenantry.people.selectors import picture_of
from tenantry.usecases.offboarding import may_deactivate
from tenantry.usecases.taking_out import note_people_export
from tenantry.web.csv_files import safe_cell
from tenantry.web.people import filters
from tenantry.web.people.answers import DEACTIVATION_BY
from tenantry.web.people.rows import row_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

PAGE_SIZE = 50
FILE_BATCH = 500


@screen(VIEW)
def person_list(request: MemberRequest) -> HttpResponse:
    now = clock.now()
    wanted, order = filters.wanted(request.GET), filters.order_of(request.GET)
    shown = keyset_page(
        listed(request.actor, wanted, now),
        order=order.column,
        descending=order.descending,
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    rule = policy(DEACTIVATION_BY)
    choices = facets(request.actor)
    context = {
        "page": shown,
        "rows": [row_of(request.actor, member, now, deactivation_by=rule) for member in shown.rows],
        "deactivates": may_deactivate(request.actor.grants, rule),
        "total": _total(request.actor, wanted, shown),
        "order": order.text,
        "filtered": filters.is_filtered(request.GET),
        "choices": choices,
        "status_choices": filters.STATUS_CHOICES,
        "seen_choices": filters.SEEN_CHOICES,
        "sort_choices": filters.SORT_CHOICES,
        "statuses": wanted.statuses,
    }
    return page(request, "people/list.html", context)


def _total(actor: Actor, wanted: DirectoryFilter, shown: Page[Any]) -> int:
    """Every row carries it; a page without rows has to ask, unless it is the first."""
    if shown.rows:
        return int(shown.rows[0].total)
    return directory(actor, wanted, clock.now()).count()


HEADINGS = ("given_name", "family_name", "email", "role", "teams", "status", "last_sign_in", "added")


@screen(EXPORT, crosses=True)
def person_file(request: MemberRequest) -> StreamingHttpResponse:
    """The current filter as CSV, written down first. Streamed by batches, each in a transaction of its own."""
    wanted, order = filters.wanted(request.GET), filters.order_of(request.GET)
    parts = tuple(name for name, value in request.GET.items() if value and name in filters.PARTS)
    perform(note_people_export, actor=request.actor, wanted=wanted, filtered_by=parts)
    lines = _lines(request.actor, request.organization.id, wanted, order)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="people-{clock.now():%Y-%m-%d}.csv"'
    return answer


def _lines(actor: Actor, organization_id: UUID, wanted: DirectoryFilter, order: filters.Order) -> Iterator[bytes]:
    # Spreadsheet programs read UTF-8 only with its mark.
    yield b"\xef\xbb\xbf" + _line(HEADINGS)
    cursor: str | None = None
    while True:
        now = clock.now()
        with scope.tenant(organization_id), reading():
            rows = listed(actor, wanted, now)
            batch = keyset_page(rows, order=order.column, descending=order.descending, cursor=cursor, size=FILE_BATCH)
            text = b"".join(
                _line(
                    (
                        member.given_name,
                        member.family_name,
                        member.email,
                        member.role_name or "",
                        ", ".join(member.team_names),
                        status_shown(member, now),
                        member.last_sign_in_at.isoformat(timespec="seconds") if member.last_sign_in_at else "",
                        member.created_at.isoformat(timespec="seconds"),
                    )
                )
                for member in batch.rows
            )
        yield text
        cursor = batch.next
        if cursor is None:
            return


def _line(cells: tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow([safe_cell(cell) for cell in cells])
    return written.getvalue().encode()


@screen(VIEW)
def person_picture(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """The picture, for whoever may see the person; browsers ask again whether it is still the same."""
    picture = picture_of(request.actor, membership_id)
    etag = etag_of(picture)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(picture, content_type=CONTENT_TYPE, headers=headers)
