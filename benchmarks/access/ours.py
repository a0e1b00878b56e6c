"""Grants and decisions of Tenantry itself, from rows in the database to the answer."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from dataset import SEED, Question
from django.db import connection

from support.cerbos_worlds import Record, World
from tenantry.access import grants
from tenantry.core.actor import Actor, Grants
from tenantry.core.decisions import decide
from tenantry.core.records import Target
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

COLD = 400


class Counter:
    """Counts what is asked of the database."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Any, *call: Any) -> Any:
        self.queries += 1
        return execute(*call)


@contextmanager
def counting() -> Iterator[Counter]:
    counter = Counter()
    with connection.execute_wrapper(counter):
        yield counter


def cold_grants(world: World, organization_id: UUID) -> tuple[list[float], int]:
    """Milliseconds for each of some members, and the most queries that one took."""
    rnd = random.Random(SEED)
    times, most = [], 0
    for member in rnd.sample(list(world.members), COLD):
        with scope.tenant(organization_id), reading(), counting() as counter:
            started = time.perf_counter()
            # Versions that nobody has asked for yet: nothing of this is cached.
            grants.of_member(organization_id, member, -1, -1, world.now)
            times.append((time.perf_counter() - started) * 1000)
            most = max(most, counter.queries)
    return times, most


def actors(world: World, organization_id: UUID, asked: Sequence[Question]) -> dict[UUID, Actor]:
    """Of everybody who asks, with grants from the database, as the gate would hold them in its process."""
    members = {q.member.id for q in asked}
    with scope.tenant(organization_id), reading():
        granted: Mapping[UUID, Grants] = grants.of_members(members, world.now)
    return {
        member: Actor(kind="member", organization_id=organization_id, grants=granted[member], membership_id=member)
        for member in members
    }


def targets(world: World, asked: Sequence[Question]) -> dict[UUID, Target]:
    return {q.record.id: _target(world, q.record) for q in asked}


def _target(world: World, record: Record) -> Target:
    owner = world.member(record.owner)
    return Target(
        kind="record",
        id=record.id,
        owner=record.owner,
        owner_teams=frozenset(owner.teams) if owner else frozenset(),
        team=record.team,
        workflow=record.workflow,
        units=frozenset(world.above(record.unit)),
        workspace=record.workspace,
        collaborators=frozenset(record.collaborators),
    )


def ask(prepared: Sequence[tuple[Actor, str, Target]]) -> list[bool]:
    return [decide(actor, code, target).allowed for actor, code, target in prepared]
