"""Somebody who reaches a part of the people meets nobody else: on no page, in no answer, file, count or search
(security case 14). The sweep opens every address there is, with ids of inside and of outside."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from access.acts import Stage, stage
from access.ground import hold, seat
from access.test_attacks_on_access import AT_UNITS
from access.test_no_escalation import ACTIONS
from api.callers import by_session
from architecture.routes import Route, routes
from factories.organizations import PASSWORD, Person, unique
from support.visitors import signed_in
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.api.operations import OPERATIONS
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.people.models import Membership, User
from tenantry.security.passwords import hashed
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import deactivate_members

OUT, IN = "zzoutsider", "zzinsider"
READ = {operation.path for operation in OPERATIONS.values() if operation.method == "GET"}


def is_read(route: Route) -> bool:
    if route.kind == "api":
        return OPERATIONS[route.name.removeprefix("api_")].path in READ
    return route.kind == "page" and "GET" in route.methods and not route.public


ROUTES = [route for route in routes() if is_read(route)]
# Parameters that hold no id of the organization.
PLAIN = {"token": "x" * 43, "chapter": "roles", "slug": "roles", "step": "people", "code": "session.idle_hours",
         "number": "1", "kind": "billing"}  # fmt: skip


LEAD = {
    "people.view": "team",
    "teams.view": "team",
    "teams.manage": "team",
    "workflows.view": "workflow",
    "people.invite": "yes",
    "seats.view": "yes",
}


@dataclass
class Scene:
    one: Stage
    agent: Person
    lead: Person
    inside: dict[str, str]
    outside: dict[str, str]


def named(person: Person, name: str) -> None:
    with scope.platform("demo", person.organization_id), writing():
        member = Membership.objects.get(id=person.membership_id)
        member.given_name, member.email = name, f"{name}-{unique('x')}@example.test"
        member.refresh_search()
        member.save()


def entering(person: Person) -> None:
    """Gives them a password, so that they can sign in."""
    with scope.platform("demo"), writing():
        User.objects.filter(id=person.user_id).update(password=hashed(PASSWORD))


@pytest.fixture(scope="module")
def scene() -> Scene:
    one = stage()
    for person in (one.target, one.other, one.gone):
        named(person, IN)
    gives = tuple(one.roles[key] for key in ("member", "manager", "read_only"))
    agent_role = one.org.perform(create_role, kind="unit", content=RoleContent("Agent", "", AT_UNITS, gives)).id
    lead_role = one.org.perform(create_role, kind="base", content=RoleContent("Lead", "", LEAD)).id
    agent, lead = seat(one.org, unit_id=one.units["north"]), seat(one.org)
    hold(agent, one.roles["own base"], base=True)
    hold(agent, agent_role, unit_id=one.units["north"])
    hold(lead, lead_role, base=True)
    one.org.perform(ACTIONS["add_to_team"], team_id=one.teams[0], membership_ids=(lead.membership_id,))
    outsiders = [seat(one.org, unit_id=one.units["south"]) for _ in range(3)]
    for person in outsiders:
        hold(person, one.roles["member"], base=True)
        named(person, OUT)
    ids = tuple(person.membership_id for person in outsiders)
    one.org.perform(ACTIONS["add_to_team"], team_id=one.teams[1], membership_ids=ids)
    one.org.perform(ACTIONS["add_to_workflow"], workflow_id=one.flows[1], membership_ids=ids)
    one.org.perform(
        ACTIONS["add_to_workspace"],
        workspace_id=one.spaces[1],
        membership_ids=ids,
        role_id=one.roles["workspace_member"],
    )
    one.org.perform(deactivate_members, membership_ids=ids[2:])
    invited = one.org.perform(
        invite_member, email=f"{unique(OUT)}@example.test", role_id=one.roles["member"], given_name=OUT,
        family_name="Pending", unit_id=one.units["south"],
    ).membership_id  # fmt: skip
    for person in (agent, lead):
        entering(person)
    return Scene(
        one, agent, lead,
        samples(one, one.target.membership_id, one.pending, one.gone.membership_id, 0),
        samples(one, ids[0], invited, ids[2], 1),
    )  # fmt: skip


def samples(one: Stage, member: UUID, pending: UUID, gone: UUID, place: int) -> dict[str, str]:
    found = {
        "membership_id": member, "person_id": member, "pending": pending, "gone": gone,
        "team_id": one.teams[place], "workspace_id": one.spaces[place], "workflow_id": one.flows[place],
        "unit_id": one.units["south" if place else "far north"], "role_id": one.roles["member"],
        "profile_id": one.profiles[0], "assignment_id": one.assignment, "transfer_id": one.transfer,
        "entry_id": new_id(), "session_id": new_id(), "key_id": one.key,
    }  # fmt: skip
    return {name: str(value) for name, value in found.items()} | PLAIN


def address(route: Route, given: dict[str, str]) -> str:
    path = f"/{route.path}".replace("\\Z", "").strip("^$")
    for name in route.parameters:
        if name not in given:
            pytest.fail(f"{route.path}: give a sample for {name}")
        value = given[name]
        if name in ("membership_id", "person_id"):
            value = given["pending"] if "invitation" in path else given["gone"] if "reactivation" in path else value
        path = re.sub(rf"<[^>]*\b{name}>|{{{name}}}", value, path)
    return path


def opened(scene: Scene, person: Person, route: Route, given: dict[str, str]) -> list[bytes]:
    """What the address answers; a list also to a search for the beginning of a name, and filtered."""
    path = address(route, given)
    narrowed = ("?q=zzout", f"?status=deactivated&team={scene.one.teams[1]}&unit={scene.one.units['south']}")
    found = []
    for query in ("", *(() if route.parameters else narrowed)):
        if route.kind == "api":
            found.append(caller(person).get(f"{path}{query}").raw)
        else:
            response = visitor(person).get(f"{path}{query}")
            found.append(b"".join(response.streaming_content) if response.streaming else response.content)
    return found


@cache
def visitor(person: Person) -> Any:
    return signed_in(person)


@cache
def caller(person: Person) -> Any:
    return by_session(person)


@pytest.mark.parametrize("who", ["agent", "lead"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
def test_nobody_outside_is_met(scene, who, route):
    person = getattr(scene, who)
    for given in (scene.inside, scene.outside):
        for content in opened(scene, person, route, given):
            assert OUT.encode() not in content.lower(), f"{address(route, given)} shows somebody out of reach"


def test_those_inside_are_met(scene):
    """Or the sweep would look at nothing."""
    for person in (scene.agent, scene.lead):
        page = visitor(person).get("/admin/users/u")
        assert page.status_code == 200
        assert IN.encode() in page.content.lower()
        assert IN.encode() in by_session(person).get("/people").raw.lower()
    assert OUT.encode() in visitor(scene.one.org.owner).get("/admin/users/u").content.lower()
