"""What a list of records is made of: its columns, its filters, and what its address says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import NIL, parse_id
from tenantry.core.records import RecordType
from tenantry.crm.selectors import owner_names
from tenantry.web.momentum.owning import owner_offer
from tenantry.web.momentum.placing import place_offer
from tenantry.web.navigation import address
from tenantry.web.offers import TICKED, Offer
from tenantry.web.requests import MemberRequest

NAME = _("Name")
Choices = Sequence[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One record as lists and pages show it. `owner`: a name, "" for the queue. `unseen`: columns that are not shown to
    this reader. `more`: what the listing's `prepare` found for it."""

    record_type: RecordType
    record: Any
    name: str
    url: str
    owner: str
    unseen: frozenset[str]
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        row_id: UUID = self.record.pk
        return row_id

    @property
    def key(self) -> str:
        return self.record_type.key

    @property
    def archived_at(self) -> datetime | None:
        at: datetime | None = self.record.archived_at
        return at

    def seen(self, column: str) -> Any:
        """A column's value, None where it is hidden."""
        return None if column in self.unseen else getattr(self.record, column)


@dataclass(frozen=True, slots=True)
class Column:
    """`value` by kind: text (a string), when and day (a moment, a day), money ((minor units, currency)), state (code,
    words, shape), link ((text, address)), or whatever `template` draws, with `row` and `value` in its context. `sort`:
    a column of the model that is never null and has an index. `hides`: the model's column with which it is hidden."""

    key: str
    title: str | Promise
    value: Callable[[Row], Any]
    kind: str = "text"
    css: str = ""
    sort: str = ""
    first: str = "ascending"
    hides: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """`narrow` takes the rows and what the address says, which may be anything. `options`: all of them, or what is
    offered of many."""

    name: str
    label: str | Promise
    options: Callable[[MemberRequest], Choices | Offer]
    narrow: Callable[[Actor, QuerySet[Any], Sequence[str]], QuerySet[Any]]
    many: bool = True


Prepare = Callable[[MemberRequest, Sequence[Any]], Mapping[UUID, Mapping[str, Any]]]


def _nothing(_request: MemberRequest, _rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    return {}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list. `noun`: of `components.NOUNS`. `usual`: keys of the columns shown unless somebody chose others.
    `prepare`: what else the rows of a page need, by record, in a number of queries that does not grow with them.
    `create_url`: the view that makes one, "" for none; `name`: the view of the list itself, `file` of its CSV.
    `empty_title`, `empty_text`: what stands there before the first record."""

    record_type: RecordType
    name: str
    noun: str
    columns: tuple[Column, ...]
    usual: tuple[str, ...]
    empty_title: str | Promise
    empty_text: str | Promise
    filters: tuple[Filter, ...] = ()
    prepare: Prepare = _nothing
    create_url: str = ""
    create_label: str | Promise = ""
    file: str = ""
    placeholder: str | Promise = NAME
    order: str = "-added"


# --- Rows ---------------------------------------------------------------------------------


def record_url(key: str, record_id: UUID) -> str:
    """The page of a record; "" for types that have none of their own."""
    return address(f"{key}_detail", (str(record_id),))


def rows_shown(
    request: MemberRequest, record_type: RecordType, records: Sequence[Any], prepare: Prepare = _nothing
) -> list[Row]:
    """One query for the owners' names, and those of `prepare`."""
    owners, unseen = owner_names(records), hidden(request.actor, record_type)
    more = prepare(request, records) if records else {}
    return [
        Row(
            record_type=record_type,
            record=record,
            name=name_shown(record_type, record, unseen),
            url=record_url(record_type.key, record.pk),
            owner=owners.get(record.owner_id, ""),
            unseen=unseen,
            more=more.get(record.pk, {}),
        )
        for record in records
    ]


# --- Columns ------------------------------------------------------------------------------

OWNER_COLUMN = Column("owner", _("Owner"), lambda row: row.owner, kind="owner", css="d-none d-md-table-cell")
ADDED_COLUMN = Column(
    "added",
    _("Added"),
    lambda row: row.record.created_at,
    kind="when",
    css="d-none d-lg-table-cell",
    sort="created_at",
    first="descending",
)
CHANGED_COLUMN = Column(
    "changed", _("Changed"), lambda row: row.record.changed_at, kind="when", css="d-none d-xl-table-cell"
)


def columns_open(listing: Listing, unseen: frozenset[str]) -> list[Column]:
    return [column for column in listing.columns if not column.hides or column.hides not in unseen]


def columns_shown(listing: Listing, query: QueryDict, unseen: frozenset[str], own: str = "") -> list[Column]:
    """Those that the address names, in the list's own order; else one's own choice, else the usual ones."""
    wanted = set(query.getlist("columns")) or set(QueryDict(own).getlist("columns")) or set(listing.usual)
    return [column for column in columns_open(listing, unseen) if column.key in wanted]


# --- Order --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """`text` is how the address writes it."""

    text: str
    column: str
    descending: bool


def order_of(listing: Listing, query: QueryDict, unseen: frozenset[str]) -> Order:
    """Where a name may be a hidden column, nothing is put in order by it: a cursor would tell it."""
    known = {column.key: column.sort for column in columns_open(listing, unseen) if column.sort}
    if not unseen:
        known["name"] = "sort_name"
    for text in (query.get("sort", ""), listing.order, "-added"):
        name = text.removeprefix("-")
        if name in known:
            return Order(text, known[name], text.startswith("-"))
    return Order("-added", "created_at", descending=True)


# --- Filters ------------------------------------------------------------------------------


def ids_of(values: Iterable[str]) -> list[UUID]:
    """What is no id becomes one that nothing has."""
    return [parse_id(value) or NIL for value in values]


def _owned_by(actor: Actor, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
    known: dict[str, Any] = {"me": actor.own_id}
    people = [known.get(value, value) for value in values if value != "nobody"]
    wanted = Q(owner_id__in=ids_of(str(one) for one in people))
    return rows.filter(wanted | Q(owner_id__isnull=True) if "nobody" in values else wanted)


def _archived(_actor: Actor, rows: QuerySet[Any], _values: Sequence[str]) -> QuerySet[Any]:
    return rows


OWNER = Filter("owner", _("Owner"), lambda request: owner_offer(request.actor, request.GET), _owned_by)
# Read by `narrowed` itself: without it archived records are left out.
ARCHIVE = Filter(
    "archived",
    _("Not archived"),
    lambda _request: [("yes", _("Archived ones")), ("all", _("All of them"))],
    _archived,
    many=False,
)


def in_workspace(record_type: RecordType) -> Filter:
    return Filter(
        "workspace",
        _("Workspace"),
        lambda request: place_offer(request.actor, record_type, request.GET),
        lambda _actor, rows, values: rows.filter(workspace_id__in=ids_of(values)),
    )


def narrowing(listing: Listing) -> list[Filter]:
    """Its filters, and that of the place where records of the type stand; the archive is read apart."""
    place = [in_workspace(listing.record_type)] if listing.record_type.workspace else []
    return [*listing.filters, *place]


def narrowed(actor: Actor, listing: Listing, rows: QuerySet[Any], query: QueryDict) -> QuerySet[Any]:
    """The rows that the filters of an address leave. Search is `crm.searching.matching`."""
    archived = query.get("archived", "")
    if archived != "all" and listing.record_type.archived:
        rows = rows.filter(**{f"{listing.record_type.archived}__isnull": archived != "yes"})
    for one in narrowing(listing):
        values = [value for value in query.getlist(one.name)[:TICKED] if value and "\0" not in value]
        if values:
            rows = one.narrow(actor, rows, values)
    return rows


def filters_on(listing: Listing, query: QueryDict) -> tuple[str, ...]:
    """Names of what narrows this address."""
    return tuple(name for name in ("q", *(one.name for one in narrowing(listing))) if query.get(name, "").strip())


def kept(listing: Listing, query: QueryDict) -> str:
    """Filter, order and columns of an address, as saved views and forms write them."""
    told = QueryDict(mutable=True)
    for name in ("q", *sorted(one.name for one in narrowing(listing)), ARCHIVE.name, "sort", "columns"):
        told.setlist(name, [value for value in query.getlist(name)[:TICKED] if value])
    return told.urlencode()


# --- Lists that have views ----------------------------------------------------------------

# Key of a record type -> its list.
_lists: dict[str, Listing] = {}


def add_listing(listing: Listing) -> None:
    """The list of a type, of which people save views; told once, when the addresses are put together."""
    _lists[listing.record_type.key] = listing


def listing_of(type_key: str) -> Listing | None:
    return _lists.get(type_key)
