"""Work as somebody looks at it: whose day it is, what is due, how much of it there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Count, F, Q, QuerySet

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, visible
from tenantry.core.errors import NotFound
from tenantry.core.permissions import Reach
from tenantry.core.records import Target
from tenantry.crm.errors import RecordArchived
from tenantry.crm.models import SUBJECTS, Task
from tenantry.crm.records import TASK
from tenantry.crm.selectors import standing, type_of, type_of_model
from tenantry.organizations.selectors import current_organization
from tenantry.people.selectors import find_member_of

# When a task is due, seen from a day, in the order in which pages show them.
OVERDUE, TODAY, LATER, DONE = "overdue", "today", "later", "done"
PARTS = (OVERDUE, TODAY, LATER, DONE)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task, note or activity is to hang on: `type` is a key of a record type."""

    type: str
    id: UUID


def zone_named(*names: str) -> tzinfo:
    """The first time zone of these that there is; UTC where none is."""
    for name in names:
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return UTC


def zone_of(actor: Actor) -> tzinfo:
    """Whose clock counts: the person's own, else the organization's."""
    member = find_member_of(actor) if actor.membership_id else None
    return zone_named(member.time_zone if member else "", current_organization().time_zone)


def today_of(actor: Actor, now: datetime) -> date:
    """The day that it is where the actor is."""
    return now.astimezone(zone_of(actor)).date()


def in_part(part: str, today: date) -> Q:
    """The tasks of one part. Those that are due on no day come later.

    :raises NotFound: no such part.
    """
    conditions = {
        OVERDUE: Q(done_at=None, due_on__lt=today),
        TODAY: Q(done_at=None, due_on=today),
        LATER: Q(done_at=None) & (Q(due_on__gt=today) | Q(due_on=None)),
        DONE: Q(done_at__isnull=False),
    }
    if part not in conditions:
        raise NotFound
    return conditions[part]


def part_of(task: Task, today: date) -> str:
    """In which of `PARTS` it stands."""
    if task.done_at is not None:
        return DONE
    if task.due_on is None or task.due_on > today:
        return LATER
    return TODAY if task.due_on == today else OVERDUE


def own_tasks(actor: Actor) -> QuerySet[Task]:
    """Tasks that the actor owns and may see, archived ones aside."""
    rows: QuerySet[Task] = visible(actor, TASK.permissions["view"], TASK, Task.objects.filter(owner_id=actor.own_id))
    return standing(TASK, rows)


def ordered(rows: QuerySet[Task], part: str) -> QuerySet[Task]:
    """What is due first comes first; of what is done, the last."""
    if part == DONE:
        return rows.order_by("-done_at", "-id")
    return rows.order_by(F("due_on").asc(nulls_last=True), "created_at", "id")


def count_open(rows: QuerySet[Task], today: date) -> dict[str, int]:
    """How many there are of each part that is not done; one query."""
    parts = {part: Count("id", filter=in_part(part, today)) for part in PARTS if part != DONE}
    found: dict[str, int] = rows.filter(done_at=None).aggregate(**parts)
    return found


def editable(actor: Actor, rows: Iterable[Any]) -> frozenset[UUID]:
    """Ids of those of these records of work that the actor may edit, archived ones aside; at most one query a type, and
    none for one's own."""
    found: set[UUID] = set()
    asked: dict[str, set[UUID]] = {}
    for row in rows:
        record_type = type_of_model(type(row))
        code = record_type.permissions["edit"]
        if row.archived_at is not None or not decide(actor, code):
            continue
        near = Target(owner=row.owner_id, workspace=row.workspace_id)
        if decide(actor, code, near):
            found.add(row.pk)
        elif actor.reach(code) != Reach.OWN:
            asked.setdefault(record_type.key, set()).add(row.pk)
    for key, ids in asked.items():
        record_type = type_of(key)
        some: QuerySet[Any] = visible(actor, record_type.permissions["edit"], record_type).filter(pk__in=ids)
        found.update(some.values_list("pk", flat=True))
    return frozenset(found)


def subject_links(actor: Actor, subject: Subject | None) -> dict[str, Any]:
    """The columns that hang a record on its subject, which the actor may see; a record stands in the workspace of its
    subject.

    :raises NotFound: no such record within reach. :raises RecordArchived: it was put away.
    """
    if subject is None:
        return {}
    if subject.type not in SUBJECTS:
        raise NotFound
    row = find(actor, type_of(subject.type), subject.id)
    if row.archived_at is not None:
        raise RecordArchived
    return {f"{subject.type}_id": row.id, "workspace_id": row.workspace_id}
