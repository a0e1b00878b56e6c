"""How a record is answered, and the operations that every type of record has.

A type's module writes its own `RecordOut`, asks `record_router` for list, get, archive, restore, owner, deletion and
timeline, and adds what is its own: create, edit, and acts that only it knows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tenantry.api.conditions import require_version, tag
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import PageOf, PageQuery, listed
from tenantry.api.people.leaving_schemas import Anyway
from tenantry.api.people.schemas import Named
from tenantry.api.records.bulk import LossOut, add_bulk
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Digest, Id, Ids, In, Out, QueryIn
from tenantry.core.actor import Actor
from tenantry.core.decisions import find
from tenantry.core.errors import InvalidInput, PlanChanged
from tenantry.core.fields import hidden, name_shown
from tenantry.core.lists import visible_page
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.crm.actions.records import (
    Acted,
    archive_records,
    delete_records,
    give_records,
    plan_delete_records,
    restore_records,
)
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.searching import matching
from tenantry.crm.selectors import links_from, links_seen, owner_names, rows_of, subject_types
from tenantry.crm.timeline import timeline

SORTS = {"added": "created_at", "name": "sort_name"}


class RecordOut(Out):
    """What every record says. Fields that are hidden from the caller are left out and named in `hidden`."""

    id: UUID
    name: str
    owner: Named | None = Field(description="Null: in the queue Unassigned.")
    workspace_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None
    version: int
    hidden: list[str] = Field(description="Fields that are not shown to the caller, and so left out.")

    @model_serializer(mode="wrap")
    def _without_hidden(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(self)
        return {name: value for name, value in found.items() if name not in self.hidden}


AnyRecord = TypeVar("AnyRecord", bound=RecordOut)
_SHARED = frozenset(RecordOut.model_fields)


def answered(
    actor: Actor,
    record_type: RecordType,
    rows: Sequence[Any],
    kind: type[AnyRecord],
    more: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> list[AnyRecord]:
    """One query for the owners, one for records that are named. Fields of `kind` are columns of the row, unless `more`
    has them, by record; the id of a record that is out of the caller's sight is None."""
    owners, unseen = owner_names(rows), hidden(actor, record_type)
    own = [name for name in kind.model_fields if name not in _SHARED]
    links, named = links_from(record_type), links_seen(actor, record_type, rows, own)
    found = []
    for row in rows:
        given = (more or {}).get(row.pk, {})
        values = {name: given[name] if name in given else getattr(row, name, None) for name in own}
        values |= {name: None for name in own if name in links and values[name] not in named}
        values |= dict.fromkeys(unseen.intersection(own), None)
        found.append(
            # Hidden fields are left out of the answer, whatever their kind: nothing of them is validated.
            kind.model_construct(
                id=row.pk,
                name=name_shown(record_type, row, unseen),
                owner=Named(id=row.owner_id, name=owners.get(row.owner_id, "")) if row.owner_id else None,
                workspace_id=row.workspace_id,
                created_by=row.created_by_id,
                created_at=row.created_at,
                changed_at=row.changed_at,
                archived_at=row.archived_at,
                version=row.version,
                hidden=sorted(unseen),
                **values,
            )
        )
    return found


class RecordQuery(PageQuery):
    q: Annotated[str, Field(max_length=200, description="Words, each of which begins a word of it.")] = ""
    owner: Annotated[
        str,
        Field(max_length=36, pattern=r"^(me|nobody|[0-9a-fA-F-]{32,36})?$", description="An id, `me`, or `nobody`."),
    ] = ""
    archived: Literal["no", "yes", "all"] = "no"
    sort: Literal["added", "-added", "name", "-name"] = "-added"


class SeveralRecords(In):
    record_ids: Ids


class GivenRecords(SeveralRecords):
    owner_id: Id | None = Field(description="Null: into the queue Unassigned.")
    anyway: Anyway = False


class ActedOut(Out):
    done: list[UUID] = Field(description="Those that it changed; what was so already is left out.")


class GivenOut(ActedOut):
    closed: int = Field(description="How many of them whoever has them now can't open.")


class Deletion(QueryIn):
    digest: Digest | None = None


class DeletionPlanOut(Out):
    """What deleting it takes along."""

    digest: str
    losses: list[LossOut]


class MomentOut(Out):
    """`type`: key of the record's type."""

    type: str
    id: UUID
    name: str
    owner: Named | None
    created_at: datetime


class TimelineOut(Out):
    """Newest first. `next`: cursor of what is older, null at the end."""

    items: list[MomentOut]
    next: str | None


class TimelineQuery(QueryIn):
    cursor: Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9_-]*$")] = ""


def acted(done: Acted) -> ActedOut:
    return ActedOut(done=list(done.done))


def given(done: Acted) -> GivenOut:
    return GivenOut(done=list(done.done), closed=done.closed)


Narrow = Callable[[Actor, QuerySet[Any], Any], QuerySet[Any]]
Prepare = Callable[[Actor, Sequence[Any]], Mapping[UUID, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Shape:
    """How records of one type are answered. `path`: of the collection; `noun`: begins the names of its operations;
    `query`: what its list may be asked, which `narrow` reads; `prepare`: fields that are no columns, by record."""

    record_type: RecordType
    path: str
    noun: str
    one: type[Any]
    page: type[PageOf[Any]]
    query: type[RecordQuery] = RecordQuery
    narrow: Narrow = lambda _actor, rows, _query: rows
    prepare: Prepare = lambda _actor, _rows: {}

    def code(self, verb: str) -> str:
        return self.record_type.permissions[verb]

    def answer(self, actor: Actor, rows: Sequence[Any]) -> list[Any]:
        return answered(actor, self.record_type, rows, self.one, self.prepare(actor, rows))

    def found(self, actor: Actor, record_id: UUID) -> Answer:
        """:raises NotFound: unknown or out of reach."""
        row = find(actor, self.record_type, record_id)
        return Answer(self.answer(actor, [row])[0], tag(row.version))

    def made(self, request: ApiRequest, record_id: UUID) -> Answer:
        """The answer to a creation, in a transaction of its own."""
        with reading():
            found = self.found(request.actor, record_id)
        return Answer(found.body, {**found.headers, "Location": f"/api/v1{self.path}/{record_id}"})


def version_asked(request: ApiRequest, shape: Shape, record_id: UUID) -> int | None:
    """The version that If-Match names, None without one.

    :raises StateChanged: it names another. :raises NotFound: unknown or out of reach.
    """
    if not request.headers.get("If-Match", "").strip():
        return None
    with reading():
        version: int = find(request.actor, shape.record_type, record_id).version
    require_version(request, version)
    return version


def _wanted(actor: Actor, shape: Shape, query: RecordQuery) -> QuerySet[Any]:
    rows = rows_of(shape.record_type)
    if query.archived != "all":
        rows = rows.filter(archived_at__isnull=query.archived == "no")
    if query.owner == "nobody":
        rows = rows.filter(owner_id__isnull=True)
    elif query.owner:
        rows = rows.filter(owner_id=actor.own_id if query.owner == "me" else _owner(query.owner))
    return matching(actor, shape.record_type, shape.narrow(actor, rows, query), query.q)


def _owner(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput({"owner": _("An id, `me`, or `nobody`.")}) from None


def record_router(shape: Shape, tag_name: str) -> Router:
    """A router with what every type of record has; each operation is called `<noun>_<what>`."""
    router = Router(tags=[tag_name])
    # Before what has an id in their place.
    _add_acts(router, shape)
    add_bulk(router, shape, _wanted, _named)
    _add_reads(router, shape)
    _add_deletion(router, shape)
    return router


def _named(shape: Shape, what: str, told: str, **annotations: Any) -> Callable[[Any], Any]:
    """Name, first sentence and kinds of parameters of an operation that a closure carries out."""

    def name(function: Any) -> Any:
        function.__name__ = function.__qualname__ = f"{shape.noun}_{what}"
        function.__doc__ = told
        function.__annotations__.update(annotations)
        return function

    return name


def _add_reads(router: Router, shape: Shape) -> None:
    record_type, path = shape.record_type, shape.path
    view, reader = shape.code("view"), cast("Any", Query)
    asked = reader[shape.query]

    @operation(router, "GET", path, view, answer=shape.page)
    @_named(shape, "list", "Those within the caller's reach; archived ones when asked for.", query=asked)
    def record_list(request: ApiRequest, query: Any) -> Answer:
        order = query.sort.removeprefix("-")
        if order == "name" and hidden(request.actor, record_type):
            raise InvalidInput({"sort": _("Not in this order: what it would go by may be hidden from you.")})
        page = visible_page(
            request.actor,
            view,
            record_type,
            _wanted(request.actor, shape, query),
            order=SORTS[order],
            descending=query.sort.startswith("-"),
            cursor=query.cursor,
            size=query.limit,
        )
        return listed(request, shape.page, page, shape.answer(request.actor, page.rows))

    @operation(router, "GET", f"{path}/{{record_id}}", view, answer=shape.one)
    @_named(shape, "get", "One of them, archived or not.")
    def record_get(request: ApiRequest, record_id: Id) -> Answer:
        return shape.found(request.actor, record_id)

    if record_type not in subject_types():
        return

    @operation(router, "GET", f"{path}/{{record_id}}/timeline", view, answer=TimelineOut)
    @_named(shape, "timeline", "What hangs on it, as far as the caller sees it.")
    def record_timeline(request: ApiRequest, record_id: Id, query: Query[TimelineQuery]) -> TimelineOut:
        find(request.actor, record_type, record_id)
        found = timeline(request.actor, record_type, record_id, cursor=query.cursor)
        owners = owner_names(moment.record for moment in found.moments)
        return TimelineOut(
            items=[
                MomentOut(
                    type=moment.record_type.key,
                    id=moment.record.pk,
                    name=name_shown(moment.record_type, moment.record, hidden(request.actor, moment.record_type)),
                    owner=_owned(moment.record.owner_id, owners),
                    created_at=moment.at,
                )
                for moment in found.moments
            ],
            next=found.next,
        )


def _owned(owner_id: UUID | None, owners: Mapping[UUID, str]) -> Named | None:
    return Named(id=owner_id, name=owners.get(owner_id, "")) if owner_id else None


def _add_acts(router: Router, shape: Shape) -> None:
    key, path, edit = shape.record_type.key, shape.path, shape.code("edit")

    @operation(router, "POST", f"{path}/archive", edit, answer=ActedOut)
    @_named(shape, "archive", "Out of lists and counts; all of them, or none.")
    def record_archive(request: ApiRequest, body: SeveralRecords) -> ActedOut:
        return acted(carry_out(request, archive_records, type_key=key, record_ids=tuple(body.record_ids)))

    @operation(router, "POST", f"{path}/restore", edit, answer=ActedOut)
    @_named(shape, "restore", "Back from the archive; all of them, or none.")
    def record_restore(request: ApiRequest, body: SeveralRecords) -> ActedOut:
        return acted(carry_out(request, restore_records, type_key=key, record_ids=tuple(body.record_ids)))

    refuses = (ReceiverNotActive, ReceiverCannotOpen, RecordArchived)

    @operation(router, "POST", f"{path}/owner", edit, answer=GivenOut, refuses=refuses)
    @_named(shape, "give", "Another owner; all of them, or none.")
    def record_give(request: ApiRequest, body: GivenRecords) -> GivenOut:
        asked: dict[str, Any] = {"record_ids": tuple(body.record_ids), "owner_id": body.owner_id, "anyway": body.anyway}
        return given(carry_out(request, give_records, type_key=key, **asked))


def _add_deletion(router: Router, shape: Shape) -> None:
    key, path, delete = shape.record_type.key, shape.path, shape.code("delete")

    @operation(router, "GET", f"{path}/{{record_id}}/deletion/plan", delete, answer=DeletionPlanOut)
    @_named(shape, "deletion_plan", "What deleting it would take along.")
    def record_deletion_plan(request: ApiRequest, record_id: Id) -> DeletionPlanOut:
        plan = plan_delete_records(actor=request.actor, type_key=key, record_ids=(record_id,))
        losses = [LossOut(what=loss.what, type=loss.type, count=loss.count) for loss in plan.losses]
        return DeletionPlanOut(digest=plan.digest, losses=losses)

    @operation(router, "DELETE", f"{path}/{{record_id}}", delete, refuses=(PlanChanged,))
    @_named(shape, "delete", "For good. `digest`: of the plan that was shown.")
    def record_delete(request: ApiRequest, record_id: Id, query: Query[Deletion]) -> None:
        carry_out(request, delete_records, type_key=key, record_ids=(record_id,), digest=query.digest)
