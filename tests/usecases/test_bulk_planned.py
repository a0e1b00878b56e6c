"""Selections too large to be planned while somebody waits: frozen, planned batch by batch, confirmed as they are."""

import re
from datetime import timedelta

import pytest

from factories.organizations import make_organization
from support.many import crowd, lines, plan, run, state_of
from support.races import failures, together
from support.visitors import body, post, signed_in
from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.acting.actions import perform
from tenantry.acting.errors import OperationOver
from tenantry.acting.models import Operation
from tenantry.acting.operations import add_selected, cancel_operation, lines_of
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry, OutboxEvent
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.models import Membership
from tenantry.usecases.bulk_changing import planned, planning
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.errors import (
    NobodyToChange,
    NotPlanned,
    PlannedByAnother,
    PlannedFirst,
    PlanTooOld,
)
from tenantry.usecases.bulk_changing.kinds import KINDS
from tenantry.usecases.bulk_changing.planned import confirm_planned, plan_people, planned_by
from usecases.test_bulk_changing import EVERYBODY, mixed, values

CROWD = DirectoryFilter(query="crowd")


@pytest.fixture(autouse=True)
def small_bound(monkeypatch):
    """More than three people are many, and four are looked at in a batch of planning."""
    monkeypatch.setattr(planning, "AT_ONCE", 3)
    monkeypatch.setattr(planned, "BATCH", 4)


def found(org, operation_id, by=None):
    with scope.tenant(org.id), reading():
        return planned_by((by or org.owner).actor, Operation.objects.get(id=operation_id), "")


def in_state(org, status: str) -> int:
    with scope.tenant(org.id), reading():
        return Membership.objects.filter(status=status).count()


def have_planned(org, do="removal", *, by=None, **params):
    begun = org.perform(plan_people, by=by or org.owner, do=do, **{"wanted": CROWD, **params})
    run(org, begun.operation_id)
    return begun.operation_id


@pytest.mark.parametrize("do", KINDS)
def test_what_was_planned_in_batches_is_what_happens(do):
    org, people, ids = mixed()
    value = values(org)[do]
    # An administrator: some of these people are out of their hand.
    by = people[1]
    told = plan(org, do, None, value, by=by, wanted=EVERYBODY)
    there = have_planned(org, do, by=by, value_id=value, wanted=EVERYBODY)
    assert in_state(org, "removed") == 0
    seen = found(org, there, by)
    assert (seen.total, seen.done) == (len(ids), told.done)
    assert dict(seen.numbers) == dict(told.numbers)
    assert (seen.gains, seen.loses) == (told.gains, told.loses)
    assert sorted((r.code, r.number) for r in seen.reasons) == sorted((r.code, r.number) for r in told.reasons)
    assert set(seen.names) <= {one.name for one in people_of(org)}
    if not seen.done:
        with pytest.raises(NobodyToChange):
            org.perform(confirm_planned, by=by, operation_id=there)
        return
    org.perform(confirm_planned, by=by, operation_id=there)
    run(org, there)
    after = state_of(org, there)
    assert (after.kind, after.state) == (KINDS[do].operation, "done")
    assert (after.done, after.refused) == (seen.done, seen.refused)
    for reason in seen.reasons:
        assert sum(one.code == reason.code for one in lines(org, there)) == reason.number
    with scope.tenant(org.id), reading():
        assert verify().sound


def people_of(org):
    with scope.tenant(org.id), reading():
        return list(Membership.objects.all())


def test_nothing_is_written_to_anybody_and_nobody_is_told_before_the_confirmation():
    org = make_organization()
    crowd(org, 9)
    before = [(one.id, one.status, one.access_version) for one in people_of(org)]
    with scope.tenant(org.id), reading():
        entries, events = Entry.objects.count(), OutboxEvent.objects.count()
    there = have_planned(org)
    with scope.tenant(org.id), reading():
        assert (Entry.objects.count(), OutboxEvent.objects.count()) == (entries, events)
    assert [(one.id, one.status, one.access_version) for one in people_of(org)] == before
    row = state_of(org, there)
    assert (row.total, row.done, row.state) == (9, 9, "done")
    kept = str(row.cursor)
    # People stand in it by id.
    assert "Crowd" not in kept
    assert "example.test" not in kept


def test_a_kill_between_two_batches_of_planning_counts_nobody_twice():
    org = make_organization()
    crowd(org, 10)
    begun = org.perform(plan_people, do="removal", wanted=CROWD)
    run(org, begun.operation_id, batches=1)
    assert (state_of(org, begun.operation_id).done, found(org, begun.operation_id)) == (4, None)
    run(org, begun.operation_id)
    run(org, begun.operation_id)
    assert (found(org, begun.operation_id).done, state_of(org, begun.operation_id).done) == (10, 10)


def test_exactly_those_people_and_who_changed_since_is_refused_by_what_holds_then():
    org = make_organization()
    ids = crowd(org, 6)
    there = have_planned(org)
    org.perform(change_people, do="removal", membership_ids=(ids[2],))
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=ids[3]).update(given_name="Renamed")
    crowd(org, 2)
    org.perform(confirm_planned, operation_id=there)
    run(org, there)
    after = state_of(org, there)
    assert (after.done, after.refused) == (5, 1)
    [line] = [one for one in lines(org, there) if one.state == "refused"]
    assert (line.target_id, line.code) == (ids[2], "already_removed")
    assert in_state(org, "removed") == 6


def test_a_plan_counts_who_went_out_of_sight_while_it_was_made():
    org = make_organization()
    ids = crowd(org, 6)
    begun = org.perform(plan_people, do="deactivation", wanted=CROWD)
    run(org, begun.operation_id, batches=1)
    org.perform(change_people, do="removal", membership_ids=(ids[5],))
    run(org, begun.operation_id)
    seen = found(org, begun.operation_id)
    assert (seen.total, seen.done, [(r.code, r.number) for r in seen.reasons]) == (6, 5, [("already_removed", 1)])


def test_canceled_while_it_is_planned_nothing_can_be_confirmed():
    org = make_organization()
    crowd(org, 10)
    begun = org.perform(plan_people, do="removal", wanted=CROWD)
    run(org, begun.operation_id, batches=1)
    org.perform(cancel_operation, operation_id=begun.operation_id)
    run(org, begun.operation_id)
    assert (state_of(org, begun.operation_id).state, found(org, begun.operation_id)) == ("canceled", None)
    with pytest.raises(NotPlanned):
        org.perform(confirm_planned, operation_id=begun.operation_id)
    assert in_state(org, "removed") == 0


def test_canceled_after_the_confirmation_the_rest_stays():
    org = make_organization()
    crowd(org, 600)
    there = have_planned(org)
    org.perform(confirm_planned, operation_id=there)
    run(org, there, batches=1)
    org.perform(cancel_operation, operation_id=there)
    run(org, there)
    assert (state_of(org, there).state, in_state(org, "removed")) == ("canceled", 500)


def test_while_it_is_planned_and_a_second_time_it_is_not_confirmed():
    org = make_organization()
    crowd(org, 5)
    begun = org.perform(plan_people, do="removal", wanted=CROWD)
    with pytest.raises(NotPlanned):
        org.perform(confirm_planned, operation_id=begun.operation_id)
    run(org, begun.operation_id)
    actor = org.owner.actor

    def confirm():
        with scope.tenant(org.id):
            return perform(confirm_planned, actor=actor, operation_id=begun.operation_id)

    assert len(failures(together(confirm, confirm), NotPlanned)) == 1
    run(org, begun.operation_id)
    with pytest.raises(NotPlanned):
        confirm()
    with pytest.raises(OperationOver):
        org.perform(cancel_operation, operation_id=begun.operation_id)
    assert state_of(org, begun.operation_id).done == 5


def test_only_who_asked_confirms_in_time_and_with_what_they_hold_then():
    org = make_organization()
    admin, other = org.person("administrator"), org.person("administrator")
    crowd(org, 5)
    there = have_planned(org, by=admin)
    for somebody in (other, org.owner):
        with pytest.raises(PlannedByAnother):
            org.perform(confirm_planned, by=somebody, operation_id=there)
    with pytest.raises(NotFound):
        org.perform(confirm_planned, by=org.person("member"), operation_id=there)
    old = clock.now() + planned.GOOD_FOR + timedelta(minutes=1)
    with scope.tenant(org.id), pytest.raises(PlanTooOld):
        perform(confirm_planned, actor=admin.actor, operation_id=there, now=old)
    org.perform(change_people, do="role", value_id=org.role("member"), membership_ids=(admin.membership_id,))
    with pytest.raises(PermissionMissing):
        org.perform(confirm_planned, by=admin, operation_id=there)
    assert in_state(org, "removed") == 0


def test_whoever_loses_the_permission_while_it_is_planned_gets_no_plan():
    org = make_organization()
    admin = org.person("administrator")
    crowd(org, 9)
    begun = org.perform(plan_people, by=admin, do="removal", wanted=CROWD)
    run(org, begun.operation_id, batches=1)
    org.perform(change_people, do="role", value_id=org.role("member"), membership_ids=(admin.membership_id,))
    run(org, begun.operation_id)
    row = state_of(org, begun.operation_id)
    assert (row.state, row.error, in_state(org, "removed")) == ("failed", "permission_missing", 0)


def test_whoever_left_it_alone_is_told_that_the_plan_is_ready():
    org = make_organization()
    crowd(org, 9)
    begun = org.perform(plan_people, do="removal", wanted=CROWD)
    with scope.tenant(org.id), writing():
        Operation.objects.filter(id=begun.operation_id).update(created_at=clock.now() - timedelta(seconds=30))
    run(org, begun.operation_id)
    dispatch(org.id)
    client = signed_in(org.owner)
    page = body(client.get("/notifications"))
    assert "Plan: Remove people: ready. Read what would happen and confirm it within a day." in page
    [notice] = re.findall(r"/notifications/([0-9a-f-]+)/open", page)
    opened = post(client, org.owner, f"/notifications/{notice}/open")
    assert opened["Location"] == f"/admin/operations/{begun.operation_id}"
    assert "Finished for" in body(client.get("/admin/audit"))
    # Confirmed, it ends for a second time, and says so in other words.
    org.perform(confirm_planned, operation_id=begun.operation_id)
    run(org, begun.operation_id)
    dispatch(org.id)
    assert "Remove people: finished, 9 done, 0 left out." in body(client.get("/notifications"))


def test_a_selection_is_frozen_in_the_order_of_names_and_within_reach():
    org = make_organization()
    people = crowd(org, 9)
    leader = org.person("manager")
    begun = org.perform(plan_people, do="removal", wanted=CROWD)
    with scope.tenant(org.id), reading():
        ordered = list(
            Membership.objects.filter(id__in=people).order_by("sort_name", "id").values_list("id", flat=True)
        )
    found = lines(org, begun.operation_id)
    assert [line.target_id for line in found] == ordered
    assert [line.position for line in found] == list(range(1, 10))
    assert {line.state for line in found} == {"waiting"}
    assert len({line.id for line in found}) == 9
    # Of others only those whom the actor sees.
    with scope.tenant(org.id), reading():
        seen = matching(leader.actor, DirectoryFilter(), clock.now()).count()
    with scope.tenant(org.id), writing():
        row = Operation.objects.get(id=begun.operation_id)
        lines_of(row).delete()
        assert add_selected(row, matching(leader.actor, DirectoryFilter(), clock.now()), "sort_name", "id") == seen


def test_the_organizations_name_is_typed_to_confirm():
    org = make_organization()
    org.perform(change_policy, code="people.deactivation_by", value="owner")
    crowd(org, 5)
    there = have_planned(org, "deactivation")
    assert found(org, there).asks_name
    with pytest.raises(OrganizationNameAsked):
        org.perform(confirm_planned, operation_id=there)
    org.perform(confirm_planned, operation_id=there, organization_name="Halden Supply")
    run(org, there)
    assert in_state(org, "deactivated") == 5


def test_what_is_refused_as_a_whole_is_refused_at_once():
    org = make_organization()
    crowd(org, 5)
    for do, wanted, refusal in (
        ("role", CROWD, InvalidInput),
        ("nonsense", CROWD, NotFound),
        ("removal", DirectoryFilter(query="nobodycalledthis"), InvalidInput),
    ):
        with pytest.raises(refusal):
            org.perform(plan_people, do=do, wanted=wanted)
    with pytest.raises(PermissionMissing):
        org.perform(plan_people, by=org.person("manager"), do="removal", wanted=CROWD)


def test_a_digest_of_fewer_people_does_not_stand_for_many():
    org = make_organization()
    crowd(org, 3)
    told = plan(org, "removal", None, None, wanted=CROWD)
    crowd(org, 1)
    with pytest.raises(PlannedFirst):
        org.perform(change_people, do="removal", wanted=CROWD, digest=told.digest)
    # Whoever asks for no plan is refused line by line.
    begun = org.perform(change_people, do="removal", wanted=CROWD)
    run(org, begun.operation_id)
    assert (state_of(org, begun.operation_id).done, in_state(org, "removed")) == (4, 4)
