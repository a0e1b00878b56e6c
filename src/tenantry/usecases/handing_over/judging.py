"""Which records of a handing over go back, and why the others stay (docs/decisions/0026, *Taking back*).

A record goes back where it is still with whom it was given to, and its former owner is here. One that went on since
and came back to them by another act is theirs by that, and stays. Taking it from somebody is an act on them: whoever
takes it back may act on the holder as on the giver, unless they gave it themselves.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, UUIDField, Value

from tenantry.acting.models import OperationLine
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.errors import PermissionMissing, Refusal
from tenantry.core.records import NOWHERE, RecordType, owned_types
from tenantry.people.locks import lock_statuses
from tenantry.people.models import Membership
from tenantry.usecases.handing_over.giving import refusals_of
from tenantry.usecases.handing_over.moving import Return
from tenantry.usecases.handing_over.portions import has_column

CHANGED_HANDS, GONE, OWNER_REMOVED, OUT_OF_HAND = "changed_hands", "record_gone", "owner_removed", "holder_out_of_hand"


@dataclass(frozen=True, slots=True)
class Holders:
    """From whom nothing is taken back: people, and types that the queue keeps. `why`: the first refusal."""

    people: Collection[UUID] = ()
    queue: Collection[str] = ()
    why: Refusal | None = None

    def keeps(self, held: UUID | None, type_key: str) -> bool:
        return type_key in self.queue if held is None else held in self.people


def holders_of(actor: Actor, held: Iterable[tuple[UUID | None, str]], *, own: bool) -> Holders:
    """`held`: who was given records, with the type (None: the queue). `own`: the actor gave them, and so takes them
    back from whomever. Nobody who was removed holds anything any more."""
    if own:
        return Holders()
    wanted = set(held)
    ids = {one for one, _key in wanted if one and one != actor.membership_id}
    rows = Membership.objects.filter(id__in=ids).exclude(status=Membership.Status.REMOVED).defer("picture")
    refused = refusals_of(actor, {row.id: row for row in rows})
    types = owned_types()
    kept: list[str] = []
    why = next((refusal for _name, refusal in refused.values()), None)
    for key in sorted({key for one, key in wanted if one is None and key in types}):
        code = types[key].permissions["edit"]
        if not (decision := decide(actor, code, NOWHERE)):
            kept.append(key)
            why = why or PermissionMissing(code, decision.step or "")
    return Holders(frozenset(refused), frozenset(kept), why)


@dataclass(frozen=True, slots=True)
class Judged:
    """`back`: what goes back, `stays`: record -> why not."""

    back: tuple[Return, ...]
    stays: Mapping[UUID, str] = field(default_factory=dict)


def judge(
    lines: Sequence[OperationLine], holders: Holders, *, locking: bool, returning: Collection[UUID] = ()
) -> Judged:
    """Of lines in their order. `locking`: former owners and records, so that it holds until the commit; `returning`:
    former owners who come back by the same act."""
    moved = [_return(line) for line in lines]
    former = {one.former for one in moved if one.former}
    states = (
        lock_statuses(former) if locking else dict(Membership.objects.filter(id__in=former).values_list("id", "status"))
    )
    removed = {one for one, status in states.items() if status == Membership.Status.REMOVED} - set(returning)
    types = owned_types()
    owners: dict[tuple[str, UUID], tuple[UUID | None, UUID | None]] = {}
    for key in dict.fromkeys(one.type_key for one in moved if one.type_key in types):
        owners |= {(key, pk): (owner, as_) for pk, owner, as_ in _owners(types[key], moved, locking=locking)}
    back: list[Return] = []
    stays: dict[UUID, str] = {}
    for one in moved:
        where = (one.type_key, one.record_id)
        owner, held_as = owners.get(where, (None, None))
        if where not in owners:
            stays[one.record_id] = GONE
        elif owner != one.held or (one.noted and held_as != one.held_as):
            stays[one.record_id] = CHANGED_HANDS
        elif one.former in removed:
            stays[one.record_id] = OWNER_REMOVED
        elif holders.keeps(one.held, one.type_key):
            stays[one.record_id] = OUT_OF_HAND
        else:
            back.append(replace(one, held_as=held_as))
    return Judged(tuple(back), stays)


def held_of(line: OperationLine) -> tuple[UUID | None, str]:
    one = _return(line)
    return one.held, one.type_key


def _return(line: OperationLine) -> Return:
    values = line.values or {}
    held, former, held_as, former_as = (
        UUID(values[side]) if values.get(side) else None for side in ("to", "from", "is", "was")
    )
    return Return(values["type"], line.target_id, held, former, held_as, former_as, noted="is" in values)


def _owners(record_type: RecordType, moved: Iterable[Return], *, locking: bool) -> QuerySet[Any, Any]:
    """Id, owner, and as which ownership."""
    ids = [one.record_id for one in moved if one.type_key == record_type.key]
    rows = record_type.model._default_manager.filter(pk__in=ids).order_by("pk")
    found: QuerySet[Any, Any] = rows.select_for_update(no_key=True) if locking else rows
    held_as = F("ownership") if has_column(record_type.model, "ownership") else Value(None, UUIDField())
    return found.values_list("pk", str(record_type.owner), held_as)
