"""The directory: search as you type, filters and order in the address, keyset pages, and the same as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified, QueryDict, StreamingHttpResponse

from tenantry.access.directory import EVERYBODY, directory_page, listed
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.paging import keyset_page
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy
from tenantry.organizations.structure import parts_of
from tenantry.people.permissions import EXPORT, VIEW
from tenantry.people.pictures import CONTENT_TYPE, etag_of
from tenantry.people.selectors import picture_of
from tenantry.usecases.offboarding import may_deactivate
from tenantry.usecases.taking_out import note_people_export
from tenantry.web.people import columns, filters
from tenantry.web.people.answers import DEACTIVATION_BY
from tenantry.web.people.bulk_plans import MANY
from tenantry.web.people.choosing import offers_of
from tenantry.web.people.rows import row_of
from tenantry.web.people.saved import SHELF, column_context
from tenantry.web.people.selecting import ticked
from tenantry.web.requests import MemberRequest
from tenantry.web.saved_views import own_columns, views_of
from tenantry.web.screens import page, screen

PAGE_SIZE = 50
FILE_BATCH = 500
NAMES = ("given_name", "family_name")


@screen(VIEW)
def person_list(request: MemberRequest) -> HttpResponse:
    now, actor = clock.now(), request.actor
    wanted, order = filters.wanted(request.GET), filters.order_of(request.GET)
    shown = directory_page(
        actor,
        wanted,
        now,
        order=order.column,
        descending=order.descending,
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    rule = policy(DEACTIVATION_BY)
    views = views_of(actor, SHELF, request.GET)
    context = {
        "page": shown,
        "rows": [row_of(actor, member, now, deactivation_by=rule) for member in shown.rows],
        "deactivates": may_deactivate(actor.grants, rule),
        "sees_long_work": actor.may_any(*MANY),
        "total": shown.total,
        "total_is_over": not shown.total_is_exact,
        "order": order.text,
        "filtered": filters.is_filtered(request.GET),
        "query": views.query,
        "address_columns": request.GET.getlist("columns"),
        "choices": offers_of(actor, request.GET),
        "status_choices": filters.STATUS_CHOICES,
        "seen_choices": filters.SEEN_CHOICES,
        "sort_choices": filters.SORT_CHOICES,
        "statuses": wanted.statuses,
        "views": views,
        **column_context(request, request.GET, views.own),
    }
    return page(request, "people/list.html", context)


@screen(EXPORT, methods=("GET", "POST"), crosses=True)
def person_file(request: MemberRequest) -> StreamingHttpResponse:
    """Filter, order and columns of the address as CSV, written down first; by POST the people who are ticked, or all
    who match `query`. Streamed by batches, each in a transaction of its own."""
    query, among = _asked(request)
    wanted, order = filters.wanted(query), filters.order_of(query)
    if among:
        wanted = EVERYBODY
    with reading():
        keys = columns.chosen(query, own_columns(request.actor, SHELF.place))
    taken = columns.picked(keys, parts_of(request.organization))
    perform(
        note_people_export,
        actor=request.actor,
        wanted=wanted,
        filtered_by=() if among else tuple(name for name, value in query.items() if value and name in filters.PARTS),
        columns=tuple(column.key for column in taken),
        among=among,
    )
    lines = _lines(request.actor, request.organization.id, _Taken(wanted, order, among, taken))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="people-{clock.now():%Y-%m-%d}.csv"'
    return answer


def _asked(request: MemberRequest) -> tuple[QueryDict, tuple[UUID, ...]]:
    """The address, or what the form says of it, and who is ticked.

    :raises NotFound: an id that is none. :raises InvalidInput: nobody is ticked, or too many.
    """
    if request.method != "POST":
        return request.GET, ()
    query = QueryDict(request.POST.get("query", ""))
    return query, () if "all" in request.POST else ticked(request.POST)


@dataclass(frozen=True, slots=True)
class _Taken:
    wanted: DirectoryFilter
    order: filters.Order
    among: tuple[UUID, ...]
    columns: list[columns.Column]


def _lines(actor: Actor, organization_id: UUID, taken: _Taken) -> Iterator[bytes]:
    yield MARK + csv_line((*NAMES, *(column.heading for column in taken.columns)))
    cursor: str | None = None
    while True:
        now = clock.now()
        with scope.tenant(organization_id), reading():
            rows = listed(actor, taken.wanted, now)
            rows = rows.filter(id__in=taken.among) if taken.among else rows
            order = taken.order
            batch = keyset_page(rows, order=order.column, descending=order.descending, cursor=cursor, size=FILE_BATCH)
            text = b"".join(
                csv_line(
                    (member.given_name, member.family_name, *(column.cell(member, now) for column in taken.columns))
                )
                for member in batch.rows
            )
        yield text
        cursor = batch.next
        if cursor is None:
            return


@screen(VIEW)
def person_picture(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """The picture, for whoever may see the person; browsers ask again whether it is still the same."""
    picture = picture_of(request.actor, membership_id)
    etag = etag_of(picture)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(picture, content_type=CONTENT_TYPE, headers=headers)
