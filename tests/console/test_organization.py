"""One organization at the console: its policies, changed by an operator with a reason."""

import re
from uuid import uuid4

import pytest

from factories.operators import make_operator
from factories.organizations import make_organization
from support.policies import allowed, value_of
from support.visitors import body, signed_in
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.policies import CATALOGUE, POLICIES
from tenantry.organizations.policies.typed import fields_of

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture(scope="module")
def client():
    return make_operator("Opal Rater").client()


def hidden(page):
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if name not in ("csrfmiddlewaretoken", "_organization")}


def changed(client, org, code, value, reason="Contract 17"):
    path = f"/console/organizations/{org.id}/policies/{code}"
    effect = client.post(path, fields_of(CATALOGUE[code], value))
    assert effect.status_code == 200, body(effect)
    return body(effect), client.post(path, {**hidden(body(effect)), "reason": reason})


def test_an_operator_sees_every_policy_and_may_change_each(client):
    org = make_organization("Zebra & <Sons>", seats=4)
    assert f"/console/organizations/{org.id}" in body(client.get("/console/organizations", {"q": org.slug}))
    page = body(client.get(f"/console/organizations/{org.id}"))
    assert "Zebra &amp; &lt;Sons&gt;" in page
    for one in POLICIES:
        assert f'href="/console/organizations/{org.id}/policies/{one.code}"' in page


def test_effect_first_a_reason_and_the_organizations_own_audit(client):
    org = make_organization(seats=3)
    gone = org.person("member")
    org.person("member")
    page, answer = changed(client, org, "seats.counted_statuses", ["active"], reason="  ")
    assert re.search(r"<del>Active people, pending invitations</del>.*<ins>Active people</ins>", page)
    assert answer.status_code == 422
    assert "Say why; the organization reads it in its audit." in body(answer)
    assert value_of(org, "seats.counted_statuses") == ["active", "invited"]
    page, answer = changed(client, org, "seats.counted_statuses", ["active"], reason="Contract <17>")
    assert answer.status_code == 303
    assert value_of(org, "seats.counted_statuses") == ["active"]
    assert "“Who holds a seat” is changed." in body(client.get(answer["Location"].partition("#")[0]))
    with scope.tenant(org.id), reading():
        entry = Entry.objects.order_by("-number")[0]
        assert verify().sound
    assert (entry.actor_kind, entry.actor_label) == ("operator", "Opal Rater")
    audit = body(signed_in(org.owner).get("/admin/audit"))
    assert "The operator Opal Rater changed “Who holds a seat”" in audit
    assert "Reason: Contract &lt;17&gt;" in audit
    # What is the operator's is not the organization's to take back.
    assert f"/admin/audit/{entry.number}/undo" not in audit
    assert gone.membership_id


@pytest.mark.parametrize("code", sorted(p.code for p in POLICIES if p.operator_only))
def test_the_operators_own_policies_take_every_value(client, code):
    org = make_organization()
    for value in [*allowed(CATALOGUE[code]), CATALOGUE[code].default]:
        if value == value_of(org, code):
            continue
        _page, answer = changed(client, org, code, value)
        assert answer.status_code == 303, value
        assert value_of(org, code) == value


def test_bad_values_and_old_plans_are_refused(client):
    org = make_organization()
    path = f"/console/organizations/{org.id}/policies/people.invitation_days"
    answer = client.post(path, {"value": "91"})
    assert answer.status_code == 422
    assert "A whole number from 1 to 90." in body(answer)
    sent = hidden(body(client.post(path, {"value": "3"})))
    org.perform(change_policy, code="people.invitation_days", value=5)
    answer = client.post(path, {**sent, "reason": "Contract 17"})
    assert answer.status_code == 409
    assert 'value="Contract 17"' in body(answer)
    assert "Somebody else changed this meanwhile" in body(answer)
    assert client.post(path, {**hidden(body(answer)), "reason": "Contract 17"}).status_code == 303
    assert value_of(org, "people.invitation_days") == 3


def test_what_is_not_there_is_not_found(client):
    org = make_organization()
    for path in (
        f"/console/organizations/{uuid4()}",
        f"/console/organizations/{uuid4()}/policies/seats.growth",
        f"/console/organizations/{org.id}/policies/seats.unheard_of",
        "/console/organizations/00000000-0000-0000-0000-000000000000",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/console/organizations/{uuid4()}/policies/seats.growth", {"value": "x"}).status_code == 404


def test_members_are_nobody_here():
    org = make_organization()
    member = signed_in(org.owner)
    path = f"/console/organizations/{org.id}/policies/seats.growth"
    assert member.get(path)["Location"].startswith("/console/login")
    assert member.post(path, {"value": "per_person", "digest": "x"})["Location"].startswith("/console/login")
    assert value_of(org, "seats.growth") == "licensed"
