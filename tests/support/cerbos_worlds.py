"""Made-up organizations as plain facts: who holds which role where, who is in which team, who owns what.

Nothing is worked out here. The facts are written to our tables (`cerbos_rows`) and, as they are, to Cerbos
(`Member.attributes`, `Record.attributes`).
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tenantry.core.permissions import (
    REACH_CODES,
    YES,
    Permission,
    ScopeKind,
    catalogue,
    restrictions,
)

REACHES = tuple(REACH_CODES)
# How often roles give them: mostly the narrow ones, so that most questions turn on how member and record are connected.
WEIGHTS = (6, 5, 4, 4, 2)
NOTHING = "nothing"
# What a record says where it has none; a member says "" there, so that two absent ids never meet.
NONE = "none"
COLUMNS = ("owner", "team", "workflow", "unit", "workspace", "collaborators")


@dataclass(frozen=True, slots=True)
class Role:
    id: UUID
    kind: str
    everything: bool
    permissions: dict[str, str]

    @property
    def attributes(self) -> dict[str, Any]:
        return {"everything": self.everything, "permissions": self.permissions}


@dataclass(frozen=True, slots=True)
class Assignment:
    """`then`: what a base role with an end gives way to."""

    role: Role
    scope: ScopeKind
    place: UUID | None = None
    ends: datetime | None = None
    then: Role | None = None

    @property
    def attributes(self) -> dict[str, Any]:
        # Another assignment that is over gives nothing: as a role that holds nothing.
        then = self.then.attributes if self.then else {"everything": False, "permissions": {}}
        return {
            "role": self.role.attributes,
            "scope": str(self.scope),
            "place": _id(self.place, ""),
            "ends": self.ends.isoformat() if self.ends else "",
            "then": then,
        }


@dataclass(frozen=True, slots=True)
class Profile:
    """`everything` bounds nothing."""

    id: UUID
    everything: bool
    permissions: dict[str, str]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """One restriction of a member, everywhere or in one workspace."""

    code: str
    value: str
    workspace: UUID | None

    @property
    def attributes(self) -> dict[str, Any]:
        declared = restrictions()[self.code]
        return {
            "takes": list(declared.takes),
            "leaves": self.value if declared.choices else NOTHING,
            "hides": list(declared.hides),
            "workspace": _id(self.workspace, ""),
        }


@dataclass(slots=True)
class Member:
    id: UUID
    unit: UUID | None = None
    active: bool = True
    teams: list[UUID] = field(default_factory=list)
    workflows: list[UUID] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    profile: Profile | None = None
    restrictions: list[Taken] = field(default_factory=list)

    def principal(self, world: "World", *, state: str = "active") -> dict[str, Any]:
        """As Cerbos wants it."""
        profile: dict[str, Any] = {}
        if self.profile is not None:
            profile["fields"] = self.profile.fields
            if not self.profile.everything:
                profile["permissions"] = self.profile.permissions
        attributes = {
            "now": world.now.isoformat(),
            "state": state,
            "seated": True,
            "unit": _id(self.unit, ""),
            "teams": [str(team) for team in self.teams],
            "workflows": [str(workflow) for workflow in self.workflows],
            "assignments": [assignment.attributes for assignment in self.assignments],
            "profile": profile,
            "restrictions": [taken.attributes for taken in self.restrictions],
        }
        return {"id": str(self.id), "roles": ["member"], "attr": attributes}


@dataclass(slots=True)
class Record:
    """What a record of a type without some of these columns has, `attributes` leaves out."""

    id: UUID
    owner: UUID | None = None
    team: UUID | None = None
    workflow: UUID | None = None
    unit: UUID | None = None
    workspace: UUID | None = None
    collaborators: list[UUID] = field(default_factory=list)

    def attributes(self, world: "World", columns: Iterable[str] = COLUMNS) -> dict[str, Any]:
        """As a type with these columns has it. One without units stands where its owner stands."""

        def value(column: str) -> Any:
            return getattr(self, column) if column in columns else None

        owner = world.member(value("owner"))
        unit = self.unit if "unit" in columns else (owner.unit if owner else None)
        return {
            "owner": _id(value("owner"), NONE),
            "owner_teams": [str(team) for team in owner.teams] if owner else [],
            "team": _id(value("team"), NONE),
            "workflow": _id(value("workflow"), NONE),
            "units": [str(above) for above in world.above(unit)],
            "workspace": _id(value("workspace"), NONE),
            "collaborators": [str(one) for one in value("collaborators") or ()],
        }


def question(code: str, attributes: dict[str, Any], *, name: str, field_code: str = "") -> dict[str, Any]:
    """One resource of a request: may this permission be used on a record with these attributes?"""
    declared = catalogue()[code]
    asked = {
        "permission": code,
        "scopes": [str(scope) for scope in declared.scopes],
        "in_applications": declared.in_applications,
        "reads": declared.reads,
        "when_frozen": declared.when_frozen,
        "exports": declared.exports,
        "field": field_code,
    }
    return {"resource": {"kind": "record", "id": name, "attr": {**attributes, **asked}}, "actions": ["perform"]}


@dataclass(slots=True)
class World:
    """One organization. `units`: unit -> the one above; the root has none."""

    now: datetime
    units: dict[UUID, UUID | None] = field(default_factory=dict)
    teams: list[UUID] = field(default_factory=list)
    workspaces: list[UUID] = field(default_factory=list)
    workflows: list[UUID] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    members: dict[UUID, Member] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def member(self, member_id: UUID | None) -> Member | None:
        return None if member_id is None else self.members[member_id]

    def above(self, unit: UUID | None) -> list[UUID]:
        """The unit and every one above it."""
        found = []
        while unit is not None:
            found.append(unit)
            unit = self.units[unit]
        return found


@dataclass(frozen=True, slots=True)
class Sizes:
    units: int = 7
    teams: int = 4
    workspaces: int = 3
    workflows: int = 3
    roles: int = 8
    profiles: int = 3
    members: int = 10
    records: int = 30
    # Permissions a role gives, and the teams and workflows that a member is in at most.
    gives: int = 12
    joins: int = 2


class Maker:
    """Makes worlds from a seed."""

    def __init__(
        self, seed: int, codes: Sequence[str], fields: Sequence[str] = (), restricting: Sequence[str] = ()
    ) -> None:
        """Of these permissions, fields and restrictions."""
        self.random = random.Random(seed)
        self.codes = [catalogue()[code] for code in codes]
        self.fields = list(fields)
        self.restrictions = [restrictions()[code] for code in restricting]

    def world(self, sizes: Sizes, *, plain: bool = False) -> World:
        """`plain`: roles in the whole organization only, no ends, profiles or restrictions."""
        world = World(now=datetime(2026, 11, 22, 9, tzinfo=UTC))
        for _ in range(sizes.units):
            world.units[self._new()] = self.random.choice(list(world.units)) if world.units else None
        world.teams = [self._new() for _ in range(sizes.teams)]
        world.workspaces = [self._new() for _ in range(sizes.workspaces)]
        world.workflows = [self._new() for _ in range(sizes.workflows)]
        kinds = ["base"] * 4 + ["addition"] if plain else ["base", "base", "addition", "unit", "workspace"]
        world.roles = [self._role(kinds[i % len(kinds)], sizes, first=i == 0) for i in range(sizes.roles)]
        world.profiles = [self._profile(first=i == 0) for i in range(sizes.profiles)]
        for _ in range(sizes.members):
            member = self._member(world, sizes, plain=plain)
            world.members[member.id] = member
        people = list(world.members)
        world.records = [self._record(world, people) for _ in range(sizes.records)]
        return world

    def _new(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def _may(self, share: float) -> bool:
        return self.random.random() < share

    def _some(self, things: Sequence[UUID], most: int) -> list[UUID]:
        return self.random.sample(things, self.random.randint(0, min(most, len(things))))

    def _one(self, things: Sequence[UUID], share: float) -> UUID | None:
        return self.random.choice(things) if things and self._may(share) else None

    def _written(self, permission: Permission) -> str:
        return self.random.choices(REACHES, WEIGHTS)[0] if permission.has_reach else YES

    def _role(self, kind: str, sizes: Sizes, *, first: bool) -> Role:
        able = [p for p in self.codes if not p.keyholders_only]
        # Roles at units and levels name what can't be held there too: it gives nothing there.
        given = self.random.sample(able, min(sizes.gives, len(able)))
        permissions = {} if first else {permission.code: self._written(permission) for permission in given}
        return Role(self._new(), kind, first, permissions)

    def _profile(self, *, first: bool) -> Profile:
        named = {p.code: self._written(p) for p in self.codes if p.in_applications and self._may(0.8)}
        fields = {code: self.random.choice(("hidden", "view")) for code in self.fields if self._may(0.5)}
        return Profile(self._new(), first, {} if first else named, fields)

    def _member(self, world: World, sizes: Sizes, *, plain: bool) -> Member:
        member = Member(self._new(), unit=self._one(list(world.units), 0.8), active=self._may(0.9))
        member.teams = self._some(world.teams, sizes.joins)
        member.workflows = self._some(world.workflows, sizes.joins)
        member.assignments = self._assignments(world, plain=plain)
        if not plain:
            member.profile = self.random.choice(world.profiles) if world.profiles and self._may(0.5) else None
            member.restrictions = self._restrictions(world)
        return member

    def _of_kind(self, world: World, kind: str) -> list[Role]:
        return [role for role in world.roles if role.kind == kind]

    def _assignments(self, world: World, *, plain: bool) -> list[Assignment]:
        base = self._of_kind(world, "base")
        ends = self._end() if not plain and self._may(0.2) else None
        found = [
            Assignment(
                self.random.choice(base),
                ScopeKind.ORGANIZATION,
                ends=ends,
                then=self.random.choice(base) if ends else None,
            )
        ]
        if self._may(0.3):
            found.append(Assignment(self.random.choice(self._of_kind(world, "addition")), ScopeKind.ORGANIZATION))
        if plain:
            return found
        for kind, places in ((ScopeKind.UNIT, list(world.units)), (ScopeKind.WORKSPACE, world.workspaces)):
            for place in self._some(places, 2):
                ends = self._end() if self._may(0.3) else None
                found.append(Assignment(self.random.choice(self._of_kind(world, kind)), kind, place, ends))
        return found

    def _end(self) -> datetime:
        return datetime(2026, 11, 22, 9, tzinfo=UTC) + timedelta(hours=self.random.choice((-30, -1, 1, 30)))

    def _restrictions(self, world: World) -> list[Taken]:
        found: dict[tuple[str, UUID | None], Taken] = {}
        for declared in self.restrictions:
            if self._may(0.3):
                place = self._one(world.workspaces, 0.5) if declared.in_workspaces else None
                value = self.random.choice(declared.choices) if declared.choices else YES
                found[declared.code, place] = Taken(declared.code, value, place)
        return list(found.values())

    def _record(self, world: World, people: Sequence[UUID]) -> Record:
        return Record(
            self._new(),
            owner=self._one(people, 0.9),
            team=self._one(world.teams, 0.3),
            workflow=self._one(world.workflows, 0.5),
            unit=self._one(list(world.units), 0.7),
            workspace=self._one(world.workspaces, 0.6),
            collaborators=self._some(people, 2) if self._may(0.3) else [],
        )


def _id(value: UUID | None, absent: str) -> str:
    return absent if value is None else str(value)
