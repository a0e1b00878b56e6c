"""Naming somebody by typing: who has exactly that name or address, however many have one like it."""

import pytest

from factories.organizations import make_organization
from support.many import crowd
from tenantry.core.named import ALIKE
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.choosing import called_exactly
from tenantry.people.models import Membership
from tenantry.usecases.person import edit_person


@pytest.fixture(scope="module")
def org(database):
    return make_organization(seats=2 * ALIKE)


@pytest.fixture(scope="module")
def exact(org):
    """Among more than are looked through: they all have names that begin like this one."""
    crowd(org, ALIKE + 1, given_name="Zoë")
    person = org.person()
    org.perform(edit_person, membership_id=person.membership_id, given_name="Zoë", family_name="0")
    return person


@pytest.mark.parametrize("typed", ["Zoë 0", " zoë  0"])
def test_a_name_is_found_among_very_many_that_begin_so(org, exact, typed):
    with scope.tenant(org.id), reading():
        assert called_exactly(Membership.objects.all(), typed) == exact.membership_id


def test_an_address_is_found_though_others_are_called_so(org, exact):
    with scope.tenant(org.id), reading():
        people = Membership.objects.all()
        assert called_exactly(people, exact.email.upper()) == exact.membership_id
        assert called_exactly(people, "Zoë") is None
        assert called_exactly(people, "zoe 0007") == Membership.objects.get(family_name="0007").id
        assert called_exactly(people, "\0") is None
