"""A page of the directory from search rows: the shortest list is read in order, everything else is read off its rows.

Nobody who waits for new search rows is looked for here: `access.directory` asks for them the plain way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import prod
from typing import Any
from uuid import UUID

from django.db import connection

from tenantry.access.searching import clauses
from tenantry.access.searching.clauses import LIST_COST, TOKEN, Clause
from tenantry.access.searching.folding import LONGEST_TERM
from tenantry.core.paging import foreign_cursor, read_cursor
from tenantry.core.tenancy import scope

# No more than this many people are ever put in order.
MOST_GATHERED = 10_000
# Longer lists are worth a look for a shorter one.
LONG_LIST = 1_500
# Words stand once for each name that begins so: a person may come twice, and all of them have to be put in order.
WORD_COST = 2


@dataclass(frozen=True, slots=True)
class Order:
    """`column` of `access.selectors.SORTS`; the place behind or before which the page begins."""

    column: str
    descending: bool
    backwards: bool = False
    value: Any = None
    row_id: UUID | None = None

    @property
    def down(self) -> bool:
        return self.descending != self.backwards


_COLUMNS = {
    "sort_name": "m.sort_name",
    "email": "m.email",
    "created_at": "m.created_at",
    # As the index writes it.
    "seen_at": (
        "CASE WHEN m.last_sign_in_at IS NULL THEN '0001-01-01 00:00:00+00'::timestamptz ELSE m.last_sign_in_at END"
    ),
}
MOMENTS = frozenset({"created_at", "seen_at"})


def order_of(column: str, descending: bool, cursor: str | None) -> Order:
    """:raises InvalidInput: a cursor that was not made for this order."""
    if not cursor:
        return Order(column, descending)
    direction, value, row_id = read_cursor(cursor)
    if isinstance(value, datetime) != (column in MOMENTS) or not isinstance(value, datetime | str):
        raise foreign_cursor()
    return Order(column, descending, direction == "p", value, row_id)


@dataclass(frozen=True, slots=True)
class Question:
    """Everybody for whom all of `wanted` holds, but for those who wait. `people`: about how many there are at all."""

    wanted: tuple[Clause, ...]
    waiting: tuple[UUID, ...] = ()
    people: int = 0

    @property
    def expected(self) -> int:
        """About how many they are, if one condition had nothing to do with another."""
        sizes = [clause.size for clause in self.wanted if clause.terms and clause.sql != "true"]
        return int(self.people * prod(min(1.0, size / self.people) for size in sizes)) if self.people else 0


def begin_of(question: Question, asked: Sequence[str]) -> Clause:
    """The clause whose lists are the shortest to read. `asked`: the words, of which a longer one may be rarer than its
    first letters."""
    listed = [clause for clause in question.wanted if clause.terms]
    best = min(listed, key=lambda clause: clause.cost)
    if best.cost <= LONG_LIST:
        return best
    worth = min(MOST_GATHERED, best.cost // WORD_COST)
    long = sorted((word for word in asked if len(word) > 4 or word.startswith("@")), key=len, reverse=True)
    for word in long[:2]:
        number = _counted_range(word, worth)
        if number <= worth:
            return clauses.word_range(word, number)
    return best


def begin_of_page(question: Question, begin: Clause, count: int) -> Clause:
    """Where the first `count` in the order of names are soonest found. `begin`: the clause with the fewest rows; a long
    list of many whom all else fits is left after some, and short lists all have to be begun."""
    expected = max(1, question.expected)

    def read(clause: Clause) -> float:
        if clause.is_range:
            return clause.size * WORD_COST
        soon = len(clause.terms) * count * clause.size / expected
        return min(clause.size, soon) + LIST_COST * len(clause.terms)

    return min((begin, *(clause for clause in question.wanted if clause.terms)), key=read)


_RANGE = """
SELECT count(*) FROM (
  SELECT FROM people_searchtoken WHERE organization_id = %s AND term ^@ %s LIMIT %s
) AS counted
"""


def _counted_range(word: str, most: int) -> int:
    """Words that begin so, counted to one more than `most`."""
    return int(_rows(_RANGE, [scope.organization_id(), word[:LONGEST_TERM], most + 1])[0][0])


def page_ids(question: Question, begin: Clause, order: Order, count: int, *, are_many: bool) -> list[tuple[Any, UUID]]:
    """The first `count` of an order, each with its value. `are_many`: too many to put all of them in order."""
    if order.column == "sort_name":
        statement, values = _by_name(question, begin, order, count)
    elif are_many:
        statement, values = _walked(question, order, count)
    else:
        statement, values = _gathered(question, begin, order, count)
    return [(row[0], row[1]) for row in _rows(statement, values)]


def count_to(question: Question, begin: Clause, most: int) -> int:
    """How many there are, counted to `most`."""
    found, values = _everybody(question, begin)
    return int(_rows(f"SELECT count(*) FROM (SELECT FROM ({found} LIMIT %s) AS found) AS n", [*values, most])[0][0])  # noqa: S608


def _conditions(question: Question, begin: Clause | None) -> tuple[str, list[Any]]:
    """What is read off a row, the rarest first; what the list says already is left out."""
    rest = [clause for clause in question.wanted if not (clause is begin and clause.exact) and clause.sql != "true"]
    rest.sort(key=lambda clause: clause.size)
    sql = [clause.sql for clause in rest]
    values = [value for clause in rest for value in clause.values]
    if question.waiting:
        sql.append("p.id <> ALL(%s)")
        values.append(list(question.waiting))
    return " AND ".join(["true", *sql]), values


def _after(order: Order, columns: str) -> tuple[str, list[Any]]:
    if order.row_id is None:
        return "true", []
    step = "<" if order.down else ">"
    # The first condition says nothing new, and lets an index of an expression begin there.
    begins = columns.rpartition(", ")[0]
    return f"{begins} {step}= %s AND ({columns}) {step} (%s, %s)", [order.value, order.value, order.row_id]


def _by_name(question: Question, begin: Clause, order: Order, count: int) -> tuple[str, list[Any]]:
    """The first of each list, and of those the first."""
    conditions, values = _conditions(question, begin)
    after, place = _after(order, "p.sort_name, p.id")
    sign = " DESC" if order.down else ""
    here = scope.organization_id()
    if begin.is_range:
        test, terms = _test(begin)
        distinct = "DISTINCT " if begin.twice else ""
        return (
            (
                f"SELECT {distinct}p.sort_name, p.id FROM {begin.table} p WHERE p.organization_id = %s AND {test}"  # noqa: S608
                f" AND {after} AND {conditions} ORDER BY p.sort_name{sign}, p.id{sign} LIMIT %s"
            ),
            [here, *terms, *place, *values, count],
        )
    inner = (
        f"SELECT p.sort_name, p.id FROM {begin.table} p WHERE p.organization_id = %s AND p.term = {{term}}"  # noqa: S608
        f" AND {after} AND {conditions} ORDER BY p.sort_name{sign}, p.id{sign} LIMIT %s"
    )
    if len(begin.terms) == 1 and begin.also is None:
        return inner.format(term="%s"), [here, begin.terms[0], *place, *values, count]
    source = (
        f"SELECT x.sort_name, x.id FROM unnest(%s::text[]) AS l(term)"  # noqa: S608
        f" CROSS JOIN LATERAL ({inner.format(term='l.term')}) AS x"
    )
    listed = [list(begin.terms), here, *place, *values, count]
    if begin.also is not None:
        source += f" UNION ALL ({_one(after, conditions)})"
        listed += [here, begin.also, *place, *values]
    distinct = "DISTINCT " if begin.twice or begin.also else ""
    return (
        f"SELECT {distinct}f.sort_name, f.id FROM ({source}) AS f ORDER BY f.sort_name{sign}, f.id{sign} LIMIT %s",  # noqa: S608
        [*listed, count],
    )


def _one(after: str, conditions: str) -> str:
    return (
        "SELECT p.sort_name, p.id FROM people_searchperson p WHERE p.organization_id = %s AND p.id = %s"  # noqa: S608
        f" AND {after} AND {conditions}"
    )


def _everybody(question: Question, begin: Clause) -> tuple[str, list[Any]]:
    """The names and ids of all, in no order."""
    conditions, values = _conditions(question, begin)
    here = scope.organization_id()
    test, terms = _test(begin)
    distinct = "DISTINCT " if begin.twice or begin.also else ""
    found = (
        f"SELECT {distinct}p.sort_name, p.id FROM {begin.table} p"  # noqa: S608
        f" WHERE p.organization_id = %s AND {test} AND {conditions}"
    )
    listed = [here, *terms, *values]
    if begin.also is not None:
        found += f" UNION {_one('true', conditions)}"
        listed += [here, begin.also, *values]
    return found, listed


def _test(begin: Clause) -> tuple[str, list[Any]]:
    """What leads to its lists."""
    if begin.table == TOKEN:
        return "p.term ^@ %s", [begin.terms[0]]
    if begin.below:
        return "p.term >= %s AND p.term < %s", [begin.terms[0], begin.below]
    return "p.term = ANY(%s)", [list(begin.terms)]


def _gathered(question: Question, begin: Clause, order: Order, count: int) -> tuple[str, list[Any]]:
    """All of them put in order: they are few."""
    found, values = _everybody(question, begin)
    column, sign = _COLUMNS[order.column], " DESC" if order.down else ""
    after, place = _after(order, f"{column}, m.id")
    here = scope.organization_id()
    return (
        (
            f"SELECT {column}, m.id FROM ({found} OFFSET 0) AS f"  # noqa: S608
            " JOIN people_membership m ON m.organization_id = %s AND m.id = f.id"
            f" WHERE {after} ORDER BY 1{sign}, 2{sign} LIMIT %s"
        ),
        [*values, here, *place, count],
    )


def _walked(question: Question, order: Order, count: int) -> tuple[str, list[Any]]:
    """Memberships in their order, each asked whether it is one of them: they are many, so the page is soon full."""
    conditions, values = _conditions(question, None)
    column, sign = _COLUMNS[order.column], " DESC" if order.down else ""
    after, place = _after(order, f"{column}, m.id")
    here = scope.organization_id()
    is_one = f"SELECT true FROM people_searchperson p WHERE p.organization_id = %s AND p.id = m.id AND {conditions}"  # noqa: S608
    ordered = f"ORDER BY {column}{sign}, m.id{sign} LIMIT %s"
    members = f"SELECT {column}, m.id FROM people_membership m WHERE m.organization_id = %s"  # noqa: S608
    return f"{members} AND {after} AND ({is_one}) {ordered}", [here, *place, here, *values, count]


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
