"""What each state lets people do, asked at the doors that they use: pages and the interface for programs."""

from datetime import timedelta

import pytest
from django.test import Client

from factories.records import make_record
from support.selling import Customer, selling
from support.visitors import body, post, signed_in
from tenantry.access.actions.roles import RoleContent, create_role
from tenantry.billing.actions.plans import cancel_subscription
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations.errors import NotInPlan
from tenantry.organizations.models import Organization
from tenantry.security.actions import create_key
from tenantry.usecases.workspaces import create_workspace

ROLE = {"name": "Closer", "description": "", "kind": "base"}


def in_state(state: str) -> Customer:
    customer = Customer("standard")
    if state == "trial_ended":
        customer.go_to(customer.row.trial_ends_at)
        return customer
    customer.subscribe("team", seats=3)
    if state == "canceled":
        customer.act(cancel_subscription)
    customer.go_to(customer.row.period_end)
    if state == "frozen":
        customer.decline()
        customer.go_to(customer.row.unpaid_since + timedelta(days=14))
    assert customer.state == (state, state)
    return customer


@pytest.mark.parametrize(
    ("state", "reads", "sentence"),
    [
        ("trial_ended", True, "The trial is over"),
        ("frozen", False, "This organization is frozen"),
        ("canceled", False, "The subscription has ended"),
    ],
)
def test_what_works_in_a_state_and_what_is_said_of_the_rest(state, reads, sentence):
    customer = in_state(state)
    with selling():
        owner = signed_in(customer.org.owner)
        assert owner.get("/admin/billing").status_code == 200
        assert owner.get("/admin/billing/plans").status_code == 200
        people = owner.get("/admin/users/u")
        assert people.status_code == (200 if reads else 403)
        refused = owner.post("/admin/users/g/new", {"name": "Nobody's"})
        assert refused.status_code == 403
        assert sentence in body(refused)


def test_a_key_is_refused_by_code():
    customer = Customer("standard")
    with selling():
        key = customer.act(create_key, name="sync", role_id=customer.org.role("administrator"))
        make_record(customer.org, "lead", customer.org.owner)
        for state, reading in (("trial_ended", 200), ("frozen", 403), ("canceled", 403), ("active", 200)):
            with scope.platform("demo", customer.org.id), writing():
                Organization.objects.update(state=state)
            client = Client(headers={"authorization": f"Bearer {key.secret}"})
            answer = client.get("/api/v1/people")
            assert answer.status_code == reading, state
            if state == "frozen":
                assert answer.json()["code"] == "organization_frozen"
            made = client.post("/api/v1/teams", {"name": f"Team {state}"}, content_type="application/json")
            codes = {"trial_ended": "trial_ended", "frozen": "organization_frozen", "canceled": "subscription_ended"}
            assert made.json().get("code") == codes.get(state), made.content


def test_a_feature_that_the_plan_has_not_says_which_one_has_it():
    customer = Customer("standard")
    customer.subscribe("team", seats=3)
    with pytest.raises(NotInPlan) as caught:
        customer.act(create_role, kind="base", content=RoleContent("Closer"))
    with selling(), scope.tenant(customer.org.id):
        assert "It comes with Business." in str(caught.value)
    customer.subscribe("business", seats=3)
    assert customer.act(create_role, kind="base", content=RoleContent("Closer")).id


def test_at_the_plans_last_workspace_the_way_to_more_is_said():
    customer = Customer("messaging")
    customer.subscribe("starter")
    customer.act(create_workspace, name="Nordics")
    with selling():
        owner = signed_in(customer.org.owner)
        refused = post(owner, customer.org.owner, "/admin/workspaces/new", {"name": "Alps"})
        assert refused.status_code == 409
        said = body(refused)
        assert "Workspaces: 1 in use, and your plan has 1. More come with Advanced." in said
        assert 'href="/admin/billing/plans"' in said
        assert 'href="/admin/workspaces"' in said
        key = customer.act(create_key, name="sync", role_id=customer.org.role("admin"))
        client = Client(headers={"authorization": f"Bearer {key.secret}"})
        answer = client.post("/api/v1/workspaces", {"name": "Alps"}, content_type="application/json").json()
        assert (answer["code"], answer["limit"], answer["plans"]) == (
            "plan_limit_reached",
            1,
            ["Advanced", "Enterprise"],
        )
        # What the plan has not is said with the way to it, on the page as well.
    standard = Customer("standard")
    standard.subscribe("team", seats=3)
    with selling():
        page = post(signed_in(standard.org.owner), standard.org.owner, "/admin/users/roles/new", ROLE)
        assert page.status_code == 403
        assert "It comes with Business." in body(page)
        assert 'href="/admin/billing/plans"' in body(page)
