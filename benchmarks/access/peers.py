"""The same questions put to pycasbin, Cedar and Cerbos, each in the fastest way that was found, and in the documented
one where that is another. What a peer lets one prepare (parsed policies, parsed entities, encoded requests) is prepared
before the clock starts.
"""

import http.client
import json
import logging
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import casbin
import cedarpy
from casbin.model import FastModel, Model
from dataset import Question

from support import cerbos
from support.cerbos_worlds import NONE, Member, Record, World, question

# Answers these questions.
Ask = Callable[[Sequence[Question]], list[bool]]
REACHES = ("own", "team", "workflow", "unit", "all")

# --- pycasbin ------------------------------------------------------------------------------

CASBIN_BY_ROLE = """
[request_definition]
r = role, act, member, record
[policy_definition]
p = role, act, reach
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.role == p.role && r.act == p.act && reaches(r.member, r.record, p.reach)
"""
CASBIN_DOCUMENTED = """
[request_definition]
r = member, act, record
[policy_definition]
p = role, act, reach
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.member.id, p.role) && r.act == p.act && reaches(r.member, r.record, p.reach)
"""


class Subject:
    """What `reaches` asks of a member, and of a record, without any search."""

    def __init__(self, member: Member) -> None:
        self.key = member.id
        self.id = str(member.id)
        self.teams = frozenset(member.teams)
        self.workflows = frozenset(member.workflows)
        self.unit = member.unit
        self.roles = [str(assignment.role.id) for assignment in member.assignments]


class Object:
    def __init__(self, record: Record, world: World) -> None:
        owner = world.member(record.owner)
        self.owner = record.owner
        self.collaborators = frozenset(record.collaborators)
        self.teams = frozenset([*(owner.teams if owner else []), record.team])
        self.workflow = record.workflow
        self.units = frozenset(world.above(record.unit))


def _reaches(member: Subject, record: Object, reach: str) -> bool:
    if reach == "all" or record.owner == member.key or member.key in record.collaborators:
        return True
    if reach == "team":
        return not member.teams.isdisjoint(record.teams)
    if reach == "workflow":
        return record.workflow in member.workflows
    return reach == "unit" and member.unit in record.units


def pycasbin(world: World, *, documented: bool = False) -> Ask:
    """Fastest: the fast enforcer with an index over role and permission, asked once a role; documented: `g`, which goes
    through every line. Lines are handed to the model itself: `add_policies` of the fast one takes a minute."""
    logging.getLogger("casbin").setLevel(logging.ERROR)
    model = Model() if documented else FastModel([0, 1])
    model.load_model_from_text(CASBIN_DOCUMENTED if documented else CASBIN_BY_ROLE)
    enforcer: Any = casbin.Enforcer(model) if documented else casbin.FastEnforcer(model, cache_key_order=[0, 1])
    enforcer.add_function("reaches", _reaches)
    lines = model.model["p"]["p"].policy
    everywhere = sorted({code for role in world.roles for code in role.permissions})
    for role in world.roles:
        given = dict.fromkeys(everywhere, "all") if role.everything else role.permissions
        for code, reach in given.items():
            lines.append([str(role.id), code, reach])
    subjects = {member.id: Subject(member) for member in world.members.values()}
    objects = {record.id: Object(record, world) for record in world.records}
    if documented:
        held = model.model["g"]["g"].policy
        held.extend([subject.id, role] for subject in subjects.values() for role in subject.roles)
        enforcer.build_role_links()
        return lambda asked: [
            bool(enforcer.enforce(subjects[q.member.id], q.code, objects[q.record.id])) for q in asked
        ]

    def ask(asked: Sequence[Question]) -> list[bool]:
        found = []
        for q in asked:
            subject, thing = subjects[q.member.id], objects[q.record.id]
            found.append(any(enforcer.enforce(role, q.code, subject, thing) for role in subject.roles))
        return found

    return ask


# --- Cedar ---------------------------------------------------------------------------------

WITHIN = {
    "own": "(resource has owner && resource.owner == principal) || resource.collaborators.contains(principal)",
    "team": "principal.teams.containsAny(resource.teams)",
    "workflow": "principal.workflows.contains(resource.workflow)",
    "unit": "resource.units.contains(principal.unit)",
    "all": "true",
}


def _uid(kind: str, key: object) -> dict[str, str]:
    return {"type": kind, "id": str(key)}


def _link(kind: str, key: object) -> dict[str, Any]:
    return {"__entity": _uid(kind, key)}


def _cedar_member(member: Member) -> dict[str, Any]:
    """With what all roles give together, by reach: policies that never change read it."""
    given: dict[str, set[str]] = {reach: set() for reach in REACHES}
    for assignment in member.assignments:
        for code, reach in assignment.role.permissions.items():
            given[reach].add(code)
            given["own"].add(code)
    attributes: dict[str, Any] = {f"may_{reach}": [_link("Action", c) for c in given[reach]] for reach in REACHES}
    attributes["keyholder"] = any(assignment.role.everything for assignment in member.assignments)
    attributes["teams"] = [str(team) for team in member.teams]
    attributes["workflows"] = [str(workflow) for workflow in member.workflows]
    attributes["unit"] = str(member.unit or "")
    roles = [_uid("Role", assignment.role.id) for assignment in member.assignments]
    return {"uid": _uid("Member", member.id), "attrs": attributes, "parents": roles}


def _cedar_record(record: Record, world: World) -> dict[str, Any]:
    owner = world.member(record.owner)
    attributes: dict[str, Any] = {
        "collaborators": [_link("Member", one) for one in record.collaborators],
        "teams": [str(team) for team in [*(owner.teams if owner else []), record.team] if team],
        "workflow": str(record.workflow or NONE),
        "units": [str(unit) for unit in world.above(record.unit)],
    }
    if record.owner:
        attributes["owner"] = _link("Member", record.owner)
    return {"uid": _uid("Record", record.id), "attrs": attributes, "parents": []}


def _cedar_request(q: Question) -> dict[str, Any]:
    return {
        "principal": _uid("Member", q.member.id),
        "action": _uid("Action", q.code),
        "resource": _uid("Record", q.record.id),
    }


def _cedar_fixed() -> str:
    ways = [
        f"permit(principal, action, resource) when {{ principal.may_{reach}.contains(action) && ({WITHIN[reach]}) }};"
        for reach in REACHES
    ]
    return "\n".join([*ways, "permit(principal, action, resource) when { principal.keyholder };"])


def _cedar_by_role(world: World) -> str:
    found = ["permit(principal, action, resource) when { principal.keyholder };"]
    for role in world.roles:
        for reach in REACHES:
            codes = [c for c, given in role.permissions.items() if reach in (given, "own")]
            if codes:
                actions = ", ".join(f'Action::"{code}"' for code in codes)
                head = f'permit(principal in Role::"{role.id}", action in [{actions}], resource)'
                found.append(f"{head} when {{ {WITHIN[reach]} }};")
    return "\n".join(found)


class Cedar:
    """All members, roles and records parsed beforehand. Fastest: six policies that never change over attributes of
    members and records; documented: policies that name the role."""

    def __init__(self, world: World) -> None:
        self.world = world
        entities: list[dict[str, Any]] = [_cedar_member(member) for member in world.members.values()]
        entities += [_cedar_record(record, world) for record in world.records]
        entities += [{"uid": _uid("Role", role.id), "attrs": {}, "parents": []} for role in world.roles]
        self.known = cedarpy.Entities.from_json_str(json.dumps(entities))
        self.fixed = cedarpy.PolicySet.from_str(_cedar_fixed())

    def ask(self, asked: Sequence[Question]) -> list[bool]:
        return [cedarpy.is_authorized(_cedar_request(q), self.fixed, self.known).allowed for q in asked]

    def ask_at_once(self, asked: Sequence[Question]) -> list[bool]:
        answers = cedarpy.is_authorized_batch([_cedar_request(q) for q in asked], self.fixed, self.known)
        return [answer.allowed for answer in answers]

    def by_role(self) -> Ask:
        policies = cedarpy.PolicySet.from_str(_cedar_by_role(self.world))
        return lambda asked: [cedarpy.is_authorized(_cedar_request(q), policies, self.known).allowed for q in asked]


# --- Cerbos --------------------------------------------------------------------------------


class Cerbos:
    """Over HTTP on one connection that stays open; requests are built and encoded before the clock starts."""

    def __init__(self, server: cerbos.Server, world: World) -> None:
        self.world = world
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(self, asked: Sequence[Question], *, size: int = 1) -> Callable[[], list[bool]]:
        """`size` neighbouring questions a request, all of one member."""
        bodies = [self._body(asked[first : first + size]) for first in range(0, len(asked), size)]
        return lambda: [allowed for body in bodies for allowed in self._post(body)]

    def _body(self, asked: Sequence[Question]) -> bytes:
        resources = [question(q.code, q.record.attributes(self.world), name=str(i)) for i, q in enumerate(asked)]
        return json.dumps({"principal": asked[0].member.principal(self.world), "resources": resources}).encode()

    def _post(self, body: bytes) -> list[bool]:
        self.connection.request("POST", "/api/check/resources", body, {"Content-Type": "application/json"})
        results = json.loads(self.connection.getresponse().read())["results"]
        return [result["actions"]["perform"] == cerbos.ALLOWED for result in results]


def versions() -> dict[str, str]:
    program = cerbos.program()
    return {
        "pycasbin": version("pycasbin"),
        "cedarpy": version("cedarpy"),
        "Cerbos": program.name.removeprefix("cerbos-"),
    }
