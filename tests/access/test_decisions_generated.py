"""One rule, read three ways: `decide`, `visible` and the reference say the same of any organization (product.md §4)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from access import reference
from access.reference import Declared, Member, Record, World
from access.worlds import MOST_PEOPLE, id_name, in_words, stored, worlds
from factories.organizations import make_organization, make_user
from support import probes as kinds
from support.probes import probes  # noqa: F401
from tenantry.access import grants
from tenantry.access.models import Role
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, decide_on, visible
from tenantry.core.permissions import permission
from tenantry.core.records import RecordType, Target, near_target, target_of
from tenantry.people.records import MEMBER, TEAM, UNIT, WORKFLOW, WORKSPACE

pytestmark = pytest.mark.usefixtures("probes")

COLUMNS = ("owner", "team", "workflow", "unit", "workspace", "collaborators")
# Each type with the permissions that are asked about its records.
ASKED: tuple[tuple[RecordType, tuple[str, ...]], ...] = (
    (kinds.PROBE, (kinds.VIEW, kinds.EDIT, kinds.DELETE)),
    (kinds.HOMELESS, (kinds.VIEW, kinds.EDIT)),
    (kinds.OWNERLESS, (kinds.VIEW, kinds.EDIT)),
    (kinds.PLAIN, (kinds.VIEW, kinds.EDIT)),
    (MEMBER, ("people.view", "people.edit")),
    (TEAM, ("teams.view", "teams.manage")),
    (UNIT, ("units.view", "units.manage")),
    (WORKSPACE, ("workspaces.view", "workspaces.edit", "workspaces.manage")),
    (WORKFLOW, ("workflows.view", "workflows.manage")),
)
Place = tuple[UUID, list[UUID]]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """An organization to write worlds into, and users to be their members."""
    return make_organization().id, [make_user() for _ in range(MOST_PEOPLE)]


def declared(code: str) -> Declared:
    one = permission(code)
    return Declared(code, tuple(map(str, one.scopes)), one.in_applications, one.reads, one.when_frozen, one.exports)


def records_of(world: World, record_type: RecordType) -> list[Record]:
    """The records of a type as the reference sees them (product.md §1, §3: what stands where)."""
    if record_type is MEMBER:
        return [Record(m.id, owner=m.id, unit=m.unit) for m in world.members]
    if record_type is TEAM:
        return [Record(i, team=i, workspace=workspace) for i, workspace in world.teams.items()]
    if record_type is UNIT:
        return [Record(i, unit=i) for i in world.units]
    if record_type is WORKSPACE:
        return [Record(i, workspace=i) for i in world.workspaces]
    if record_type is WORKFLOW:
        return [Record(i, workflow=i) for i in world.workflows]
    columns = {name for name in COLUMNS if getattr(record_type, name)}
    return [reference.kept(record, columns, world) for record in world.records]


def actor_of(world: World, member: Member, organization_id: UUID) -> Actor:
    return Actor(
        kind="member",
        organization_id=organization_id,
        grants=grants.of_members([member.id], world.now)[member.id],
        membership_id=member.id,
        state=world.state,
        seated=member.status == "active",
    )


def key_of(world: World, role: reference.Role, organization_id: UUID) -> tuple[Actor, Member]:
    """An API key with this role, and what it is in the reference: somebody who holds it and is nobody."""
    granted = grants.of_role(Role.objects.get(id=role.id))
    holder = Member(organization_id, assignments=[reference.Assignment(role)])
    return Actor(kind="key", organization_id=organization_id, grants=granted, key_id=organization_id,
                 state=world.state), holder  # fmt: skip


class Comparison:
    """One world in the database: asks all three of everything."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.targets: dict[tuple[str, UUID], Target] = {}
        self.rows: dict[str, dict[UUID, Any]] = {}
        ours = {m.id for m in world.members}
        for record_type, _codes in ASKED:
            wanted = [record.id for record in records_of(world, record_type)] if record_type is not MEMBER else ours
            rows = record_type.model.objects.filter(pk__in=wanted)
            self.rows[record_type.key] = {row.pk: row for row in rows}
            for pk, row in self.rows[record_type.key].items():
                self.targets[record_type.key, pk] = target_of(record_type, row)

    def compare(self, actor: Actor, member: Member, *, key: bool = False) -> None:
        for record_type, codes in ASKED:
            for code in codes:
                self._compare(actor, member, code, record_type, key=key)

    def _compare(self, actor: Actor, member: Member, code: str, record_type: RecordType, *, key: bool) -> None:
        mine, asked = self.rows[record_type.key], declared(code)
        expected = {
            record.id: reference.refused_at(self.world, member, asked, record, key=key)
            for record in records_of(self.world, record_type)
        }
        decided = {pk: decide(actor, code, self.targets[record_type.key, pk]) for pk in mine}
        steps = {pk: str(one.step) if one.step else None for pk, one in decided.items()}
        who = "a key" if key else id_name(member.id)
        what = f"{who}, {code} of {record_type.key}"
        assert readable(steps) == readable(expected), f"decide is not the reference: {what}"
        near = {pk for pk, row in mine.items() if decide(actor, code, near_target(record_type, row))}
        assert all(steps[pk] is None for pk in near), f"its own columns allow more than the record: {what}"
        found = list(visible(actor, code, record_type).filter(pk__in=mine).values_list("pk", flat=True))
        assert len(found) == len(set(found)), f"a row came twice: {what}"
        shown = {pk: None for pk, step in expected.items() if step is None}
        assert readable(dict.fromkeys(found)) == readable(shown), f"visible is not decide: {what}"


def readable(steps: dict[UUID, str | None]) -> dict[str, str]:
    return {id_name(pk): step or "allowed" for pk, step in sorted(steps.items())}


def of(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def agree(world: World, place: Place) -> None:
    note(in_words(world))
    organization_id, users = place
    with stored(world, organization_id, users):
        comparison = Comparison(world)
        for member in world.members:
            comparison.compare(actor_of(world, member, organization_id), member)
        for role in world.roles[:4]:
            comparison.compare(*key_of(world, role, organization_id), key=True)


@pytest.mark.brief
@given(world=worlds())
@of(40)
def test_decide_and_visible_are_the_reference(place, world):
    agree(world, place)


@pytest.mark.soak
@given(world=worlds())
@of(600)
def test_decide_and_visible_are_the_reference_for_long(place, world):
    agree(world, place)


@given(world=worlds(), code=st.sampled_from([kinds.VIEW, kinds.EDIT, kinds.DELETE]))
@of(40)
def test_fields_are_decided_as_the_reference_says(place, world, code):
    note(in_words(world))
    organization_id, users = place
    with stored(world, organization_id, users):
        member = world.members[0]
        actor = actor_of(world, member, organization_id)
        for record in world.records:
            row = kinds.Probe.objects.get(pk=record.id)
            target = target_of(kinds.PROBE, row)
            for name in (kinds.AMOUNT, kinds.SECRET):
                decided = decide(actor, code, target, field=name)
                assert decide_on(actor, code, kinds.PROBE, row, field=name) == decided
                step = decided.step
                expected = reference.refused_at(world, member, declared(code), record, name=name)
                assert (str(step) if step else None) == expected, (name, id_name(record.id))


@given(world=worlds())
@of(25)
def test_what_is_visible_composes_like_any_other_query(place, world):
    note(in_words(world))
    organization_id, users = place
    with stored(world, organization_id, users):
        member = world.members[0]
        actor = actor_of(world, member, organization_id)
        rows = visible(actor, kinds.VIEW, kinds.PROBE)
        expected = {r.id for r in world.records if reference.may(world, member, declared(kinds.VIEW), r)}
        edited = {r.id for r in world.records if reference.may(world, member, declared(kinds.EDIT), r)}
        assert rows.count() == len(expected)
        assert rows.exists() == bool(expected)
        assert [row.pk for row in rows.order_by("-name", "id")] == sorted(expected, reverse=True)
        assert {row.pk for row in rows.filter(workspace=None)} == {
            r.id for r in world.records if r.id in expected and r.workspace is None
        }
        assert {row.pk for row in rows.exclude(owner=member.id)} == {
            r.id for r in world.records if r.id in expected and r.owner != member.id
        }
        both = visible(actor, kinds.EDIT, kinds.PROBE, rows)
        assert {row.pk for row in both} == expected & edited
        either = rows.union(visible(actor, kinds.EDIT, kinds.PROBE))
        assert sorted(row.pk for row in either) == sorted(expected | edited)
        assert {row.pk for row in rows | visible(actor, kinds.EDIT, kinds.PROBE)} == expected | edited
        joined = kinds.ProbeCollaborator.objects.filter(probe__in=rows).values_list("probe_id", flat=True)
        assert set(joined) == {r.id for r in world.records if r.id in expected and r.collaborators}
        taking_part = kinds.ProbeCollaborator.objects.filter(member=member.id).values("probe_id")
        assert rows.filter(pk__in=taking_part).count() == len(
            [r for r in world.records if r.id in expected and member.id in r.collaborators]
        )
