"""A closed organization: every kind of credential stops, one test a kind (security case 15)."""

import pytest

from factories.organizations import Organization, Person, make_organization
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations import models
from tenantry.people.errors import LinkRevoked
from tenantry.security.actions import create_key
from tenantry.security.gate import enter
from tenantry.security.keys import find_key
from tenantry.usecases.signing_in import enter_organization


def close(org: Organization) -> None:
    with scope.platform("demo", org.id), writing():
        models.Organization.objects.update(state="closed")


def sign_in(person: Person):
    with scope.tenant(person.organization_id):
        return perform(enter_organization, actor=Actor.guest(person.organization_id), user_id=person.user_id)


def test_a_session():
    org = make_organization()
    entered = sign_in(org.owner)
    close(org)
    with pytest.raises(NoLongerIn):
        enter(
            organization_id=org.id, entry_id=entered.entry_id, user_id=org.owner.user_id, address="", agent="",
            request_id="", now=clock.now(),
        )  # fmt: skip


def test_a_password():
    org = make_organization()
    close(org)
    with pytest.raises(NotFound):
        sign_in(org.owner)


def test_a_key():
    org = make_organization()
    secret = org.perform(create_key, name="k", role_id=org.role("owner")).secret
    close(org)
    assert find_key(secret, address="", agent="", request_id="", now=clock.now()) is None


def test_an_invitation():
    org = make_organization()
    token = org.token_for(org.invite().membership_id)
    close(org)
    with pytest.raises(LinkRevoked):
        org.accept(token)
