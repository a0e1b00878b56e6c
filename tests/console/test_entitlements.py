"""An operator overrides one entitlement: with a reason, until a day, and takes it back."""

from datetime import timedelta

import pytest

from factories.operators import make_operator
from factories.organizations import make_organization
from support.selling import Customer
from support.visitors import body
from tenantry.acting.actions import perform
from tenantry.audit.models import Entry
from tenantry.billing.actions.overriding import end_override, override_entitlement
from tenantry.billing.actions.tending import tend_subscription
from tenantry.billing.tasks import find_due
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading


@pytest.fixture(scope="module")
def client():
    return make_operator("Opal Rater").client()


def path(customer, key):
    return f"/console/organizations/{customer.org.id}/entitlements/{key}"


def test_an_operators_word_goes_before_the_plans_and_is_taken_back(client):
    customer = Customer("standard")
    page = client.get(f"/console/organizations/{customer.org.id}")
    assert path(customer, "records") in body(page)
    refused = client.post(path(customer, "records"), {"limit": "7", "reason": " ", "ends_on": ""})
    assert refused.status_code == 422
    assert "Say why" in body(refused)
    assert 'value="7"' in body(refused)
    for wrong in ({"limit": "-1"}, {"limit": "many"}, {"limit": "7", "ends_on": "someday"}, {"ends_on": "2020-01-01"}):
        assert client.post(path(customer, "records"), {"reason": "A pilot", **wrong}).status_code == 422
    assert customer.entitlements["records"] == 100_000
    answer = client.post(path(customer, "records"), {"limit": "7", "reason": "A <pilot>", "ends_on": ""})
    assert answer.status_code == 303
    assert customer.entitlements["records"] == 7
    page = body(client.get(answer.headers["Location"]))
    assert "A &lt;pilot&gt;" in page
    assert "Overridden by an operator" in page
    with scope.tenant(customer.org.id), reading():
        entry = Entry.objects.get(action="billing.entitlement_overridden")
        assert (entry.actor_kind, entry.values["limit"], entry.values["reason"]) == ("operator", 7, "A <pilot>")
    assert client.post(path(customer, "records"), {"back": "1"}).status_code == 303
    assert customer.entitlements["records"] == 100_000
    assert client.post(path(customer, "records"), {"back": "1"}).status_code == 404
    assert client.get(path(customer, "nothing")).status_code == 404


def test_a_feature_is_switched_and_more_seats_are_lent(client):
    customer = Customer("standard", "unlimited")
    assert client.post(path(customer, "sso"), {"limit": "0", "reason": "Until it is set up"}).status_code == 303
    assert customer.entitlements["sso"] == 0
    assert client.post(path(customer, "sso"), {"limit": "maybe", "reason": "x"}).status_code == 422
    assert client.post(path(customer, "seats"), {"limit": "3", "reason": "Small"}).status_code == 303
    assert customer.entitlements["seats"] == 3
    assert client.post(path(customer, "seats"), {"back": "1"}).status_code == 303
    assert customer.entitlements["seats"] is None


def test_it_ends_by_itself(client):
    customer = Customer("standard")
    day = (clock.now() + timedelta(days=1)).date()
    wanted = {"limit": "5", "reason": "A pilot", "ends_on": day.isoformat()}
    assert client.post(path(customer, "workspaces"), wanted).status_code == 303
    customer.system(tend_subscription)
    assert customer.entitlements["workspaces"] == 5
    customer.system(tend_subscription, now=clock.now() + timedelta(days=3))
    assert customer.entitlements["workspaces"] is None
    find_due()
    assert 'name="back"' not in body(client.get(path(customer, "workspaces")))


def test_nobody_else_overrides():
    org = make_organization()
    wanted = {"key": "seats", "limit": 100, "reason": "Mine"}
    for actor in (org.owner.actor, Actor.system("billing", org.id)):
        with scope.tenant(org.id):
            with pytest.raises(NotFound):
                perform(override_entitlement, actor=actor, **wanted)
            with pytest.raises(NotFound):
                perform(end_override, actor=actor, key="seats")
