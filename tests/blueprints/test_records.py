"""Records in each blueprint: what a role reaches of them, by pages and by the interface, with real rows."""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest

from api.callers import Caller, by_session
from blueprints.tables import BLUEPRINTS, NO, ROLES
from blueprints.walked import walks
from factories.organizations import Organization, Person, make_organization
from factories.records import make_record, make_workflow, stages_of
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.restricting import set_restrictions
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.actions.stages import StageFields, edit_stage
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

WORDS = "Roles, in words"
# Whose a record is -> the reaches that cover it.
WHOSE = {
    "mine": {"own", "team", "workflow", "all"},
    "the team's": {"team", "all"},
    "of my workflow": {"workflow", "all"},
    "of others": {"all"},
}
PATHS = {
    "lead": "leads",
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "task": "tasks",
    "note": "notes",
    "activity": "activities",
    "file": "files",
}


def test_every_type_has_its_path():
    assert set(PATHS) == set(owned_types()) - {"folder"}, "folders are files"


@dataclass
class Ground:
    """`rows`: type -> whose -> a record."""

    org: Organization
    person: Person
    api: Caller
    rows: dict[str, dict[str, UUID]]

    def listed(self, kind: str) -> set[str]:
        answer = self.api.get(f"/{PATHS[kind]}?limit=200")
        assert answer.status == 200, (kind, answer.status)
        ids = {UUID(one["id"]) for one in answer.body["items"]}
        return {whose for whose, pk in self.rows[kind].items() if pk in ids}


def ground(blueprint: str, role: str) -> Ground:
    org = make_organization(blueprint=blueprint)
    first = ROLES[blueprint].roles[0]
    weakest = ROLES[blueprint].roles[-1]
    mate, other = org.person(weakest), org.person(weakest)
    person = org.owner if role == first else org.person(role)
    flow, elsewhere = make_workflow(org), make_workflow(org)
    if role != first:
        team = org.perform(create_team, name="North")
        for one in (person, mate):
            org.perform(add_to_team, team_id=team.id, membership_ids=(one.membership_id,))
        org.perform(add_to_workflow, workflow_id=flow, membership_ids=(person.membership_id,))
    rows: dict[str, dict[str, UUID]] = {}
    for kind in PATHS:
        more = {"workflow_id": elsewhere} if kind == "deal" else {}
        owners = {"mine": person, "the team's": mate, "of others": other}
        rows[kind] = {whose: make_record(org, kind, one, **more) for whose, one in owners.items()}
    rows["deal"]["of my workflow"] = make_record(org, "deal", other, workflow_id=flow)
    return Ground(org, person, by_session(person), rows)


def expected(blueprint: str, role: str) -> dict[str, str]:
    """Permission -> how far the table lets the role go."""
    table = ROLES[blueprint]
    place = table.roles.index(role)
    return {code: columns.split()[place] for codes in table.rows.values() for code, columns in codes.items()}


def covered(written: str, whose: str) -> bool:
    return written in WHOSE[whose]


ALL_ROLES = [(blueprint, role) for blueprint in BLUEPRINTS for role in ROLES[blueprint].roles]
RECORD_ROWS = {
    row
    for table in ROLES.values()
    for row, codes in table.rows.items()
    if {"deals.view", "deals.edit", "deals.delete", "reports.view", "records.export"} & set(codes)
}


@walks("Roles", *sorted(RECORD_ROWS))
@pytest.mark.parametrize(("blueprint", "role"), ALL_ROLES)
def test_what_a_role_does_with_records(blueprint, role):
    """View, edit, delete, reports and files of lists, each by whose records they are."""
    held = expected(blueprint, role)
    here = ground(blueprint, role)
    for kind, path in PATHS.items():
        view = held.get(f"{path}.view")
        if view is None:
            continue
        if view == NO:
            assert here.api.get(f"/{path}").status == 403, path
            continue
        assert here.listed(kind) == {whose for whose in here.rows[kind] if covered(view, whose)}, path
    acts(here, held, "deal")
    acts(here, held, "contact")
    reports(here, held)


def acts(here: Ground, held: dict[str, str], kind: str) -> None:
    """404 out of reach, 403 within it where the act is not allowed."""
    path = PATHS[kind]
    view, edit, delete = (held.get(f"{path}.{verb}") for verb in ("view", "edit", "delete"))
    if view is None or edit is None or delete is None:
        return
    for whose, pk in here.rows[kind].items():
        for code, method, where, body in (
            (edit, "POST", f"/{path}/archive", {"record_ids": [str(pk)]}),
            (edit, "POST", f"/{path}/restore", {"record_ids": [str(pk)]}),
            (delete, "DELETE", f"/{path}/{pk}", None),
        ):
            status = here.api.call(method, where, body).status
            if code == NO:
                assert status == 403, (method, where, whose)
            elif not covered(view, whose):
                assert status == 404, (method, where, whose)
            else:
                assert status in ((200, 204) if covered(code, whose) else (403,)), (method, where, whose, status)


def reports(here: Ground, held: dict[str, str]) -> None:
    client = here.api.client
    if (view := held.get("reports.view")) is not None:
        assert client.get("/reports").status_code == (403 if view == NO else 200)
        if view != NO:
            found = here.api.get("/reports/conversion").body["items"]
            # Leads were neither archived nor deleted.
            leads = [whose for whose in here.rows["lead"] if covered(view, whose)]
            assert sum(line["leads"] for line in found) == len(leads)
    if (export := held.get("reports.export")) is not None and view is not None:
        allowed = NO not in {export, view}
        assert client.get("/reports/conversion.csv").status_code == (200 if allowed else 403)
    if (export := held.get("records.export")) is not None:
        answer = client.get("/apps/momentum/leads.csv")
        assert answer.status_code == (403 if export == NO else 200)
        if export != NO:
            text = b"".join(answer.streaming_content).decode()
            leads = {whose for whose, pk in here.rows["lead"].items() if str(pk) in text}
            assert leads == {whose for whose in here.rows["lead"] if covered(export, whose)}


# --- brokerage -----------------------------------------------------------------------------


@walks(WORDS, "visibility: owners, workflow, everything", "a person sees a workflow's deals only once added to it")
def test_deals_of_a_broker_on_the_board_and_in_lists():
    here = ground("brokerage", "broker")
    org, broker = here.org, here.person
    shared = make_record(org, "deal", org.owner, members=[broker])
    here.rows["deal"]["shared"] = shared
    assert here.listed("deal") == {"mine", "of my workflow", "shared"}
    board = here.api.client.get("/apps/momentum/deals").content.decode()
    assert {whose for whose, pk in here.rows["deal"].items() if str(pk) in board} == here.listed("deal")
    org.perform(set_restrictions, membership_id=broker.membership_id, values={"deals.seen": "own"})
    assert here.listed("deal") == {"mine", "shared"}
    org.perform(set_restrictions, membership_id=broker.membership_id, values={})
    org.perform(give_role, membership_id=broker.membership_id, role_id=org.role("sees_all_deals"))
    assert here.listed("deal") == set(here.rows["deal"])


@walks("Roles", "switches: edit deals, move deals, export reports, see commission splits")
def test_the_four_action_switches():
    here = ground("brokerage", "broker")
    mine, client = here.rows["deal"]["mine"], here.api.client
    with scope.tenant(here.org.id), reading():
        workflow_id = owned_types()["deal"].model.objects.get(pk=mine).workflow_id
    stage = stages_of(here.org, workflow_id)[1]

    def allowed() -> dict[str, bool]:
        statuses = {
            "deals.no_edit": here.api.patch(f"/deals/{mine}", {"name": "Home"}).status,
            "deals.no_move": here.api.post(f"/deals/{mine}/stage", {"stage_id": str(stage)}).status,
            "reports.no_export": client.get("/reports/pipeline.csv").status_code,
            "commission.hidden": here.api.get(f"/deals/{mine}/commission").status,
        }
        # 409: it stands in that stage already.
        assert set(statuses.values()) <= {200, 204, 403, 409}, statuses
        return {code: status != 403 for code, status in statuses.items()}

    assert all(allowed().values()), allowed()
    for code in ("deals.no_edit", "deals.no_move", "reports.no_export", "commission.hidden"):
        here.org.perform(set_restrictions, membership_id=here.person.membership_id, values={code: "yes"})
        assert [name for name, may in allowed().items() if not may] == [code]


@walks(WORDS, "a mentee's deal needs the mentor's approval before lodgement")
def test_a_mentee_asks_before_lodgement():
    here = ground("brokerage", "broker")
    org, mentor = here.org, here.org.person("broker")
    org.perform(give_role, membership_id=mentor.membership_id, role_id=org.role("mentor"))
    org.perform(set_mentor, membership_id=here.person.membership_id, mentor_id=mentor.membership_id)
    mine = here.rows["deal"]["mine"]
    with scope.tenant(org.id), reading():
        workflow_id = owned_types()["deal"].model.objects.get(pk=mine).workflow_id
    stages = stages_of(org, workflow_id)
    lodged = StageFields("Lodged", 80, is_lodgement=True)
    org.perform(edit_stage, workflow_id=workflow_id, stage_id=stages[2], fields=lodged)

    def stage() -> UUID:
        return UUID(here.api.get(f"/deals/{mine}").body["stage_id"])

    here.api.post(f"/deals/{mine}/stage", {"stage_id": str(stages[2])})
    assert stage() != stages[2], "waits for the mentor"
    waiting = by_session(mentor).get("/approvals").body["items"]
    assert len(waiting) == 1
    answer = by_session(mentor).post(f"/approvals/{waiting[0]['id']}/answer", {"answer": "approve"})
    assert answer.status in (200, 204), answer.body
    here.api.post(f"/deals/{mine}/stage", {"stage_id": str(stages[2])})
    assert stage() == stages[2]


# --- messaging -----------------------------------------------------------------------------


@walks(
    WORDS,
    "workspace level Agent: works on contacts",
    "contacts seen: all / team's / only mine",
    "restrictions: no data export, no contact deletion, no workspace settings, no integrations",
)
def test_contacts_of_an_agent():
    org = make_organization(blueprint="messaging")
    place, elsewhere = (org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
    agent, mate, other = org.person("member"), org.person("member"), org.person("member")
    for one in (agent, mate, other):
        ids, level = (one.membership_id,), org.role("workspace_agent")
        org.perform(add_to_workspace, workspace_id=place, membership_ids=ids, role_id=level)
    team = org.perform(create_team, name="North")
    org.perform(add_to_team, team_id=team.id, membership_ids=(agent.membership_id, mate.membership_id))
    owners = {"mine": agent, "the team's": mate, "of others": other}
    rows = {whose: make_record(org, "contact", one, workspace_id=place) for whose, one in owners.items()}
    rows["elsewhere"] = make_record(org, "contact", other, workspace_id=elsewhere)
    here = Ground(org, agent, by_session(agent), {"contact": rows})
    assert here.listed("contact") == {"mine", "the team's", "of others"}
    for value, seen in (("team", {"mine", "the team's"}), ("own", {"mine"})):
        org.perform(set_restrictions, membership_id=agent.membership_id, values={"contacts.seen": value})
        assert here.listed("contact") == seen, value
        shown = here.api.client.get("/apps/momentum/contacts").content.decode()
        assert {whose for whose, pk in rows.items() if str(pk) in shown} == seen
        assert here.api.get(f"/contacts/{rows['of others']}").status == 404
    org.perform(set_restrictions, membership_id=agent.membership_id, values={"contacts.no_delete": "yes"})
    assert here.api.delete(f"/contacts/{rows['mine']}").status == 403
    org.perform(set_restrictions, membership_id=agent.membership_id, values={"data.no_export": "yes"})
    assert here.api.client.get("/apps/momentum/contacts.csv").status_code == 403
    assert here.api.delete(f"/contacts/{rows['mine']}").status == 204


# --- Who owns what somebody leaves ---------------------------------------------------------


def remove(org: Organization, person: Person, successor: Person | None = None) -> str:
    """By the interface: "" when it is done, else the refusal's code."""
    body = {"successor_id": str(successor.membership_id)} if successor else {}
    answer = by_session(org.owner).post(f"/people/{person.membership_id}/removal", body)
    return "" if answer.status == 200 else answer.code


def owner_of(org: Organization, kind: str, pk: UUID) -> UUID | None:
    with scope.tenant(org.id), reading():
        found: UUID | None = owned_types()[kind].model.objects.get(pk=pk).owner_id
        return found


@walks("Policies", "people.removal_records")
@walks(WORDS, "removing a person unassigns their contacts")
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_what_becomes_of_records_when_somebody_is_removed(blueprint):
    org = make_organization(blueprint=blueprint)
    weakest = ROLES[blueprint].roles[-1]
    first, second = org.person(weakest), org.person(weakest)
    # The owner takes over: whoever receives may not come to see more than who gives it away may show.
    successor = org.owner
    contacts = [make_record(org, "contact", one) for one in (first, second)]
    alone, handed = remove(org, first), remove(org, second, successor)
    found = [owner_of(org, "contact", pk) for pk in contacts]
    if blueprint == "brokerage":
        assert alone == "successor_required"
        assert handed == ""
        assert found == [first.membership_id, successor.membership_id]
    elif blueprint == "messaging":
        assert alone == ""
        assert handed == "successor_not_offered"
        assert found == [None, second.membership_id]
    else:
        assert (alone, handed) == ("", "")
        assert found == [None, successor.membership_id]
    page = by_session(org.owner).client.get("/apps/momentum/unassigned?type=contact").content.decode()
    assert bool(re.search(str(contacts[0]), page)) == (found[0] is None)
