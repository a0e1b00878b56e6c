"""Roles, ends, profile, restrictions and ownership over the interface."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from api.callers import by_key, by_session, make_organization
from factories.organizations import PASSWORD
from support.holding import held_by, make_profile, make_role, make_unit, make_workspace, restrictions_of
from tenantry.access.models import Role
from tenantry.access.steps import put_into_scope
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

END = "2040-03-28T22:00:00Z"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def person(org):
    return org.person()


def test_a_further_role_is_planned_given_moved_and_taken(org, person):
    key = by_key(org)
    role = make_role(org, "addition", permissions={"audit.view": "yes"})
    path = f"/people/{person.membership_id}/roles"
    plan = key.post(f"{path}/plan", {"role_id": str(role), "ends_at": END}).body
    assert (plan["gains"], plan["loses"], plan["ends_at"]) == (["audit.view"], [], END)
    made = key.post(path, {"role_id": str(role), "ends_at": END, "digest": plan["digest"]})
    assert made.status == 201, made.raw
    assert (made.body["role"]["id"], made.body["unit"], made.body["is_base"]) == (str(role), None, False)
    listed = key.get(path).body["items"]
    assert [one["is_base"] for one in listed] == [True, False]
    where = made.headers["Location"]
    assert key.call("PATCH", where, {"ends_at": None}).body["ends_at"] is None
    cost = key.get(f"{where}/ending/plan").body
    assert cost["loses"] == ["audit.view"]
    stale = key.call("DELETE", f"{where}?digest={plan['digest']}")
    assert (stale.status, stale.code) == (409, "plan_changed")
    assert key.call("DELETE", f"{where}?digest={cost['digest']}").status == 204
    assert len(held_by(org, person.membership_id)) == 1
    assert key.call("DELETE", where).status == 404


def test_a_managing_agent_over_the_interface(org, person):
    key = by_key(org)
    role, unit = make_role(org, "unit", permissions={"people.view": "all"}), make_unit(org)
    made = key.post(f"/people/{person.membership_id}/roles", {"role_id": str(role), "unit_id": str(unit)})
    assert (made.status, made.body["unit"]["id"]) == (201, str(unit))
    again = key.post(f"/people/{person.membership_id}/roles", {"role_id": str(role), "unit_id": str(unit)})
    assert (again.status, again.code) == (409, "role_held_already")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": "tomorrow"},
        {"ends_at": 5},
        {"ends_at": "2020-01-01T00:00:00Z"},
        {"workspace_id": str(uuid4())},
        {"is_base": True},
        {"given_by": str(uuid4())},
    ],
)
def test_giving_refuses_what_it_does_not_know(org, person, wrong):
    role = make_role(org, "addition")
    refused = by_key(org).post(f"/people/{person.membership_id}/roles", {"role_id": str(role), **wrong})
    assert refused.status == 422
    assert len(held_by(org, person.membership_id)) == 1


def test_a_base_role_with_an_end(org, person):
    key, path = by_key(org), f"/people/{person.membership_id}/role"
    refused = key.call("PUT", path, {"role_id": str(org.role("manager")), "ends_at": END})
    assert (refused.status, refused.code) == (422, "follower_needed")
    wanted = {"role_id": str(org.role("manager")), "ends_at": END, "then_role_id": str(org.role("member"))}
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    plan = key.get(f"{path}/plan?{query}").body
    assert (plan["ends_at"], plan["then"]["name"]) == (END, "Member")
    assert key.call("PUT", path, {**wanted, "digest": plan["digest"]}).status == 200
    [base] = held_by(org, person.membership_id)
    assert base.ends_at == datetime(2040, 3, 28, 22, tzinfo=UTC)


def test_a_profile_is_put_and_taken_away(org, person):
    key, path = by_key(org), f"/people/{person.membership_id}/profile"
    assert key.get(path).body == {"profile": None}
    profile = make_profile(org)
    plan = key.post(f"{path}/plan", {"profile_id": str(profile)}).body
    put = key.call("PUT", path, {"profile_id": str(profile), "digest": plan["digest"]})
    assert put.body["profile"]["id"] == str(profile)
    assert key.get(path).body == put.body
    assert key.call("PUT", path, {"profile_id": None}).body == {"profile": None}


def test_restrictions_are_put_whole(org, person):
    key, path = by_key(org), f"/people/{person.membership_id}/restrictions"
    wanted = {"values": {"contacts.seen": "team", "data.no_export": "yes"}}
    plan = key.post(f"{path}/plan", wanted).body
    put = key.call("PUT", path, {**wanted, "digest": plan["digest"]})
    assert {one["code"]: one["value"] for one in put.body["items"]} == wanted["values"]
    for values in ({"nothing.such": "yes"}, {"contacts.seen": "yes"}, {"data.no_export": "team"}):
        refused = key.call("PUT", path, {"values": values})
        assert (refused.status, refused.code) == (422, "restriction_unknown")
    assert key.call("PUT", path, {"values": {}}).body == {"items": []}
    assert restrictions_of(org, person.membership_id) == {}


def test_whoever_manages_a_workspace_restricts_there_and_nowhere_else(org, person):
    given = {"workspaces.view": "yes", "workspaces.manage": "yes", "people.view": "all"}
    agent = make_role(org, "workspace", permissions={"workspaces.view": "yes"})
    manager = make_role(org, "workspace", permissions=given, assignable=[agent])
    workspace, other, boss = make_workspace(org), make_workspace(org), org.person()
    with scope.tenant(org.id), writing():
        for who, role in ((boss, manager), (person, agent), (org.owner, agent)):
            held = Role.objects.get(id=role)
            put_into_scope([who.membership_id], held, workspace_id=workspace, given_by=None, now=clock.now())
    session = by_session(boss)
    path = f"/people/{person.membership_id}/restrictions"
    values = {"contacts.seen": "own"}
    inside = session.call("PUT", path, {"values": values, "workspace_id": str(workspace)})
    assert inside.status == 200, inside.raw
    assert inside.body["items"][0]["workspace"].startswith("workspace-")
    for more in ({}, {"workspace_id": str(other)}):
        refused = session.call("PUT", path, {"values": values, **more})
        assert refused.status in (403, 404)
    # A keyholder is out of a workspace manager's hand: a restriction would take that standing away.
    owner = f"/people/{org.owner.membership_id}/restrictions"
    refused = session.call("PUT", owner, {"values": values, "workspace_id": str(workspace)})
    assert refused.status in (403, 404)
    assert restrictions_of(org, org.owner.membership_id) == {}


def test_ownership_goes_by_session_and_password_never_by_key(org, person):
    body = {"recipient_id": str(person.membership_id), "then_role_id": str(org.role("administrator"))}
    key = by_key(org, "owner")
    refused = key.post("/ownership-transfers", {**body, "password": PASSWORD})
    assert (refused.status, refused.code) == (403, "people_only")
    owner = by_session(org.owner)
    plan = owner.post("/ownership-transfers/plan", body).body
    assert (plan["immediate"], plan["then"]["name"]) == (False, "Administrator")
    wrong = owner.post("/ownership-transfers", {**body, "password": "something else 1"})
    assert (wrong.status, wrong.code) == (422, "sign_in_refused")
    made = owner.post("/ownership-transfers", {**body, "password": PASSWORD, "digest": plan["digest"]})
    assert (made.status, made.body["state"]) == (201, "waiting")
    path = f"/ownership-transfers/{made.body['id']}"
    assert owner.get(path).body["state"] == "waiting"
    assert owner.post(f"{path}/acceptance", {"password": PASSWORD}).status == 404
    assert key.post(f"{path}/acceptance", {"password": PASSWORD}).status == 404
    theirs = by_session(person)
    assert [one["id"] for one in theirs.get("/ownership-transfers").body["items"]] == [made.body["id"]]
    effect = theirs.get(f"{path}/acceptance/plan").body
    taken = theirs.post(f"{path}/acceptance", {"password": PASSWORD, "digest": effect["digest"]})
    assert (taken.status, taken.body["state"]) == (200, "accepted")
    assert held_by(org, person.membership_id)[0].role.key == "owner"
    assert theirs.post(f"{path}/decline").status == 409


def test_wrong_passwords_slow_down(org, person):
    owner = by_session(org.owner)
    body = {"recipient_id": str(person.membership_id), "then_role_id": str(org.role("member")), "password": "x"}
    statuses = [owner.post("/ownership-transfers", body).status for _ in range(5)]
    assert statuses[:3] == [422, 422, 422]
    assert 429 in statuses


def test_an_offer_is_declined_or_taken_back(org, person):
    owner, theirs = by_session(org.owner), by_session(person)
    body = {
        "recipient_id": str(person.membership_id),
        "then_role_id": str(org.role("member")),
        "password": PASSWORD,
    }
    first = owner.post("/ownership-transfers", body).body["id"]
    assert theirs.post(f"/ownership-transfers/{first}/decline").status == 204
    second = owner.post("/ownership-transfers", body).body["id"]
    assert theirs.call("DELETE", f"/ownership-transfers/{second}").status == 404
    assert owner.call("DELETE", f"/ownership-transfers/{second}").status == 204
    assert owner.get(f"/ownership-transfers/{first}").body["state"] == "declined"
    assert owner.get(f"/ownership-transfers/{second}").body["state"] == "withdrawn"
