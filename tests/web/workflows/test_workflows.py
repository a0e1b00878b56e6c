"""Workflows over HTTP: their names, who takes part, and a deletion that may ask for the organization's name."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import without_workflows
from support.structure import somebody
from support.visitors import post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Workflow
from tenantry.people.models import WorkflowMember
from tenantry.usecases.workflows import WorkflowDeletionPlan, add_to_workflow, create_workflow
from tenantry.web.workflows.views import deletion_effects

LIST = "/admin/workflows"


def shown(answer) -> str:
    return answer.content.decode()


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', shown(answer))
    assert found, shown(answer)
    return found.group(1)


def taking_part(org, workflow_id) -> set:
    with scope.tenant(org.id), reading():
        return set(WorkflowMember.objects.filter(workflow_id=workflow_id).values_list("membership_id", flat=True))


def names(org) -> list[str]:
    with scope.tenant(org.id), reading():
        return list(Workflow.objects.order_by("sort_name").values_list("name", flat=True))


@pytest.fixture
def org():
    made = make_organization()
    without_workflows(made)
    return made


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def test_a_workflow_is_made_filled_renamed_and_deleted(org, client):
    rep = org.person()
    assert "No workflows yet" in shown(client.get(LIST))
    path = post(client, org.owner, f"{LIST}/new", {"name": " Home  loans ", "description": ""})["Location"]
    workflow_id = path.rpartition("/")[2]
    assert "Nobody takes part yet" in shown(client.get(path))
    assert str(rep.membership_id) in shown(client.get(f"{path}/people?q={rep.email[:14]}"))
    assert post(client, org.owner, f"{path}/people", {"ids": [str(rep.membership_id)]}).status_code == 303
    assert taking_part(org, workflow_id) == {rep.membership_id}
    assert post(client, org.owner, f"{path}/edit", {"name": "Car loans", "description": ""}).status_code == 303
    assert names(org) == ["Car loans"]
    assert post(client, org.owner, f"{path}/people/{rep.membership_id}/removal").status_code == 303
    read = client.get(f"{path}/deletion")
    assert post(client, org.owner, f"{path}/deletion", {"workflow": "", "digest": ""}).status_code == 409
    body = {"workflow": "", "digest": digest_in(read), "organization_name": "Halden Supply"}
    done = post(client, org.owner, f"{path}/deletion", body)
    assert done.status_code == 303
    assert names(org) == []


def test_the_organizations_name_is_typed_and_members_go_along(org, client):
    workflow, goal = (org.perform(create_workflow, name=name).id for name in ("Home loans", "Car loans"))
    rep = org.person()
    org.perform(add_to_workflow, workflow_id=workflow, membership_ids=(rep.membership_id,))
    path = f"{LIST}/{workflow}/deletion"
    looked = post(client, org.owner, path, {"workflow": str(goal), "do": "show"})
    assert "comes into Car loans" in shown(looked)
    body = {"workflow": str(goal), "digest": digest_in(looked)}
    refused = post(client, org.owner, path, {**body, "organization_name": "Halden"})
    assert refused.status_code == 422
    assert 'value="Halden"' in shown(refused)
    assert len(names(org)) == 2
    assert post(client, org.owner, path, {**body, "organization_name": "Halden Supply"}).status_code == 303
    assert taking_part(org, goal) == {rep.membership_id}


def test_one_sees_and_fills_the_workflows_one_takes_part_in(org):
    mine, other = (org.perform(create_workflow, name=name).id for name in ("Home loans", "Car loans"))
    lead = somebody(org, {"people.view": "all", "workflows.view": "workflow", "workflows.manage": "workflow"})
    org.perform(add_to_workflow, workflow_id=mine, membership_ids=(lead.membership_id,))
    client, rep = signed_in(lead), org.person()
    page = shown(client.get(LIST))
    assert "Home loans" in page
    assert "Car loans" not in page
    assert post(client, lead, f"{LIST}/{mine}/people", {"ids": [str(rep.membership_id)]}).status_code == 303
    for elsewhere in (other, new_id()):
        assert client.get(f"{LIST}/{elsewhere}").status_code == 404
        assert post(client, lead, f"{LIST}/{elsewhere}/people", {"ids": [str(rep.membership_id)]}).status_code == 404
    assert client.get(f"{LIST}/{mine}/edit").status_code == 403
    assert client.get(f"{LIST}/{mine}/deletion").status_code == 403
    assert client.get(f"{LIST}/new").status_code == 403
    assert signed_in(somebody(org, {})).get(LIST).status_code == 403


def test_of_many_members_the_first_are_named_and_the_others_counted():
    names = tuple(f"Person {number}" for number in range(20))
    shape = {"to_id": None, "to": "", "deals": 0, "open_deals": 0, "routes": (), "waiting": 0}
    plan = WorkflowDeletionPlan(workflow_id=new_id(), name="Loans", members=45, names=names, moving=0, **shape)
    (line,) = deletion_effects(plan)
    assert line["number"] == 45
    assert line["detail"] == "Person 0, Person 1, Person 2, Person 3, Person 4 and 40 more"
