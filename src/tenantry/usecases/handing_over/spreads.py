"""To whom records go: how many each receiver gets of how many, and who is next. Numbers only; nothing is read here.

A spread is one or more pools. The next record of a pool goes to whoever of it has least, so that the numbers of a plan
follow from how many records there are, whatever their order, and a batch can go on where the last one stopped.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tenantry.crm.opening import Opens

ONE: Final = "one"
ROUND_ROBIN: Final = "round_robin"
TEAM: Final = "team"
WORKFLOW: Final = "workflow"
NOBODY: Final = "nobody"
KINDS: Final = (ONE, ROUND_ROBIN, TEAM, WORKFLOW, NOBODY)


@dataclass(frozen=True, slots=True)
class Spread:
    """`one` and `round_robin`: `to` names the receivers, in their order. `team` and `workflow`: `to` names teams or
    workflows, whose members receive, least loaded first; none named: each record goes to members of a team that its
    owner is in, or of its own workflow (a record without one: of those that its owner takes part in). `nobody`: the
    queue *Unassigned*, where also everything goes for which no receiver is found."""

    kind: str
    to: tuple[UUID, ...] = ()

    @property
    def by_workflow(self) -> bool:
        """Whether it depends on the record's workflow to whom it goes."""
        return self.kind == WORKFLOW and not self.to

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"kind": self.kind, "to": [str(one) for one in self.to]}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Spread":
        return cls(plain["kind"], tuple(UUID(one) for one in plain["to"]))


@dataclass(frozen=True, slots=True)
class Pool:
    """Receivers in the order in which they are asked when they have equally much; `loads`: how much each has before.
    Without members: the queue."""

    members: tuple[UUID, ...]
    loads: tuple[int, ...]

    def gifts(self, number: int) -> list[int]:
        """How many each has got after so many records: everybody is filled up to one level, the rest comes in turn."""
        if not self.members:
            return []
        level = self._level(number)
        given = [max(0, level - load) for load in self.loads]
        rest = number - sum(given)
        for i, load in enumerate(self.loads):
            if rest and load <= level:
                given[i] += 1
                rest -= 1
        return given

    def _level(self, number: int) -> int:
        """The highest load up to which everybody below it can be filled."""
        taken = 0
        loads = sorted(self.loads)
        for count, load in enumerate(loads, 1):
            taken += load
            above = loads[count] if count < len(loads) else None
            level = (number + taken) // count
            if above is None or level < above:
                return level
        raise AssertionError("the last one always fits")

    def turns(self, after: int, number: int) -> list[UUID | None]:
        """Whose turn it is for the next `number` records, when so many were given before."""
        if len(self.members) < 2:
            return [self.members[0] if self.members else None] * number
        given = self.gifts(after)
        heap = [(load + gift, i) for i, (load, gift) in enumerate(zip(self.loads, given, strict=True))]
        heapq.heapify(heap)
        found: list[UUID | None] = []
        for _ in range(number):
            has, i = heap[0]
            heapq.heapreplace(heap, (has + 1, i))
            found.append(self.members[i])
        return found


QUEUE = Pool((), ())


class Sharing:
    """The pools of one handing over, and which of them a record draws from: its workflow's, else its owner's, and
    `instead` of it another one for records of a type in a workspace that not everybody of the pool could open; `until`:
    when the newest of them was made. Fixed when it is planned.

    Not a dataclass, and silent about itself: it is part of a plan, but what somebody confirms, and a digest covers, are
    the numbers that come of it."""

    __slots__ = ("by_owner", "by_workflow", "instead", "pools", "until")

    def __init__(
        self,
        pools: Sequence[Pool] = (),
        by_owner: Mapping[UUID, int] | None = None,
        by_workflow: Mapping[UUID, int] | None = None,
        instead: Mapping[tuple[int, str, UUID | None], int] | None = None,
        until: datetime | None = None,
    ) -> None:
        self.pools = tuple(pools)
        self.by_owner = dict(by_owner or {})
        self.by_workflow = dict(by_workflow or {})
        self.instead = dict(instead or {})
        self.until = until

    def __str__(self) -> str:
        return ""

    def pool_of(self, group: "Group") -> int | None:
        """None: nobody is there to receive; the record goes to the queue, or stays in it."""
        own = self.by_workflow.get(group.workflow) if group.workflow else None
        usual = self.by_owner.get(group.owner) if own is None else own
        return None if usual is None else self.instead.get((usual, group.type_key, group.place), usual)

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "pools": [[[str(one) for one in pool.members], list(pool.loads)] for pool in self.pools],
            "by_owner": {str(key): n for key, n in self.by_owner.items()},
            "by_workflow": {str(key): n for key, n in self.by_workflow.items()},
            "instead": [[n, key, str(at) if at else None, other] for (n, key, at), other in self.instead.items()],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Sharing":
        return cls(
            [Pool(tuple(UUID(one) for one in members), tuple(loads)) for members, loads in plain["pools"]],
            {UUID(key): n for key, n in plain["by_owner"].items()},
            {UUID(key): n for key, n in plain["by_workflow"].items()},
            # Those that were begun by an earlier release have none.
            {(n, key, UUID(at) if at else None): other for n, key, at, other in plain.get("instead", ())},
        )


@dataclass(frozen=True, slots=True)
class Group:
    """So many records of a type, of one owner (nil: the queue), in one workflow and one workspace (`place`) where that
    matters. `last`: when the newest of them was made, where the type says so."""

    type_key: str
    owner: UUID
    workflow: UUID | None
    number: int
    place: UUID | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may receive: of each owner's records, and of each workflow's; `loads`: what they have now."""

    by_owner: Mapping[UUID, tuple[UUID, ...]]
    by_workflow: Mapping[UUID, tuple[UUID, ...]]
    loads: Mapping[UUID, int]

    @property
    def everybody(self) -> set[UUID]:
        return {one for members in (*self.by_owner.values(), *self.by_workflow.values()) for one in members}


# Whose turn it is, and where nobody of them could open it, the type and the workspace of which alone it is.
_Key = tuple[tuple[UUID, ...], tuple[str, UUID | None] | None]


def everybody_opens(_one: UUID, _type_key: str, _place: UUID | None) -> bool:
    return True


def shared(groups: Sequence[Group], candidates: Candidates, opens: Opens = everybody_opens) -> Sharing:
    """Pools for these groups. Who is in several begins in the next with what the one before gives them. Records that
    only some of a pool could open go to those; what nobody of it could open is shared out by itself."""
    wanted: dict[_Key, int] = {}
    others: dict[tuple[tuple[UUID, ...], str, UUID | None], _Key] = {}
    for group in groups:
        own = candidates.by_workflow.get(group.workflow) if group.workflow else None
        members = own or candidates.by_owner.get(group.owner, ())
        able = tuple(one for one in members if opens(one, group.type_key, group.place))
        key: _Key = (able, None) if able or not members else (members, (group.type_key, group.place))
        if key != (members, None):
            others[members, group.type_key, group.place] = key
        wanted[key] = wanted.get(key, 0) + group.number
    # Owners and workflows of which there is nothing now may have something when it is carried out.
    for members in (*candidates.by_owner.values(), *candidates.by_workflow.values()):
        wanted.setdefault((members, None), 0)
    loads = dict(candidates.loads)
    pools: list[Pool] = []
    index: dict[_Key, int] = {}
    for key, number in wanted.items():
        members = key[0]
        if not members:
            continue
        pool = Pool(members, tuple(loads.get(one, 0) for one in members))
        for one, gift in zip(members, pool.gifts(number), strict=True):
            loads[one] = loads.get(one, 0) + gift
        index[key] = len(pools)
        pools.append(pool)
    return Sharing(
        pools,
        {key: index[members, None] for key, members in candidates.by_owner.items() if members},
        {key: index[members, None] for key, members in candidates.by_workflow.items() if members},
        {(index[members, None], kind, at): index[key] for (members, kind, at), key in others.items()},
        max((group.last for group in groups if group.last), default=None),
    )


def numbers_of(sharing: Sharing, groups: Iterable[Group]) -> dict[UUID | None, int]:
    """How many records each receiver gets; None: the queue."""
    drawn: dict[int | None, int] = {}
    for group in groups:
        pool = sharing.pool_of(group)
        drawn[pool] = drawn.get(pool, 0) + group.number
    found: dict[UUID | None, int] = {}
    for n, number in drawn.items():
        if n is None:
            found[None] = found.get(None, 0) + number
            continue
        chosen = sharing.pools[n]
        for one, gift in zip(chosen.members, chosen.gifts(number), strict=True):
            if gift:
                found[one] = found.get(one, 0) + gift
    return found


def closed_of(
    sharing: Sharing, groups: Iterable[Group], opens: Opens
) -> dict[tuple[UUID, UUID | None], dict[str, int]]:
    """(receiver, workspace) -> records by type that the receiver could not open. Whoever of a pool could has them all,
    so a pool of such records is of one type in one workspace."""
    drawn: dict[tuple[int, str, UUID | None], int] = {}
    for group in groups:
        pool = sharing.pool_of(group)
        if pool is not None and not opens(sharing.pools[pool].members[0], group.type_key, group.place):
            key = (pool, group.type_key, group.place)
            drawn[key] = drawn.get(key, 0) + group.number
    found: dict[tuple[UUID, UUID | None], dict[str, int]] = {}
    for (n, kind, place), number in drawn.items():
        chosen = sharing.pools[n]
        for one, gift in zip(chosen.members, chosen.gifts(number), strict=True):
            if gift:
                counts = found.setdefault((one, place), {})
                counts[kind] = counts.get(kind, 0) + gift
    return found
