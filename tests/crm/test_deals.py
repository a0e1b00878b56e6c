"""Deals by their actions: made, edited, moved, won, lost, opened again; who works on them, and what each earns."""

from typing import Any

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of
from support.structure import somebody
from tenantry.audit.models import Entry, OutboxEvent
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, VersionChanged
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.deal_members import Share, add_deal_members, remove_deal_member, split_commission
from tenantry.crm.actions.deals import create_deal, edit_deal, lose_deal, move_deal, reopen_deal, win_deal
from tenantry.crm.actions.records import archive_records
from tenantry.crm.deal_errors import AlreadyInDeal, AlreadyInStage, DealClosed, DealMovedOn, DealOpen
from tenantry.crm.errors import RecordArchived
from tenantry.crm.models import Deal, DealMember
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.telling import sentences
from tenantry.usecases.workflows import add_to_workflow


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def flow(org):
    return make_workflow(org)


@pytest.fixture(scope="module")
def rep(org):
    return org.person("member")


def deal_of(org, deal_id) -> Deal:
    with scope.tenant(org.id), reading():
        return Deal.objects.select_related("stage").get(id=deal_id)


def members_of(org, deal_id) -> dict[Any, Any]:
    with scope.tenant(org.id), reading():
        return dict(DealMember.objects.filter(deal_id=deal_id).values_list("membership_id", "share"))


def last_event(org) -> OutboxEvent:
    with scope.tenant(org.id), reading():
        return OutboxEvent.objects.order_by("-number").first()


def told(org) -> list[str]:

    with scope.tenant(org.id), reading():
        return [line.sentence for line in sentences(Entry.objects.order_by("number"))]


def test_a_deal_goes_its_way_and_the_audit_tells_it(org, flow, rep):
    first, second, third, _last = stages_of(org, flow)
    made = org.perform(
        create_deal, by=rep, name="Lighthouse", workflow_id=flow, values={"value": 125_000_00, "currency": "EUR"}
    )
    deal = deal_of(org, made.id)
    assert (deal.owner_id, deal.stage_id, deal.value, deal.state) == (rep.membership_id, first, 12_500_000, "open")
    org.perform(edit_deal, by=rep, deal_id=made.id, changes={"name": "Lighthouse 2", "value": 5})
    moved = org.perform(move_deal, by=rep, deal_id=made.id, stage_id=third, from_stage_id=first)
    assert (moved.asked, moved.stage, moved.before_id) == (False, "Proposal", first)
    event = last_event(org)
    assert (event.name, event.payload["forward"], event.payload["owner_id"]) == ("DealMoved", 2, str(rep.membership_id))
    assert deal_of(org, made.id).stage_since > deal.stage_since
    org.perform(move_deal, by=rep, deal_id=made.id, stage_id=second)
    org.perform(win_deal, by=rep, deal_id=made.id)
    won = deal_of(org, made.id)
    assert (won.state, won.closed_at is not None, won.stage_id) == ("won", True, second)
    assert last_event(org).payload["value"] == 5
    with pytest.raises(DealClosed):
        org.perform(move_deal, by=rep, deal_id=made.id, stage_id=first)
    with pytest.raises(DealClosed):
        org.perform(lose_deal, by=rep, deal_id=made.id)
    org.perform(reopen_deal, by=rep, deal_id=made.id)
    with pytest.raises(DealOpen):
        org.perform(reopen_deal, by=rep, deal_id=made.id)
    org.perform(lose_deal, by=rep, deal_id=made.id, reason="Too dear")
    assert deal_of(org, made.id).lost_reason == "Too dear"
    said = told(org)
    assert "Pat Example moved the deal “Lighthouse 2” from “New” to “Proposal”." in said
    assert "Pat Example won the deal “Lighthouse 2”." in said
    assert "Pat Example reopened the deal “Lighthouse 2”." in said
    assert "Pat Example lost the deal “Lighthouse 2”: Too dear" in said


def test_what_was_seen_is_what_is_moved(org, flow, rep):
    first, second, third, _last = stages_of(org, flow)
    deal = make_record(org, "deal", rep, workflow_id=flow)
    org.perform(move_deal, deal_id=deal, stage_id=second)
    with pytest.raises(DealMovedOn, match="Qualified"):
        raise_named(org, move_deal, by=rep, deal_id=deal, stage_id=third, from_stage_id=first)
    with pytest.raises(AlreadyInStage):
        org.perform(move_deal, by=rep, deal_id=deal, stage_id=second)
    version = deal_of(org, deal).version
    org.perform(edit_deal, deal_id=deal, changes={"name": "Harbour"}, version=version)
    with pytest.raises(VersionChanged):
        org.perform(edit_deal, by=rep, deal_id=deal, changes={"name": "Other"}, version=version)
    org.perform(archive_records, type_key="deal", record_ids=(deal,))
    for action, more in ((move_deal, {"stage_id": third}), (win_deal, {}), (edit_deal, {"changes": {"name": "x"}})):
        with pytest.raises(RecordArchived):
            org.perform(action, deal_id=deal, **more)
    assert deal_of(org, deal).stage_id == second


def raise_named(org, action, **params):
    """With the sentence as its text."""
    try:
        org.perform(action, **params)
    except DealMovedOn as refused:
        raise DealMovedOn(**refused.params) from None


@pytest.mark.parametrize(
    "values",
    [{"value": -1}, {"value": 10**16}, {"currency": "EURO"}, {"value": 1, "currency": ""}],
)
def test_impossible_amounts_are_refused(org, flow, rep, values):
    with pytest.raises(InvalidInput):
        org.perform(create_deal, by=rep, name="No", workflow_id=flow, values=values)


def test_deals_of_others_are_out_of_reach_and_moving_is_a_permission_of_its_own(org, flow, rep):
    colleague, goal = org.person("member"), stages_of(org, flow)[1]
    deal = make_record(org, "deal", rep, workflow_id=flow)
    for action, more in ((move_deal, {"stage_id": goal}), (win_deal, {}), (edit_deal, {"changes": {"name": "x"}})):
        with pytest.raises(NotFound):
            org.perform(action, by=colleague, deal_id=deal, **more)
    sees = {"deals.view": "all", "deals.edit": "own"}
    reader, editor = somebody(org, sees), somebody(org, {**sees, "deals.edit": "all"})
    for person, action, more in (
        (reader, edit_deal, {"changes": {"name": "x"}}),
        (reader, move_deal, {"stage_id": goal}),
        (editor, move_deal, {"stage_id": goal}),
    ):
        with pytest.raises(PermissionMissing):
            org.perform(action, by=person, deal_id=deal, **more)
    org.perform(edit_deal, by=editor, deal_id=deal, changes={"name": "Bridge"})
    with pytest.raises(NotFound):
        org.perform(move_deal, by=rep, deal_id=deal, stage_id=new_id())
    assert deal_of(org, deal).stage_id == stages_of(org, flow)[0]


def test_into_another_workflow_one_needs_that_workflow(org, flow):
    other = make_workflow(org)
    sees = {"deals.view": "workflow", "deals.edit": "workflow", "deals.move": "workflow", "deals.create": "yes"}
    broker = somebody(org, sees)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(broker.membership_id,))
    deal = make_record(org, "deal", broker, workflow_id=flow)
    goal = stages_of(org, other)[0]
    with pytest.raises(NotFound):
        org.perform(move_deal, by=broker, deal_id=deal, stage_id=goal)
    with pytest.raises(NotFound):
        org.perform(create_deal, by=broker, name="No", workflow_id=other)
    org.perform(add_to_workflow, workflow_id=other, membership_ids=(broker.membership_id,))
    org.perform(move_deal, by=broker, deal_id=deal, stage_id=goal)
    assert deal_of(org, deal).workflow_id == other


def test_whoever_works_on_a_deal_has_it_like_their_own(org, flow, rep):
    mate, stranger = org.person("member"), org.person("member")
    team = org.perform(create_team, name="Harbour team").id
    org.perform(add_to_team, team_id=team, membership_ids=(rep.membership_id, mate.membership_id))
    deal = make_record(org, "deal", rep, workflow_id=flow)
    with pytest.raises(NotFound):
        org.perform(add_deal_members, by=rep, deal_id=deal, membership_ids=(stranger.membership_id,))
    org.perform(add_deal_members, by=rep, deal_id=deal, membership_ids=(mate.membership_id,))
    with pytest.raises(AlreadyInDeal):
        org.perform(add_deal_members, by=rep, deal_id=deal, membership_ids=(mate.membership_id,))
    org.perform(move_deal, by=mate, deal_id=deal, stage_id=stages_of(org, flow)[2])
    org.perform(remove_deal_member, by=rep, deal_id=deal, membership_id=mate.membership_id)
    with pytest.raises(NotFound):
        org.perform(win_deal, by=mate, deal_id=deal)
    with pytest.raises(NotFound):
        org.perform(remove_deal_member, by=rep, deal_id=deal, membership_id=mate.membership_id)


def test_a_commission_is_split_and_never_more_than_whole(org, flow):
    one, two = org.person("member"), org.person("member")
    deal = make_record(org, "deal", org.owner, workflow_id=flow, members=[one, two])
    shares = (Share(one.membership_id, 2500), Share(two.membership_id, 5000))
    org.perform(split_commission, deal_id=deal, commission=90_000, shares=shares)
    assert members_of(org, deal) == {one.membership_id: 2500, two.membership_id: 5000}
    assert deal_of(org, deal).commission == 90_000
    for wrong in ((Share(one.membership_id, 5001),), (Share(one.membership_id, -1),), (Share(new_id(), 1),)):
        with pytest.raises(InvalidInput):
            org.perform(split_commission, deal_id=deal, commission=1, shares=wrong)
    assert deal_of(org, deal).commission == 90_000
    editor = somebody(org, {"deals.view": "all", "deals.edit": "all"})
    with pytest.raises(PermissionMissing):
        org.perform(split_commission, by=editor, deal_id=deal, commission=1)
    seer = somebody(org, {"deals.view": "all", "commission.view": "all"})
    with pytest.raises(PermissionMissing):
        org.perform(split_commission, by=seer, deal_id=deal, commission=1)
