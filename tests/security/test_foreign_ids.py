"""On every page, another organization's ids are answered as ids that nobody has (security case 13).

In the path, the query and the body; what comes back is the same in status and text, and nothing changes there. The
sweep fails for a route whose parameter it has no value for. The API's own sweep is in tests/api.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from architecture.routes import Route, routes
from architecture.sources import SOURCES
from factories.operators import make_operator
from factories.organizations import PASSWORD, Organization, Person, make_organization, unique
from support import catalogue
from support.batches import batch_samples
from support.crm import record_samples
from support.holding import make_profile, make_role, make_unit
from support.many import bulk_samples
from support.selling import billing_samples
from support.told import notices, publish
from support.visitors import browser, post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import give_role
from tenantry.acting.actions import perform
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fences import tenant_tables
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.departments import create_department
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.signing_in import enter_organization
from tenantry.usecases.transferring import transfer_ownership
from tenantry.usecases.workflows import add_to_workflow, create_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

ROUTES = [route for route in routes() if route.kind == "page"]
# Parameters of paths that hold no id of an organization, reviewed: name -> a value that is always the same.
# Entries are numbered in each organization from 1: a number is nobody's but one's own.
OTHER_IN_PATHS = {
    "token": "x" * 43, "chapter": "roles", "slug": "roles", "step": "people", "code": "session.idle_hours",
    "number": "4000000000", "receipt_number": "4000000000", "report": "pipeline",
    "type_key": "note", "page": "1", "width": "256", "pack": "tokens", "addon": "mortgage_broker",
}  # fmt: skip
# Fields of queries and bodies that hold ids: name -> which of `Things`.
IDS = {
    "ids": "person", "id": "person",
    "like": "person", "added": "person",
    "person": "person", "role": "role", "team": "team", "teams": "team", "organization": "organization",
    "actor": "person", "target": "person", "key": "key",
    "department": "department", "unit": "unit", "profile": "profile", "then": "role",
    "a": "role", "b": "role", "gives": "role", "beside": "role", "successor": "role",
    "workspace": "workspace", "workspaces": "workspace", "workflow": "workflow",
    "owner": "person", "mentor": "person", "workflow_id": "workflow", "workspace_id": "workspace", "stage": "stage",
    "up": "stage", "down": "stage",
    "company_id": "company", "company": "company", "contact_id": "contact", "contact": "contact",
    "in": "folder", "place": "folder", "matter": "person", "anyway": "person", "newest": "notification",
    "invoice": "invoice", "stay": "person", "leaving": "person", "without": "unit",
    "deal": "deal", "moving": "folder", "now": "folder",
}  # fmt: skip
# The others, reviewed: name -> a value that a form takes.
OTHER_FIELDS: dict[str, str] = dict.fromkeys(
    "action area back blueprint code colour currency cursor description digest email family_name format"
    " from given_name last_sign_in lead legal_name mailing_address name new next no_picture old"
    " organization_name password phone picture q registered_address slug sort state status tax_id theme"
    " time_zone to version website kind page undo confirm days entry_mode send_again reason zone"
    " billing_name billing_email technical_name technical_email until keep"
    " query looks columns replace is_shared way must_change all gives_all beside_any file text encoding separator"
    # `move` is a deal and two stages in one word: tests/web/momentum/test_board.py tries those of others.
    " mine stale show"
    " manager last_day back_on locale months to_typed owner_typed"
    " move with_deal deal_name value closes_on comment commission company_name job_title source domain industry"
    " address archived show before title due_on body happened_at minutes spread types how tell probability"
    " as stale_days is_milestone is_lodgement with_members order own meter question"
    " seats interval at plan card bank on purchase_order country seat paid taken asked free many counted".split(),
    "",
) | {
    "do": "deactivate", "given_name": "Given", "family_name": "Name", "time_zone": "UTC",
    "type": "member", "permission": "people.edit", "field": "", "find": "",
    "currency": "EUR", "theme": "dark", "lead": "1",
}  # fmt: skip


RECORDS = (
    "lead", "contact", "company", "deal", "task", "note", "activity", "file", "folder", "stage", "approval",
)  # fmt: skip


@dataclass(frozen=True)
class Things:
    """Ids of one of everything."""

    person: str
    pending: str
    gone: str
    role: str
    team: str
    session: str
    organization: str
    assignment: str
    transfer: str
    unit: str
    profile: str
    workspace: str
    workflow: str
    batch: str
    row: str
    operation: str
    view: str
    department: str
    lead: str
    contact: str
    company: str
    deal: str
    task: str
    note: str
    activity: str
    file: str
    folder: str
    stage: str
    approval: str
    notification: str
    order: str
    invoice: str

    def in_path(self, name: str, route: Route) -> str:
        """The value of a path's parameter: a pending person where the page is about an invitation."""
        if name == "membership_id":
            about = {"invitation": self.pending, "reactivation": self.gone}
            return next((i for word, i in about.items() if word in route.name), self.person)
        others = {"role_id": self.role, "team_id": self.team, "entry_id": self.session}
        others |= {"assignment_id": self.assignment, "transfer_id": self.transfer, "unit_id": self.unit}
        others |= {"workspace_id": self.workspace, "workflow_id": self.workflow, "profile_id": self.profile}
        others |= {"department_id": self.department}
        others |= {"batch_id": self.batch, "row_id": self.row}
        others |= {"operation_id": self.operation, "view_id": self.view, "record_id": self.note}
        others |= {"saved_id": self.view, "acted_id": self.operation, "notification_id": self.notification}
        others |= {"order_id": self.order, "invoice_id": self.invoice}
        others |= {f"{kind}_id": getattr(self, kind) for kind in RECORDS}
        return others[name]


def things(org: Organization) -> Things:
    person, gone = org.person(), org.person()
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    team = org.perform(create_team, name=unique("North")).id
    org.perform(add_to_team, team_id=team, membership_ids=(person.membership_id,))
    with scope.tenant(org.id):
        entered = perform(enter_organization, actor=Actor.guest(org.id), user_id=person.user_id)
    offer = org.perform(
        transfer_ownership,
        recipient_id=person.membership_id,
        then_role_id=org.role("member"),
        password=PASSWORD,
    )
    return Things(
        str(person.membership_id), str(org.invite().membership_id), str(gone.membership_id), str(org.role("member")),
        str(team), str(entered.entry_id), str(org.id), further_role(org, person.membership_id), str(offer.transfer_id),
        str(make_unit(org)), str(make_profile(org)), make_workspace(org, person.membership_id),
        make_workflow(org, person.membership_id), *batch_samples(org).values(),
        *bulk_samples(org).values(), str(org.perform(create_department, name=unique("Sales")).id), *records(org),
        notice(org), *sold(org),
    )  # fmt: skip


def sold(org: Organization) -> tuple[str, str]:
    """An order and an invoice."""
    samples = billing_samples(org)
    return samples["order_id"], samples["invoice_id"]


def notice(org: Organization) -> str:
    """What the owner was told last."""
    publish(org, ("RoleGiven", {"membership_id": org.owner.membership_id, "role": "Auditor"}))
    return str(notices(org.owner)[-1].id)


def records(org: Organization) -> list[str]:
    """One of everything that is sold and worked on."""
    samples = record_samples(org)
    return [samples[f"{kind}_id"] for kind in RECORDS]


def make_workspace(org: Organization, membership_id: UUID | None = None) -> str:
    """With this member in it, when one is given."""
    made = org.perform(create_workspace, name=unique("Fairs")).id
    if membership_id:
        level = make_role(org, "workspace")
        org.perform(add_to_workspace, workspace_id=made, membership_ids=(membership_id,), role_id=level)
    return str(made)


def make_workflow(org: Organization, membership_id: UUID | None = None) -> str:
    """With this member in it, when one is given."""
    made = org.perform(create_workflow, name=unique("Loans")).id
    if membership_id:
        org.perform(add_to_workflow, workflow_id=made, membership_ids=(membership_id,))
    return str(made)


def further_role(org: Organization, membership_id: UUID) -> str:
    role = make_role(org, "addition")
    return str(org.perform(give_role, membership_id=membership_id, role_id=role).assignment_id)


def own_for(org: Organization, route: Route) -> Things:
    """Fresh ids of what the route is about; the others are nobody's."""
    new = vars_of(unknown())
    if "team_id" in route.parameters:
        new["team"] = str(org.perform(create_team, name=unique("North")).id)
    if "membership_id" in route.parameters:
        if "invitation" in route.name:
            new["pending"] = str(org.invite().membership_id)
        else:
            member = org.person().membership_id
            new["person"] = new["gone"] = str(member)
            if "assignment_id" in route.parameters:
                new["assignment"] = further_role(org, member)
            if "reactivation" in route.name:
                org.perform(deactivate_members, membership_ids=(member,))
            if "team_id" in route.parameters:
                org.perform(add_to_team, team_id=UUID(new["team"]), membership_ids=(member,))
    inside = UUID(new["person"]) if "membership_id" in route.parameters else None
    makers: dict[str, Callable[[], Any]] = {
        "role": lambda: make_role(org, "addition"),
        "profile": lambda: make_profile(org),
        "unit": lambda: make_unit(org),
        "department": lambda: org.perform(create_department, name=unique("Sales")).id,
        "workspace": lambda: make_workspace(org, inside),
        "workflow": lambda: make_workflow(org, inside),
        "notification": lambda: notice(org),
        "order": lambda: sold(org)[0],
        "invoice": lambda: sold(org)[1],
    }
    new |= {name: str(make()) for name, make in makers.items() if f"{name}_id" in route.parameters}
    if {"record_id", *(f"{kind}_id" for kind in RECORDS)} & set(route.parameters):
        new |= dict(zip(RECORDS, records(org), strict=True))
    return Things(**{**new, **of_many(org, route)})


def of_many(org: Organization, route: Route) -> dict[str, str]:
    """Fresh ids of lists of people and of what was done to several."""
    new = {}
    if "batch_id" in route.parameters:
        new["batch"], new["row"] = batch_samples(org).values()
    if {"operation_id", "view_id", "saved_id", "acted_id"} & set(route.parameters):
        new["operation"], new["view"] = bulk_samples(org).values()
    return new


def unknown() -> Things:
    return Things(*(str(new_id()) for _ in Things.__dataclass_fields__))


@dataclass(frozen=True)
class World:
    mine: Organization
    owner: Person
    theirs: Organization
    their_things: Things
    my_things: Things
    client: Any


@pytest.fixture(scope="module")
def world() -> World:
    mine, theirs = make_organization("Mine"), make_organization("Theirs")
    return World(mine, mine.owner, theirs, things(theirs), things(mine), signed_in(mine.owner))


def state(org: Organization) -> dict[str, Any]:
    """Every row of an organization, as text."""
    found: dict[str, Any] = {table: [] for table in tenant_tables()}
    each = (f"SELECT '{table}', t::text FROM {table} t WHERE organization_id = %s" for table in found)
    for table, row in catalogue.rows(" UNION ALL ".join(each) + " ORDER BY 1, 2", *[org.id] * len(found)):
        found[table].append(row)
    return found


_CHANGING = (
    (re.compile(r'(name="csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+'), "token"),
    (re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"), "id"),
    (re.compile(r"[a-z]+-\d+-[0-9a-f]{10}"), "unique"),
    (re.compile(r"tick-[0-9a-f]+|v=[0-9a-f]+|avatar a\d+|\b\d{1,2}:\d{2}(:\d{2})?\b"), "changing"),
)


def said(answer: Any) -> tuple[Any, ...]:
    text = (
        b"".join(answer).decode("utf-8", "replace") if answer.streaming else answer.content.decode("utf-8", "replace")
    )
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    location = _CHANGING[1][0].sub("id", answer.headers.get("Location", answer.headers.get("HX-Redirect", "")))
    return answer.status_code, location, answer.headers.get("Content-Type"), text


def address(route: Route, given: Things) -> str:
    path = f"/{route.path}"
    for name in route.parameters:
        value = OTHER_IN_PATHS[name] if name in OTHER_IN_PATHS else given.in_path(name, route)
        path = re.sub(rf"<(?:\w+:)?{name}>", value, path)
    return path


def fields(given: Things, *, only_ids: bool = False) -> dict[str, Any]:
    ids = {name: [getattr(given, kind)] for name, kind in IDS.items() if hasattr(given, kind)}
    return ids if only_ids else {**{n: v for n, v in OTHER_FIELDS.items() if v}, "name": unique("north"), **ids}


def ask(world: World, route: Route, method: str, path: Things, body: Things) -> tuple[Any, ...]:
    where = address(route, path)
    if method == "GET":
        return said(world.client.get(where, fields(body, only_ids=True)))
    return said(post(world.client, world.owner, where, fields(body)))


def with_ids() -> list[Route]:
    return [r for r in ROUTES if set(r.parameters) - set(OTHER_IN_PATHS)]


def cases(chosen: list[Route]) -> list[Any]:
    return [pytest.param(r, m, id=f"{m} {r.name}") for r in chosen for m in r.methods]


def test_every_parameter_of_a_path_is_known():
    known = {
        "membership_id",
        "role_id",
        "team_id",
        "entry_id",
        "assignment_id",
        "transfer_id",
        "unit_id",
        "workspace_id",
        "workflow_id",
        "department_id",
        "profile_id",
        "batch_id",
        "row_id",
        "operation_id",
        "view_id",
        "record_id",
        "saved_id",
        "acted_id",
        "order_id",
        "invoice_id",
        "notification_id",
        *(f"{kind}_id" for kind in RECORDS),
        *OTHER_IN_PATHS,
    }
    for route in ROUTES:
        assert set(route.parameters) <= known, f"{route.path}: say what its ids are"


def test_every_field_of_a_query_or_body_is_known():
    known = set(IDS) | set(OTHER_FIELDS) | {"_organization"}
    for name, where in read_names().items():
        assert name in known, f"{name} in {where}: does it hold an id?"


def read_names() -> dict[str, str]:
    """Names that pages read from queries and bodies, and the fields of their forms."""
    found: dict[str, str] = {}
    for source in SOURCES:
        if source.package != "web":
            continue
        for name, call in source.calls():
            owner = ast.unparse(call.func)
            if name in {"get", "getlist"} and re.search(r"\b(GET|POST|query|data)\b", owner):
                argument = call.args[0]
                if isinstance(argument, ast.Constant):
                    found[argument.value] = f"{source.name}:{call.lineno}"
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and any("Form" in ast.unparse(base) for base in node.bases):
                for one in node.body:
                    if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call):
                        found[ast.unparse(one.targets[0])] = f"{source.name}:{one.lineno}"
    return found


@pytest.mark.parametrize(("route", "method"), cases(with_ids()))
def test_a_foreign_id_in_the_path_is_an_unknown_one(world, route, method):
    before = state(world.theirs)
    theirs = ask(world, route, method, world.their_things, unknown())
    nobodys = ask(world, route, method, unknown(), unknown())
    assert theirs == nobodys
    assert theirs[0] == 404
    assert state(world.theirs) == before


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.public and "GET" in r.methods], ids=lambda r: r.name)
def test_a_foreign_id_in_the_query_is_an_unknown_one(world, route):
    """Filters by somebody else's role or team find nothing, as by one that nobody has."""
    theirs, nobodys = (ask(world, route, "GET", world.my_things, query) for query in (world.their_things, unknown()))
    assert theirs == nobodys
    assert theirs[0] < 500


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.public and "POST" in r.methods], ids=lambda r: r.name)
def test_a_foreign_id_in_the_body_is_an_unknown_one(world, route):
    """Each call acts on something of its own, so what was done by the first does not change the second's answer."""
    before = state(world.theirs)
    theirs, nobodys = (
        ask(world, route, "POST", own_for(world.mine, route), body) for body in (world.their_things, unknown())
    )
    assert theirs[:3] == nobodys[:3]
    assert theirs[0] < 500
    assert "Theirs" not in theirs[3]
    assert world.theirs.owner.email not in theirs[3]
    assert state(world.theirs) == before


@pytest.mark.parametrize(("route", "method"), cases(with_ids()))
def test_half_of_a_path_may_be_ones_own(world, route, method):
    """Two ids in one path: an own team with a foreign person, and the other way round."""
    ids = [n for n in route.parameters if n not in OTHER_IN_PATHS]
    if len(ids) < 2:
        return
    own = world.my_things
    # A page shows what was said before, once.
    world.client.get("/admin")
    for mixed_in in ids:
        kinds = {"membership_id": "person", "team_id": "team", "assignment_id": "assignment"}
        kinds |= {"workspace_id": "workspace", "workflow_id": "workflow", "batch_id": "batch", "row_id": "row"}
        kinds |= {f"{kind}_id": kind for kind in RECORDS}
        kind = kinds[mixed_in]
        answers = [
            ask(world, route, method, Things(**{**vars_of(own), kind: getattr(other, kind)}), unknown())
            for other in (world.their_things, unknown())
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404


def vars_of(given: Things) -> dict[str, str]:
    return {name: getattr(given, name) for name in Things.__dataclass_fields__}


@pytest.mark.parametrize(("route", "method"), cases([r for r in ROUTES if not r.public]))
def test_a_stranger_is_sent_to_the_sign_in(world, route, method):
    client = browser()
    where = address(route, world.their_things)
    answer = client.get(where) if method == "GET" else client.post(where, fields(world.their_things))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/accounts/login")


@pytest.mark.parametrize(("route", "method"), cases([r for r in ROUTES if r.permissions]))
def test_a_member_without_the_permission_is_told_so_before_anything_is_looked_up(world, route, method):
    """403 for a member of the organization, for own and unknown ids alike, and nothing happens."""
    client, member, own = powerless(world)
    before = without_seen(state(world.mine))
    answers = [
        said(client.get(address(route, path)))
        if method == "GET"
        else said(post(client, member, address(route, path), fields(path)))
        for path in (own, world.their_things, unknown())
    ]
    assert [a[0] for a in answers] == [403, 403, 403]
    assert answers[0] == answers[1] == answers[2]
    assert without_seen(state(world.mine)) == before


_POWERLESS: dict[Any, tuple[Any, Person, Things]] = {}


def powerless(world: World) -> tuple[Any, Person, Things]:
    if world.mine.id not in _POWERLESS:
        member = world.mine.person("member")
        nothing = make_role(world.mine, "base")
        world.mine.perform(change_role, membership_id=member.membership_id, role_id=nothing)
        _POWERLESS[world.mine.id] = signed_in(member), member, world.my_things
    return _POWERLESS[world.mine.id]


def test_a_form_of_another_organization_is_refused_and_changes_nothing(world):
    before = without_seen(state(world.mine))
    for route in ROUTES:
        if "POST" in route.methods and not route.public:
            given = {"_organization": str(world.theirs.id), **fields(world.their_things)}
            answer = world.client.post(address(route, world.their_things), given)
            assert answer.status_code == 409, route.path
    assert without_seen(state(world.mine)) == before


def without_seen(tables: dict[str, Any]) -> dict[str, Any]:
    """ "Last seen" moves once a minute, whatever is asked."""
    return {name: len(rows) if name == "security_sessionentry" else rows for name, rows in tables.items()}


def test_the_console_is_closed_to_members(world):
    assert make_operator().client().get("/console").status_code == 200
    for route in routes():
        if route.kind == "console" and not route.public:
            path = re.sub(r"<int:\w+>", "1", re.sub(r"<uuid:\w+>", str(new_id()), f"/{route.path}"))
            for answer in (world.client.get(path), world.client.post(path)):
                assert answer.status_code in (303, 404, 405), path
                assert "/console/login" in answer.headers.get("Location", "/console/login")


def test_tokens_of_links_are_compared_by_hash_only(world):
    """A hash that was read from the database opens nothing."""
    token = crypto.new_token()
    answer = browser().get(f"/accounts/invitation/{crypto.token_hash(token).hex()}")
    assert answer.status_code == 404
