"""Taking a handing over back, for 30 days: each record to whom it was taken from, where it is still with whom it was
given to. Little at once, much by an operation over the lines, newest first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.acting.actions import Outcome, action
from tenantry.acting.models import Operation, OperationLine
from tenantry.acting.operations import (
    OPEN,
    Batch,
    OperationKind,
    advance,
    finish,
    lock_operation,
    open_operation,
    register_operation,
)
from tenantry.audit.chain import Entry as NewEntry
from tenantry.audit.chain import Event
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.errors import Refusal
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import NIL, new_id, parse_id
from tenantry.core.jobs import Job
from tenantry.core.many import insert_values
from tenantry.core.records import owned_types
from tenantry.core.together import Wanted, wanted
from tenantry.crm.questions import follow_words
from tenantry.organizations.policies.effects import Effect
from tenantry.people.errors import NotOnOneself
from tenantry.people.permissions import EDIT
from tenantry.people.selectors import names_of
from tenantry.usecases.handing_over.batches import RECORDS, reassigned
from tenantry.usecases.handing_over.errors import HandoverUnderWay
from tenantry.usecases.handing_over.giving import ask_again
from tenantry.usecases.handing_over.judging import (
    CHANGED_HANDS,
    GONE,
    OUT_OF_HAND,
    OWNER_REMOVED,
    Holders,
    Judged,
    held_of,
    holders_of,
    judge,
)
from tenantry.usecases.handing_over.moving import (
    HANDED_OVER,
    STARTED,
    Moved,
    about,
    entry_of,
    move_back,
    settle_links,
)
from tenantry.usecases.handing_over.planning import AT_ONCE
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

# Names that a plan gives of those that stay.
NAMED = 20
Found = Mapping[str, list[dict[str, Any]]]


# --- What entries say ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """The lines that an entry is about. `span`: their positions, None for all of the operation. `givers`: nil for the
    queue, then `queue` are the types that were taken out of it. `own`: who takes it back did it."""

    operation_id: UUID
    span: tuple[int, int] | None
    givers: tuple[UUID, ...]
    queue: tuple[str, ...]
    own: bool = False

    @classmethod
    def of(cls, row: Entry, actor: Actor) -> "Source":
        span = row.values.get("lines")
        givers = tuple(UUID(one) for one in row.values["from"])
        known = owned_types()
        queue = tuple(key for key in row.values["counts"] if key in known) if NIL in givers else ()
        between = (span[0], span[1]) if span else None
        return cls(UUID(row.values["operation_id"]), between, givers, queue, did(row, actor))

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        span = list(self.span) if self.span else None
        givers = [str(one) for one in self.givers]
        about_ = {"of": str(self.operation_id), "lines": span, "from": givers, "queue": list(self.queue)}
        return {**about_, "own": self.own}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> "Source":
        span = plain["lines"]
        givers = tuple(UUID(one) for one in plain["from"])
        between = (span[0], span[1]) if span else None
        return cls(UUID(plain["of"]), between, givers, tuple(plain["queue"]), plain.get("own", False))

    def lines(self, before: int | None = None) -> QuerySet[OperationLine]:
        """Those that were moved, the last first. `before`: of a position."""
        rows = OperationLine.objects.filter(operation_id=self.operation_id, state=OperationLine.State.DONE)
        if self.span:
            rows = rows.filter(position__range=self.span)
        if before is not None:
            rows = rows.filter(position__lt=before)
        return rows.order_by("-position")


def did(row: Entry, actor: Actor) -> bool:
    """Whether this entry's act is the actor's own."""
    return actor.membership_id is not None and row.actor_id == actor.membership_id


def under_way(operation_id: UUID) -> bool:
    return Operation.objects.filter(id=operation_id, state__in=OPEN).exists()


def _reads(rows: Sequence[Entry]) -> dict[str, Wanted]:
    ids = [parse_id(str(row.values.get("operation_id") or "")) or NIL for row in rows]
    return {"operations": wanted(Operation.objects.filter(id__in=ids), "id", "state")}


def _refusals(actor: Actor, rows: Sequence[Entry], found: Found) -> dict[int, Refusal]:
    """Whether each record is still where it was given to is asked when it is taken back."""
    states = {one["id"]: one["state"] for one in found["operations"]}
    refused: dict[int, Refusal] = {}
    for row in rows:
        state = states.get(parse_id(str(row.values.get("operation_id") or "")))
        if state is None:
            refused[row.number] = UndoNotPossible()
        elif state in OPEN:
            refused[row.number] = HandoverUnderWay()
        elif str(actor.membership_id) in row.values["from"]:
            refused[row.number] = NotOnOneself()
    return refused


def _reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    source = Source.of(row, actor)
    ask_again(actor, source.givers, source.queue)
    found = foreseen(actor, source)
    if not found.number:
        raise found.why or UndoOvertaken
    words = ngettext("%(count)s record", "%(count)s records", found.number) % {"count": found.number}
    return Reversal(words, _names(row.values["to"]), _names(row.values["from"]), found.effects)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would go back. `why`: the refusal of somebody who keeps what they were given."""

    number: int
    effects: tuple[Effect, ...]
    why: Refusal | None = None


def foreseen(actor: Actor, source: Source, returning: Collection[UUID] = ()) -> Foreseen:
    """`returning`: former owners who come back by the same act."""
    lines = list(source.lines()[: AT_ONCE + 1])
    if len(lines) > AT_ONCE:
        return _foreseen_of_many(actor, source)
    holders = holders_of(actor, map(held_of, lines), own=source.own)
    judged = judge(lines, holders, locking=False, returning=returning)
    return Foreseen(len(judged.back), _effects(actor, judged, lines), _why(judged, holders))


def _foreseen_of_many(actor: Actor, source: Source) -> Foreseen:
    rows = source.lines().order_by().values_list("values__to", "values__type").annotate(n=Count("*"))
    counted = [((UUID(one) if one else None, key), n) for one, key, n in rows]
    holders = holders_of(actor, (held for held, _n in counted), own=source.own)
    kept = sum(n for held, n in counted if holders.keeps(*held))
    number = sum(n for _held, n in counted) - kept
    back = Effect(_("Records go back, as far as they are where they were given to"), number)
    stay = (Effect(str(_STAYS[OUT_OF_HAND]), kept, warning=True),) if kept else ()
    rest = Effect(_("Records that changed hands since are left alone and named."), passing=True)
    return Foreseen(number, (back, *stay, rest), holders.why)


def _why(judged: Judged, holders: Holders) -> Refusal | None:
    return holders.why if OUT_OF_HAND in judged.stays.values() else None


def _names(ids: Iterable[str]) -> str:
    known = [UUID(one) for one in ids]
    found = names_of(one for one in known if one != NIL)
    names = [found[one] for one in known if one in found] + [_("Unassigned")] * (NIL in known)
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


_STAYS = {
    CHANGED_HANDS: gettext_lazy("Changed hands since and stay where they are"),
    GONE: gettext_lazy("Are not there any more"),
    OWNER_REMOVED: gettext_lazy("Stay, because their owner was removed"),
    OUT_OF_HAND: gettext_lazy("Stay with people whom you may not act on"),
}


def _effects(actor: Actor, judged: Judged, lines: Sequence[OperationLine]) -> tuple[Effect, ...]:
    found = [Effect(_("Records go back"), len(judged.back))]
    for code, text in _STAYS.items():
        ids = {one for one, why in judged.stays.items() if why == code}
        if ids:
            named = _records(actor, [line for line in lines if line.target_id in ids]) if code != GONE else ()
            found.append(Effect(str(text), len(ids), named, warning=True))
    return tuple(found)


def _records(actor: Actor, lines: Iterable[OperationLine]) -> tuple[str, ...]:
    """The names of those that the actor may view, the first of them."""
    wanted_: dict[str, list[UUID]] = {}
    for line in lines:
        wanted_.setdefault((line.values or {})["type"], []).append(line.target_id)
    names: list[str] = []
    for key, ids in wanted_.items():
        record_type = owned_types()[key]
        rows: QuerySet[Any, Any] = (
            visible(actor, record_type.permissions["view"], record_type).filter(pk__in=ids).order_by("pk")
        )
        unseen = hidden(actor, record_type)
        names += [name_shown(record_type, row, unseen) for row in rows[: NAMED - len(names)]]
    return tuple(names)


# --- Doing it -----------------------------------------------------------------------------


def _carry_out(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    """:raises UndoOvertaken: nothing of it is where it was given to."""
    source = Source.of(row, actor)
    ask_again(actor, source.givers, source.queue)
    done = give_back(actor, source, now)
    if done.entry is None:
        return Outcome(None, _begun(row, done.operation, done.owners), jobs=done.jobs)
    if not done.moved:
        raise done.why or UndoOvertaken
    return Outcome(None, replace(done.entry, target_id=row.target_id), done.events)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """`moved`: records so far; `owners`: to whom they go, with numbers (nil: the queue); `entry`: what one of its own
    would say, None while an operation goes on with it."""

    operation: Operation
    moved: int
    owners: Mapping[UUID, int]
    entry: NewEntry | None = None
    why: Refusal | None = None
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()


def give_back(actor: Actor, source: Source, now: datetime) -> GivenBack:
    """A step for acts that asked for the givers: little at once, much by an operation."""
    back = source.lines().order_by().values_list("values__from").annotate(n=Count("*"))
    owners = {UUID(one) if one else NIL: n for one, n in back}
    count = sum(owners.values())
    operation, job = open_operation(actor, UNDO, now, total=count, params=source.plain())
    if count > AT_ONCE:
        return GivenBack(operation, 0, owners, jobs=(job,))
    lines = list(source.lines())
    holders = holders_of(actor, map(held_of, lines), own=source.own)
    done, entry, judged = _take_back(operation, lines, holders, now)
    advance(operation, replace(done, finished=True), now)
    return GivenBack(
        operation, done.done, owners, entry, _why(judged, holders), (*reassigned(operation), *follow_words(actor, now))
    )


def _begun(row: Entry, operation: Operation, receivers: Mapping[UUID, int]) -> NewEntry:
    """The other way round. The original's target says what it is the undo of."""
    givers = sorted(UUID(one) for one in row.values["to"])
    values = {**about(operation.id, row.values["counts"], givers, receivers), "count": sum(receivers.values())}
    return NewEntry("records.handover_started", "operation", row.target_id, values)


def _take_back(
    operation: Operation, lines: Sequence[OperationLine], holders: Holders, now: datetime
) -> tuple[Batch, NewEntry, Judged]:
    judged, moved, types = judge(lines, holders, locking=True), Moved(), owned_types()
    for key in types:
        if some := [one for one in judged.back if one.type_key == key]:
            move_back(types[key], some, operation, moved, now)
    first = operation.done + operation.refused + moved.count + 1
    left = [line for line in lines if line.target_id in judged.stays]
    insert_values(
        OperationLine,
        (_left_alone(operation, first + n, line, judged.stays[line.target_id]) for n, line in enumerate(left)),
    )
    settle_links()
    return Batch(moved.count, len(left)), entry_of(operation, moved), judged


def _left_alone(operation: Operation, position: int, line: OperationLine, code: str) -> dict[str, Any]:
    return {
        "organization_id": operation.organization_id,
        "operation_id": operation.id,
        "id": new_id(),
        "position": position,
        "target_id": line.target_id,
        "state": OperationLine.State.REFUSED,
        "code": code,
        "values": {"type": (line.values or {})["type"]},
    }


@action(open_to="the runner of operations, with the actor who asked; it asks for their rights over the givers inside")
def undo_batch(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Batch]:
    """The next records go back. Those that changed hands since are left alone, and their lines say so.

    :raises PermissionMissing, MemberOutOfHand: the asker has lost the right.
    """
    operation = lock_operation(operation_id)
    source = Source.read(operation.params)
    ask_again(actor, source.givers, source.queue)
    lines = list(source.lines(before=(operation.cursor or {}).get("before"))[:RECORDS])
    if not lines:
        part = finish(operation, now)
        return Outcome(part.result, part.entry, (*reassigned(operation), *part.events))
    holders = holders_of(actor, map(held_of, lines), own=source.own)
    batch, entry, _judged = _take_back(operation, lines, holders, now)
    advance(operation, batch, now, cursor={"before": lines[-1].position})
    return Outcome(batch, entry if batch.done else None, follow_words(actor, now))


UNDO = register_operation(
    OperationKind("records.handover_undo", gettext_lazy("Take a handing over back"), EDIT, undo_batch)
)
for _code in (HANDED_OVER, STARTED):
    register_undoer(_code, Undoer(EDIT, _refusals, _reversal, _carry_out, _reads))
