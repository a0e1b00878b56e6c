"""What is asked, and of whom: an organization of 1,000 roles and 10,000 members, the same in every run."""

import random
from dataclasses import dataclass

from support.cerbos_worlds import Maker, Member, Record, Sizes, World
from tenantry.core.permissions import catalogue

SEED = 20261122
SIZES = Sizes(
    units=200,
    teams=1000,
    workspaces=0,
    workflows=40,
    roles=1000,
    profiles=0,
    members=10_000,
    records=2000,
    gives=20,
)
ASKED = 4000
ALLOWED_SHARE = 0.4
LOOKING, LOOKED_AT = 40, 50
# Asked of somebody whose roles list nothing.
VIEW = "deals.view"


@dataclass(frozen=True, slots=True)
class Question:
    """May this member do this to this record? `expected` is worked out here, the slow and obvious way."""

    member: Member
    code: str
    record: Record
    expected: bool


def make() -> World:
    """Roles are held in the whole organization, without profiles and restrictions: what all peers can say well."""
    codes = [code for code, p in catalogue().items() if p.has_reach and p.in_applications]
    return Maker(SEED, codes).world(SIZES, plain=True)


def questions(world: World) -> list[Question]:
    """Mixed so that about as many are allowed as refused: members picked blindly are nearly always strangers."""
    rnd = random.Random(SEED)
    members = list(world.members.values())
    codes = sorted({code for role in world.roles for code in role.permissions})
    by_team: dict[object, list[Member]] = {}
    for member in members:
        for team in member.teams:
            by_team.setdefault(team, []).append(member)
    wanted = {True: int(ASKED * ALLOWED_SHARE), False: ASKED - int(ASKED * ALLOWED_SHARE)}
    found: list[Question] = []
    while any(wanted.values()):
        record = rnd.choice(world.records)
        member = _somebody(rnd, world, record, members, by_team)
        held = [code for assignment in member.assignments for code in assignment.role.permissions]
        code = rnd.choice(held) if held and rnd.random() < 0.8 else rnd.choice(codes)
        expected = obviously(world, member, code, record)
        if wanted[expected]:
            wanted[expected] -= 1
            found.append(Question(member, code, record, expected))
    rnd.shuffle(found)
    return found


def lists(world: World) -> list[Question]:
    """One member after the other looks at 50 records: what is asked where many are decided at once."""
    rnd = random.Random(SEED)
    found: list[Question] = []
    for member in rnd.sample(list(world.members.values()), LOOKING):
        code = rnd.choice([code for assignment in member.assignments for code in assignment.role.permissions] or [VIEW])
        found += [
            Question(member, code, record, obviously(world, member, code, record))
            for record in rnd.sample(world.records, LOOKED_AT)
        ]
    return found


def _somebody(
    rnd: random.Random, world: World, record: Record, members: list[Member], by_team: dict[object, list[Member]]
) -> Member:
    """The owner, a collaborator, a teammate of the owner, or anybody."""
    owner = world.member(record.owner)
    near = [owner] if owner else []
    near += [world.members[one] for one in record.collaborators]
    near += [rnd.choice(by_team[team]) for team in (owner.teams if owner else [])]
    return rnd.choice(near) if near and rnd.random() < 0.7 else rnd.choice(members)


def obviously(world: World, member: Member, code: str, record: Record) -> bool:
    return any(
        assignment.role.everything
        or (code in assignment.role.permissions and reaches(world, member, record, assignment.role.permissions[code]))
        for assignment in member.assignments
    )


def reaches(world: World, member: Member, record: Record, reach: str) -> bool:
    owner = world.member(record.owner)
    if record.owner == member.id or member.id in record.collaborators or reach == "all":
        return True
    if reach == "team":
        of_owner = owner.teams if owner else []
        return record.team in member.teams or not set(member.teams).isdisjoint(of_owner)
    if reach == "workflow":
        return record.workflow in member.workflows
    return reach == "unit" and member.unit is not None and member.unit in world.above(record.unit)
