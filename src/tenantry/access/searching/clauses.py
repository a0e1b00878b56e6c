"""A question of the directory as conditions on search rows, and the lists that lead to whom they hold for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.searching.folding import DAY_SECONDS, LONGEST_TERM, MARK, STATUS_TERMS
from tenantry.access.selectors import unseen_since
from tenantry.core.actor import Actor
from tenantry.core.permissions import Reach, ScopeKind
from tenantry.people.permissions import VIEW

# A term that is not known to be frequent: fewer than `keeping.FREQUENT`.
RARE = 1000
# What reading one more list costs, in rows.
LIST_COST = 60
PREFIX, PAIR, TOKEN = "people_searchprefix", "people_searchpair", "people_searchtoken"


@dataclass(frozen=True, slots=True)
class Clause:
    """`sql` over the row `p`. `terms` lead to everybody for whom it holds, and to `also`; `table`: where they stand,
    none when no list leads there. `exact`: to nobody else. `twice`: one person may stand in several of the lists.
    `below`: not one list but all from the only one of `terms` up to here."""

    sql: str
    values: tuple[Any, ...] = ()
    table: str = ""
    terms: tuple[str, ...] = ()
    twice: bool = False
    exact: bool = False
    also: UUID | None = None
    size: int = 0
    below: str = ""

    @property
    def is_range(self) -> bool:
        """Whether many lists are read as one, so that people do not come in the order of names."""
        return bool(self.below) or self.table == TOKEN

    @property
    def cost(self) -> int:
        return self.size + LIST_COST * len(self.terms)


# Nobody can match: a value of a filter that nobody has.
NOBODY = Clause("false")


@dataclass(frozen=True, slots=True)
class Known:
    """What the organization's search state says. `codes`: of the values that were asked for."""

    sizes: Mapping[str, int]
    codes: Mapping[UUID, int]
    waiting: Sequence[UUID] = field(default_factory=tuple)

    def size(self, terms: Iterable[str]) -> int:
        return sum(self.sizes.get(term, RARE) for term in terms)

    def codes_of(self, ids: Iterable[UUID]) -> tuple[int, ...]:
        return tuple(self.codes[i] for i in dict.fromkeys(ids) if i in self.codes)

    @property
    def people(self) -> int:
        return self.size(STATUS_TERMS)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _listed(
    known: Known, sql: str, values: tuple[Any, ...], terms: tuple[str, ...], *, exact: bool = True, twice: bool = False
) -> Clause:
    return Clause(sql, values, PREFIX, terms, twice, exact, size=known.size(terms))


def words(known: Known, asked: Sequence[str]) -> list[Clause]:
    """Each word has to begin a word; two also stand in the lists of pairs."""
    found = []
    for word in asked:
        sql, values = "p.says LIKE %s", (f"% {_escaped(word)}%",)
        if word.startswith("@"):
            found.append(Clause(sql, values))
            continue
        bit, is_own = _bit(word[0])
        begins: tuple[Any, ...] = (bit,)
        if len(word) == 1 and is_own:
            found.append(_listed(known, "p.letters & %s <> 0", begins, (word,)))
        else:
            # The letter is looked at first: it costs less than the text.
            both = (*begins, *values)
            found.append(_listed(known, f"p.letters & %s <> 0 AND {sql}", both, (word[:4],), exact=len(word) < 5))
    names = sorted((word for word in asked if not word.startswith("@")), key=len, reverse=True)
    if len(names) > 1:
        letters = 2 if len(names[1]) > 1 else 1
        one, other = sorted((names[0][:letters], names[1][:letters]))
        if one != other:
            term = f"{one} {other}"
            found.append(Clause("true", (), PAIR, (term,), size=known.size((term,))))
    return found


def _bit(letter: str) -> tuple[int, bool]:
    """The letter's bit as `folding` sets it, and whether it is no other one's."""
    code = ord(letter)
    if 97 <= code <= 122:
        return 1 << (code - 97), True
    if 48 <= code <= 57:
        return 1 << (code - 22), True
    return 1 << (36 + code % 27), False


def crossed(known: Known, asked: Sequence[str], values: Sequence[Clause]) -> list[Clause]:
    """The first letter of each word with each of `values`: statuses, roles, profiles, departments, units, days.
    Lists of both by themselves may be long where few have both."""
    found = []
    for letter in dict.fromkeys(word[0] for word in asked if not word.startswith("@")):
        share = known.size((letter,)) / known.people
        for clause in values:
            if not clause.terms or _ACTIVE in clause.terms:
                continue
            terms = tuple(f"{letter} {term}" for term in clause.terms)
            below = f"{letter} {clause.below}" if clause.below else ""
            found.append(Clause("true", (), PAIR, terms, size=int(share * clause.size), below=below))
    return found


def word_range(word: str, size: int) -> Clause:
    """The words that begin like a longer one, counted before."""
    return Clause("true", (), TOKEN, (word[:LONGEST_TERM],), twice=True, size=size)


_ACTIVE = f"{MARK}=0"
_STATUSES = {"active": 0, "pending": 1, "expired": 1, "deactivated": 2, "removed": 3}


def statuses(known: Known, wanted: Sequence[str], now: datetime) -> Clause:
    """None wanted: everybody but removed people."""
    chosen = [status for status in dict.fromkeys(wanted) if status in _STATUSES] or [
        "active",
        "pending",
        "expired",
        "deactivated",
    ]
    numbers = list(dict.fromkeys(_STATUSES[status] for status in chosen))
    terms = tuple(f"{MARK}={number}" for number in numbers)
    sql = "p.status = ANY(%s)"
    values: list[Any] = [numbers]
    exact = ("pending" in chosen) == ("expired" in chosen)
    if not exact:
        sql = f"({sql} AND (p.status <> 1 OR p.until {'>' if 'pending' in chosen else '<='} %s))"
        values.append(now)
    return _listed(known, sql, tuple(values), terms, exact=exact)


def values_held(known: Known, column: str, ids: Sequence[UUID]) -> Clause:
    """People with one of these in `column`: role, profile, department, unit."""
    return codes_held(known, column, known.codes_of(ids))


def codes_held(known: Known, column: str, codes: Sequence[int]) -> Clause:
    if not codes:
        return NOBODY
    return _listed(known, f"p.{column} = ANY(%s)", (list(codes),), _terms(codes))


def places_held(known: Known, ids: Sequence[UUID]) -> Clause:
    """People in one of these teams or workspaces."""
    terms = _terms(known.codes_of(ids))
    if not terms:
        return NOBODY
    sql = " OR ".join(["p.says LIKE %s"] * len(terms))
    values = tuple(f"% {term} %" for term in terms)
    return _listed(known, f"({sql})", values, terms, twice=len(terms) > 1)


def _terms(codes: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"{MARK}{code:x}" for code in codes)


# Of days further back it is not asked how many people they have: nearly everybody was there later.
_DAYS_SIZED = 400


def not_seen(known: Known, text: str, now: datetime) -> list[Clause]:
    """`never`, or since the day that many days ago began (`access.selectors.unseen_since`)."""
    if text == "never":
        return [_listed(known, "p.seen = 0", (), (_day(0),))]
    since = unseen_since(text, now)
    if since is None:
        return []
    day, today = int(since.timestamp()) // DAY_SECONDS, int(now.timestamp()) // DAY_SECONDS
    # On the first day of 1970 is nobody but those who never came.
    first = max(day, 1)
    later = known.size(_day(n) for n in range(first, today + 1)) if today - day <= _DAYS_SIZED else known.people
    size = max(known.size((_day(0),)), known.people - later)
    return [Clause("p.seen < %s", (first,), PREFIX, (_day(0),), exact=True, size=size, below=_day(first))]


def _day(number: int) -> str:
    return f"{MARK}~{number:05}"


@dataclass(frozen=True, slots=True)
class Reaching:
    """Whom an actor sees. `roots`: units with all that is below; `teams`: whose people; `own`: themselves."""

    everybody: bool = False
    roots: frozenset[UUID] = frozenset()
    teams: frozenset[UUID] = frozenset()
    own: UUID | None = None


def reaching(actor: Actor) -> Reaching | None:
    """What `core.decisions.visible` says of people, as values that search rows hold; None where they can't say it.

    A page is always asked of `visible` in the end; here it is decided where to look, not who is seen.
    """
    left = actor.grants.left(VIEW)
    roots: set[UUID] = set()
    reach = Reach.NONE
    for line in actor.grants.lines(VIEW):
        given = line.reach & left
        if line.scope is ScopeKind.ORGANIZATION:
            reach |= given
        elif line.scope is ScopeKind.UNIT and given == Reach.ALL and line.scope_id is not None:
            roots.add(line.scope_id)
        elif line.scope is ScopeKind.UNIT and given:
            return None
    if reach == Reach.ALL:
        return Reaching(everybody=True)
    if not reach and not roots:
        return None
    if reach & Reach.UNIT == Reach.UNIT and actor.grants.unit_id is not None:
        roots.add(actor.grants.unit_id)
    teams = actor.grants.teams if reach & Reach.TEAM == Reach.TEAM else frozenset()
    if not roots and not teams:
        # One's own row, or nobody's: nothing to search.
        return None
    return Reaching(False, frozenset(roots), teams, actor.own_id if reach else None)


def reached(known: Known, whom: Reaching, units: Sequence[int]) -> Clause:
    """`units`: codes of the roots, and of all below."""
    of_units, of_teams = codes_held(known, "unit", units), places_held(known, sorted(whom.teams))
    parts = [clause for clause in (of_units, of_teams) if clause is not NOBODY]
    sql, values = [clause.sql for clause in parts], [value for clause in parts for value in clause.values]
    if whom.own is not None:
        sql.append("p.id = %s")
        values.append(whom.own)
    if not sql:
        return NOBODY
    terms = tuple(term for clause in parts for term in clause.terms)
    return Clause(
        f"({' OR '.join(sql)})",
        tuple(values),
        PREFIX if terms else "",
        terms,
        twice=len(parts) > 1 or any(clause.twice for clause in parts),
        exact=True,
        also=whom.own,
        size=sum(clause.size for clause in parts),
    )
