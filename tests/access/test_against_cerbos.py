"""The same questions put to `decide`, to `visible` and to Cerbos, whose policies were written from the specification.

Each organization is made up from a seed and stands in our tables: roles in the whole organization, at units and in
workspaces, some of them over by now, profiles, restrictions, teams, workflows, and records of every type of column.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from factories.organizations import make_organization
from support import cerbos, cerbos_rows
from support.cerbos_worlds import COLUMNS, Maker, Member, Sizes, World, question
from support.probes import CREATE, DELETE, EDIT, FIELDS, NO_EDIT, NO_SECRET, SEEN, TYPES, VIEW, probes
from tenantry.access import grants
from tenantry.core.actor import Actor, Grants
from tenantry.core.decisions import decide, visible
from tenantry.core.permissions import ScopeKind
from tenantry.core.records import RecordType, Target, target_of
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

__all__ = ["probes"]
pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("probes")]

SEEDS = range(12)
# Beside those of probes: bounded by profiles or not, held at units, in workspaces or in the organization only.
OTHERS = ("deals.edit", "contacts.view", "contacts.delete", "records.export", "reports.export", "people.view")
CODES = (VIEW, CREATE, EDIT, DELETE, *OTHERS, "teams.manage", "workspaces.manage")
FIELD_CODES = [field.code for field in FIELDS]
ASKED_OF_EACH_TYPE = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cerbos.Server]:
    try:
        cerbos.program()
    except cerbos.NotHere as why:
        pytest.skip(str(why))
    with cerbos.running(cerbos.POLICIES, tmp_path_factory.mktemp("cerbos")) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Asked:
    record_type: RecordType
    code: str
    field: str | None
    number: int
    target: Target


def _columns(record_type: RecordType) -> list[str]:
    return [column for column in COLUMNS if getattr(record_type, column) is not None]


def _asked(world: World, targets: dict[str, list[Target]], rnd: random.Random) -> list[Asked]:
    """Some permissions of every type for every record; of a field now and then."""
    return [
        Asked(record_type, code, rnd.choice([None, None, *FIELD_CODES]), number, targets[record_type.key][number])
        for record_type in TYPES
        for code in rnd.sample(CODES, ASKED_OF_EACH_TYPE)
        for number in range(len(world.records))
    ]


def _questions(world: World, asked: list[Asked]) -> list[dict[str, object]]:
    known = {
        (record_type.key, number): record.attributes(world, _columns(record_type))
        for record_type in TYPES
        for number, record in enumerate(world.records)
    }
    return [
        question(one.code, known[one.record_type.key, one.number], name=str(i), field_code=one.field or "")
        for i, one in enumerate(asked)
    ]


def _differences(
    server: cerbos.Server, world: World, member: Member, actor: Actor, targets: dict[str, list[Target]], seed: int
) -> tuple[list[str], int, int]:
    """What differs in words, how many questions were asked, and how many of them allowed."""
    asked = _asked(world, targets, random.Random(f"{seed} {member.id}"))
    theirs = [
        answer["perform"]
        for answer in server.check(member.principal(world, state=actor.state), _questions(world, asked))
    ]
    found = [
        f"{one.code} on {one.record_type.key} {one.target}, field {one.field}: Cerbos says {allowed}, of {member}"
        for one, allowed in zip(asked, theirs, strict=True)
        if decide(actor, one.code, one.target, field=one.field).allowed != allowed
    ]
    # Whole rows only: a list knows nothing of fields.
    lists: dict[tuple[str, str], dict[object, bool]] = {}
    for one, allowed in zip(asked, theirs, strict=True):
        if one.field is None:
            lists.setdefault((one.record_type.key, one.code), {})[one.target.id] = allowed
    kinds = {record_type.key: record_type for record_type in TYPES}
    for (key, code), answers in lists.items():
        shown = set(visible(actor, code, kinds[key]).values_list("pk", flat=True)) & set(answers)
        expected = {record for record, allowed in answers.items() if allowed}
        if shown != expected:
            found.append(f"{code} on the list of {key}: differs in {shown ^ expected}, of {member}")
    return found, len(asked), sum(theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_cerbos_gives_the_same_answers(seed: int, server: cerbos.Server) -> None:
    organization = make_organization()
    world = Maker(seed, CODES, FIELD_CODES, [NO_EDIT, SEEN, NO_SECRET, "contacts.seen", "deals.no_edit"]).world(
        Sizes(gives=7)
    )
    cerbos_rows.store(world, organization.id)
    cerbos_rows.store_probes(world, organization.id)
    states = random.Random(seed)
    differences: list[str] = []
    asked = allowed = 0
    with scope.tenant(organization.id), reading():
        granted = grants.of_members(world.members, world.now)
        assert _scopes(granted) == set(ScopeKind)
        rows = {row.id: row for row in TYPES[0].model.objects.all()}
        targets = {t.key: [target_of(t, rows[record.id]) for record in world.records] for t in TYPES}
        for member in world.members.values():
            actor = Actor(
                kind="member",
                organization_id=organization.id,
                grants=granted[member.id],
                membership_id=member.id,
                state=states.choice(["active"] * 9 + ["frozen", "trial_ended", "canceled"]),
            )
            more, count, yes = _differences(server, world, member, actor, targets, seed)
            differences += more
            asked, allowed = asked + count, allowed + yes
    assert not differences, "\n".join([f"{len(differences)} of {asked}:", *differences[:5]])
    # Neither side says the same to everything.
    assert 0.1 < allowed / asked < 0.7


def _scopes(granted: dict[object, Grants]) -> set[ScopeKind]:
    return {held.scope for one in granted.values() for held in one.held}
