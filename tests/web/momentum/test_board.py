"""The board over HTTP: what stands where, moving by the menu, what a profile hides, and a cost that does not grow."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of, without_workflows
from support.structure import somebody
from support.visitors import post, signed_in
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions.deals import move_deal
from tenantry.crm.models import Deal, Stage
from tenantry.usecases.workflows import add_to_workflow

HOME = "/apps/momentum"
_CONTROL = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |SELECT set_config)", re.IGNORECASE)


def shown(answer) -> str:
    return answer.content.decode()


def lane(text: str, name: str) -> str:
    """The part of a board that stands below this stage."""
    return next(part for part in text.split('<section class="t-lane"')[1:] if f">{name}</h2>" in part)


def asked(client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(path).status_code == 200
    return len([one for one in seen.captured_queries if not _CONTROL.match(one["sql"])])


def deal_of(org, deal_id) -> Deal:
    with scope.tenant(org.id), reading():
        return Deal.objects.get(id=deal_id)


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def flow(org):
    without_workflows(org)
    return make_workflow(org, "Harbour loans")


@pytest.fixture(scope="module")
def rep(org):
    return org.person("member")


def test_deals_stand_below_their_stages_with_count_and_sum(org, flow, rep):
    first, second, *_rest = stages_of(org, flow)
    make_record(org, "deal", rep, workflow_id=flow, name="Quay", value=1_500_00)
    make_record(org, "deal", rep, workflow_id=flow, name="Pier", value=500_00)
    make_record(org, "deal", rep, workflow_id=flow, stage_id=second, name="Crane", value=7_00, currency="USD")
    closed = {"state": "won", "closed_at": clock.now()}
    make_record(org, "deal", rep, workflow_id=flow, name="Done", **closed)
    make_record(org, "deal", rep, workflow_id=flow, name="Away", archived_at=clock.now())
    page = shown(signed_in(rep).get(f"{HOME}/board/{flow}"))
    new = lane(page, "New")
    assert "Quay" in new
    assert "Pier" in new
    assert "€2,000 · 10 %" in new
    assert "$7 · 25 %" in lane(page, "Qualified")
    assert "Crane" not in new
    assert "Done" not in page
    assert "Away" not in page
    assert "€2,000</b> + <b" in page
    # Everybody has the board of a workflow in which nobody takes part; the deals are one's own.
    other = shown(signed_in(org.person("member")).get(f"{HOME}/board/{flow}"))
    assert "Quay" not in other
    assert "No deals" in lane(other, "New")
    assert first


def test_stale_mine_and_searched(org, rep):
    flow = make_workflow(org)
    late = clock.now() - timedelta(days=15)
    make_record(org, "deal", rep, workflow_id=flow, name="Slow boat", stage_since=late)
    make_record(org, "deal", org.owner, workflow_id=flow, name="Fast boat")
    client = signed_in(org.owner)
    path = f"{HOME}/board/{flow}"
    page = shown(client.get(path))
    assert page.count("In this stage since") == 1
    assert "Fast boat" not in shown(client.get(f"{path}?stale=1"))
    assert "Slow boat" not in shown(client.get(f"{path}?mine=1"))
    assert "Fast boat" not in shown(client.get(f"{path}?q=slow"))
    assert "Slow boat" in shown(client.get(f"{path}?q=slow"))


def test_a_deal_is_moved_won_and_lost_without_script(org, rep):
    flow = make_workflow(org)
    first, second, third, _last = stages_of(org, flow)
    deal = make_record(org, "deal", rep, workflow_id=flow, name="Lighthouse")
    client, path = signed_in(rep), f"{HOME}/board/{flow}"
    value = f"{deal}:{second}:{first}"
    assert f'value="{value}"' in shown(client.get(path))
    answer = post(client, rep, f"{path}/move", {"move": value})
    assert (answer.status_code, answer["Location"]) == (303, path)
    page = shown(client.get(path))
    assert "“Lighthouse” is in “Qualified” now." in page
    assert "Lighthouse" in lane(page, "Qualified")
    # What the board showed is not so any more: nothing moves, and the board of now is shown.
    org.perform(move_deal, deal_id=deal, stage_id=third)
    late = post(client, rep, f"{path}/move", {"move": f"{deal}:{first}:{second}"})
    assert late.status_code == 409
    assert "Somebody else moved “Lighthouse” meanwhile: it is in “Proposal” now." in shown(late)
    assert deal_of(org, deal).stage_id == third
    undo = re.search(r'action="([^"]+/move\?stage=[^"]+)"', page).group(1).replace("&amp;", "&")
    assert post(client, rep, undo).status_code == 409
    assert post(client, rep, f"{path}/move", {"move": f"{deal}:won:{third}"}).status_code == 303
    assert deal_of(org, deal).state == "won"
    assert post(client, rep, f"{HOME}/deals/{deal}/reopen").status_code == 303
    assert post(client, rep, f"{HOME}/deals/{deal}/loss", {"reason": "Too dear"}).status_code == 303
    assert "Too dear" in shown(client.get(f"{HOME}/deals/{deal}"))


def test_what_is_not_there_is_not_moved(org, flow, rep):
    first, second, *_rest = stages_of(org, flow)
    foreign = make_organization()
    theirs = make_record(foreign, "deal", foreign.owner)
    stranger = make_record(org, "deal", org.owner, workflow_id=flow)
    client = signed_in(rep)
    for move in ("", "x", f"{new_id()}:{second}:{first}", f"{theirs}:{second}:{first}", f"{stranger}:{second}:{first}"):
        assert post(client, rep, f"{HOME}/board/{flow}/move", {"move": move}).status_code == 404
    mine = make_record(org, "deal", rep, workflow_id=flow)
    for goal in ("x", str(new_id()), str(stages_of(foreign, make_workflow(foreign))[0])):
        assert post(client, rep, f"{HOME}/board/{flow}/move", {"move": f"{mine}:{goal}:{first}"}).status_code == 404
    assert client.get(f"{HOME}/board/{new_id()}").status_code == 404
    assert post(client, rep, f"{HOME}/board/{new_id()}/move", {"move": f"{mine}:{second}:{first}"}).status_code == 404
    assert deal_of(org, mine).stage_id == first


def test_whoever_works_by_workflows_has_the_boards_they_were_added_to(org, flow):
    sees = {"deals.view": "workflow", "deals.move": "workflow", "deals.create": "yes"}
    broker = somebody(org, sees)
    client = signed_in(broker)
    assert "You take part in no workflow" in shown(client.get(f"{HOME}/board"))
    assert client.get(f"{HOME}/board/{flow}").status_code == 404
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(broker.membership_id,))
    assert "Harbour loans" in shown(client.get(f"{HOME}/board"))
    reader = somebody(org, {"deals.view": "all"})
    page = shown(signed_in(reader).get(f"{HOME}/board/{flow}"))
    assert 'id="move"' not in page
    assert 'draggable="true"' not in page
    deal = make_record(org, "deal", reader, workflow_id=flow)
    answer = post(signed_in(reader), reader, f"{HOME}/board/{flow}/move", {"move": f"{deal}:won:"})
    assert answer.status_code == 403


def test_a_full_board_asks_no_more_than_an_empty_one(org):
    flow = make_workflow(org)
    stages = stages_of(org, flow)
    path, client = f"{HOME}/board/{flow}", signed_in(org.owner)
    make_record(org, "deal", org.owner, workflow_id=flow)
    client.get(path)
    few = asked(client, path)
    now = clock.now()
    with scope.tenant(org.id), writing():
        rows = [
            Deal(
                owner_id=org.owner.membership_id,
                name=f"Deal {n}",
                sort_name=f"deal {n}",
                workflow_id=flow,
                stage_id=stages[n % 4],
                value=100 * n,
                currency="EUR",
                created_at=now,
                changed_at=now,
                stage_since=now - timedelta(minutes=n),
            )
            for n in range(1000)
        ]
        Deal.objects.bulk_create(rows)
    assert asked(client, path) <= max(few, 10)
    page = shown(client.get(path))
    assert page.count('class="t-deal"') == 80
    assert "230 more" in lane(page, "Qualified")
    assert f"?stage={stages[1]}" in page
    listed = shown(client.get(f"{HOME}/deals?stage={stages[1]}&state=open"))
    assert "250 deals" in listed


def test_stages_of_a_board_are_those_of_its_workflow(org, flow):
    with scope.tenant(org.id), writing():
        Stage.objects.filter(workflow_id=flow, position=1).update(is_milestone=True, is_lodgement=True)
    page = shown(signed_in(org.owner).get(f"{HOME}/board/{flow}"))
    assert "Milestone" in lane(page, "Qualified")
    assert "Lodgement" in lane(page, "Qualified")
    assert "Milestone" not in lane(page, "New")
