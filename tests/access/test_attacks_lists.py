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
from factories.records import make_record
from support.batches import make_batch, rows_of
from support.visitors import signed_in
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.acting.models import Operation
from tenantry.api.operations import OPERATIONS
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.crm.models import Deal, DealApproval
from tenantry.people.models import Membership, User
from tenantry.security.passwords import hashed
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.saving_views import save_view

OUT, IN = "zzoutsider", "zzinsider"
READ = {operation.path for operation in OPERATIONS.values() if operation.method == "GET"}


def is_read(route: Route) -> bool:
    if route.kind == "api":
        return OPERATIONS[route.name.removeprefix("api_")].path in READ
    return route.kind == "page" and "GET" in route.methods and not route.public


ROUTES = [route for route in routes() if is_read(route)]
# Parameters that hold no id of the organization.
PLAIN = {"token": "x" * 43, "chapter": "roles", "slug": "roles", "step": "people", "code": "session.idle_hours",
         "number": "1", "kind": "billing", "type_key": "lead", "width": "256", "page": "1",
         "receipt_number": "1", "report": "pipeline", "pack": "tokens", "meter": "seats",
         "addon": "mortgage_broker", "place": "lead"}  # fmt: skip


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
    own: dict[Person, dict[str, str]]


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
    inside = samples(one, one.target.membership_id, one.pending, one.gone.membership_id, 0)
    outside = samples(one, ids[0], invited, ids[2], 1)
    plain = plainly_addressed(outsiders[1])
    return Scene(
        one, agent, lead, inside | work(one, one.org.owner, ids, f"{unique(OUT)}@example.test,{OUT},,south"),
        outside | work(one, one.org.owner, ids, f"{plain},{OUT},,south"),
        {person: inside | work(one, person, ids, f"{plain},,,north") for person in (agent, lead)},
    )  # fmt: skip


def plainly_addressed(person: Person) -> str:
    """Gives them an address that says nothing of their name."""
    email = f"{unique('plain')}@example.test"
    with scope.platform("demo", person.organization_id), writing():
        Membership.objects.filter(id=person.membership_id).update(email=email)
    return email


def work(one: Stage, by: Person, ids: tuple[UUID, ...], line: str) -> dict[str, str]:
    """A batch of invitations, a view, and a change of people whom `by` may have reached when they asked for it."""
    into, asking = one.departments[0], by.actor.acting_id
    # The first is there already and is left out.
    one.org.perform(ACTIONS["set_department"], membership_ids=ids, department_id=one.departments[1])
    one.org.perform(ACTIONS["set_department"], membership_ids=ids[:1], department_id=into)
    changed = one.org.perform(change_people, do="department", value_id=into, membership_ids=ids).operation_id
    with scope.tenant(one.org.id), writing():
        Operation.objects.filter(id=changed).update(actor_id=asking)
    batch = make_batch(one.org, "email,name,role,unit", line, by=by)
    view = one.org.perform(save_view, by=by, name=unique("view"), query=f"q={OUT}" if by == one.org.owner else "")
    found = {"batch_id": batch, "row_id": rows_of(one.org, batch)[0].id, "operation_id": changed, "view_id": view.id}
    found |= {"acted_id": changed, "saved_id": view.id}
    return {name: str(value) for name, value in found.items()}


def samples(one: Stage, member: UUID, pending: UUID, gone: UUID, place: int) -> dict[str, str]:
    found = {
        "membership_id": member, "person_id": member, "pending": pending, "gone": gone,
        "team_id": one.teams[place], "workspace_id": one.spaces[place], "workflow_id": one.flows[place],
        "unit_id": one.units["south" if place else "far north"], "role_id": one.roles["member"],
        "profile_id": one.profiles[0], "assignment_id": one.assignment, "transfer_id": one.transfer,
        "department_id": one.departments[place], "entry_id": new_id(), "session_id": new_id(), "key_id": one.key,
        "order_id": new_id(), "invoice_id": new_id(),
    }  # fmt: skip
    records = owned(one, member, OUT if place else IN)
    return {name: str(value) for name, value in (found | records).items()} | PLAIN


def owned(one: Stage, owner: UUID, word: str) -> dict[str, Any]:
    """A record of every type that is this person's and is called by the word."""
    called = {"company": "name", "deal": "name", "task": "title", "note": "body", "activity": "title", "folder": "name"}
    made = {
        f"{kind}_id": make_record(one.org, kind, owner, **{called.get(kind, "given_name"): unique(word)})
        for kind in ("lead", "contact", *called)
    }
    made["file_id"] = make_record(one.org, "file", owner, name=f"{unique(word)}.txt", deal_id=made["deal_id"])
    with scope.tenant(one.org.id), writing():
        deal = Deal.objects.get(id=made["deal_id"])
        asked = DealApproval.objects.create(
            deal=deal, stage_id=deal.stage_id, asked_by_id=owner, mentor_id=owner, asked_at=clock.now()
        )
    return made | {"record_id": made["lead_id"], "stage_id": deal.stage_id, "approval_id": asked.id}


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


def opened(scene: Scene, person: Person, route: Route, path: str) -> list[bytes]:
    """What the address answers; a list also to a search for the beginning of a name, and filtered."""
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
    # Most addresses name no id, or one of a kind of which there is no other outside.
    for path in {address(route, given) for given in (scene.inside, scene.outside, scene.own[person])}:
        for content in opened(scene, person, route, path):
            assert OUT.encode() not in content.lower(), f"{path} shows somebody out of reach"


def test_those_inside_are_met(scene):
    """Or the sweep would look at nothing."""
    for person in (scene.agent, scene.lead):
        page = visitor(person).get("/admin/users/u")
        assert page.status_code == 200
        assert IN.encode() in page.content.lower()
        assert IN.encode() in by_session(person).get("/people").raw.lower()
    assert OUT.encode() in visitor(scene.one.org.owner).get("/admin/users/u").content.lower()
