"""What can be done to records of every type: put away, bring back, delete, give to somebody."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from tenantry.acting.actions import Outcome, action, in_action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require, visible
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import new_id
from tenantry.core.records import RecordType, target_of
from tenantry.crm.opening import closed_kept, closed_to, places_in, total_of
from tenantry.crm.opening_errors import refuse_closed
from tenantry.crm.permissions import RECORDS_EXPORT
from tenantry.crm.questions import follow_words
from tenantry.crm.removing import Loss, losses, remove
from tenantry.crm.selectors import type_of
from tenantry.crm.steps import entry_of_many, locked_records, owners_kept, refuse_archived, refuse_receiver
from tenantry.metering.meters import RECORDS
from tenantry.metering.steps import require_room

# As many as are acted on at once.
MOST = 500
BY_TYPE = "asks the permission of the records' own type, for each of them"


@dataclass(frozen=True, slots=True)
class Acted:
    """`done`: the records that it changed; those that were so already are left out. `closed`: how many of them whoever
    was given them could not open."""

    type: str
    done: tuple[UUID, ...]
    closed: int = 0


def _permission(record_type: RecordType, verb: str) -> str:
    """:raises NotFound: nothing of this kind can be done to records of this type."""
    code = record_type.permissions.get(verb)
    if code is None:
        raise NotFound
    return code


def records_for(actor: Actor, type_key: str, record_ids: Iterable[UUID], verb: str) -> tuple[RecordType, list[Any]]:
    """What somebody is about to `edit` or `delete`, in the order of names; for what is shown before it is done.

    :raises NotFound: one of them is unknown or out of reach. :raises PermissionMissing: seen, but not theirs for that.
    """
    record_type, wanted = type_of(type_key), set(record_ids)
    code = _permission(record_type, verb)
    seen: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
    rows = list(seen.filter(pk__in=wanted).order_by("sort_name", "pk"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    allowed = set(visible(actor, code, record_type).filter(pk__in=wanted).values_list("pk", flat=True))
    for row in rows:
        if row.pk not in allowed:
            require(actor, code, target_of(record_type, row))
    return record_type, rows


def written(rows: Collection[Any], now: datetime, **values: Any) -> None:
    """The same values into several records of one type."""
    model = type(next(iter(rows)))
    changed = model._default_manager.filter(pk__in=[row.pk for row in rows])
    changed.update(**values, changed_at=now, version=F("version") + 1)


# --- Archive ------------------------------------------------------------------------------


@action(open_to=BY_TYPE)
def archive_records(*, actor: Actor, now: datetime, type_key: str, record_ids: tuple[UUID, ...]) -> Outcome[Acted]:
    """Out of lists and counts of work, still under its owner and found by search for archived ones. Asks `edit`.

    :raises NotFound, PermissionMissing: see there.
    """
    record_type = type_of(type_key)
    rows = locked_records(actor, record_type, record_ids, _permission(record_type, "edit"))
    fresh = [row for row in rows if row.archived_at is None]
    if not fresh:
        return Outcome(Acted(type_key, ()), None)
    written(fresh, now, archived_at=now)
    return Outcome(
        Acted(type_key, tuple(row.pk for row in fresh)), entry_of_many("records.archived", record_type, fresh)
    )


@action(open_to=BY_TYPE)
def restore_records(*, actor: Actor, now: datetime, type_key: str, record_ids: tuple[UUID, ...]) -> Outcome[Acted]:
    """Back from the archive. Asks `edit`.

    :raises NotFound, PermissionMissing: see there. :raises MeterExhausted: the plan has no room for them.
    """
    record_type = type_of(type_key)
    rows = locked_records(actor, record_type, record_ids, _permission(record_type, "edit"))
    away = [row for row in rows if row.archived_at is not None]
    if not away:
        return Outcome(Acted(type_key, ()), None)
    if record_type.metered:
        require_room(RECORDS, len(away), now)
    written(away, now, archived_at=None)
    return Outcome(Acted(type_key, tuple(row.pk for row in away)), entry_of_many("records.restored", record_type, away))


# --- Giving -------------------------------------------------------------------------------


@action(open_to=BY_TYPE, targets=("owner_id",))
def give_records(
    *,
    actor: Actor,
    now: datetime,
    type_key: str,
    record_ids: tuple[UUID, ...],
    owner_id: UUID | None,
    anyway: bool = False,
) -> Outcome[Acted]:
    """Another owner; None puts them into the queue *Unassigned*, for whoever edits what nobody owns. Asks `edit`.
    `anyway`: also what whoever is given it could not open.

    :raises ReceiverCannotOpen: some of it, and `anyway` was not said.
    :raises ReceiverNotActive, RecordArchived, NotFound, PermissionMissing: see there.
    """
    record_type = type_of(type_key)
    code = _permission(record_type, "edit")
    rows = locked_records(actor, record_type, record_ids, code)
    refuse_receiver(actor, owner_id)
    moving = [row for row in rows if row.owner_id != owner_id]
    if not moving:
        return Outcome(Acted(type_key, ()), None)
    kept = owners_kept(moving, ownership := new_id())
    for row in moving:
        refuse_archived(row)
        row.owner_id = owner_id
        if owner_id is None:
            require(actor, code, target_of(record_type, row))
    closed = closed_to(actor, owner_id, record_type, places_in(record_type, moving), now)
    refuse_closed(closed, anyway=anyway)
    written(moving, now, owner_id=owner_id, ownership=ownership)
    number = total_of(closed)
    values = {"to_id": owner_id, "members": [str(owner_id)] if owner_id else [], **kept, **closed_kept(number)}
    ids = tuple(row.pk for row in moving)
    moved = Event("RecordsReassigned", {"type": type_key, "records": [str(i) for i in ids], "owner_id": owner_id})
    return Outcome(
        Acted(type_key, ids, number),
        entry_of_many("records.reassigned", record_type, moving, values),
        (moved, *follow_words(actor, now)),
    )


# --- Deleting -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeletionPlan(Plan):
    """`losses`: what goes or comes loose with them, by type."""

    type: str
    record_ids: tuple[UUID, ...]
    names: tuple[str, ...]
    losses: tuple[Loss, ...]


def plan_delete_records(*, actor: Actor, type_key: str, record_ids: Iterable[UUID]) -> DeletionPlan:
    """What deleting them would do. Asks `delete`.

    :raises NotFound, PermissionMissing: see there.
    """
    record_type, rows = records_for(actor, type_key, record_ids, "delete")
    unseen = hidden(actor, record_type)
    names = tuple(name_shown(record_type, row, unseen) for row in rows)
    ids = tuple(row.pk for row in rows)
    return DeletionPlan(type_key, ids, names, losses(record_type, set(ids)))


@action(open_to=BY_TYPE)
def delete_records(
    *, actor: Actor, now: datetime, type_key: str, record_ids: tuple[UUID, ...], digest: str | None = None
) -> Outcome[DeletionPlan]:
    """For good, with the tasks, notes and activities that hang on them; files stay in their owners' Drives.

    :raises PlanChanged: `digest` is of an older plan. :raises NotFound, PermissionMissing: see there.
    """
    record_type = type_of(type_key)
    rows = locked_records(actor, record_type, record_ids, _permission(record_type, "delete"))
    plan = confirm(plan_delete_records(actor=actor, type_key=type_key, record_ids=record_ids), digest)
    jobs = remove(record_type, rows, now)
    values = {"losses": {f"{loss.what}.{loss.type}": loss.count for loss in plan.losses}}
    return Outcome(plan, entry_of_many("records.deleted", record_type, rows, values), (), jobs)


# --- Taking out ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Noted:
    count: int


@action(RECORDS_EXPORT)
def note_export(
    *, actor: Actor, now: datetime, type_key: str, filtered_by: tuple[str, ...], columns: tuple[str, ...], count: int
) -> Outcome[Noted]:
    """A list leaves as a file: how many records, with which columns. What was searched for may name a person, so only
    the names of the filters are kept.

    :raises NotFound: no such type.
    """
    in_action()
    type_of(type_key)
    values = {"type": type_key, "filter": sorted(filtered_by), "columns": list(columns), "count": count}
    return Outcome(Noted(count), Entry("records.exported", "", None, values))
