"""What types of records leave out, said one by one; generated worlds ask the rest (`test_decisions_generated`)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from access.ground import hold, seat, structure
from factories.organizations import Organization, Person, make_organization, unique
from support import catalogue
from support.probes import HOMELESS, OWNERLESS, PLAIN, PROBE, TYPES, Probe, probes  # noqa: F401
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.core import clock
from tenantry.core.decisions import decide, find, visible
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.permissions import catalogue as permissions
from tenantry.core.records import RecordType, record_types, target_of
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Unit
from tenantry.security.actions import create_key
from tenantry.security.keys import find_key
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import move_unit

pytestmark = pytest.mark.usefixtures("probes")


@dataclass
class House:
    org: Organization
    units: dict[str, UUID]

    def role(self, permissions: dict[str, str], kind: str = "base") -> UUID:
        return self.org.perform(create_role, kind=kind, content=RoleContent(unique("r"), "", permissions)).id

    def person(self, permissions: dict[str, str], unit: str | None = None) -> Person:
        person = seat(self.org, unit_id=self.units[unit] if unit else None)
        hold(person, self.role(permissions), base=True)
        return person

    def record(self, **columns: Any) -> UUID:
        with scope.tenant(self.org.id), writing():
            return Probe.objects.create(name=unique("probe"), created_at=clock.now(), **columns).id

    def seen(self, person: Person, record_type: RecordType, code: str = "probes.view") -> set[UUID]:
        actor = person.actor
        with scope.tenant(self.org.id), reading():
            rows = set(visible(actor, code, record_type).values_list("pk", flat=True))
            decided = {p.pk for p in Probe.objects.all() if decide(actor, code, target_of(record_type, p))}
        assert rows == decided
        return rows


@pytest.fixture
def house(probes: None) -> House:  # noqa: F811
    org = make_organization()
    structure(org)
    with scope.tenant(org.id), reading():
        return House(org, dict(Unit.objects.values_list("name", "id")))


def test_probes_stand_behind_the_fence_like_any_other_table(house):
    other = make_organization()
    for org in (house.org, other):
        with scope.tenant(org.id), writing():
            Probe.objects.create(name="One", created_at=clock.now(), owner_id=org.owner.membership_id)
    with scope.tenant(house.org.id), reading():
        rows = list(visible(house.org.owner.actor, "probes.view", PROBE))
        assert [row.organization_id for row in rows] == [house.org.id]
        assert Probe._base_manager.count() == 1
    assert catalogue.rows("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'probing_probe'") == [(True,)]
    assert {t.key for t in TYPES} <= set(record_types())
    assert "probes.view" in permissions()


def test_without_a_unit_of_its_own_a_record_stands_in_its_owners(house):
    owner, mate = house.person({}, "far north"), house.person({"probes.view": "unit"}, "north")
    record = house.record(owner_id=owner.membership_id)
    assert house.seen(mate, HOMELESS) == {record}
    assert house.seen(mate, PLAIN) == {record}
    assert house.seen(mate, PROBE) == set(), "its own column is empty"
    house.org.perform(move_to_unit, membership_ids=(owner.membership_id,), unit_id=house.units["south"])
    assert house.seen(mate, HOMELESS) == set()
    house.org.perform(move_unit, unit_id=house.units["south"], parent_id=house.units["north"])
    assert house.seen(mate, HOMELESS) == {record}


def test_what_belongs_to_nobody_is_reached_by_place_or_by_whoever_reaches_all(house):
    record = house.record(unit_id=house.units["south"])
    nothing = house.record()
    assert house.seen(house.person({"probes.view": "all"}), OWNERLESS) == {record, nothing}
    assert house.seen(house.person({"probes.view": "unit"}, "south"), OWNERLESS) == {record}
    for narrow in ("own", "team", "workflow"):
        assert house.seen(house.person({"probes.view": narrow}, "south"), OWNERLESS) == set()


def test_reaches_of_several_roles_unite_and_neither_contains_the_other(house):
    person = house.person({"probes.view": "unit"}, "north")
    placed, owned = house.record(unit_id=house.units["far north"]), house.record(owner_id=person.membership_id)
    house.record(unit_id=house.units["south"])
    assert house.seen(person, PROBE) == {placed, owned}
    at_unit = house.role({"probes.view": "all"}, "unit")
    there = house.record(unit_id=house.units["south"], owner_id=house.org.owner.membership_id)
    member = {"membership_id": person.membership_id}
    house.org.perform(give_role, **member, role_id=at_unit, unit_id=house.units["south"])
    assert {placed, owned, there} < house.seen(person, PROBE)


def test_a_key_owns_nothing_and_stands_nowhere(house):
    house.record(owner_id=house.org.owner.membership_id, unit_id=house.units["root"])
    for reach, count in (("own", 0), ("team", 0), ("workflow", 0), ("unit", 0), ("all", 1)):
        made = house.org.perform(create_key, name="k", role_id=house.role({"probes.view": reach}))
        found = find_key(made.secret, address="", agent="", request_id="", now=clock.now())
        assert found
        with scope.tenant(house.org.id), reading():
            assert visible(found[0], "probes.view", PROBE).count() == count, reach


def test_out_of_reach_is_not_there_and_within_reach_is_refused(house):
    person = house.person({"probes.view": "unit", "probes.edit": "own"}, "north")
    near, far = house.record(unit_id=house.units["north"]), house.record(unit_id=house.units["south"])
    actor = person.actor
    with scope.tenant(house.org.id), reading():
        assert find(actor, PROBE, near).pk == near
        with pytest.raises(PermissionMissing):
            find(actor, PROBE, near, "probes.edit")
        for code in (None, "probes.view", "probes.edit"):
            with pytest.raises(NotFound):
                find(actor, PROBE, far, code)
