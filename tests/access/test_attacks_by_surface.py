"""The same attacks through the interface and through pages, single and bulk (security cases 5 to 7, 11)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from access.acts import Stage, stage
from access.ground import hold, holdings, seat
from access.test_attacks_on_access import agent_of
from api.callers import Caller, by_session
from factories.organizations import PASSWORD, Person, unique
from support.visitors import post, signed_in
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.access.models import Assignment, Role
from tenantry.api.openapi import document
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership, User
from tenantry.security.passwords import hashed

# An editor of roles and a giver of them, who holds and gives little.
CLERK = {
    "roles.view": "yes",
    "roles.edit": "yes",
    "people.view": "all",
    "people.invite": "yes",
    "people.edit": "yes",
    "people.deactivate": "yes",
    "people.remove": "yes",
    "people.end_sessions": "yes",
    "people.reset_password": "yes",
    "people.assign_roles": "yes",
    "people.restrict": "yes",
    "api_keys.manage": "yes",
    "leads.view": "team",
}


@pytest.fixture(scope="module")
def house() -> Stage:
    return stage()


@pytest.fixture(scope="module")
def clerk(house) -> Person:
    content = RoleContent("Clerk", "", CLERK, (house.roles["member"],))
    person = seat(house.org, unit_id=house.units["south"])
    hold(person, house.org.perform(create_role, kind="base", content=content).id, base=True)
    with scope.platform("demo"), writing():
        User.objects.filter(id=person.user_id).update(password=hashed(PASSWORD))
    return person


@pytest.fixture(scope="module")
def manager(house) -> Person:
    """Out of the clerk's hand."""
    person = seat(house.org, unit_id=house.units["north"])
    hold(person, house.roles["manager"], base=True)
    return person


@cache
def caller(person: Person) -> Caller:
    return by_session(person)


@cache
def visitor(person: Person) -> Any:
    return signed_in(person)


# --- Bodies --------------------------------------------------------------------------------------------


# Made anew at each call, in most of a second.
described_once = cache(document)


def bodies() -> list[str]:
    found = described_once()
    return sorted(
        described["operationId"]
        for methods in found["paths"].values()
        for described in methods.values()
        # Files come in as forms, whose fields the view reads by name.
        if "application/json" in described.get("requestBody", {}).get("content", {})
    )


def objects(schema: Any, found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object that a body consists of."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield from objects(found["components"]["schemas"][schema["$ref"].rpartition("/")[2]], found)
            return
        if schema.get("type") == "object":
            yield schema
        for name, part in schema.items():
            if name not in ("example", "examples"):
                yield from objects(part, found)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part, found)


@pytest.mark.parametrize("operation", bodies())
def test_no_body_takes_a_field_that_it_does_not_declare(operation):
    found = described_once()
    described = next(d for m in found["paths"].values() for d in m.values() if d["operationId"] == operation)
    seen = 0
    for schema in objects(described["requestBody"]["content"]["application/json"]["schema"], found):
        seen += 1
        # A map of codes says what its values are; everything else is closed.
        assert schema.get("additionalProperties") is False or "properties" not in schema, schema.get("title")
    assert seen


@pytest.mark.parametrize(
    "extra",
    [{"status": "active"}, {"is_keyholder": True}, {"organization_id": "01890a5d-ac96-774b-bcce-b302099a8001"},
     {"user_id": "01890a5d-ac96-774b-bcce-b302099a8001"}, {"permissions": {"roles.edit": "yes"}},
     {"force": True}, {"skip_checks": True}],
    ids=lambda extra: next(iter(extra)),
)  # fmt: skip
def test_more_in_a_body_is_refused_and_writes_nothing(house, clerk, extra):
    """Security cases 5 and 11."""
    before = holdings(house.org.id)
    invited = {"email": f"{unique('x')}@example.test", "role_id": str(house.roles["member"])}
    target = house.other.membership_id
    for method, path, body in (
        ("POST", "/people", invited),
        ("PATCH", f"/people/{target}", {"given_name": "A"}),
        ("PUT", f"/people/{target}/role", {"role_id": str(house.roles["member"])}),
        ("POST", "/roles", {"kind": "base", "name": unique("r"), "permissions": {}, "assignable_role_ids": []}),
        ("PATCH", "/me", {"given_name": "A"}),
    ):
        answer = caller(clerk).call(method, path, {**body, **extra})
        if method == "POST" and path == "/roles" and "permissions" in extra:
            continue
        assert answer.status in (400, 422), (path, answer.body)
    assert holdings(house.org.id) == before


def test_more_in_a_form_changes_nothing_else(house):
    person = seat(house.org)
    hold(person, house.roles["read_only"], base=True)
    with scope.platform("demo"), writing():
        User.objects.filter(id=person.user_id).update(password=hashed(PASSWORD))
    before = person.actor.grants
    more = {
        "status": "removed", "role": str(house.org.role("owner")), "role_id": str(house.org.role("owner")),
        "unit": str(house.units["root"]), "unit_id": str(house.units["root"]), "team": str(house.teams[0]),
        "is_keyholder": "1", "access_version": "0", "profile": "", "force": "1",
    }  # fmt: skip
    for path in ("/me", "/me/appearance"):
        post(visitor(person), person, path, {"given_name": "New", "family_name": "Name", "theme": "dark", **more})
    assert person.actor.grants == before
    with scope.tenant(house.org.id), reading():
        member = Membership.objects.get(id=person.membership_id)
        assert (member.given_name, member.status, member.unit_id) == ("New", "active", None)


# --- Out of hand, out of the unit ----------------------------------------------------------------------


def on_person(house: Stage) -> list[tuple[str, str, Any]]:
    role, unit = str(house.roles["member"]), str(house.units["far north"])
    return [
        ("PATCH", "/people/{id}", {"given_name": "X"}),
        ("POST", "/people/{id}/deactivation", {}),
        ("POST", "/people/{id}/removal", {}),
        ("POST", "/people/{id}/password-reset", None),
        ("DELETE", "/people/{id}/sessions", None),
        ("PUT", "/people/{id}/role", {"role_id": role}),
        ("POST", "/people/{id}/roles", {"role_id": str(house.roles["own addition"])}),
        ("POST", "/people/{id}/roles/plan", {"role_id": str(house.roles["own addition"])}),
        ("PUT", "/people/{id}/profile", {"profile_id": str(house.profiles[0])}),
        ("POST", "/people/{id}/profile/plan", {"profile_id": str(house.profiles[0])}),
        ("PUT", "/people/{id}/restrictions", {"values": {"deals.no_edit": "yes"}}),
        ("POST", "/people/deactivations", {"person_ids": ["{id}"]}),
        ("POST", "/people/removals", {"person_ids": ["{id}"]}),
        ("POST", f"/units/{unit}/members", {"person_ids": ["{id}"]}),
    ]


def filled(value: Any, member_id: Any) -> Any:
    if isinstance(value, dict):
        return {name: filled(part, member_id) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, member_id) for part in value]
    return value.replace("{id}", str(member_id)) if isinstance(value, str) else value


@pytest.mark.parametrize("number", range(14))
def test_the_interface_reaches_nobody_out_of_hand_or_out_of_the_unit(house, clerk, manager, number):
    method, path, body = on_person(house)[number]
    agent = outside_agent(house)
    before = holdings(house.org.id)
    for who, on in ((clerk, manager), (clerk, house.org.owner), (agent, manager), (agent, house.org.owner)):
        answer = caller(who).call(method, filled(path, on.membership_id), filled(body, on.membership_id))
        assert answer.status in (403, 404), (answer.status, answer.body)
    assert holdings(house.org.id) == before


_agents: dict[Any, Person] = {}


def outside_agent(house: Stage) -> Person:
    """Of a unit in which neither of them stands."""
    if house.org.id not in _agents:
        _agents[house.org.id] = agent_of(house, "far north")
    return _agents[house.org.id]


def test_the_interface_gives_no_role_above(house, clerk):
    target = house.other.membership_id
    before = holdings(house.org.id)
    for key in ("owner", "administrator", "manager"):
        role = str(house.org.role(key))
        for method, path, body in (
            ("POST", "/people", {"email": f"{unique('x')}@example.test", "role_id": role}),
            ("PUT", f"/people/{target}/role", {"role_id": role}),
            ("PATCH", f"/people/{house.pending}/invitation", {"role_id": role}),
        ):
            assert caller(clerk).call(method, path, body).status in (403, 409, 422), path
    assert holdings(house.org.id) == before


@pytest.mark.parametrize("held", [{"deals.view": "own"}, {"leads.view": "all"}, {"ownership.transfer": "yes"}])
def test_no_role_holds_more_than_its_editor_through_interface_and_page(house, clerk, held):
    """Security case 7."""
    mine = house.org.perform(create_role, by=clerk, kind="base", content=RoleContent(unique("mine"))).id
    before = holdings(house.org.id)
    body = {"kind": "base", "name": unique("r"), "description": "", "permissions": held}
    assert caller(clerk).post("/roles", body).status in (403, 409, 422)
    assert caller(clerk).patch(f"/roles/{mine}", {"permissions": held}).status in (403, 409, 412, 422, 428)
    fields = {f"p.{code}": value for code, value in held.items()}
    form = {"name": unique("r"), "description": "", "kind": "base", "version": "1", "do": "save", **fields}
    # The page of a new role takes its name only; what more is sent is ignored.
    post(visitor(clerk), clerk, "/admin/users/roles/new", form)
    assert post(visitor(clerk), clerk, f"/admin/users/roles/{mine}/edit", form).status_code in (403, 409, 422)
    owner = house.org.role("owner")
    assert post(visitor(clerk), clerk, f"/admin/users/roles/{owner}/copy", {"name": unique("c")}).status_code != 303
    assert holdings(house.org.id) == before
    with scope.tenant(house.org.id), reading():
        customs = Role.objects.filter(is_system=False).exclude(name__in=["Clerk", "Agent"])
        assert not any(set(held) & set(role.permissions) for role in customs)


# --- Bulk ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["deactivate", "remove"])
def test_one_person_out_of_hand_in_a_selection_is_not_acted_on(do):
    """The others are; who was left out is named with the reason."""
    one = stage(everything=False)
    content = RoleContent("Clerk", "", CLERK, (one.roles["member"],))
    person, above = seat(one.org), seat(one.org)
    hold(person, one.org.perform(create_role, kind="base", content=content).id, base=True)
    hold(above, one.roles["manager"], base=True)
    with scope.platform("demo"), writing():
        User.objects.filter(id=person.user_id).update(password=hashed(PASSWORD))
    out = [str(above.membership_id), str(one.org.owner.membership_id)]
    form = {"do": do, "ids": [str(one.target.membership_id), *out], "confirm": "1", "digest": ""}
    post(visitor(person), person, "/admin/users/u/bulk", form)
    path = {"deactivate": "/people/deactivations", "remove": "/people/removals"}[do]
    answer = caller(person).post(path, {"person_ids": [str(one.other.membership_id), *out]})
    assert {row["code"] for row in answer.body["refused"]} == {"member_out_of_hand"}
    assert caller(person).post(path, {"person_ids": out}).status == 403
    assert one.org.status(one.other.membership_id) in ("deactivated", "removed")
    for member_id in (above.membership_id, one.org.owner.membership_id):
        assert one.org.status(member_id) == "active"
    with scope.tenant(one.org.id), reading():
        assert Assignment.objects.filter(membership_id=above.membership_id, is_base=True).exists()
