"""Steps that all actions on records are made of: finding and locking, making, changing, and what the audit says."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from tenantry.acting.actions import in_action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require, visible
from tenantry.core.errors import NotFound, PermissionMissing, VersionChanged
from tenantry.core.fields import columns_of
from tenantry.core.ids import NIL
from tenantry.core.records import RecordType, target_of
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.models import Record
from tenantry.crm.opening import closed_to, places_in
from tenantry.crm.opening_errors import refuse_closed
from tenantry.crm.selectors import acquainted, receivers, type_of_model, workspaces_for
from tenantry.metering.meters import RECORDS
from tenantry.metering.steps import require_room

Row = TypeVar("Row", bound=Record)


# --- Finding ------------------------------------------------------------------------------


def locked_records(actor: Actor, record_type: RecordType, record_ids: Iterable[UUID], code: str) -> list[Any]:
    """These records, locked in the order of their ids, all of which the actor may do `code` to; archived ones too.

    :raises NotFound: one of them is unknown or out of reach. :raises PermissionMissing: seen, but not theirs for that.
    """
    in_action()
    wanted = set(record_ids)
    seen: QuerySet[Any] = visible(actor, record_type.permissions["view"], record_type)
    rows = list(seen.filter(pk__in=wanted).select_for_update(no_key=True).order_by("pk"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    allowed = set(visible(actor, code, record_type).filter(pk__in=wanted).values_list("pk", flat=True))
    for row in rows:
        if row.pk not in allowed:
            decision = decide(actor, code, target_of(record_type, row))
            raise PermissionMissing(code, decision.step or "")
    return rows


def locked_record(
    actor: Actor, record_type: RecordType, record_id: UUID, code: str | None = None, *, version: int | None = None
) -> Any:
    """One record to be changed. `code`: its type's `edit` unless told; `version`: the one that the actor looked at.

    :raises NotFound, PermissionMissing: see `locked_records`.
    :raises RecordArchived, VersionChanged: it can't be changed, or somebody else was first.
    """
    [row] = locked_records(actor, record_type, [record_id], code or record_type.permissions["edit"])
    refuse_archived(row)
    if version is not None and row.version != version:
        raise VersionChanged
    return row


def refuse_archived(row: Any) -> None:
    """:raises RecordArchived: what is archived is restored before it is changed."""
    if row.archived_at is not None:
        raise RecordArchived


@dataclass(frozen=True, slots=True)
class Made:
    """The result of actions that make one record."""

    id: UUID


def given(**links: Any) -> dict[str, Any]:
    """Links that were said: NIL is left out, None is nobody and nothing."""
    return {name: value for name, value in links.items() if value != NIL}


# --- Making and changing ------------------------------------------------------------------


def new_record(
    model: type[Row], actor: Actor, now: datetime, *, owner_known: bool = False, anyway: bool = False, **values: Any
) -> Row:
    """A new record: one's own, unless `owner_id` says whose (None: of the queue *Unassigned*).

    The action declares `owner_id` among its targets, so that its owner is still here at the commit. `owner_known`: it
    locked the owner itself, found them active, and comes by them through another record of theirs. `anyway`: also
    where whoever is to own it could not open it.

    :raises PermissionMissing: `<type>.create` in that place, or `<type>.edit` for what nobody owns.
    :raises ReceiverNotActive, NotFound: see `refuse_receiver`; a workspace that is not the actor's.
    :raises ReceiverCannotOpen: its owner, and `anyway` was not said.
    :raises MeterExhausted: the plan has no room for one more.
    """
    in_action()
    record_type = type_of_model(model)
    values.setdefault("owner_id", actor.membership_id)
    row = model(created_by_id=actor.membership_id, created_at=now, changed_at=now, **values)
    target = target_of(record_type, row)
    require(actor, record_type.permissions["create"], target)
    if not owner_known:
        refuse_receiver(actor, row.owner_id)
    known = workspaces_for(actor, record_type.permissions["create"])
    if row.workspace_id is not None and not known.filter(id=row.workspace_id).exists():
        raise NotFound
    if row.owner_id is None and actor.membership_id is not None:
        require(actor, record_type.permissions["edit"], target)
    if not owner_known and not anyway:
        refuse_closed(closed_to(actor, row.owner_id, record_type, places_in(record_type, [row]), now), anyway=False)
    if record_type.metered:
        require_room(RECORDS, 1, now)
    row.refresh_search()  # type: ignore[attr-defined]
    model._default_manager.bulk_create([row])
    return row


def refuse_receiver(actor: Actor, owner_id: UUID | None) -> None:
    """Whether records may be given to this person; oneself and nobody always.

    :raises NotFound: nobody whom the actor knows. :raises ReceiverNotActive: invited, deactivated or removed.
    """
    if owner_id is None or owner_id == actor.membership_id or receivers(actor).filter(id=owner_id).exists():
        return
    # What somebody out of sight is called is not told by the way.
    member = acquainted(actor).filter(id=owner_id).first()
    if member is None:
        raise NotFound
    raise ReceiverNotActive(name=member.name)


@dataclass(frozen=True, slots=True)
class Changed:
    """Columns with their values before and after, those that differ alone."""

    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.after)


def change_record(row: Any, now: datetime, **values: Any) -> Changed:
    """Writes what differs: columns by attribute name (`company_id`). Version and time of change move with it."""
    in_action()
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return Changed()
    after = {name: values[name] for name in before}
    for name, value in after.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_at = now
    row.refresh_search()
    columns = {name.removesuffix("_id") if name.endswith("_id") else name for name in after}
    row.save(update_fields=[*sorted(columns), "version", "changed_at", "sort_name", "search_text"])
    return Changed(before, after)


def owners_kept(rows: Iterable[Any], ownership: UUID) -> dict[str, Any]:
    """What the audit keeps of locked records that are about to change hands, so that it can be taken back: whose each
    was, and their ownerships before and after (`Record.ownership`)."""
    listed = list(rows)
    return {
        "from": {str(row.pk): str(row.owner_id) if row.owner_id else None for row in listed},
        "ownerships": {str(row.pk): [str(row.ownership) if row.ownership else None, str(ownership)] for row in listed},
    }


# --- What the audit says ------------------------------------------------------------------


def entry_of(
    code: str,
    record_type: RecordType,
    row: Any,
    values: Mapping[str, Any] | None = None,
    *,
    changed: Changed | None = None,
) -> Entry:
    """One record's entry. The name of somebody outside, and whatever else of them is personal, can be erased."""
    plain, personal = dict(values or {}), dict[str, Any]()
    private = record_type.model.lifecycle.personal
    name = str(getattr(row, record_type.name))
    (personal if private else plain)["name"] = name
    # Whoever does not see that field does not see the name (`usecases.telling_fields`).
    declared = (column for one in record_type.fields for column in columns_of(one))
    named_by = [column for column in declared if name and name == getattr(row, column)]
    if named_by:
        plain["named_by"] = named_by
    if changed:
        for kept, into in ((False, plain), (True, personal)):
            columns = [name for name in changed.after if (name in private) == kept]
            if columns:
                into["before"] = {name: changed.before[name] for name in columns}
                into["after"] = {name: changed.after[name] for name in columns}
    return Entry(code, record_type.key, row.pk, plain, personal)


def entry_of_many(
    code: str, record_type: RecordType, rows: Collection[Any], values: Mapping[str, Any] | None = None
) -> Entry:
    """The entry of an act on one record or on several of a type, which are listed by id."""
    if len(rows) == 1:
        [row] = rows
        return entry_of(code, record_type, row, values)
    listed = {"count": len(rows), "records": [str(row.pk) for row in rows]}
    return Entry(code, record_type.key, NIL, {**(values or {}), **listed})
