"""What something would do to a selection of records, in numbers: found by queries, whatever their number.

Somebody's selection is what is ticked, or all that match a filter; either way it is cut to what they see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tenantry.acting.operations import BATCH
from tenantry.acting.plans import Plan
from tenantry.core.actor import Actor
from tenantry.core.decisions import require, require_any, visible
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing
from tenantry.core.fields import hidden, name_shown
from tenantry.core.records import RecordType
from tenantry.crm.errors import RecordArchived
from tenantry.crm.opening import Closed, closed_to
from tenantry.crm.removing import Loss, losses_of
from tenantry.crm.selectors import rows_of, type_of
from tenantry.crm.steps import refuse_receiver
from tenantry.people.selectors import names_of

GIVE, ARCHIVE, RESTORE, DELETE = "give", "archive", "restore", "delete"
# What is done -> the verb of the permission that it asks of each record.
ACTS: Final = {GIVE: "edit", ARCHIVE: "edit", RESTORE: "edit", DELETE: "delete"}
# Records that a plan names.
NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class RecordsPlan(Plan):
    """`total`: records of the selection; `done`: those that it would change; `same`: those that are so already;
    `refused`: (code, records) of those that are left out; `losses`: what goes or comes loose with them, by type;
    `receiver`: the new owner's name, "" for the queue; `large`: carried out by an operation."""

    act: str
    type: str
    total: int
    done: int
    same: int
    refused: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    losses: tuple[Loss, ...]
    receiver: str
    large: bool
    # Of those that would change, what the receiver could not open, by workspace.
    closed: tuple[Closed, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Records of one type. `ids`: ticked; else `rows`, whatever of them the actor sees."""

    type_key: str
    ids: tuple[UUID, ...] = ()
    rows: QuerySet[Any] | None = None

    def seen(self, actor: Actor) -> QuerySet[Any]:
        """:raises NotFound: something ticked is unknown or out of reach. :raises InvalidInput: nothing is selected."""
        record_type = type_of(self.type_key)
        view = record_type.permissions["view"]
        if self.rows is not None:
            return visible(actor, view, record_type, self.rows)
        if not self.ids:
            raise InvalidInput({"ids": _("Select something first.")})
        rows = visible(actor, view, record_type, rows_of(record_type).filter(pk__in=self.ids))
        if rows.count() != len(set(self.ids)):
            raise NotFound
        return rows


def code_of(actor: Actor, record_type: RecordType, act: str, owner_id: UUID | None) -> str:
    """The permission that is asked of each record.

    :raises NotFound: nothing of this kind is done to records of this type.
    :raises PermissionMissing: none of them is theirs for that, or what nobody owns is not.
    """
    code = record_type.permissions.get(ACTS.get(act, ""))
    if code is None:
        raise NotFound
    require_any(actor, code)
    if act == GIVE and owner_id is None:
        # What is put into the queue has to be theirs afterwards, too.
        require(actor, code)
    return code


def as_it_is(record_type: RecordType, act: str, owner_id: UUID | None) -> Q:
    """Records that are so already."""
    if act == GIVE:
        return Q(**{f"{record_type.owner}__isnull": True} if owner_id is None else {str(record_type.owner): owner_id})
    if act == DELETE:
        return Q(pk__in=[])
    return Q(**{f"{record_type.archived}__isnull": act == RESTORE})


def plan_act_on_records(
    *, actor: Actor, act: str, selection: Selection, now: datetime, owner_id: UUID | None = None
) -> RecordsPlan:
    """What would be done. `act`: of `ACTS`; `owner_id`: to whom they would be given, None for the queue.

    :raises NotFound, PermissionMissing, InvalidInput: see `Selection.seen` and `code_of`.
    :raises ReceiverNotActive, NotFound: see `refuse_receiver`.
    """
    record_type = type_of(selection.type_key)
    code = code_of(actor, record_type, act, owner_id)
    if act == GIVE:
        refuse_receiver(actor, owner_id)
    seen = selection.seen(actor).order_by()
    allowed = visible(actor, code, record_type, seen)
    changing = allowed.exclude(as_it_is(record_type, act, owner_id))
    total, ours, rest = seen.count(), allowed.count(), changing.count()
    refused = {PermissionMissing.code: total - ours}
    if act == GIVE:
        moving = changing.filter(archived_at__isnull=True)
        done = moving.count()
        refused[RecordArchived.code] = rest - done
        changing, same = moving, ours - rest
    else:
        done, same = rest, ours - rest
    unseen = hidden(actor, record_type)
    first = changing.order_by("-created_at", "-pk")[:NAMED]
    return RecordsPlan(
        act=act,
        type=record_type.key,
        total=total,
        done=done,
        same=same,
        refused=tuple((one, number) for one, number in refused.items() if number),
        names=tuple(name_shown(record_type, row, unseen) for row in first),
        losses=losses_of(record_type, changing) if act == DELETE and done else (),
        receiver=names_of([owner_id]).get(owner_id, "") if owner_id else "",
        large=total > BATCH,
        closed=closed_to(actor, owner_id, record_type, _places(record_type, changing), now) if act == GIVE else (),
    )


def _places(record_type: RecordType, rows: QuerySet[Any]) -> dict[UUID | None, int]:
    """How many of them lie in which workspace."""
    if record_type.workspace is None:
        return {None: rows.count()}
    return dict(rows.order_by().values_list(record_type.workspace).annotate(n_=Count("*")))


def judged(
    actor: Actor, record_type: RecordType, code: str, act: str, rows: Iterable[Any], owner_id: UUID | None
) -> tuple[list[Any], dict[UUID, str]]:
    """Of locked records: those to be changed, and by id why others are left out. One query."""
    rows = list(rows)
    mine = rows_of(record_type).filter(pk__in=[row.pk for row in rows])
    allowed = set(visible(actor, code, record_type, mine).values_list("pk", flat=True))
    same = set(mine.filter(as_it_is(record_type, act, owner_id)).values_list("pk", flat=True))
    refused = {row.pk: PermissionMissing.code for row in rows if row.pk not in allowed}
    changing = [row for row in rows if row.pk in allowed and row.pk not in same]
    if act == GIVE:
        refused |= {row.pk: RecordArchived.code for row in changing if row.archived_at is not None}
        changing = [row for row in changing if row.archived_at is None]
    return changing, refused
