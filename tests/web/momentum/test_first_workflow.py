"""The first hour: a new organization has a board, and one that was founded earlier gets it at a press."""

import re

import pytest

from blueprints.tables import BLUEPRINTS, ROLES
from factories.organizations import make_organization
from factories.records import without_workflows
from support.visitors import post, signed_in
from tenantry.blueprints.schema import load
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Stage
from tenantry.organizations.models import Workflow
from tenantry.people.models import WorkflowMember
from tenantry.usecases.workflows import add_to_workflow

BOARD = "/apps/momentum/board"
_LANE = re.compile(r'<h2 id="stage-[^"]+">([^<]+)</h2>')


def lanes(client) -> list[str]:
    answer = client.get(BOARD)
    assert answer.status_code == 200
    return _LANE.findall(answer.content.decode())


def ways(org) -> list[Workflow]:
    with scope.tenant(org.id), reading():
        return list(Workflow.objects.all())


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_new_organization_has_the_workflow_of_its_blueprint(blueprint):
    org, written = make_organization(blueprint=blueprint), load(blueprint).workflow
    client = signed_in(org.owner)
    assert lanes(client) == [stage.name for stage in written.stages]
    assert 'id="add"' in client.get(BOARD).content.decode(), "a deal can be added at once"
    (made,) = ways(org)
    assert (made.name, made.description) == (written.name, written.description)
    with scope.tenant(org.id), reading():
        rows = Stage.objects.filter(workflow=made).order_by("position")
        kept = [(s.name, s.probability, s.is_milestone, s.is_lodgement, s.stale_days) for s in rows]
        taking_part = list(WorkflowMember.objects.values_list("membership_id", flat=True))
    assert kept == [(s.name, s.probability, s.milestone, s.lodgement, s.stale_days) for s in written.stages]
    assert taking_part == ([org.owner.membership_id] if blueprint == "brokerage" else [])


@pytest.mark.parametrize("blueprint", [key for key in BLUEPRINTS if key != "messaging"])
def test_whoever_joins_puts_deals_there_where_everybody_may_else_once_added(blueprint):
    org = make_organization(blueprint=blueprint)
    role = "member" if blueprint == "standard" else ROLES[blueprint].roles[-1]
    joined = org.person(role)
    client = signed_in(joined)
    if blueprint == "brokerage":
        assert lanes(client) == []
        org.perform(add_to_workflow, workflow_id=ways(org)[0].id, membership_ids=(joined.membership_id,))
    assert lanes(client) == [stage.name for stage in load(blueprint).workflow.stages]
    assert 'id="add"' in client.get(BOARD).content.decode()


def test_an_organization_without_any_gets_it_at_a_press():
    org = make_organization(blueprint="brokerage")
    administrator, broker = org.person("system_administrator"), org.person("broker")
    without_workflows(org)
    text = signed_in(broker).get(BOARD).content.decode()
    assert "You take part in no workflow" in text
    assert f"{BOARD}/begin" not in text
    assert post(signed_in(broker), broker, f"{BOARD}/begin", {}).status_code == 403
    client = signed_in(administrator)
    assert "Begin with “Home loans”" in client.get(BOARD).content.decode()
    assert post(client, administrator, f"{BOARD}/begin", {}).status_code == 303
    assert lanes(client) == [stage.name for stage in load("brokerage").workflow.stages]
    # Pressed in another tab, too: there is one, and the page says so.
    again = post(client, administrator, f"{BOARD}/begin", {})
    assert again.status_code == 409
    assert "Home loans" in again.content.decode()
    assert len(ways(org)) == 1
