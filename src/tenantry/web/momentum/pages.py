"""The pages that every type of record has: a list, the same as a file, and one record with what hangs on it.

A type's own module declares a `Listing` and calls these from its screens; templates extend `momentum/list.html` and
`momentum/record.html`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, require_any, visible
from tenantry.core.fields import hidden
from tenantry.core.lists import visible_page
from tenantry.core.paging import keyset_page
from tenantry.core.records import RecordType, Target, target_of
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.records import note_export
from tenantry.crm.permissions import RECORDS_EXPORT
from tenantry.crm.searching import matching
from tenantry.crm.selectors import attached_types, links_from, links_seen, owner_names, rows_of, with_owner
from tenantry.crm.timeline import timeline
from tenantry.crm.work import editable
from tenantry.organizations.structure import parts_of
from tenantry.web.momentum.exporting import cells, headings
from tenantry.web.momentum.listing import (
    ARCHIVE,
    Listing,
    Order,
    Row,
    columns_open,
    columns_shown,
    filters_on,
    listing_of,
    narrowed,
    narrowing,
    order_of,
    rows_shown,
)
from tenantry.web.momentum.shelves import shelf_of
from tenantry.web.navigation import address
from tenantry.web.offers import TICKED, Offer
from tenantry.web.requests import MemberRequest
from tenantry.web.saved_views import views_of
from tenantry.web.screens import page

PAGE_SIZE = 50
FILE_BATCH = 500
# Counting stops here: nobody reads further, and the database need not either.
MOST_COUNTED = 10_000
# The same of what was searched for by words: each row that is counted has to be read.
MOST_FOUND = 1_000


# --- Lists --------------------------------------------------------------------------------


def record_list(
    request: MemberRequest,
    listing: Listing,
    context: Mapping[str, Any] | None = None,
    *,
    template: str = "momentum/list.html",
    rows: QuerySet[Any] | None = None,
) -> HttpResponse:
    """A page of the list. `rows`: fewer than all of the type; `context`: what else the template shows."""
    record_type, actor = listing.record_type, request.actor
    view = record_type.permissions["view"]
    unseen = hidden(actor, record_type)
    order = order_of(listing, request.GET, unseen)
    wanted = _wanted(request, listing, rows)
    shown = visible_page(
        actor,
        view,
        record_type,
        with_owner(wanted),
        order=order.column,
        descending=order.descending,
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    most = MOST_FOUND if request.GET.get("q", "").strip() else MOST_COUNTED
    if request.GET.get("cursor") or shown.next:
        total = visible(actor, view, record_type, wanted).order_by()[: most + 1].count()
    else:
        total = len(shown.rows)
    views = views_of(actor, shelf_of(listing), request.GET) if listing_of(record_type.key) is listing else None
    columns = columns_shown(listing, request.GET, unseen, views.own if views else "")
    offered = _offered(request, listing)
    found = {
        "views": views,
        "listing": listing,
        "record_type": record_type,
        "page": shown,
        "lines": [_line(row, columns) for row in rows_shown(request, record_type, shown.rows, listing.prepare)],
        "columns": columns,
        "column_keys": {column.key for column in columns},
        "column_choices": [(column.key, column.title) for column in columns_open(listing, unseen)],
        "address_columns": request.GET.getlist("columns"),
        "total": min(total, most),
        "total_is_over": total > most,
        "order": order.text,
        "sorts_by_name": not unseen,
        "filtered": bool(filters_on(listing, request.GET)),
        "filters": offered,
        "unoffered": _unoffered(request, offered),
        "archived": request.GET.get("archived", ""),
        "file_url": address(listing.file) if listing.file and actor.may(RECORDS_EXPORT) else "",
        "create_to": _create_to(actor, listing),
        "edits": actor.may(record_type.permissions.get("edit", view)),
        "deletes": actor.may(record_type.permissions.get("delete", view)),
        "exports": views is not None and actor.may(RECORDS_EXPORT),
    }
    return page(request, template, {**found, **(context or {})})


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a line."""

    column: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a list with its cells."""

    row: Row
    cells: tuple[Cell, ...]


def _line(row: Row, columns: list[Any]) -> Line:
    return Line(row, tuple(Cell(column, column.value(row)) for column in columns))


def _wanted(request: MemberRequest, listing: Listing, rows: QuerySet[Any] | None) -> QuerySet[Any]:
    rows = rows_of(listing.record_type) if rows is None else rows
    rows = narrowed(request.actor, listing, rows, request.GET)
    return matching(request.actor, listing.record_type, rows, request.GET.get("q", ""))


def _create_to(actor: Actor, listing: Listing) -> str:
    code = listing.record_type.permissions.get("create", "")
    return address(listing.create_url) if listing.create_url and code and actor.may(code) else ""


def _offered(request: MemberRequest, listing: Listing) -> list[tuple[Any, Offer]]:
    """The filters with their choices; those without a choice are left out, the archive is always one."""
    places = "workspaces" in parts_of(request.organization)
    offered = [one for one in narrowing(listing) if one in listing.filters or places]
    if listing.record_type.archived:
        offered.append(ARCHIVE)
    found = [(one, one.options(request)) for one in offered]
    offers = [(one, some if isinstance(some, Offer) else Offer(list(some))) for one, some in found]
    return [(one, offer) for one, offer in offers if offer.stands]


@dataclass(frozen=True, slots=True)
class Unoffered:
    """A filter that is on with values that are not among its choices: a saved view or a link of last year may name what
    is gone; it is seen and taken off."""

    name: str
    label: Any
    values: tuple[str, ...]


def _unoffered(request: MemberRequest, offered: list[tuple[Any, Offer]]) -> list[Unoffered]:
    found = []
    for one, offer in offered:
        known = {str(value) for value, _label in offer.choices}
        values = [value for value in request.GET.getlist(one.name)[:TICKED] if value and value not in known]
        if values:
            found.append(Unoffered(one.name, one.label, tuple(values)))
    return found


# --- Files --------------------------------------------------------------------------------


def meant(actor: Actor, listing: Listing, query: QueryDict) -> QuerySet[Any]:
    """All records of the type that match the address, whoever sees them."""
    rows = narrowed(actor, listing, rows_of(listing.record_type), query)
    return matching(actor, listing.record_type, rows, query.get("q", ""))


def record_file(
    request: MemberRequest, listing: Listing, query: QueryDict | None = None, *, among: tuple[UUID, ...] = ()
) -> StreamingHttpResponse:
    """What the address finds as CSV, or `query`, or the records `among`: of those that may be taken out; written down
    first. Every column that the type declares for exports and the reader sees. Call it from a screen that `crosses`."""
    record_type, actor, query = listing.record_type, request.actor, request.GET if query is None else query
    require_any(actor, record_type.permissions["view"])
    require_any(actor, RECORDS_EXPORT)
    with reading():
        unseen = hidden(actor, record_type)
        columns = tuple(name for name in record_type.exports if name not in unseen)
        order = order_of(listing, query, unseen)
        count = _exported(actor, listing, query, among).count()
    perform(
        note_export,
        actor=actor,
        type_key=record_type.key,
        filtered_by=filters_on(listing, query),
        columns=columns,
        count=count,
    )
    lines = _lines(_Taken(actor, request.organization.id, listing, query.copy(), among, order, columns))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{listing.noun}-{clock.now():%Y-%m-%d}.csv"'
    return answer


def _exported(actor: Actor, listing: Listing, query: QueryDict, among: tuple[UUID, ...]) -> QuerySet[Any]:
    """Within reach of both: seeing and taking out."""
    record_type = listing.record_type
    rows = rows_of(record_type).filter(pk__in=among) if among else meant(actor, listing, query)
    rows = visible(actor, record_type.permissions["view"], record_type, rows)
    return visible(actor, RECORDS_EXPORT, record_type, rows)


@dataclass(frozen=True, slots=True)
class _Taken:
    actor: Actor
    organization_id: UUID
    listing: Listing
    query: QueryDict
    among: tuple[UUID, ...]
    order: Order
    columns: tuple[str, ...]


def _lines(taken: _Taken) -> Iterator[bytes]:
    """By batches, each in a transaction of its own."""
    yield MARK + csv_line(headings(taken.columns))
    cursor: str | None = None
    while True:
        with scope.tenant(taken.organization_id), reading():
            rows = _exported(taken.actor, taken.listing, taken.query, taken.among)
            order = taken.order
            batch = keyset_page(rows, order=order.column, descending=order.descending, cursor=cursor, size=FILE_BATCH)
            owners = owner_names(batch.rows)
            links = links_from(taken.listing.record_type)
            seen = links_seen(taken.actor, taken.listing.record_type, batch.rows, taken.columns)
            text = b"".join(csv_line(cells(row, taken.columns, owners, links, seen)) for row in batch.rows)
        yield text
        cursor = batch.next
        if cursor is None:
            return


# --- One record ---------------------------------------------------------------------------

# What other screens show on a record's page: called with the request and the row, gives names for its template.
Panel = Callable[[MemberRequest, Row], Mapping[str, Any]]
_panels: list[Panel] = []


def add_panel(panel: Panel) -> None:
    """Of every record's page; registered once, when the addresses are put together."""
    if panel not in _panels:
        _panels.append(panel)


def record_page(
    request: MemberRequest,
    record_type: RecordType,
    record_id: UUID,
    template: str = "momentum/record.html",
    context: Mapping[str, Any] | Callable[[Row], Mapping[str, Any]] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """One record, archived ones too, with its timeline. `context`: what else the template shows, or a function of the
    row that says it. `?show=note` narrows the timeline to one type, `?before=` goes on with it.

    :raises NotFound: unknown or out of reach.
    """
    record = find(request.actor, record_type, record_id)
    row = rows_shown(request, record_type, [record])[0]
    more = context(row) if callable(context) else context or {}
    found = {
        "row": row,
        "record": record,
        "record_type": record_type,
        **acts_on(request.actor, record_type, record),
        **timeline_context(request, record_type, record.pk),
        "list_url": address(f"{record_type.key}_list"),
        "history_url": address("record_history", (record_type.key, str(record_id))),
        "owner_url": one_url("record_owner", record_type, record_id),
        "deletion_url": one_url("record_deletion", record_type, record_id),
    }
    for panel in _panels:
        found |= panel(request, row)
    return page(request, template, {**found, **more}, status=status)


def one_url(name: str, record_type: RecordType, record_id: UUID) -> str:
    """Where something is done to records of any type, for one of them."""
    return address(name, (record_type.key, str(record_id)))


def acts_on(actor: Actor, record_type: RecordType, record: Any, target: Target | None = None) -> dict[str, Any]:
    """What may be done to it: `edits`, `deletes`, `gives`, `restores`; archived records are restored first. Asks the
    database only for what the record alone does not decide."""
    workflow = getattr(record, record_type.workflow) if record_type.workflow else None
    near = Target(record_type.key, record.pk, record.owner_id, workflow=workflow, workspace=record.workspace_id)
    whole: list[Target] = [target] if target else []

    def may(verb: str) -> bool:
        code = record_type.permissions.get(verb)
        if code is None or not decide(actor, code):
            return False
        if decide(actor, code, near):
            return True
        if not whole:
            whole.append(target_of(record_type, record))
        return decide(actor, code, whole[0]).allowed

    edits, stands = may("edit"), record.archived_at is None
    return {
        "edits": edits and stands,
        "gives": edits and stands,
        "archives": edits and stands,
        "restores": edits and not stands,
        "deletes": may("delete"),
    }


def timeline_context(request: MemberRequest, record_type: RecordType, record_id: UUID) -> dict[str, Any]:
    """`moments` (`crm.timeline.Moment` with its `Row` and templates), `moments_next`, `moment_types`, `shown_type`."""
    kinds = [one for one in attached_types() if decide(request.actor, one.permissions["view"])]
    shown = request.GET.get("show", "")
    wanted = (shown,) if shown in {one.key for one in kinds} else ()
    found = timeline(request.actor, record_type, record_id, types=wanted, cursor=request.GET.get("before"))
    owners = owner_names(moment.record for moment in found.moments)
    editing = editable(request.actor, (moment.record for moment in found.moments))
    return {
        "moments": [
            {
                "key": moment.record_type.key,
                "type": moment.record_type,
                "record": moment.record,
                "name": getattr(moment.record, moment.record_type.name),
                "at": moment.at,
                "owner": owners.get(moment.record.owner_id, ""),
                "edits": moment.record.pk in editing,
                "templates": [f"momentum/moments/{moment.record_type.key}.html", "momentum/moments/moment.html"],
            }
            for moment in found.moments
        ],
        "moments_next": found.next,
        "moment_types": kinds,
        "shown_type": wanted[0] if wanted else "",
    }
