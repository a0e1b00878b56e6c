"""A password that an administrator chose opens nothing beyond their organization."""

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from factories.organizations import Organization, make_organization
from support.structure import set_policy
from support.visitors import signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import User
from tenantry.usecases.given_passwords import set_member_password

KNOWN, OWN = "Harbour-lamp 52 known", "my own harbour 27"


@pytest.fixture
def org() -> Organization:
    made = make_organization()
    set_policy(made, "people.entry_modes", ["administrator_password"])
    return made


def user_of(email: str) -> User:
    with scope.platform("sign_in"), reading():
        return User.objects.get(email=email)


def given(org: Organization, way: str) -> Any:
    """Somebody whose password an administrator knows, and who need not change it."""
    if way == "added":
        return org.invite(way="administrator_password", password=KNOWN, must_change=False)
    person = org.person()
    org.perform(set_member_password, membership_id=person.membership_id, password=KNOWN, must_change=False)
    return person


@pytest.mark.parametrize("way", ["added", "set"])
def test_joining_another_organization_takes_an_own_password(org, way):
    person = given(org, way)
    assert check_password(KNOWN, user_of(person.email).password)
    there = make_organization()
    invited = there.invite(email=person.email)
    joined = there.accept(
        there.token_for(invited.membership_id), signed_in_user_id=user_of(person.email).id, password=OWN
    )
    user = user_of(person.email)
    assert joined.user_id == user.id
    assert check_password(OWN, user.password)
    assert not check_password(KNOWN, user.password)
    assert user.is_own


def test_an_own_password_is_nobody_elses_from_then_on(org):
    person = given(org, "set")
    assert not user_of(person.email).is_own
    there = make_organization()
    invited = there.invite(email=person.email)
    page = signed_in(person, password=KNOWN).get(f"/accounts/invitation/{there.token_for(invited.membership_id)}")
    # Signed in, and asked for a password all the same.
    assert 'name="password"' in page.content.decode()
