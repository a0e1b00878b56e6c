"""Which records are next, whose turn it is to receive them, and the locks on both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import BooleanField, DateTimeField, Exists, F, Func, OuterRef, QuerySet, UUIDField, Value

from tenantry.acting.models import Operation, OperationLine
from tenantry.core.ids import NIL
from tenantry.core.records import RecordType
from tenantry.crm.opening import Opening, opening
from tenantry.people.locks import lock_statuses
from tenantry.people.models import Membership
from tenantry.usecases.handing_over.asking import able_turns
from tenantry.usecases.handing_over.errors import NobodyReceives
from tenantry.usecases.handing_over.moving import Mark, Moved, Turns, move_next
from tenantry.usecases.handing_over.portions import Part, Portion, checked, has_column, owned_by, records
from tenantry.usecases.handing_over.spreads import Pool, Sharing, Spread

# Where one batch looks for records at most: types times givers may be many, and most of them empty.
PLACES: Final = 100
Active = Membership.Status.ACTIVE


@dataclass(frozen=True, slots=True)
class Handover:
    """What is kept of a confirmed plan while it is carried out. `queue`: types that are taken out of the queue;
    `until`: what was made later is not meant, unless its owner was removed: nobody would be left to look after it;
    `asks`: whether each batch asks again if it can be opened."""

    from_ids: tuple[UUID, ...]
    queue: tuple[str, ...]
    spread: Spread
    portion: Portion
    sharing: Sharing
    until: datetime | None
    asks: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "from": [str(one) for one in self.from_ids],
            "queue": list(self.queue),
            "spread": self.spread.plain(),
            "portion": self.portion.plain(),
            "sharing": self.sharing.plain(),
            "until": self.until.isoformat() if self.until else None,
            "asks": self.asks,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Handover":
        return cls(
            tuple(UUID(one) for one in plain["from"]),
            tuple(plain["queue"]),
            Spread.of(plain["spread"]),
            Portion.of(plain["portion"]),
            Sharing.of(plain["sharing"]),
            datetime.fromisoformat(plain["until"]) if plain["until"] else None,
            # Those that were begun by an earlier release go on as they began.
            plain.get("asks", False),
        )

    def places(self, part: Part) -> list[tuple[RecordType, UUID]]:
        """Where to look, one after the other: each type of each giver."""
        return [(one, owner) for one in part.types for owner in self.from_ids if owner != NIL or one.key in self.queue]


@dataclass(frozen=True, slots=True)
class Reached:
    """How far it is. `at`: the number of a place, `after`: the last record that was looked at there; `given`: records
    by number of the pool. `again`: it looks once more at givers who are not active, for what was on its way to them."""

    at: int = 0
    after: Mark | None = None
    given: tuple[tuple[int, int], ...] = ()
    again: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        after = [self.after[0].isoformat() if self.after[0] else None, str(self.after[1])] if self.after else None
        return {"at": self.at, "after": after, "given": [list(one) for one in self.given], "again": self.again}

    @classmethod
    def of(cls, plain: Mapping[str, Any] | None) -> "Reached":
        if plain is None:
            return cls()
        after = plain["after"]
        mark = (datetime.fromisoformat(after[0]) if after[0] else None, UUID(after[1])) if after else None
        return cls(plain["at"], mark, tuple((n, m) for n, m in plain["given"]), plain["again"])


def move_all(handover: Handover, operation: Operation, now: datetime, *, at_once: int) -> Moved:
    """All that is there, in one transaction; `at_once`: records a statement."""
    moved, reached, over = Moved(), Reached(), False
    while not over:
        reached, over = move_some(handover, reached, operation, moved, now, most=at_once)
    return moved


def move_some(
    handover: Handover, reached: Reached, operation: Operation, moved: Moved, now: datetime, *, most: int
) -> tuple[Reached, bool]:
    """Moves the next records from where it stood, and adds them to `moved`. Returns where it stands then, and whether
    nothing was left.

    :raises NobodyReceives: nobody of a pool is active any more.
    """
    part = checked(handover.portion)
    places, seen = handover.places(part), 0
    opening_of = _Openings(now) if handover.asks else None
    for _place in range(PLACES):
        if reached.at == len(places):
            if reached.again or seen:
                return reached, not seen
            reached = replace(reached, at=0, after=None, again=True)
        record_type, owner = places[reached.at]
        room = most - seen
        until = handover.until
        if reached.again:
            status = _left(owner)
            if status is None:
                reached = replace(reached, at=reached.at + 1, after=None)
                continue
            until = None if status == Membership.Status.REMOVED else until
        rows = _rows(record_type, owner, part, handover, reached.after, until)
        if reached.again and operation.refused:
            rows = rows.exclude(_left_there(operation))
        rows = rows[:room]
        turns = _turns(handover, record_type, owner, dict(reached.given), room, opening_of)
        before = dict(moved.pools)
        found = move_next(record_type, owner, rows, turns, operation, moved, now)
        seen += found.number
        reached = replace(reached, given=_added(reached.given, moved.pools, before))
        if found.number == room:
            return replace(reached, after=found.last), False
        reached = replace(reached, at=reached.at + 1, after=None)
    return reached, False


def _left(owner: UUID) -> str | None:
    """The status of somebody who can't be given records any more, None for all others: what is found with them later
    was on its way when it was confirmed. Whoever is only deactivated may have made more before, or have been back
    meanwhile: that stays theirs. Whoever is removed keeps nothing."""
    if owner == NIL:
        return None
    status = Membership.objects.filter(id=owner).values_list("status", flat=True).first()
    return None if status == Active else status


def _added(given: tuple[tuple[int, int], ...], after: Mapping[int, int], before: Mapping[int, int]) -> Any:
    numbers = dict(given)
    for pool, number in after.items():
        numbers[pool] = numbers.get(pool, 0) + number - before.get(pool, 0)
    return tuple(sorted(numbers.items()))


# --- Rows ---------------------------------------------------------------------------------


class _Behind(Func):
    """`(made, id) > (moment, id)`: one comparison, at which an index begins to read."""

    output_field = BooleanField()
    conditional = True

    def as_sql(self, compiler: Any, connection: Any, *_more: Any, **_context: Any) -> Any:
        parts = [compiler.compile(one) for one in self.source_expressions]
        left, right = (", ".join(sql for sql, _params in half) for half in (parts[:2], parts[2:]))
        return f"({left}) > ({right})", [param for _sql, params in parts for param in params]


def _rows(
    record_type: RecordType, owner: UUID, part: Part, handover: Handover, after: Mark | None, until: datetime | None
) -> QuerySet[Any, Any]:
    """One owner's records of a type, oldest first: id, moment of making, workflow, workspace, ownership."""
    found = owned_by(record_type, records(record_type, part), owner)
    dated = has_column(record_type.model, "created_at")
    if dated and until is not None:
        found = found.filter(created_at__lte=until)
    if after is not None:
        found = _behind(found, after) if dated else found.filter(pk__gt=after[1])
    nothing = Value(None, UUIDField())
    workflow = F(record_type.workflow) if record_type.workflow and handover.spread.by_workflow else nothing
    places = handover.sharing.instead or handover.asks
    place = F(record_type.workspace) if record_type.workspace and places else nothing
    made = F("created_at") if dated else Value(None, DateTimeField())
    held = F("ownership") if has_column(record_type.model, "ownership") else nothing
    named = found.annotate(made_=made, workflow_=workflow, place_=place, held_=held)
    columns: QuerySet[Any, Any] = named.order_by(*(("created_at", "pk") if dated else ("pk",))).values_list(
        "pk", "made_", "workflow_", "place_", "held_"
    )
    return columns


def _left_there(operation: Operation) -> Exists:
    """What nobody could open any more is not looked at again."""
    lines = OperationLine.objects.filter(operation_id=operation.id, state=OperationLine.State.REFUSED)
    return Exists(lines.filter(target_id=OuterRef("pk")))


def _behind(rows: QuerySet[Any], mark: Mark) -> QuerySet[Any]:
    moment, row_id = Value(mark[0], DateTimeField()), Value(mark[1], UUIDField())
    return rows.filter(_Behind(F("created_at"), F("pk"), moment, row_id))


# --- Receivers ----------------------------------------------------------------------------


class _Openings:
    """What people can open, read once they are locked: until the commit nothing of it changes."""

    def __init__(self, now: datetime) -> None:
        self._now, self._known = now, dict[frozenset[UUID], Opening]()

    def __call__(self, locked: frozenset[UUID]) -> Opening:
        if locked not in self._known:
            self._known[locked] = opening(locked, self._now)
        return self._known[locked]


def _turns(
    handover: Handover,
    record_type: RecordType,
    owner: UUID,
    given: Mapping[int, int],
    room: int,
    opening_of: _Openings | None,
) -> Turns:
    """Of the pools that this owner's records of a type may draw from. Locks whose turn it may be, in the order of
    their ids."""
    sharing = handover.sharing
    pool = sharing.by_owner.get(owner)
    by_workflow = sharing.by_workflow if handover.spread.by_workflow else {}
    usual = {*by_workflow.values(), *([] if pool is None else [pool])}
    instead = {
        (n, at): other for (n, key, at), other in sharing.instead.items() if key == record_type.key and n in usual
    }
    wanted = sorted(usual | set(instead.values()))
    receivers = {n: _next_of(sharing.pools[n], given.get(n, 0), room) for n in wanted}
    _replace_the_gone(receivers, sharing)
    turns = Turns(pool, by_workflow, instead, receivers)
    if opening_of is None or not wanted:
        return turns
    active = {n: _active(sharing.pools[n]) for n in wanted}
    opens = opening_of(frozenset(one for ones in active.values() for one in ones))
    return able_turns(turns, active, record_type.key, opens)


def _next_of(pool: Pool, after: int, room: int) -> list[UUID | None]:
    """One who is alone comes again and again."""
    return pool.turns(after, room if len(pool.members) > 1 else 1)


def _replace_the_gone(turns: dict[int, list[UUID | None]], sharing: Sharing) -> None:
    """Who was to receive and is not active any more: the others of the pool take what was theirs, in turn."""
    states = lock_statuses(one for ones in turns.values() for one in ones if one)
    gone = {one for one, status in states.items() if status != Active}
    if not gone:
        return
    for n, ones in turns.items():
        if not gone.isdisjoint(ones):
            left = _active(sharing.pools[n])
            turns[n] = [left[i % len(left)] if one in gone else one for i, one in enumerate(ones)]


def _active(pool: Pool) -> list[UUID]:
    states = lock_statuses(pool.members)
    left = [one for one in pool.members if states.get(one) == Active]
    if not left:
        raise NobodyReceives
    return left
