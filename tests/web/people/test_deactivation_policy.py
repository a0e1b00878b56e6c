"""Policy `people.deactivation_by` on every path: page, selection, API."""

import re

import pytest

from api.callers import by_key
from factories.organizations import make_organization
from support.visitors import body, post, signed_in
from tenantry.organizations.actions.policies import change_policy

RULE = "people.deactivation_by"
PEOPLE = "/admin/users"


@pytest.fixture
def org():
    return make_organization("Halden Supply")


def _sent(page):
    return {"digest": re.search(r'name="digest" value="([0-9a-f]+)"', page).group(1)}


def _page(member):
    return f"{PEOPLE}/u/{member.membership_id}/deactivation"


def test_the_owner_types_the_organizations_name(org):
    org.perform(change_policy, code=RULE, value="owner")
    member = org.person("member")
    client = signed_in(org.owner)
    page = body(client.get(_page(member)))
    assert "To go on, type “Halden Supply”" in page
    for typed in ("", "Halden"):
        answer = post(client, org.owner, _page(member), {**_sent(page), "organization_name": typed})
        assert answer.status_code == 422
        again = body(answer)
        assert "type the name of the organization: Halden Supply" in again
        assert f'name="organization_name" value="{typed}"' in again
        assert org.status(member.membership_id) == "active"
    answer = post(client, org.owner, _page(member), {**_sent(again), "organization_name": "Halden Supply"})
    assert answer.status_code == 303
    assert org.status(member.membership_id) == "deactivated"


def test_a_selection_asks_for_the_name_once(org):
    org.perform(change_policy, code=RULE, value="owner")
    people = [org.person("member") for _n in range(2)]
    client = signed_in(org.owner)
    fields = {"do": "deactivation", "ids": [str(p.membership_id) for p in people]}
    page = body(post(client, org.owner, f"{PEOPLE}/u/bulk", fields))
    assert page.count('name="organization_name"') == 1
    answer = post(client, org.owner, f"{PEOPLE}/u/bulk", {**fields, **_sent(page), "organization_name": "Halden"})
    assert answer.status_code == 422
    assert {org.status(p.membership_id) for p in people} == {"active"}
    sent = {**fields, **_sent(body(answer)), "organization_name": "Halden Supply"}
    assert post(client, org.owner, f"{PEOPLE}/u/bulk", sent).status_code == 303
    assert {org.status(p.membership_id) for p in people} == {"deactivated"}


@pytest.mark.parametrize(("rule", "role"), [("owner", "administrator"), ("nobody", "owner")])
def test_where_it_is_not_offered_it_is_nowhere_and_can_not_be_done(org, rule, role):
    org.perform(change_policy, code=RULE, value=rule)
    who, member = org.person(role), org.person("member")
    client = signed_in(who)
    for path in (
        f"{PEOPLE}/u",
        f"{PEOPLE}/u/{member.membership_id}",
        f"{PEOPLE}/u/{member.membership_id}/removal",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = body(answer)
        assert "/deactivation" not in page, path
        assert 'value="deactivation"' not in page, path
    assert client.get(_page(member)).status_code == 403
    assert post(client, org.owner, _page(member), {"organization_name": "Halden Supply"}).status_code == 403
    selection = {"do": "deactivation", "ids": [str(member.membership_id)], "digest": "0" * 32}
    answer = post(client, org.owner, f"{PEOPLE}/u/bulk", {**selection, "organization_name": "Halden Supply"})
    assert answer.status_code == 403
    assert org.status(member.membership_id) == "active"


def test_where_everybody_with_the_permission_may_nothing_is_typed(org):
    member = org.person("member")
    page = body(signed_in(org.person("administrator")).get(_page(member)))
    assert "organization_name" not in page
    assert 'value="deactivation"' in body(signed_in(org.owner).get(f"{PEOPLE}/u"))


def test_programs_send_the_name_too(org):
    owner, administrator = by_key(org), by_key(org, "administrator")
    org.perform(change_policy, code=RULE, value="owner")
    one, two = org.person("member"), org.person("member")
    path = f"/people/{one.membership_id}/deactivation"
    assert owner.get(f"{path}/plan").body["asks_name"] is True
    assert owner.get(f"/people/{one.membership_id}/removal/plan").body["asks_name"] is False
    for sent in ({}, {"organization_name": "Halden"}):
        answer = owner.post(path, sent)
        assert (answer.status, answer.code) == (422, "organization_name_asked")
    named = {"organization_name": "Halden Supply"}
    assert administrator.post(path, named).code == "permission_missing"
    assert owner.post(path, named).body["status"] == "deactivated"
    selection = {"person_ids": [str(two.membership_id)]}
    assert owner.post("/people/deactivations", selection).code == "organization_name_asked"
    assert owner.post("/people/deactivations", {**selection, **named}).status == 200
    org.perform(change_policy, code=RULE, value="nobody")
    three = org.person("member")
    assert owner.post(f"/people/{three.membership_id}/deactivation", named).code == "not_offered_here"
