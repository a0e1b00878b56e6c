"""What work is about: the lead, contact, company or deal that an address names, and the panel that adds to it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from tenantry.core import clock
from tenantry.core.decisions import decide, find
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import parse_id
from tenantry.core.records import RecordType, Target
from tenantry.core.transactions import reading
from tenantry.crm.records import ACTIVITY, NOTE, TASK
from tenantry.crm.selectors import subject_types, subjects_seen, type_of
from tenantry.crm.work import Subject, zone_named
from tenantry.web.momentum.listing import Row, record_url
from tenantry.web.requests import MemberRequest

VIEWS: tuple[tuple[RecordType, str], ...] = (
    (NOTE, "note_create"),
    (TASK, "task_create"),
    (ACTIVITY, "activity_create"),
)


def zone_here(request: MemberRequest) -> Any:
    """The clock of whoever looks."""
    return zone_named(request.membership.time_zone, request.organization.time_zone)


def today_here(request: MemberRequest) -> Any:
    return clock.now().astimezone(zone_here(request)).date()


def subject_asked(request: MemberRequest) -> tuple[Subject, str] | None:
    """What the address names by `type` and `id`, and its name; None where it names nothing.

    :raises NotFound: unknown, or out of reach.
    """
    key, given = request.GET.get("type", ""), request.GET.get("id", "")
    if not key and not given:
        return None
    record_id, known = parse_id(given), {one.key for one in subject_types()}
    if record_id is None or key not in known:
        raise NotFound
    with reading():
        record_type = type_of(key)
        row = find(request.actor, record_type, record_id)
        return Subject(key, record_id), name_shown(record_type, row, hidden(request.actor, record_type))


def about(request: MemberRequest, rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """By record: `about`, the name and address of its subject where the reader may see it; one query."""
    seen = subjects_seen(request.actor, rows)
    found = {}
    for row in rows:
        named = seen.get(row.subject[1]) if row.subject else None
        found[row.pk] = {"about": (named[1], record_url(named[0], row.subject[1])) if named else ("", "")}
    return found


def composer(request: MemberRequest, row: Row) -> Mapping[str, Any]:
    """Of the page of a subject: where a note, a task, an activity is added to it, for those who may; the day that it is
    here, for what is due."""
    asked = {"today": today_here(request), "adds": {}}
    if row.key not in {one.key for one in subject_types()} or row.archived_at is not None:
        return asked
    query = urlencode({"type": row.key, "id": row.id})
    target = Target(owner=request.actor.membership_id, workspace=row.record.workspace_id)
    asked["adds"] = {
        one.key: f"{reverse(view)}?{query}"
        for one, view in VIEWS
        if decide(request.actor, one.permissions["create"], target)
    }
    return asked
