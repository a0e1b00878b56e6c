"""Taking back that records were given to somebody on a list or a page: each to whom it was taken from, where it is
still with whom it was given to, and by that. Asks the permission of the records' own type, for each of them, as giving
does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import Outcome
from tenantry.audit.chain import Entry, Event
from tenantry.audit.models import Entry as Row
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.errors import PermissionMissing, Refusal
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import NIL, new_id, parse_id
from tenantry.core.records import NOWHERE, RecordType, owned_types
from tenantry.crm.questions import follow_words
from tenantry.crm.steps import entry_of_many
from tenantry.organizations.policies.effects import Effect
from tenantry.people.locks import lock_statuses
from tenantry.people.models import Membership
from tenantry.people.permissions import EDIT
from tenantry.people.selectors import names_of
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

GIVEN = "records.reassigned"
NAMED = 20


def _type(row: Row) -> RecordType | None:
    return owned_types().get(row.target_type)


def permission_of(row: Row) -> str:
    """Of a type that is gone nobody holds it."""
    record_type = _type(row)
    return record_type.permissions["edit"] if record_type else f"{row.target_type}.edit"


def _former(row: Row) -> dict[UUID, UUID | None]:
    """Record -> whose it was."""
    return {UUID(one): UUID(owner) if owner else None for one, owner in row.values["from"].items()}


def _given(row: Row) -> dict[UUID, UUID | None]:
    """Record -> whose it is since. One owner for all, unless it was a taking back."""
    owners = row.values.get("owners")
    if owners is not None:
        return {UUID(one): UUID(owner) if owner else None for one, owner in owners.items()}
    return dict.fromkeys(_former(row), parse_id(str(row.values.get("to_id") or "")))


def _ownerships(row: Row) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    """Record -> as which ownership it was held before and after (`Record.ownership`). Older entries do not say."""
    kept = row.values.get("ownerships", {})
    return {UUID(one): (parse_id(was or ""), parse_id(now or "")) for one, (was, now) in kept.items()}


def refusals(actor: Actor, rows: Sequence[Row]) -> Mapping[int, Refusal]:
    """Whether each record is still where it was given to is asked when it is taken back."""
    return {row.number: UndoNotPossible() for row in rows if _type(row) is None or not row.values.get("from")}


@dataclass(frozen=True, slots=True)
class _Judged:
    """`back`: rows that go back; others by why not: with names of what the actor sees."""

    back: tuple[Any, ...]
    changed: tuple[str, ...]
    gone: int
    removed: tuple[str, ...]
    out_of_reach: int


def _judge(actor: Actor, row: Row, record_type: RecordType, *, locking: bool) -> _Judged:
    former, given, ownerships = _former(row), _given(row), _ownerships(row)
    people = {one for one in former.values() if one}
    states = (
        lock_statuses(people) if locking else dict(Membership.objects.filter(id__in=people).values_list("id", "status"))
    )
    rows: QuerySet[Any] = record_type.model._default_manager.filter(pk__in=former).order_by("pk")
    present = list(rows.select_for_update(no_key=True) if locking else rows)
    code, unseen = record_type.permissions["edit"], hidden(actor, record_type)
    mine = set(visible(actor, code, record_type).filter(pk__in=former).values_list("pk", flat=True))
    queue = bool(decide(actor, code, NOWHERE))
    back: list[Any] = []
    changed: list[str] = []
    removed: list[str] = []
    out = 0
    for one in present:
        if one.pk not in mine or (former[one.pk] is None and not queue):
            out += 1
        elif one.owner_id != given[one.pk] or one.ownership != ownerships.get(one.pk, (None, one.ownership))[1]:
            changed.append(name_shown(record_type, one, unseen))
        elif states.get(former[one.pk] or NIL) == Membership.Status.REMOVED:
            removed.append(name_shown(record_type, one, unseen))
        else:
            back.append(one)
    return _Judged(tuple(back), tuple(changed), len(former) - len(present), tuple(removed), out)


def _ask(judged: _Judged, row: Row) -> None:
    """:raises PermissionMissing, UndoOvertaken: nothing of it goes back."""
    if not judged.back:
        raise PermissionMissing(permission_of(row)) if judged.out_of_reach else UndoOvertaken


def _names(ids: Iterable[UUID | None]) -> str:
    wanted = set(ids)
    found = sorted(names_of(one for one in wanted if one).values())
    return ", ".join([*found[:NAMED], *([_("Unassigned")] if None in wanted else [])])


def _declared(row: Row) -> RecordType:
    record_type = _type(row)
    if record_type is None:
        raise UndoNotPossible
    return record_type


def _reversal(actor: Actor, row: Row, now: datetime) -> Reversal:
    judged = _judge(actor, row, _declared(row), locking=False)
    _ask(judged, row)
    effects = [Effect(_("Records go back"), len(judged.back))]
    for text, names in (
        (_("Changed hands since and stay where they are"), judged.changed),
        (_("Stay, because their owner was removed"), judged.removed),
    ):
        if names:
            effects.append(Effect(text, len(names), names[:NAMED], warning=True))
    for text, number in (
        (_("Are not there any more"), judged.gone),
        (_("Stay, because you may not edit them"), judged.out_of_reach),
    ):
        if number:
            effects.append(Effect(text, number, warning=True))
    number = len(judged.back)
    words = ngettext("%(count)s record", "%(count)s records", number) % {"count": number}
    former, given = _former(row), _given(row)
    ids = [one.pk for one in judged.back]
    return Reversal(words, _names(given[one] for one in ids), _names(former[one] for one in ids), tuple(effects))


def _take_back(actor: Actor, row: Row, now: datetime) -> Outcome[Any]:
    record_type = _declared(row)
    judged, former, ownerships = _judge(actor, row, record_type, locking=True), _former(row), _ownerships(row)
    _ask(judged, row)
    anew = new_id()
    restored = {one.pk: ownerships.get(one.pk, (anew,))[0] for one in judged.back}
    groups: dict[tuple[UUID | None, UUID | None], list[Any]] = {}
    for one in judged.back:
        groups.setdefault((former[one.pk], restored[one.pk]), []).append(one)
    manager, owners = record_type.model._default_manager, dict[UUID | None, list[UUID]]()
    for (owner_id, ownership), some in groups.items():
        ids = [one.pk for one in some]
        rows = manager.filter(pk__in=ids)
        rows.update(owner_id=owner_id, ownership=ownership, changed_at=now, version=F("version") + 1)
        owners.setdefault(owner_id, []).extend(ids)
    events = []
    for owner_id, ids in owners.items():
        told = {"type": record_type.key, "records": [str(one) for one in ids], "owner_id": owner_id}
        events.append(Event("RecordsReassigned", told))
    members = sorted({str(one) for one in owners if one})
    values: dict[str, Any] = {
        "to_id": next(iter(owners)) if len(owners) == 1 else None,
        "members": members,
        "from": {str(one.pk): str(one.owner_id) if one.owner_id else None for one in judged.back},
        "ownerships": {
            str(one.pk): [str(as_) if as_ else None for as_ in (one.ownership, restored[one.pk])] for one in judged.back
        },
        "owners": {str(one.pk): str(former[one.pk]) if former[one.pk] else None for one in judged.back},
    }
    entry = entry_of_many(GIVEN, record_type, judged.back, values)
    several = {} if len(judged.back) > 1 or row.target_id not in (None, NIL) else {"count": 1}
    kept = Entry(entry.action, entry.target_type, row.target_id, {**entry.values, **several}, entry.personal)
    return Outcome(None, kept, (*events, *follow_words(actor, now)))


def newest_giving(actor: Actor, record_type: RecordType, ids: Sequence[UUID]) -> int | None:
    """The number of the entry by which the actor has just given these records away; what *Undo* right after it takes
    back. None where nothing was moved."""
    if not ids:
        return None
    rows = Row.objects.filter(action=GIVEN, actor_id=actor.acting_id, target_type=record_type.key)
    rows = rows.filter(target_id=ids[0]) if len(ids) == 1 else rows.filter(target_id=NIL)
    newest = rows.order_by("-number").values_list("number", "values__from").first()
    return newest[0] if newest and set(newest[1]) == {str(one) for one in ids} else None


def giving_by(actor: Actor, operation_id: UUID) -> int | None:
    """The same of what was given by an operation that was done at once."""
    rows = Row.objects.filter(action=GIVEN, actor_id=actor.acting_id, values__operation_id=str(operation_id))
    return rows.order_by("-number").values_list("number", flat=True).first()


# What it asks depends on the records' type; `EDIT` stands for acts of a type that is gone.
register_undoer(GIVEN, Undoer(EDIT, refusals, _reversal, _take_back, permission_of=permission_of))
