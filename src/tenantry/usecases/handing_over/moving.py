"""Records change hands: the next ones of one owner and type by one statement, which also writes down what it did."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from tenantry.acting.models import Operation, OperationLine
from tenantry.audit.chain import Entry
from tenantry.core.ids import NIL, new_id
from tenantry.core.records import RecordType
from tenantry.core.transactions import assert_in_transaction
from tenantry.crm.opening import closed_kept
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.usecases.handing_over.portions import has_column

# Codes of the audit: a small one and each batch of a large one, which begins with `STARTED`.
HANDED_OVER: Final = "records.handed_over"
STARTED: Final = "records.handover_started"
# Receivers that are named in the audit's list of whom an entry is about; of more, the numbers are in it all the same.
FEW: Final = 20
# The last record that was looked at: when it was made, and its id.
Mark = tuple[datetime | None, UUID]


@dataclass(slots=True)
class Moved:
    """What was moved so far in one transaction. `kept`: records that stay, because nobody whose turn it was can open
    them; `pools`: records by pool; `digest`: over each that moved as `type id from to`, in the order of their lines."""

    count: int = 0
    kept: int = 0
    types: Counter[str] = field(default_factory=Counter)
    givers: set[UUID] = field(default_factory=set)
    receivers: Counter[UUID] = field(default_factory=Counter)
    pools: Counter[int] = field(default_factory=Counter)
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, type_key: str, giver: UUID, numbers: Iterable[Sequence[Any]], text: str) -> int:
        """`numbers`: (pool, receiver, records). Returns how many were added."""
        added = 0
        for pool, receiver, number in numbers:
            added += number
            self.receivers[UUID(receiver) if receiver else NIL] += number
            if pool is not None:
                self.pools[pool] += number
        if added:
            self.count += added
            self.types[type_key] += added
            self.givers.add(giver)
            self.digest.update(text.encode())
        return added


@dataclass(frozen=True, slots=True)
class Turns:
    """Who is next, by pool; of a pool that is not there the queue. `pool`: from which records are drawn, unless
    `by_workflow` says another one for theirs, and of that one what `instead` says for their workspace; of one in which
    nobody is next they stay. `stands_for`: pools that count as another one."""

    pool: int | None
    by_workflow: Mapping[UUID, int]
    instead: Mapping[tuple[int, UUID | None], int]
    receivers: Mapping[int, Sequence[UUID | None]]
    stands_for: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """How many records were looked at, and the last of them. Some may stay in the queue."""

    number: int
    last: Mark | None


def move_next(
    record_type: RecordType,
    owner: UUID,
    rows: QuerySet[Any, Any],
    turns: Turns,
    operation: Operation,
    moved: Moved,
    now: datetime,
) -> Seen:
    """Locks `rows` (id, moment of making, workflow, workspace, ownership; ordered and cut), gives them to those whose
    turn it is, and freezes each as a line of the operation. Adds to `moved`."""
    assert_in_transaction()
    picked, params = rows.select_for_update(no_key=True).query.sql_with_params()
    before = None if owner == NIL else owner
    base = operation.done + operation.refused + moved.count + moved.kept
    given = [
        *params,
        turns.pool,
        json.dumps([{"flow": str(flow), "pool": pool} for flow, pool in turns.by_workflow.items()]),
        json.dumps([{"pool": n, "place": str(at or NIL), "other": other} for (n, at), other in turns.instead.items()]),
        NIL,
        json.dumps([{"pool": pool, "turns": ones} for pool, ones in turns.receivers.items()], default=str),
        before,
        *([now] if has_column(record_type.model, "changed_at") else []),
        *([new_id()] if has_column(record_type.model, "ownership") else []),
        operation.organization_id,
        operation.organization_id,
        # A line's id: in the order of time, as others are, and of its number.
        str(new_id())[:24],
        operation.id,
        base,
        OperationLine.State.DONE,
        record_type.key,
        before,
        *(operation.organization_id, str(new_id())[:24], operation.id, base),
        *(OperationLine.State.REFUSED, ReceiverCannotOpen.code, record_type.key, before),
        record_type.key,
        before or "None",
    ]
    with connection.cursor() as cursor:
        cursor.execute(_next_statement(record_type, picked), given)
        number, last, numbers, text, kept = cursor.fetchone()
    counted = [(turns.stands_for.get(pool, pool), one, n) for pool, one, n in _read(numbers) or ()]
    moved.add(record_type.key, owner, counted, text or "")
    moved.kept += kept
    mark = _read(last)
    return Seen(number, (datetime.fromisoformat(mark[0]) if mark[0] else None, UUID(mark[1])) if mark else None)


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _next_statement(record_type: RecordType, picked: str) -> str:
    """Names of models alone; every value is a parameter."""
    lines, table, changes, ownership = _names(record_type, "g.receiver", "%s")
    return f"""
WITH picked (id, made, flow, place, held) AS MATERIALIZED (
  {picked}
), usual AS (
  SELECT picked.id, made::timestamptz AS made, place, held::uuid, coalesce(f.pool, %s::int) AS pool
  FROM picked LEFT JOIN json_to_recordset(%s::json) AS f (flow uuid, pool int) ON f.flow = picked.flow::uuid
), drawn AS (
  SELECT u.id, made, held, coalesce(i.other, u.pool) AS pool
  FROM usual AS u LEFT JOIN json_to_recordset(%s::json) AS i (pool int, place uuid, other int)
    ON i.pool = u.pool AND i.place = coalesce(u.place::uuid, %s::uuid)
), ranked AS (
  SELECT id, made, held, pool, row_number() OVER (PARTITION BY pool ORDER BY made, id) AS k FROM drawn
), given AS MATERIALIZED (
  SELECT r.id, held, t.pool, t.turns[1 + (k - 1) %% nullif(cardinality(t.turns), 0)] AS receiver,
    coalesce(cardinality(t.turns) = 0, false) AS stays,
    row_number() OVER (ORDER BY coalesce(cardinality(t.turns) = 0, false), made, r.id) AS n
  FROM ranked AS r LEFT JOIN json_to_recordset(%s::json) AS t (pool int, turns uuid[]) ON t.pool = r.pool
  WHERE t.pool IS NOT NULL OR %s::uuid IS NOT NULL
), moved AS (
  UPDATE {table} AS t SET {changes} FROM given AS g WHERE t.organization_id = %s AND t.id = g.id AND NOT g.stays
  RETURNING g.id, g.n, g.pool, g.receiver, g.held AS was, {ownership} AS now
), written AS (
  INSERT INTO {lines} (organization_id, id, operation_id, position, target_id, state, code, values)
  SELECT %s, (%s || lpad(to_hex(n), 12, '0'))::uuid, %s, %s + n, id, %s, '',
    jsonb_build_object('type', %s::text, 'from', %s::uuid, 'to', receiver, 'was', was, 'is', now)
  FROM moved
), kept AS (
  INSERT INTO {lines} (organization_id, id, operation_id, position, target_id, state, code, values)
  SELECT %s, (%s || lpad(to_hex(n), 12, '0'))::uuid, %s, %s + n, id, %s, %s,
    jsonb_build_object('type', %s::text, 'from', %s::uuid)
  FROM given WHERE stays
  RETURNING 1
)
SELECT (SELECT count(*) FROM picked),
  (SELECT json_build_array(made, id) FROM picked ORDER BY made DESC, id DESC LIMIT 1),
  (SELECT json_agg(json_build_array(pool, receiver, c))
   FROM (SELECT pool, receiver, count(*) AS c FROM moved GROUP BY 1, 2) AS counted),
  (SELECT string_agg(concat_ws(' ', %s::text, id, %s::text, coalesce(receiver::text, 'None')) || E'\\n', '' ORDER BY n)
   FROM moved),
  (SELECT count(*) FROM kept)
"""  # noqa: S608 names of models


@dataclass(frozen=True, slots=True)
class Return:
    """One record back to its former owner; None: the queue. `held_as`, `former_as`: ownerships (`Record.ownership`);
    `noted`: the line says them, which older ones do not."""

    type_key: str
    record_id: UUID
    held: UUID | None
    former: UUID | None
    held_as: UUID | None = None
    former_as: UUID | None = None
    noted: bool = False


def move_back(
    record_type: RecordType, returns: Sequence[Return], operation: Operation, moved: Moved, now: datetime
) -> None:
    """Gives locked records of one type back, and freezes each as a line of the operation. Adds to `moved`."""
    assert_in_transaction()
    lines, table, changes, ownership = _names(record_type, "g.a", "g.now")
    base, anew = operation.done + operation.refused + moved.count + 1, new_id()
    rows = [
        {
            "id": one.record_id,
            "b": one.held,
            "a": one.former,
            "line": new_id(),
            "n": base + n,
            "was": one.held_as,
            "now": one.former_as if one.noted else anew,
        }
        for n, one in enumerate(returns)
    ]
    given = [
        json.dumps(rows, default=str),
        *([now] if has_column(record_type.model, "changed_at") else []),
        *(operation.organization_id, operation.organization_id, operation.id),
        *(OperationLine.State.DONE, record_type.key),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_return_statement(lines, table, changes, ownership), given)
        if cursor.rowcount != len(returns):
            raise RuntimeError("records that are given back are locked before")
    for one in returns:
        text = f"{one.type_key} {one.record_id} {one.held} {one.former}\n"
        moved.add(one.type_key, one.held or NIL, [(None, str(one.former) if one.former else None, 1)], text)


def _return_statement(lines: str, table: str, changes: str, ownership: str) -> str:
    """See `_next_statement`."""
    return f"""
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%s::json) AS r (id uuid, b uuid, a uuid, line uuid, n bigint, was uuid, now uuid)
), moved AS (
  UPDATE {table} AS t SET {changes} FROM given AS g WHERE t.organization_id = %s AND t.id = g.id
  RETURNING g.id, g.b, g.a, g.line, g.n, g.was, {ownership} AS now
)
INSERT INTO {lines} (organization_id, id, operation_id, position, target_id, state, code, values)
SELECT %s, line, %s, n, id, %s, '',
  jsonb_build_object('type', %s::text, 'from', b, 'to', a, 'was', was, 'is', now)
FROM moved
"""  # noqa: S608 names of models


def _names(record_type: RecordType, receiver: str, as_: str) -> tuple[str, str, str, str]:
    """Tables of lines and of records, what is set, and as which ownership somebody holds a record after it."""
    quote, model = connection.ops.quote_name, record_type.model
    owner = quote(model._meta.get_field(str(record_type.owner).removesuffix("_id")).column)
    changes = [f"{owner} = {receiver}"]
    if has_column(model, "version"):
        changes.append("version = t.version + 1")
    if has_column(model, "changed_at"):
        changes.append("changed_at = %s")
    ownership = "NULL::uuid"
    if has_column(model, "ownership"):
        changes.append(f"ownership = {as_}")
        ownership = "t.ownership"
    return quote(OperationLine._meta.db_table), quote(model._meta.db_table), ", ".join(changes), ownership


def settle_links() -> None:
    """Checks every link of what was written now, and not when the head of the audit is held at the commit."""
    assert_in_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def entry_of(operation: Operation, moved: Moved, *, closed: int = 0) -> Entry:
    """Of an operation that has not been moved on yet. `lines`: the first and the last position in it; `closed`: how
    many whoever received them could not open."""
    first = operation.done + operation.refused + 1
    values = {
        **about(operation.id, moved.types, sorted(moved.givers), moved.receivers),
        "lines": [first, first + moved.count + moved.kept - 1],
        "digest": moved.digest.hexdigest()[:32],
        **closed_kept(closed),
        **({"stayed": moved.kept} if moved.kept else {}),
    }
    return Entry("records.handed_over", "operation", operation.id, values)


def about(
    operation_id: UUID, counts: Mapping[str, int], givers: Iterable[UUID], receivers: Mapping[UUID, int]
) -> dict[str, Any]:
    """What entries say. `to`: receivers with their numbers, nil for the queue; `members`: the givers, then the
    receivers where they are few."""
    whose = [str(one) for one in givers if one != NIL]
    named = [str(one) for one in sorted(receivers) if one != NIL]
    return {
        "operation_id": operation_id,
        "count": sum(counts.values()),
        "counts": dict(counts),
        "from": [str(one) for one in givers],
        "to": {str(one): receivers[one] for one in sorted(receivers)},
        "members": whose + (named if len(named) <= FEW else []),
    }
