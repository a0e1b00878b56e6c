"""Which organizations are searched by tables, and how the tables are filled, kept and emptied."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from tenantry.access.searching.folding import STATUS_TERMS, fold
from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction
from tenantry.people.models import (
    Headcount,
    Membership,
    SearchPair,
    SearchPerson,
    SearchPrefix,
    SearchState,
    SearchToken,
    SearchValue,
    SearchWaiting,
)

# From how many people on, removed ones included, an organization is searched by tables. Below, reading every name takes
# some milliseconds, and nothing has to be kept.
LARGE = 20_000
# Far below: who goes up and down around the line is not filled and emptied all day.
SMALL = 10_000
# Notes of who changed; somebody new has three or four.
FOLDED_AT_ONCE = 2000
FILLED_AT_ONCE = 5000
# Of so many notes for each person everybody is gone through in the order of names instead, where neighbors stand on the
# same pages of every list: one by one each page is read, written and logged whole for a single row.
PASS_FROM = 0.25
# Terms with more people than this are known by size.
FREQUENT = 2000
SIZES_HOLD = timedelta(hours=6)
# Or until there are so many times as many people: what was counted in the middle of a load says little after it.
SIZES_FIT = 1.2


def grown() -> list[UUID]:
    """Organizations that are large and not searched by tables yet; over all of them (crossing `schedule`)."""
    known = SearchState.objects.values("organization_id")
    counted = Headcount.objects.order_by().values("organization_id").annotate(n=Sum("number")).filter(n__gte=LARGE)
    return list(counted.exclude(organization_id__in=known).values_list("organization_id", flat=True))


def tended() -> list[UUID]:
    """Organizations that are searched by tables (crossing `schedule`)."""
    return list(SearchState.objects.values_list("organization_id", flat=True))


def people_counted() -> int:
    """Memberships of the open scope, removed ones included."""
    return int(Headcount.objects.aggregate(n=Coalesce(Sum("number"), 0))["n"])


def begin(now: datetime) -> None:
    """From its commit on whoever changes is noted down."""
    assert_in_transaction()
    SearchState.objects.get_or_create(defaults={"begun_at": now})


def locked_state() -> SearchState | None:
    """The open scope's, for one worker at a time; None when there is none, or another has it."""
    assert_in_transaction()
    return SearchState.objects.select_for_update(skip_locked=True).first()


def may_fill(state: SearchState) -> bool:
    """Whether everybody has ended who may have written without being noted down: they have older transactions than the
    first that was begun when the state was there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_xact_id()::text::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
        own, oldest = cursor.fetchone()
    # Where the database was restored into another one, transactions are counted anew, and none of before is running.
    if state.known_from is None or state.known_from > own:
        state.known_from = own
        state.save(update_fields=["known_from"])
    return bool(oldest >= state.known_from)


def fill(state: SearchState, now: datetime) -> bool:
    """The next of all who are there, in the order of names; whether there may be more. A kill repeats the last batch
    and loses nothing."""
    rows = Membership.objects.order_by("sort_name", "id")
    if state.after_id is not None:
        rows = rows.filter(sort_name__gte=state.after_name)
        rows = rows.filter(Q(sort_name__gt=state.after_name) | Q(id__gt=state.after_id))
    batch = list(rows.values_list("sort_name", "id")[:FILLED_AT_ONCE])
    if not batch and (gone := _taken(_TAKE_GONE, most=FILLED_AT_ONCE)):
        fold(gone)
        state.folded_at = now
        state.save(update_fields=["folded_at"])
        return True
    if not batch:
        state.after_name, state.after_id, state.ready_at = None, None, state.ready_at or now
        state.save(update_fields=["after_name", "after_id", "ready_at"])
        return False
    ids = [row[1] for row in batch]
    # Who came while it is filled waits, too, and has no need to be looked at twice.
    _taken(_TAKE_OF, ids=ids)
    fold(ids)
    state.after_name, state.after_id = batch[-1]
    state.folded_at = now
    state.save(update_fields=["after_name", "after_id", "folded_at"])
    return True


def is_passing(state: SearchState) -> bool:
    """Whether everybody is being gone through."""
    return state.after_name is not None


def _passes(state: SearchState) -> bool:
    """Begins to go through everybody where very many wait; whether that is under way."""
    if not is_passing(state):
        most = int(PASS_FROM * max(LARGE, people_counted()))
        if SearchWaiting.objects.all()[: most + 1].count() <= most:
            return False
        state.after_name, state.after_id = "", None
        state.save(update_fields=["after_name", "after_id"])
    return True


# Somebody new waits for each of their role, teams and so on, and is looked at once.
_TAKE = """
DELETE FROM people_searchwaiting WHERE organization_id = %(organization)s AND member_id IN (
  SELECT member_id FROM people_searchwaiting WHERE organization_id = %(organization)s ORDER BY id LIMIT %(most)s
) RETURNING member_id
"""
_TAKE_OF = """
DELETE FROM people_searchwaiting WHERE organization_id = %(organization)s AND member_id = ANY(%(ids)s)
RETURNING member_id
"""
# Nobody comes by them who goes through those who are there.
_TAKE_GONE = """
DELETE FROM people_searchwaiting WHERE organization_id = %(organization)s AND id IN (
  SELECT w.id FROM people_searchwaiting w WHERE w.organization_id = %(organization)s AND NOT EXISTS (
    SELECT FROM people_membership m WHERE m.organization_id = w.organization_id AND m.id = w.member_id
  ) LIMIT %(most)s
) RETURNING member_id
"""


def _taken(statement: str, **asked: Any) -> list[UUID]:
    """Whose notes were taken away."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": scope.organization_id(), **asked})
        return sorted({row[0] for row in cursor.fetchall()})


def fold_waiting(state: SearchState, now: datetime) -> bool:
    """Those who wait, some at a time; whether there may be more. Their rows are taken away before they are looked at:
    who changes meanwhile waits again."""
    ids = _taken(_TAKE, most=FOLDED_AT_ONCE)
    if not ids:
        return False
    fold(ids)
    state.folded_at = now
    state.save(update_fields=["folded_at"])
    return True


def needs_sizes(state: SearchState, people: int, now: datetime) -> bool:
    if state.sized_at is None or state.sized_at < now - SIZES_HOLD:
        return True
    counted = sum(int(state.sizes.get(term, 0)) for term in STATUS_TERMS)
    return people > SIZES_FIT * max(LARGE, counted)


def measure(state: SearchState, now: datetime) -> None:
    """How many people frequent terms lead to."""
    sizes: dict[str, int] = {}
    for model in (SearchPrefix, SearchPair):
        counted: Any = model.objects.order_by().values("term").annotate(n=Count("id")).filter(n__gt=FREQUENT)
        sizes |= dict(counted.values_list("term", "n"))
    state.sizes, state.sized_at = sizes, now
    state.save(update_fields=["sizes", "sized_at"])


def tend(state: SearchState, now: datetime) -> bool:
    """One step of whatever is to be done; whether there may be another."""
    if state.ready_at is None:
        return may_fill(state) and (fill(state, now) or True)
    if state.sized_at is None:
        # Before those who changed meanwhile, of whom there may be a million: without it the wrong lists are read.
        measure(state, now)
        return True
    if _passes(state):
        return fill(state, now) or True
    if fold_waiting(state, now):
        return True
    people = people_counted()
    if people < SMALL:
        empty(state)
    elif needs_sizes(state, people, now):
        measure(state, now)
    return False


def empty(state: SearchState) -> None:
    """Back to the plain way, all at once."""
    state.delete()
    for model in (SearchWaiting, SearchToken, SearchPrefix, SearchPair, SearchPerson, SearchValue):
        model.objects.all()._raw_delete(model.objects.db)
