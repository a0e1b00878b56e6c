"""A page of a list over 1,000,000 records, as sales reps see it: own ones, the team's, those they take part in.

Three kinds of reps, because each tempts the planner into another plan: usual ones, those who own thousands of records,
and new ones who see nothing yet.
"""

import itertools
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from support.cerbos_worlds import World
from support.probes import PROBE, VIEW, Probe
from tenantry.access import grants
from tenantry.access.models import Assignment, Role
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.lists import visible_page
from tenantry.core.paging import Page, keyset_page
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

RECORDS = 1_000_000
COLLABORATIONS = 500_000
BLOCK = 20_000
SEED = 1022
# How many of each kind are asked; busy ones are of the first hundredth.
USUAL, BUSY, NEW = 100, 30, 30
OWNERS = 6000
PAGE = 50
START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reps:
    usual: list[UUID]
    busy: list[UUID]
    new: list[UUID]


def load(server: psycopg.Connection[Any], world: World, organization_id: UUID) -> Reps:
    """Fill the probes' tables by COPY, and give the reps who are asked for a role of their own."""
    members = list(world.members)
    owners, others = members[:OWNERS], members[OWNERS:]
    rnd = random.Random(SEED)
    reps = Reps(
        usual=rnd.sample(owners, USUAL),
        busy=rnd.sample(owners[: OWNERS // 100], BUSY),
        new=_without_records(world, others),
    )
    weights = list(itertools.accumulate(1 / (place + 30) ** 0.8 for place in range(OWNERS)))
    ids = [_id_of(number, rnd) for number in range(RECORDS)]
    # Neither foreign keys nor indexes row by row: both are as they should be afterwards.
    server.execute("SET session_replication_role = replica")
    # Otherwise VACUUM comes before the commit is on disk, and marks no page as visible to all.
    server.execute("SET synchronous_commit = on")
    indexes = _drop_indexes(server)
    records = _records(world, organization_id, ids, owners, weights, rnd)
    _copy(server, "probing_probe", records)
    taking_part = _collaborations(organization_id, ids, owners, weights, rnd)
    _copy(server, "probing_probecollaborator", taking_part)
    for statement in indexes:
        server.execute(statement)
    server.execute("SET session_replication_role = origin")
    for table in ("probing_probe", "probing_probecollaborator", "people_teammember", "people_membership"):
        server.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
    server.execute("CHECKPOINT")
    _make_reps([*reps.usual, *reps.busy, *reps.new], world, organization_id)
    return reps


def _without_records(world: World, others: Sequence[UUID]) -> list[UUID]:
    """Alone in no team with anybody who owns something: nothing is within their reach."""
    return [member for member in others if not world.members[member].teams][:NEW]


def _id_of(number: int, rnd: random.Random) -> UUID:
    """As UUIDv7 would be made at that moment."""
    millisecond = int((START + timedelta(minutes=number)).timestamp() * 1000)
    return UUID(int=(millisecond << 80) | (7 << 76) | (rnd.getrandbits(12) << 64) | (2 << 62) | rnd.getrandbits(62))


COLUMNS = {
    "probing_probe": ("organization_id", "id", "name", "created_at", "owner_id", "team_id", "workflow_id"),
    "probing_probecollaborator": ("organization_id", "id", "probe_id", "member_id"),
}


def _records(
    world: World,
    organization_id: UUID,
    ids: Sequence[UUID],
    owners: Sequence[UUID],
    weights: Sequence[float],
    rnd: random.Random,
) -> Iterator[str]:
    owned = rnd.choices(owners, cum_weights=weights, k=len(ids))
    teams = rnd.choices(world.teams, k=len(ids))
    workflows = rnd.choices(world.workflows, k=len(ids))
    for number, (record, owner, team, workflow) in enumerate(zip(ids, owned, teams, workflows, strict=True)):
        created = (START + timedelta(minutes=number)).isoformat()
        # One in 50 belongs to nobody; one in 10 to a team.
        whose = owner if number % 50 else r"\N"
        ours = r"\N" if number % 10 else team
        yield f"{organization_id}\t{record}\tRecord {number}\t{created}\t{whose}\t{ours}\t{workflow}\n"


def _collaborations(
    organization_id: UUID, ids: Sequence[UUID], owners: Sequence[UUID], weights: Sequence[float], rnd: random.Random
) -> Iterator[str]:
    records = rnd.choices(ids, k=COLLABORATIONS)
    members = rnd.choices(owners, cum_weights=weights, k=COLLABORATIONS)
    for record, member in sorted(set(zip(records, members, strict=True))):
        yield f"{organization_id}\t{new_id()}\t{record}\t{member}\n"


def _copy(server: psycopg.Connection[Any], table: str, lines: Iterator[str]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with server.cursor() as cursor, cursor.copy(statement) as copy:
        while block := list(itertools.islice(lines, BLOCK)):
            copy.write("".join(block))


def _drop_indexes(server: psycopg.Connection[Any]) -> list[str]:
    """Drops those that are no constraint; what makes them again."""
    found = server.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid IN ('probing_probe'::regclass, 'probing_probecollaborator'::regclass)"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
    ).fetchall()
    for name, _statement in found:
        server.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [statement for _name, statement in found]


def _make_reps(members: Sequence[UUID], world: World, organization_id: UUID) -> None:
    with scope.tenant(organization_id), writing():
        role = Role.objects.create(key="rep", name="Rep", sort_name="rep", permissions={VIEW: "team"}, is_system=False)
        Assignment.objects.filter(membership_id__in=members, is_base=True).update(role=role)


# --- Pages ---------------------------------------------------------------------------------


def pages(world: World, organization_id: UUID, reps: Reps) -> dict[str, dict[str, float]]:
    """Milliseconds by kind of rep and by all; each rep opens the list, goes on twice, and jumps to the middle."""
    deep = _far_down(organization_id)
    found: dict[str, list[float]] = {}
    for kind in ("usual", "busy", "new"):
        for actor in _actors(world, organization_id, getattr(reps, kind)):
            found.setdefault(kind, []).extend(_paged(actor, organization_id, deep))
    figures = {kind: _figures(times) for kind, times in found.items()}
    return {**figures, "all": _figures(list(itertools.chain(*found.values())))}


def _actors(world: World, organization_id: UUID, members: Sequence[UUID]) -> list[Actor]:
    with scope.tenant(organization_id), reading():
        granted = grants.of_members(members, world.now)
    return [
        Actor(kind="member", organization_id=organization_id, grants=granted[member], membership_id=member)
        for member in members
    ]


def page_of(actor: Actor, cursor: str | None = None) -> Page[Probe]:
    """What a list page of the product asks for."""
    return visible_page(actor, VIEW, PROBE, order="created_at", descending=True, cursor=cursor, size=PAGE)


def _paged(actor: Actor, organization_id: UUID, deep: str) -> list[float]:
    """Three pages from the newest on, and one far down."""
    times, cursor = [], None
    for _ in range(3):
        took, page = _timed(actor, organization_id, cursor)
        times.append(took)
        cursor = page.next
        if cursor is None:
            break
    return [*times, _timed(actor, organization_id, deep)[0]]


def _far_down(organization_id: UUID) -> str:
    """A cursor in the middle of the list: cursors name a place, not a reader."""
    middle = START + timedelta(minutes=RECORDS // 2)
    with scope.tenant(organization_id), reading():
        cursor = keyset_page(Probe.objects.filter(created_at__lt=middle), order="created_at", descending=True).next
    assert cursor is not None
    return cursor


def _timed(actor: Actor, organization_id: UUID, cursor: str | None) -> tuple[float, Page[Probe]]:
    """With its transaction, which sets role and organization."""
    started = time.perf_counter()
    with scope.tenant(organization_id), reading():
        page = page_of(actor, cursor)
    return (time.perf_counter() - started) * 1000, page


def _figures(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "pages": len(ordered),
        "p50_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2),
        "max_ms": round(ordered[-1], 2),
    }


def explain(world: World, organization_id: UUID, member: UUID) -> str:
    """How the database reads one member's first page."""
    [actor] = _actors(world, organization_id, [member])
    with scope.tenant(organization_id), reading():
        with CaptureQueriesContext(connection) as captured:
            page_of(actor)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {captured[-1]['sql']}")
            return "\n".join(line for (line,) in cursor.fetchall())
