"""What became of everybody of a selection, as whoever may see the operation reads it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenantry.access.models import Profile, Role
from tenantry.acting.models import Operation, OperationLine
from tenantry.acting.operations import OPEN, lines_of, operation_kinds
from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Unit
from tenantry.people.models import Department, Membership, Team
from tenantry.people.permissions import VIEW
from tenantry.people.selectors import names_of, visible_members
from tenantry.usecases.bulk_changing.kinds import BY_OPERATION, BY_PLANNING
from tenantry.usecases.bulk_changing.reasons import in_words
from tenantry.usecases.handing_over.results import records_of

WAITING, DONE, REFUSED = (state.value for state in OperationLine.State)
HEADINGS = ("position", "name", "email", "reason", "what_to_do", "code")
FILE_BATCH = 1000
PLANNED = "planned"
_VALUES: Mapping[str, Any] = {
    "role": Role,
    "profile": Profile,
    "team": Team,
    "unit": Unit,
    "department": Department,
}


@dataclass(frozen=True, slots=True)
class Told:
    """An operation as lists and pages show it. `what`: its kind in words; `value`: the name of what was chosen; `by`:
    who asked for it, empty for programs; `is_open`: it may still move."""

    row: Operation
    what: str
    value: str
    by: str

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN

    @property
    def is_plan(self) -> bool:
        """Nothing was done to anybody yet: people are being looked at, or were."""
        return self.row.kind in BY_PLANNING

    @property
    def state(self) -> str:
        """`planned`: it waits for its confirmation."""
        return PLANNED if self.is_plan and self.row.state == Operation.State.DONE else self.row.state

    @property
    def settled(self) -> int:
        return self.row.done + self.row.refused

    @property
    def left(self) -> int:
        return self.row.total - self.settled


@dataclass(frozen=True, slots=True)
class ToldLine:
    """`name` empty: out of the reader's reach; `about_id`: the person, where the reader may see them; `kind`: what it
    is, where it is a record, then with its id in `record_id`."""

    position: int
    state: str
    code: str
    name: str
    email: str
    about_id: UUID | None
    reason: str
    remedy: str
    kind: str = ""
    record_id: UUID | None = None


def told(rows: Iterable[Operation]) -> list[Told]:
    """With one query for the names of people, and one for each kind of value."""
    found = list(rows)
    names = names_of(row.actor_id for row in found if row.actor_kind == "member")
    values = _values(found)
    known = operation_kinds()
    return [
        Told(
            row,
            str(known[row.kind].title) if row.kind in known else row.kind,
            values.get(_value_id(row), "") if _value_id(row) else "",
            names.get(row.actor_id, "") if row.actor_id else "",
        )
        for row in found
    ]


def _value_id(row: Operation) -> UUID | None:
    return parse_id(str(row.params.get("value_id") or ""))


def _values(rows: Iterable[Operation]) -> dict[UUID | None, str]:
    wanted: dict[str, set[UUID]] = {}
    for row in rows:
        kind, value = BY_OPERATION.get(row.kind) or BY_PLANNING.get(row.kind), _value_id(row)
        if kind and kind.into and value:
            wanted.setdefault(kind.into, set()).add(value)
    found: dict[UUID | None, str] = {}
    for into, ids in wanted.items():
        if into in _VALUES:
            found |= dict(_VALUES[into].objects.filter(id__in=ids).values_list("id", "name"))
        else:
            found.update(dict(names_of(ids).items()))
    return found


def told_lines(actor: Actor, lines: Iterable[OperationLine]) -> list[ToldLine]:
    """With one query for the people whom the actor may see, or for the records."""
    rows = list(lines)
    records = records_of(actor, rows)
    seen: dict[UUID, Membership] = {}
    if len(records) < len(rows) and actor.may(VIEW):
        people = visible_members(actor).filter(id__in={row.target_id for row in rows})
        seen = {one.id: one for one in people.only("given_name", "family_name", "email")}
    return [_line(row, seen.get(row.target_id), records.get(row.id)) for row in rows]


def _line(row: OperationLine, member: Membership | None, record: tuple[str, str] | None) -> ToldLine:
    words = in_words(row.code) if row.code else None
    kind, name = record or ("", member.name if member else "")
    return ToldLine(
        kind=kind,
        record_id=row.target_id if record and name else None,
        position=row.position,
        state=row.state,
        code=row.code,
        name=name,
        email=member.email if member else "",
        about_id=member.id if member else None,
        reason=words.sentence if words else "",
        remedy=words.remedy if words else "",
    )


def refused_file(actor: Actor, operation: Operation, organization_id: UUID) -> Iterator[bytes]:
    """Who was left out and why, as CSV; streamed by batches, each in a transaction of its own."""
    yield MARK + csv_line(HEADINGS)
    after = 0
    while True:
        with scope.tenant(organization_id), reading():
            rows = list(lines_of(operation, REFUSED).filter(position__gt=after)[:FILE_BATCH])
            lines = told_lines(actor, rows)
        yield b"".join(
            csv_line((str(one.position), one.name, one.email, one.reason, one.remedy, one.code)) for one in lines
        )
        if len(rows) < FILE_BATCH:
            return
        after = rows[-1].position
