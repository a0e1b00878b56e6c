"""Roles and profiles through the interface: the same rules as on the pages, told in problem documents."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from api.callers import Caller, by_key, make_organization
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent


@pytest.fixture(scope="module")
def org():
    return make_organization()


@pytest.fixture(scope="module")
def owner(org):
    return by_key(org)


def new(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post("/roles", {"name": f"Role {uuid4().hex[:8]}", **body})
    assert answer.status == 201, answer.body
    return answer.body


def test_a_role_lives_through_the_interface(org, owner):
    answer = owner.post("/roles", {"name": "Night 🌙", "kind": "addition", "permissions": {"deals.view": "team"}})
    assert answer.status == 201
    made = answer.body
    assert answer.headers["Location"] == f"/api/v1/roles/{made['id']}"
    assert (made["kind"], made["permissions"], made["is_system"]) == ("addition", {"deals.view": "team"}, False)
    answer = owner.get(f"/roles/{made['id']}")
    assert answer.headers["ETag"] == '"1"'
    path = f"/roles/{made['id']}"
    assert owner.patch(path, {"description": "x"}).status == 428
    assert owner.patch(path, {"description": "x"}, If_Match='"7"').status == 412
    answer = owner.patch(path, {"permissions": {"deals.view": "all"}}, If_Match='"1"')
    assert (answer.status, answer.headers["ETag"], answer.body["name"]) == (200, '"2"', "Night 🌙")
    assert owner.delete(path).status == 204
    assert owner.get(path).status == 404


def test_a_plan_names_people_and_its_digest_confirms(org, owner):
    made = new(owner, permissions={"deals.view": "own"})
    person = org.person()
    org.perform(change_role, membership_id=person.membership_id, role_id=UUID(made["id"]))
    path, wanted = f"/roles/{made['id']}", {"permissions": {"deals.view": "all"}}
    plan = owner.post(f"{path}/plan", wanted).body
    [line] = plan["consequences"]
    assert (line["kind"], line["code"], line["before"], line["after"], line["number"]) == (
        "gains", "deals.view", ["own"], ["all"], 1,
    )  # fmt: skip
    assert [one["id"] for one in line["people"]] == [str(person.membership_id)]
    assert line["text"] == "person gains: see deals – All, was Own"
    other = org.person()
    org.perform(change_role, membership_id=other.membership_id, role_id=UUID(made["id"]))
    answer = owner.patch(path, {**wanted, "digest": plan["digest"]}, If_Match='"1"')
    assert (answer.status, answer.code) == (409, "plan_changed")
    fresh = owner.post(f"{path}/plan", wanted).body
    assert owner.patch(path, {**wanted, "digest": fresh["digest"]}, If_Match='"1"').status == 200


def test_a_role_in_use_needs_a_successor(org, owner):
    made = new(owner, permissions={"deals.view": "all"})
    person = org.person()
    org.perform(change_role, membership_id=person.membership_id, role_id=UUID(made["id"]))
    path = f"/roles/{made['id']}"
    assert owner.get(f"{path}/deletion/plan").body["successor_needed"]
    answer = owner.delete(path)
    assert (answer.status, answer.code) == (409, "successor_needed")
    successor = str(org.role("member"))
    plan = owner.get(f"{path}/deletion/plan?successor_id={successor}").body
    assert (plan["holders"], plan["successor"]) == (1, "Member")
    assert owner.delete(f"{path}?successor_id={successor}&digest={plan['digest']}").status == 204


def test_refusals_have_codes(org, owner):
    system = f"/roles/{org.role('manager')}"
    answer = owner.patch(system, {"name": "Boss"}, If_Match="*")
    assert (answer.status, answer.code) == (409, "from_the_blueprint")
    assert owner.post("/roles", {"name": "Member"}).code == "role_name_taken"
    for body in (
        {"name": ""},
        {"name": "x", "kind": "king"},
        {"name": "x", "permissions": {"deals.view": "everything"}},
        {"name": "x", "permissions": {"deals.fly": "all"}},
        {"name": "x", "permissions": {"ownership.transfer": "yes"}},
        {"name": "x", "kind": "workspace", "permissions": {"roles.edit": "yes"}},
        {"name": "y" * 1000},
    ):
        assert owner.post("/roles", body).status == 422, body
    editor = org.perform(
        create_role, kind="base", content=RoleContent("Editor", "", {"roles.edit": "yes", "deals.view": "team"})
    )
    person = org.person()
    org.perform(change_role, membership_id=person.membership_id, role_id=editor.id)
    caller = by_key_of(org, editor.id)
    answer = caller.post("/roles", {"name": "More", "permissions": {"deals.view": "all", "people.invite": "yes"}})
    assert (answer.status, answer.code) == (403, "not_yours_to_give")
    assert answer.body["permissions"] == ["deals.view", "people.invite"]
    assert caller.post("/roles", {"name": "Less", "permissions": {"deals.view": "team"}}).status == 201
    answer = caller.post("/roles", {"name": "Everybody", "copy_of": str(org.role("owner"))})
    assert (answer.status, answer.code) == (403, "not_yours_to_give")


def by_key_of(org, role_id: UUID) -> Caller:
    class Named:
        def role(self, _key: str) -> UUID:
            return role_id

        def perform(self, *args: Any, **params: Any) -> Any:
            return org.perform(*args, **params)

    return by_key(Named())  # type: ignore[arg-type]


def test_a_profile_lives_through_the_interface(org, owner):
    answer = owner.post("/profiles", {"name": "Reader", "permissions": {"deals.view": "all"}})
    assert answer.status == 201
    path = f"/profiles/{answer.body['id']}"
    assert owner.post(f"{path}/plan", {"permissions": {}}).body["changes"] == ["deals.view"]
    assert owner.patch(path, {"permissions": {"deals.view": "own"}}).status == 428
    answer = owner.patch(path, {"permissions": {"deals.view": "own"}}, If_Match='"1"')
    assert (answer.status, answer.body["permissions"]) == (200, {"deals.view": "own"})
    assert owner.post("/profiles", {"name": "reader"}).code == "profile_name_taken"
    assert owner.post("/profiles", {"name": "x", "permissions": {"people.invite": "yes"}}).status == 422
    copied = owner.post("/profiles", {"name": "Second reader", "copy_of": path.rpartition("/")[2]})
    assert copied.body["permissions"] == {"deals.view": "own"}
    plan = owner.get(f"{path}/deletion/plan?successor_id={copied.body['id']}").body
    assert plan["holders"] == 0
    assert owner.delete(f"{path}?successor_id={copied.body['id']}&digest={plan['digest']}").status == 204
    assert {one["name"] for one in owner.get("/profiles").body["items"]} >= {"Second reader"}


def test_the_catalogue_says_where_a_permission_can_be_held(owner):
    items = {one["code"]: one for one in owner.get("/permissions").body["items"]}
    assert items["deals.view"]["scopes"] == ["unit", "workspace"]
    assert items["deals.view"]["bounded_by_profiles"]
    assert items["ownership.transfer"]["keyholders_only"]
    assert items["roles.edit"]["scopes"] == []
