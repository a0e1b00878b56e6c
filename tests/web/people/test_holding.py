"""What one person holds, over HTTP: further roles, ends, profile, restrictions."""

import re
from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import make_organization, unique
from support.holding import held_by, make_profile, make_role, make_unit, restrictions_of
from support.visitors import post, signed_in
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.holding import profile_id_of
from tenantry.access.models import CatalogueVersion, Role
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Organization, PolicyValue
from tenantry.people.models import Membership

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def shown(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def two_steps(client, org, path: str, chosen: dict[str, Any]) -> tuple[str, Any]:
    """The plan's page, and the answer of confirming what it holds."""
    plan = post(client, org.owner, path, chosen)
    assert plan.status_code == 200, plan.content.decode()
    text = plan.content.decode()
    sent = {n: v for n, v in _HIDDEN.findall(text) if n not in ("csrfmiddlewaretoken", "_organization")}
    assert sent["digest"]
    return text, post(client, org.owner, path, sent)


def use(org, *parts: str) -> None:
    with scope.tenant(org.id), writing():
        PolicyValue.objects.update_or_create(code="organization.structure", defaults={"value": list(parts)})


def in_zone(org, zone: str) -> None:
    with scope.tenant(org.id), writing():
        Organization.objects.update(time_zone=zone)


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def rep(org):
    return org.person()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def test_an_addition_is_chosen_read_and_confirmed_with_its_last_day(org, rep, client):
    in_zone(org, "Europe/Oslo")
    role = make_role(org, "addition", permissions={"audit.view": "yes"})
    text, answer = two_steps(client, org, f"{page_of(rep)}/roles/new", {"role": str(role), "until": "2027-03-28"})
    assert "in the whole organization" in text
    assert "28 March 2027" in text or "March 28, 2027" in text
    assert "permission more" in text
    assert answer.status_code == 303
    [_base, held] = held_by(org, rep.membership_id)
    # The day on which clocks go forward there ends at 22:00 UTC.
    assert held.ends_at.isoformat() == "2027-03-28T22:00:00+00:00"


def test_a_managing_agent_is_made_at_a_unit(org, rep, client):
    role, unit = make_role(org, "unit", permissions={"people.view": "all"}), make_unit(org)
    path = f"{page_of(rep)}/roles/new"
    refused = post(client, org.owner, path, {"role": str(role)})
    assert refused.status_code == 422
    assert "This role is held at a branch." in refused.content.decode()
    text, answer = two_steps(client, org, path, {"role": str(role), "unit": str(unit)})
    assert "and in everything below" in text
    assert answer.status_code == 303
    [_base, held] = held_by(org, rep.membership_id)
    assert held.unit_id == unit


@pytest.mark.parametrize("until", ["yesterday", "2027-02-30", "0001-01-01", "9999-12-31", "\0", "2020-01-01"])
def test_what_is_no_day_to_come_is_refused(org, rep, client, until):
    role = make_role(org, "addition")
    answer = post(client, org.owner, f"{page_of(rep)}/roles/new", {"role": str(role), "until": until})
    assert answer.status_code == 422
    assert len(held_by(org, rep.membership_id)) == 1


def test_a_role_is_taken_after_its_cost_was_read(org, rep, client):
    role = make_role(org, "addition", permissions={"audit.view": "yes"})
    held = org.perform(give_role, membership_id=rep.membership_id, role_id=role)
    path = f"{page_of(rep)}/roles/{held.assignment_id}/end"
    text = shown(client, path)
    assert "permission less" in text
    sent = {n: v for n, v in _HIDDEN.findall(text) if n == "digest"}
    assert post(client, org.owner, path, sent).status_code == 303
    assert len(held_by(org, rep.membership_id)) == 1
    assert client.get(path).status_code == 404


def test_an_end_is_moved(org, rep, client):
    role = make_role(org, "addition")
    held = org.perform(give_role, membership_id=rep.membership_id, role_id=role)
    path = f"{page_of(rep)}/roles/{held.assignment_id}/until"
    assert 'name="until"' in shown(client, path)
    assert post(client, org.owner, path, {"until": "2030-06-30"}).status_code == 303
    [_base, given] = held_by(org, rep.membership_id)
    assert given.ends_at.isoformat() == "2030-07-01T00:00:00+00:00"
    assert 'value="2030-06-30"' in shown(client, path)


def test_a_base_role_is_given_until_a_day_and_says_what_follows(org, rep, client):
    path = f"{page_of(rep)}/role"
    refused = post(client, org.owner, path, {"role": str(org.role("manager")), "until": "2030-06-30"})
    assert refused.status_code == 422
    assert "Choose another role that follows then" in refused.content.decode()
    chosen = {"role": str(org.role("manager")), "until": "2030-06-30", "then": str(org.role("member"))}
    text, answer = two_steps(client, org, path, chosen)
    assert "then Member." in text
    assert answer.status_code == 303
    [base] = held_by(org, rep.membership_id)
    assert (base.role.key, base.then_role.key) == ("manager", "member")
    assert "then Member" in shown(client, page_of(rep))
    # The same role for good: its end is taken away.
    _text, answer = two_steps(client, org, path, {"role": str(org.role("manager")), "until": ""})
    assert answer.status_code == 303
    assert held_by(org, rep.membership_id)[0].ends_at is None


def test_a_profile_is_set_and_taken_away(org, rep, client):
    profile = make_profile(org)
    text, answer = two_steps(client, org, f"{page_of(rep)}/profile", {"profile": str(profile)})
    assert "gets the profile" in text
    assert answer.status_code == 303
    assert "profile-" in shown(client, page_of(rep))
    text, answer = two_steps(client, org, f"{page_of(rep)}/profile", {"profile": ""})
    assert "has no profile any more" in text
    assert answer.status_code == 303


def test_restrictions_are_switches_and_choices(org, rep, client):
    path = f"{page_of(rep)}/restrictions"
    text = shown(client, path)
    assert "No data export" in text
    assert "Contacts seen" in text
    text, answer = two_steps(client, org, path, {"data.no_export": "on", "contacts.seen": "team"})
    assert "Set: Contacts seen, No data export." in text
    assert answer.status_code == 303
    assert restrictions_of(org, rep.membership_id) == {"data.no_export": "yes", "contacts.seen": "team"}
    text, answer = two_steps(client, org, path, {"contacts.seen": "own"})
    assert "Changed: Contacts seen." in text
    assert "Lifted: No data export." in text
    assert restrictions_of(org, rep.membership_id) == {"contacts.seen": "own"}
    assert "Contacts seen: Own" in shown(client, page_of(rep))


def test_the_only_keyholder_is_restricted_by_nobody(org, client):
    second = org.person("owner")
    own = post(client, org.owner, f"{page_of(org.owner)}/restrictions", {"data.no_export": "on"})
    assert own.status_code == 403
    _text, answer = two_steps(client, org, f"{page_of(second)}/restrictions", {"data.no_export": "on"})
    assert answer.status_code == 303
    client = signed_in(second)
    plan = post(client, second, f"{page_of(org.owner)}/restrictions", {"contacts.no_delete": "on"})
    digest = dict(_HIDDEN.findall(plan.content.decode()))["digest"]
    answer = post(client, second, f"{page_of(org.owner)}/restrictions", {"contacts.no_delete": "on", "digest": digest})
    assert answer.status_code == 409
    assert "is the only active Owner" in answer.content.decode()
    assert restrictions_of(org, org.owner.membership_id) == {}


def test_parts_that_are_not_used_stay_away_until_there_are_rows(org, rep, client):
    use(org)
    text = shown(client, page_of(rep))
    for part in ("Add a role", 'id="profile"', 'id="restrictions"'):
        assert part not in text
    use(org, "additions", "profiles", "restrictions")
    text = shown(client, page_of(rep))
    for part in ("Add a role", 'id="profile"', 'id="restrictions"'):
        assert part in text
    use(org)
    org.perform(set_profile, membership_id=rep.membership_id, profile_id=make_profile(org))
    org.perform(set_restrictions, membership_id=rep.membership_id, values={"data.no_export": "yes"})
    text = shown(client, page_of(rep))
    assert 'id="profile"' in text
    assert "No data export" in text


def test_buttons_are_for_whoever_may_use_them(org, rep):
    use(org, "additions", "profiles", "restrictions")
    viewer = signed_in(org.person("billing_administrator"))
    text = shown(viewer, page_of(rep))
    for button in ("Add a role", "change-profile", "change-restrictions", "change-role", "transfer-ownership"):
        assert button not in text
    assert viewer.get(f"{page_of(rep)}/restrictions").status_code == 403


def test_somebody_elses_assignment_is_not_there(org, rep, client):
    role, other = make_role(org, "addition"), org.person()
    held = org.perform(
        give_role,
        membership_id=other.membership_id,
        role_id=role,
        ends_at=clock.now() + timedelta(days=3),
    )
    for part in ("end", "until"):
        assert client.get(f"{page_of(rep)}/roles/{held.assignment_id}/{part}").status_code == 404
    with scope.tenant(org.id), reading():
        assert Membership.objects.filter(id=other.membership_id).exists()


def test_a_profile_is_chosen_with_the_invitation_and_changed_before_it_is_accepted(org, client):
    first, second = make_profile(org), make_profile(org)
    use(org, "profiles")
    chosen = {"given_name": "Pat", "email": f"{unique('pat')}@example.test", "role": str(org.role("member"))}
    assert 'name="profile"' in shown(client, "/admin/users/u/new")
    answer = post(client, org.owner, "/admin/users/u/new", {**chosen, "profile": str(first)})
    assert answer.status_code == 303
    with scope.tenant(org.id), reading():
        member = Membership.objects.get(email=chosen["email"])
        assert profile_id_of(member.id) == first
    path = f"/admin/users/u/{member.id}/invitation/edit"
    assert f'value="{first}" selected' in shown(client, path)
    names = {"given_name": "Pat", "role": str(org.role("member"))}
    for given, profile in ((str(second), second), ("", None)):
        assert post(client, org.owner, path, {**names, "profile": given}).status_code == 303
        with scope.tenant(org.id), reading():
            assert profile_id_of(member.id) == profile
    inviter = signed_in(org.person("people_administrator"))
    with scope.tenant(org.id), writing():
        Role.objects.filter(key="people_administrator").update(
            permissions={"people.view": "all", "people.invite": "yes"}
        )
        CatalogueVersion.objects.update(number=99)
    assert 'name="profile"' not in shown(inviter, "/admin/users/u/new")
