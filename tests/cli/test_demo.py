"""The demonstration: complete, believable, whole, and never beside real organizations unasked."""

import time

import pytest
from django.contrib.auth.hashers import check_password

from tenantry.audit.chain import verify
from tenantry.blueprints.schema import shipped
from tenantry.cli import demo
from tenantry.cli.failures import Failure
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.notifications.models import Notification
from tenantry.organizations.models import Organization
from tenantry.people.models import Membership, TeamMember, User
from tenantry.people.seats import seats
from tenantry.people.selectors import counts_by_status


@pytest.fixture(scope="module")
def loaded():
    with scope.platform("demo"), reading():
        before = set(Organization.objects.values_list("id", flat=True))
    began = time.monotonic()
    accounts = demo.load(force_new=True)
    elapsed = time.monotonic() - began
    with scope.platform("demo"), reading():
        made = [o for o in Organization.objects.order_by("created_at") if o.id not in before]
    order = [blueprint.key for blueprint in shipped()]
    made.sort(key=lambda organization: order.index(organization.blueprint))
    return accounts, made, elapsed


def test_demo_has_one_organization_for_each_blueprint_the_first_of_200(loaded):
    _accounts, made, elapsed = loaded
    assert [o.blueprint for o in made] == [b.key for b in shipped()]
    assert elapsed < 40
    for organization in made:
        with scope.tenant(organization.id), reading():
            size = 200 if organization == made[0] else 40
            assert Membership.objects.count() == size
            counts = counts_by_status(Actor.system("test", organization.id), clock.now())
            assert all(counts[status] > (2 if size == 200 else 0) for status in counts), counts
            state = seats(clock.now())
            assert state.limit is not None
            assert 0 < state.limit - state.in_use < 40


def test_demo_prints_a_sign_in_for_each_role_that_works(loaded):
    accounts, made, _elapsed = loaded
    for organization, blueprint in zip(made, shipped(), strict=True):
        mine = [a for a in accounts if a.organization == organization.name]
        assert [a.role for a in mine] == [role.name for role in blueprint.roles if role.kind == "base"]
        with scope.platform("sign_in"), reading():
            for account in mine:
                assert check_password(account.password, User.objects.get(email=account.email).password)


def test_demo_teams_have_leads_and_the_chain_is_whole(loaded):
    _accounts, made, _elapsed = loaded
    for organization in made:
        with scope.tenant(organization.id), reading():
            assert verify().sound
            leads = TeamMember.objects.filter(is_lead=True).values_list("team_id", flat=True)
            assert len(set(leads)) == 8
            assert Notification.objects.filter(read_at=None).count() == 3
        with scope.platform("mail"), reading():
            assert MailDelivery.objects.filter(organization_id=organization.id, kind="people.invitation").count() == 3


def test_demo_beside_organizations_has_to_be_asked_for(loaded):
    with pytest.raises(Failure, match="force-new"):
        demo.load()
