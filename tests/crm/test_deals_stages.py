"""Stages and workflows that hold deals: plan equals effect, and nothing is lost when two act at the same moment."""

from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of
from support.races import failures, together
from support.structure import somebody
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged, VersionChanged
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.deals import create_deal, move_deal
from tenantry.crm.actions.stages import (
    StageFields,
    create_stage,
    delete_stage,
    edit_stage,
    order_stages,
    plan_delete_stage,
)
from tenantry.crm.deal_errors import (
    DealMovedOn,
    LastStage,
    StageInUse,
    StageNameTaken,
    TooManyStages,
    WorkflowInUse,
)
from tenantry.crm.models import Deal, Stage
from tenantry.organizations.errors import OrganizationNameAsked, WorkflowNameTaken
from tenantry.organizations.models import Workflow
from tenantry.people.models import WorkflowMember
from tenantry.usecases.pipelines import duplicate_workflow
from tenantry.usecases.workflows import add_to_workflow, delete_workflow, plan_delete_workflow

NAME = "Halden Supply"


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


def planned(org, plan, **params) -> Any:
    actor = org.owner.actor
    with scope.tenant(org.id), reading():
        return plan(actor=actor, **params)


def names(org, flow) -> list[str]:
    with scope.tenant(org.id), reading():
        rows = Stage.objects.filter(workflow_id=flow).order_by("position")
        assert [row.position for row in rows] == list(range(len(rows)))
        return [row.name for row in rows]


def where(org, *deals) -> list[tuple[Any, Any]]:
    """(workflow, stage) of each."""
    with scope.tenant(org.id), reading():
        rows = {row.id: (row.workflow_id, row.stage_id) for row in Deal.objects.filter(id__in=deals)}
    return [rows[deal] for deal in deals]


# --- Stages -------------------------------------------------------------------------------


def test_stages_are_added_edited_and_put_in_order(org):
    flow = make_workflow(org)
    made = org.perform(create_stage, workflow_id=flow, fields=StageFields("Lodged", 90, is_lodgement=True))
    assert names(org, flow) == ["New", "Qualified", "Proposal", "Negotiation", "Lodged"]
    for taken in ("lodged", "NEW"):
        with pytest.raises(StageNameTaken):
            org.perform(create_stage, workflow_id=flow, fields=StageFields(taken))
    for wrong in (StageFields("x", 101), StageFields("x", -1), StageFields("x", stale_days=0)):
        with pytest.raises(InvalidInput):
            org.perform(edit_stage, workflow_id=flow, stage_id=made.id, fields=wrong)
    org.perform(edit_stage, workflow_id=flow, stage_id=made.id, fields=StageFields("LODGED", 80, stale_days=5))
    order = stages_of(org, flow)
    org.perform(order_stages, workflow_id=flow, stage_ids=(order[4], *order[:4]))
    assert names(org, flow) == ["LODGED", "New", "Qualified", "Proposal", "Negotiation"]
    for wrong in ((), order[:4], (*order[:4], new_id()), (*order[:4], order[0])):
        with pytest.raises(InvalidInput):
            org.perform(order_stages, workflow_id=flow, stage_ids=tuple(wrong))
    for number in range(25):
        org.perform(create_stage, workflow_id=flow, fields=StageFields(f"Step {number}"))
    with pytest.raises(TooManyStages):
        org.perform(create_stage, workflow_id=flow, fields=StageFields("One more"))


def version_of(org, stage) -> int:
    with scope.tenant(org.id), reading():
        return Stage.objects.get(id=stage).version


def test_two_people_edit_one_stage(org):
    """Whoever looked at it before the other changed it is told so, and nothing of the other's is lost."""
    flow = make_workflow(org)
    stage, other, *_rest = stages_of(org, flow)
    seen = version_of(org, stage)
    edit = {"workflow_id": flow, "stage_id": stage, "version": seen}
    org.perform(edit_stage, **edit, fields=StageFields("First", 10))
    with pytest.raises(VersionChanged):
        org.perform(edit_stage, **edit, fields=StageFields("New", 90))
    assert names(org, flow)[0] == "First"
    assert (version_of(org, stage), version_of(org, other)) == (seen + 1, 1)
    # What changes nothing is no edit.
    org.perform(edit_stage, **(edit | {"version": seen + 1}), fields=StageFields("First", 10))
    assert version_of(org, stage) == seen + 1
    for _round in range(4):
        seen = version_of(org, stage)

        def put(name, seen=seen):
            return lambda: org.perform(edit_stage, **(edit | {"version": seen}), fields=StageFields(name))

        failures(together(put(f"One {_round}"), put(f"Two {_round}")), VersionChanged)
        assert version_of(org, stage) == seen + 1


def test_a_deletion_is_shown_again_when_the_stage_was_edited_meanwhile(org):
    flow = make_workflow(org)
    stage, other, *_rest = stages_of(org, flow)
    plan = planned(org, plan_delete_stage, workflow_id=flow, stage_id=stage, to_id=other)
    org.perform(edit_stage, workflow_id=flow, stage_id=stage, fields=StageFields("New", 55, is_lodgement=True))
    with pytest.raises(PlanChanged):
        org.perform(delete_stage, workflow_id=flow, stage_id=stage, to_id=other, digest=plan.digest)


def test_stages_are_put_in_order_as_they_were_seen(org):
    flow = make_workflow(org)
    seen = tuple(stages_of(org, flow))
    first = (seen[1], seen[0], *seen[2:])
    org.perform(order_stages, workflow_id=flow, stage_ids=first, seen=seen)
    with pytest.raises(InvalidInput) as refused:
        org.perform(order_stages, workflow_id=flow, stage_ids=(*seen[1:], seen[0]), seen=seen)
    assert "changed meanwhile" in str(refused.value.fields["stages"])
    assert tuple(stages_of(org, flow)) == first


def test_a_stage_in_use_asks_where_its_deals_go(org):
    flow = make_workflow(org)
    first, second, third, _last = stages_of(org, flow)
    open_one = make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second)
    won = make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second, state="won", closed_at=clock.now())
    away = make_record(org, "deal", None, workflow_id=flow, stage_id=second, archived_at=clock.now())
    with pytest.raises(StageInUse):
        org.perform(delete_stage, workflow_id=flow, stage_id=second)
    for wrong, error in (
        (second, InvalidInput),
        (new_id(), NotFound),
        (stages_of(org, make_workflow(org))[0], NotFound),
    ):
        with pytest.raises(error):
            org.perform(delete_stage, workflow_id=flow, stage_id=second, to_id=wrong)
    plan = planned(org, plan_delete_stage, workflow_id=flow, stage_id=second, to_id=third)
    assert (plan.deals, plan.open, plan.to) == (3, 1, "Proposal")
    make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second)
    with pytest.raises(PlanChanged) as changed:
        org.perform(delete_stage, workflow_id=flow, stage_id=second, to_id=third, digest=plan.digest)
    assert changed.value.plan.deals == 4
    done = org.perform(delete_stage, workflow_id=flow, stage_id=second, to_id=third, digest=changed.value.plan.digest)
    assert done == changed.value.plan
    assert where(org, open_one, won, away) == [(flow, third)] * 3
    assert names(org, flow) == ["New", "Proposal", "Negotiation"]
    for stage in (first, _last):
        org.perform(delete_stage, workflow_id=flow, stage_id=stage)
    with pytest.raises(LastStage):
        org.perform(delete_stage, workflow_id=flow, stage_id=third)


def test_stages_take_their_permission(org):
    flow = make_workflow(org)
    stage = stages_of(org, flow)[0]
    viewer = somebody(org, {"workflows.view": "all"})
    blind = somebody(org, {"pipeline.configure": "yes"})
    calls = (
        (create_stage, {"fields": StageFields("x")}),
        (edit_stage, {"stage_id": stage, "fields": StageFields("x")}),
        (order_stages, {"stage_ids": tuple(reversed(stages_of(org, flow)))}),
        (delete_stage, {"stage_id": stage}),
    )
    for action, more in calls:
        with pytest.raises(PermissionMissing):
            org.perform(action, by=viewer, workflow_id=flow, **more)
        with pytest.raises(NotFound):
            org.perform(action, by=blind, workflow_id=flow, **more)
    elsewhere = make_workflow(org)
    for action, more in calls[1:]:
        with pytest.raises((NotFound, InvalidInput)):
            org.perform(action, workflow_id=elsewhere, **more)
    assert names(org, flow) == ["New", "Qualified", "Proposal", "Negotiation"]


# --- Workflows ----------------------------------------------------------------------------


def test_a_workflow_goes_and_its_deals_go_to_another(org):
    flow, goal = make_workflow(org, "Boats"), make_workflow(org, "Ships")
    first, second, third, _last = stages_of(org, flow)
    there = stages_of(org, goal)
    org.perform(edit_stage, workflow_id=goal, stage_id=there[1], fields=StageFields("Otherwise"))
    long_ago = clock.now() - timedelta(days=20)
    kept = make_record(org, "deal", org.owner, workflow_id=flow, stage_id=third, stage_since=long_ago)
    fallen = make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second)
    lost = make_record(org, "deal", None, workflow_id=flow, stage_id=second, state="lost", closed_at=clock.now())
    with pytest.raises(WorkflowInUse):
        org.perform(delete_workflow, workflow_id=flow, organization_name=NAME)
    plan = planned(org, plan_delete_workflow, workflow_id=flow, to_id=goal)
    assert (plan.deals, plan.open_deals) == (3, 2)
    routes = {(route.stage, route.to, route.deals) for route in plan.routes}
    assert routes == {("Qualified", "New", 2), ("Proposal", "Proposal", 1)}
    for typed in ("", "halden supply"):
        with pytest.raises(OrganizationNameAsked):
            org.perform(delete_workflow, workflow_id=flow, to_id=goal, organization_name=typed)
    org.perform(delete_workflow, workflow_id=flow, to_id=goal, organization_name=NAME, digest=plan.digest)
    assert where(org, kept, fallen, lost) == [(goal, there[2]), (goal, there[0]), (goal, there[0])]
    assert first
    with scope.tenant(org.id), reading():
        assert Deal.objects.get(id=kept).stage_since > long_ago, "nothing is stale where it came today"


def test_a_workflow_is_duplicated_with_its_stages(org):
    flow, person = make_workflow(org, "Cranes"), org.person()
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(person.membership_id,))
    org.perform(
        edit_stage, workflow_id=flow, stage_id=stages_of(org, flow)[3], fields=StageFields("Lodged", 60, True, True, 9)
    )
    make_record(org, "deal", org.owner, workflow_id=flow)
    with pytest.raises(WorkflowNameTaken):
        org.perform(duplicate_workflow, workflow_id=flow, name="CRANES")
    bare = org.perform(duplicate_workflow, workflow_id=flow, name="Cranes 2")
    full = org.perform(duplicate_workflow, workflow_id=flow, name="Cranes 3", with_members=True)
    assert names(org, bare.id) == names(org, full.id) == ["New", "Qualified", "Proposal", "Lodged"]
    assert full.id in person.actor.grants.workflows
    assert bare.id not in person.actor.grants.workflows
    with scope.tenant(org.id), reading():
        last = Stage.objects.get(workflow_id=bare.id, position=3)
        assert (last.probability, last.is_milestone, last.is_lodgement, last.stale_days) == (60, True, True, 9)
        assert not Deal.objects.filter(workflow_id__in=[bare.id, full.id]).exists()
        assert not WorkflowMember.objects.filter(workflow_id=bare.id).exists()


# --- At the same moment -------------------------------------------------------------------


def test_two_people_move_the_same_deal(org):
    """One wins; whoever looked at the stage before it is told where the deal is now."""
    flow = make_workflow(org)
    first, second, third, _last = stages_of(org, flow)
    for _round in range(4):
        deal = make_record(org, "deal", org.owner, workflow_id=flow)
        one, two = org.owner, org.owner

        def move(person, goal, deal=deal):
            return lambda: org.perform(move_deal, by=person, deal_id=deal, stage_id=goal, from_stage_id=first)

        results = together(move(one, second), move(two, third))
        [refused] = failures(results, DealMovedOn)
        moved = next(one for one in results if not isinstance(one, Exception))
        assert where(org, deal) == [(flow, moved.stage_id)]
        assert refused.params["stage"] == moved.stage


def test_a_stage_is_deleted_while_deals_move_into_it(org):
    """Each deal is in a stage that is there: it came in before and went along, or was refused."""
    for _round in range(5):
        flow = make_workflow(org)
        first, second, third, last = stages_of(org, flow)
        deals = [make_record(org, "deal", org.owner, workflow_id=flow) for _n in range(3)]
        make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second)

        def move(deal, goal=second):
            return lambda: org.perform(move_deal, deal_id=deal, stage_id=goal)

        def begin(flow=flow, goal=second):
            return lambda: org.perform(create_deal, name="Late", workflow_id=flow, stage_id=goal)

        def end(flow=flow, stage=second, to=third):
            return lambda: org.perform(delete_stage, workflow_id=flow, stage_id=stage, to_id=to)

        results = together(*(move(deal) for deal in deals), begin(), end())
        failures(results, NotFound)
        assert not isinstance(results[-1], Exception)
        for deal, result in zip(deals, results, strict=False):
            stood = where(org, deal)[0][1]
            assert stood == (first if isinstance(result, NotFound) else third)
        assert names(org, flow) == ["New", "Proposal", "Negotiation"]
        assert last


def test_a_workflow_is_deleted_while_deals_come_into_it(org):
    goal = make_workflow(org, "Harbour of all")
    for _round in range(4):
        flow, other = make_workflow(org), make_workflow(org)
        first = stages_of(org, flow)[0]
        coming = make_record(org, "deal", org.owner, workflow_id=other)

        def end(flow=flow):
            return lambda: org.perform(delete_workflow, workflow_id=flow, to_id=goal, organization_name=NAME)

        def come(deal=coming, stage=first):
            return lambda: org.perform(move_deal, deal_id=deal, stage_id=stage)

        def begin(flow=flow):
            return lambda: org.perform(create_deal, name="Late", workflow_id=flow)

        results = together(end(), come(), begin())
        failures(results, NotFound)
        assert not isinstance(results[0], Exception)
        with scope.tenant(org.id), reading():
            assert not Workflow.objects.filter(id=flow).exists()
        assert where(org, coming)[0][0] == (other if isinstance(results[1], NotFound) else goal)
        if not isinstance(results[2], Exception):
            assert where(org, results[2].id)[0][0] == goal


def test_two_put_the_stages_in_order_at_once(org):
    flow = make_workflow(org)
    order = stages_of(org, flow)
    ways = (tuple(reversed(order)), (order[1], order[0], *order[2:]))

    def put(way):
        return lambda: org.perform(order_stages, workflow_id=flow, stage_ids=way)

    def add():
        return org.perform(create_stage, workflow_id=flow, fields=StageFields("Late"))

    failures(together(*(put(way) for way in ways), add), InvalidInput)
    assert len(names(org, flow)) == 5
