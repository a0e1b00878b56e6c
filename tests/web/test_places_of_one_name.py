"""Branches that are called alike, more of them than a page offers: found by what is above them, as they are shown."""

import re

import pytest

from factories.organizations import make_organization
from support.structure import give, make_role
from support.visitors import body, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership
from tenantry.usecases.units import create_unit

REGIONS = 12


@pytest.fixture(scope="module")
def org(database):
    return make_organization(seats=20)


@pytest.fixture(scope="module")
def places(org):
    """Region -> its branch Sales."""
    found = {}
    for number in range(REGIONS):
        region = org.perform(create_unit, name=f"Région {number:02}").id
        found[number] = (region, org.perform(create_unit, name="Sales", parent_id=region).id)
    return found


def offered(answer) -> set[str]:
    return set(re.findall(r'type="radio" name="unit" value="([0-9a-f-]{36})"', body(answer)))


@pytest.mark.parametrize(
    ("typed", "which"),
    [("sales region 11", 1), ("Région 11 › Sales", 1), ("11 sales", 1), ("region 11", 0), ("11", 0)],
)
def test_one_of_many_called_alike_is_found_by_what_is_above_it(org, places, typed, which):
    person, client = org.person(), signed_in(org.owner)
    page = f"/admin/users/u/{person.membership_id}/unit"
    looked = post(client, org.owner, page, {"unit": "", "unit_typed": typed, "find": "unit"})
    wanted = str(places[11][which])
    assert offered(looked) == {wanted}
    # Chosen with what was typed still in its field.
    assert post(client, org.owner, page, {"unit": wanted, "unit_typed": typed}).status_code == 303
    with scope.tenant(org.id), reading():
        assert str(Membership.objects.get(id=person.membership_id).unit_id) == wanted


def test_what_is_above_out_of_reach_finds_nothing(org, places):
    """Nobody learns by searching what a branch belongs to."""
    role, agent = make_role(org, "unit", {"people.view": "all", "people.edit": "all"}), org.person()
    _region, branch = places[5]
    give(org, agent, role, unit_id=branch)
    client = signed_in(agent)
    for typed, found in (("sales", {str(branch)}), ("sales region", set()), ("region", set())):
        asked = client.get("/admin/users/u/choices", {"as": "unit-edit", "field": "unit", "unit_typed": typed})
        assert offered(asked) == found, typed
