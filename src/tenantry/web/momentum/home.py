"""The first page of Momentum, the search over everything, the queue, and what was done to one record."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from tenantry.audit.selectors import history_of
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, require_any
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.records import RecordType, view_codes
from tenantry.crm.overview import counts, newest, queues
from tenantry.crm.records import TASK
from tenantry.crm.searching import Found, search
from tenantry.crm.selectors import owner_names, rows_of, subjects_seen, type_of
from tenantry.crm.work import LATER, ordered, own_tasks, part_of
from tenantry.usecases.telling import sentences
from tenantry.web.momentum.about import today_here
from tenantry.web.momentum.listing import ADDED_COLUMN, CHANGED_COLUMN, Listing, record_url, rows_shown
from tenantry.web.momentum.pages import record_list
from tenantry.web.navigation import address
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

VIEWS = ("leads.view", "contacts.view", "companies.view", "deals.view")
MOST_TASKS, MOST_HISTORY = 6, 50


@screen(*VIEWS)
def momentum_home(request: MemberRequest) -> HttpResponse:
    actor = request.actor
    moments = newest(actor)
    owners = owner_names(moment.record for moment in moments)
    counted = counts(actor)
    context = {
        "counts": [(one, address(f"{one.record_type.key}_list")) for one in counted],
        "moments": [
            {
                "type": moment.record_type,
                "name": name_shown(moment.record_type, moment.record, hidden(actor, moment.record_type)),
                "url": record_url(moment.record_type.key, moment.record.pk),
                "owner": owners.get(moment.record.owner_id, ""),
                "at": moment.at,
            }
            for moment in moments
        ],
        "waiting": sum(one.unassigned for one in counted),
        "creates_leads": actor.may("leads.create"),
        **_tasks(request),
    }
    return page(request, "momentum/home.html", context)


def _tasks(request: MemberRequest) -> dict[str, Any]:
    """One's own that are open, what is due first; `shows_tasks`: whether there is such a thing here."""
    if not decide(request.actor, TASK.permissions["view"]):
        return {"shows_tasks": False}
    today = today_here(request)
    rows = ordered(own_tasks(request.actor).filter(done_at=None), LATER)[:MOST_TASKS]
    return {"shows_tasks": True, "tasks": [(task, part_of(task, today)) for task in rows]}


@screen(*view_codes())
def momentum_search(request: MemberRequest) -> HttpResponse:
    """`q`: words; every type that the reader may view at all."""
    query = request.GET.get("q", "")
    found = search(request.actor, query)
    shown = [row for one in found for row in one.rows]
    owners = owner_names(shown)
    pages = _pages(request.actor, found)
    groups = []
    for one in found:
        unseen = hidden(request.actor, one.record_type)
        rows = [
            {
                "name": name_shown(one.record_type, row, unseen),
                "url": pages.get(row.pk, ""),
                "owner": owners.get(row.owner_id, ""),
                "key": row.owner_id,
                "at": row.created_at,
            }
            for row in one.rows
        ]
        groups.append({"type": one.record_type, "rows": rows, "more": _further(one.record_type) if one.more else ""})
    return page(request, "momentum/search.html", {"query": query.strip(), "groups": groups})


def _pages(actor: Actor, found: Iterable[Found]) -> dict[UUID, str]:
    """A record's own page, or that of what it hangs on where the reader sees it; a query where some has none."""
    pages = {row.pk: record_url(one.record_type.key, row.pk) for one in found for row in one.rows}
    without = [row for one in found for row in one.rows if not pages[row.pk] and getattr(row, "subject", None)]
    seen = subjects_seen(actor, without)
    return pages | {row.pk: record_url(*row.subject) for row in without if row.subject[1] in seen}


def _further(record_type: RecordType) -> str:
    return address(f"{record_type.key}_list")


# --- The queue ----------------------------------------------------------------------------


@screen(*view_codes())
def unassigned_list(request: MemberRequest) -> HttpResponse:
    """What nobody owns, type by type: `?type=`."""
    waiting = queues(request.actor)
    first = next((one for one, number in waiting if number), waiting[0][0] if waiting else None)
    asked = request.GET.get("type", "")
    current = next((one for one, _number in waiting if one.key == asked), first)
    if current is None:
        raise NotFound
    context = {
        "queues": [(one, number) for one, number in waiting if number or one is current],
        "current": current,
        "takes": request.actor.may(current.permissions.get("edit", current.permissions["view"])),
    }
    rows = rows_of(current).filter(**{f"{current.owner}__isnull": True})
    return record_list(request, _queue(current), context, template="momentum/unassigned.html", rows=rows)


def _queue(record_type: RecordType) -> Listing:
    """A list that any type has."""
    return Listing(
        record_type=record_type,
        name="unassigned_list",
        noun="records",
        columns=(ADDED_COLUMN, CHANGED_COLUMN),
        usual=("added", "changed"),
        order="added",
        empty_title=record_type.plural,
        empty_text="",
    )


# --- What was done ------------------------------------------------------------------------


@screen()
def record_history(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    """What was done to one record, in sentences, for whoever sees the record."""
    record_type = type_of(type_key)
    require_any(request.actor, record_type.permissions["view"])
    row = rows_shown(request, record_type, [find(request.actor, record_type, record_id)])[0]
    entries = history_of(type_key, record_id, MOST_HISTORY)
    # What a record is called may be hidden: then the sentences go without names.
    named = str(getattr(row.record, record_type.name)) == row.name
    lines = sentences(entries, reader=request.actor, details=named, labels=request.organization.labels)
    context = {"row": row, "record_type": record_type, "lines": lines, "back": row.url or address("momentum_home")}
    return page(request, "momentum/history.html", context)
