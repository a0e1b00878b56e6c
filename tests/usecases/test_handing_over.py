"""Handing records over: what the plan says is what happens, at once or batch by batch."""

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import make_organization
from factories.records import make_each, make_record, make_workflow
from support.handing import audited, closed_to_receivers, in_one_team, make_large, owners, plan, world
from support.many import lines, run, state_of
from support.told import sentences as told_sentences
from tenantry.acting.operations import cancel_operation
from tenantry.audit.chain import verify
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged
from tenantry.core.ids import NIL
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.errors import ReceiverNotActive
from tenantry.crm.models import Deal, DriveUsage, Lead
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Membership, WorkflowMember
from tenantry.usecases.handing_over import (
    NothingToHandOver,
    Portion,
    ReceiverCannotOpen,
    Spread,
    owned_counts,
    reassign_records,
)
from tenantry.usecases.handing_over import batches as batching
from tenantry.usecases.offboarding import deactivate_members, remove_members


def moved(before, after):
    """(receiver or None) -> records, of those whose owner is another one now."""
    return Counter(after[key] for key in after if after[key] != before[key])


def test_everything_of_one_goes_to_one():
    org = make_organization()
    leaver, successor = org.person(), org.person()
    made = make_each(org, leaver)
    archived = make_record(org, "deal", leaver, archived_at=clock.now())
    other = make_record(org, "lead", org.owner)
    asked = {"from_ids": (leaver.membership_id,), "spread": Spread("one", (successor.membership_id,))}
    planned = plan(org, **asked)
    assert dict(planned.counts) == {**dict.fromkeys(made, 1), "deal": 2}
    done = org.perform(reassign_records, digest=planned.digest, **asked)
    assert (done.moved, done.operation_id) == (10, None)
    found = owners(org)
    taken = {key for key, owner in found.items() if owner == successor.membership_id}
    assert taken == {*made.items(), ("deal", archived)}
    assert found["lead", other] == org.owner.membership_id
    with scope.tenant(org.id), reading():
        counts = owned_counts(org.owner.actor, (leaver.membership_id, successor.membership_id, NIL))
        assert {row.version for row in Deal.objects.all()} == {2}
        assert dict(DriveUsage.objects.filter(used__gt=0).values_list("owner_id", "used")) == {
            successor.membership_id: 5
        }
    assert counts[leaver.membership_id] == counts[NIL] == {}
    assert counts[successor.membership_id] == dict(planned.counts)
    audited(org, done.handover_id)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_plan_is_the_effect_for_any_world_spread_and_portion(data):
    """Whatever is handed over by whatever spread: the numbers and receivers of the plan are those that are found
    afterwards, at once as well as in batches, and the audit says the same."""
    made = world(data.draw)
    org = made.org
    spread = data.draw(made.spreads())
    asked = {"from_ids": data.draw(made.givers()), "spread": spread, "portion": data.draw(made.portions())}
    try:
        planned = plan(org, **asked)
    except InvalidInput:
        return
    before = owners(org)
    large = data.draw(st.booleans())
    if not planned.total:
        with pytest.raises(NothingToHandOver):
            org.perform(reassign_records, digest=planned.digest, **asked)
        return
    with make_large(large, batch=data.draw(st.sampled_from([1, 2, 3, 7]))):
        planned = plan(org, **asked)
        if planned.closed:
            with pytest.raises(ReceiverCannotOpen):
                org.perform(reassign_records, digest=planned.digest, **asked)
            assert owners(org) == before
        done = org.perform(reassign_records, digest=planned.digest, anyway=bool(planned.closed), **asked)
        assert (done.operation_id is not None) == large
        if large:
            run(org, done.operation_id)
    after = owners(org)
    row = state_of(org, done.handover_id)
    assert (row.state, row.error, row.done, row.total) == ("done", "", planned.total, planned.total)
    found = moved(before, after)
    assert found.pop(None, 0) == planned.unassigned
    assert found == {one: number for one, _name, number in planned.receivers}
    assert Counter(key for (key, pk), owner in after.items() if owner != before[key, pk]) == dict(planned.counts)
    assert closed_to_receivers(org, before, after) == {
        (one.membership_id, one.place_id, key): n for one in planned.closed for key, n in one.counts
    }
    audited(org, done.handover_id)


def test_records_are_shared_out_in_turn_within_each_type():
    org = make_organization()
    leaver, *takers = (org.person() for _n in range(4))
    for _n in range(7):
        make_record(org, "task", leaver)
    org.perform(
        reassign_records,
        from_ids=(leaver.membership_id,),
        spread=Spread("round_robin", tuple(one.membership_id for one in takers)),
    )
    with scope.tenant(org.id), reading():
        rows = [one.owner_id for one in owned_types()["task"].model.objects.order_by("created_at", "id")]
    assert rows == [takers[n % 3].membership_id for n in range(7)]


def test_a_team_receives_what_its_least_loaded_can_take():
    org = make_organization()
    leaver, busy, idle, outside = (org.person() for _n in range(4))
    team = (leaver.membership_id, busy.membership_id, idle.membership_id)
    in_one_team(org, team)
    for _n in range(4):
        make_record(org, "lead", busy)
    for _n in range(6):
        make_record(org, "lead", leaver)
    planned = plan(org, from_ids=(leaver.membership_id,), spread=Spread("team"))
    numbers = {one: number for one, _name, number in planned.receivers}
    assert numbers == {idle.membership_id: 5, busy.membership_id: 1}
    assert outside.membership_id not in numbers


def test_what_is_refused_as_a_whole():
    org = make_organization()
    leaver, taker, gone = org.person(), org.person(), org.person()
    record = make_record(org, "lead", leaver)
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    ours, to = (leaver.membership_id,), Spread("one", (taker.membership_id,))
    for spread in (
        Spread("one"),
        Spread("elsewhere"),
        Spread("one", ours),
        Spread("nobody", (taker.membership_id,)),
        Spread("round_robin", (taker.membership_id, taker.membership_id)),
    ):
        with pytest.raises(InvalidInput):
            plan(org, from_ids=ours, spread=spread)
    for portion in (Portion(types=("sonnets",)), Portion(state="lukewarm")):
        with pytest.raises(InvalidInput):
            plan(org, from_ids=ours, spread=to, portion=portion)
    with pytest.raises(InvalidInput):
        plan(org, from_ids=(NIL,), spread=Spread("nobody"))
    with pytest.raises(ReceiverNotActive):
        plan(org, from_ids=ours, spread=Spread("one", (gone.membership_id,)))
    stranger = make_organization().owner.membership_id
    for ids, spread in (((stranger,), to), (ours, Spread("one", (stranger,)))):
        with pytest.raises(NotFound):
            plan(org, from_ids=ids, spread=spread)
    with pytest.raises(NotOnOneself):
        plan(org, from_ids=(org.owner.membership_id,), spread=to)
    with pytest.raises(PermissionMissing):
        plan(org, by=taker, from_ids=ours, spread=to)
    with pytest.raises(NothingToHandOver):
        org.perform(reassign_records, from_ids=(taker.membership_id,), spread=Spread("nobody"))
    assert owners(org)["lead", record] == leaver.membership_id


def test_a_plan_that_grew_old_is_refused_with_the_new_one():
    org = make_organization()
    leaver, taker = org.person(), org.person()
    make_record(org, "lead", leaver)
    asked = {"from_ids": (leaver.membership_id,), "spread": Spread("one", (taker.membership_id,))}
    planned = plan(org, **asked)
    make_record(org, "lead", leaver)
    with pytest.raises(PlanChanged) as refused:
        org.perform(reassign_records, digest=planned.digest, **asked)
    fresh = refused.value.params.get("plan") or refused.value.plan
    assert (planned.total, fresh.total) == (1, 2)
    assert org.perform(reassign_records, digest=fresh.digest, **asked).moved == 2


def test_a_large_one_is_canceled_on_its_way_and_says_what_it_did():
    org, leaver, taker, begun = under_way(9)
    run(org, begun.operation_id, batches=2)
    org.perform(cancel_operation, operation_id=begun.operation_id)
    run(org, begun.operation_id)
    row = state_of(org, begun.operation_id)
    assert (row.state, row.done, row.total) == ("canceled", 4, 9)
    assert Counter(owners(org).values()) == {leaver.membership_id: 5, taker.membership_id: 4}
    audited(org, begun.handover_id)


def test_it_stops_when_its_asker_loses_the_right():
    org = make_organization(seats=40)
    asker = org.person("administrator")
    org, _leaver, taker, begun = under_way(9, org, asker)
    run(org, begun.operation_id, batches=1)
    org.perform(remove_members, membership_ids=(asker.membership_id,))
    run_as_the_worker_does(org, begun)
    row = state_of(org, begun.operation_id)
    assert (row.state, row.error, row.done) == ("failed", "no_longer_in", 2)
    assert Counter(owners(org).values())[taker.membership_id] == 2
    dispatch(org.id)
    # Whoever asked hears nothing any more.
    assert told_sentences(org.owner, "operation_ended") == ["Hand over records: it came to a stop after 2."]


def test_who_was_deactivated_meanwhile_receives_nothing_any_more():
    org = make_organization(seats=40)
    leaver, *takers = (org.person() for _n in range(4))
    spread = Spread("round_robin", tuple(one.membership_id for one in takers))
    org, leaver, _taker, begun = under_way(12, org, None, leaver, spread)
    run(org, begun.operation_id, batches=1)
    gone = takers[0].membership_id
    org.perform(deactivate_members, membership_ids=(gone,))
    run_as_the_worker_does(org, begun)
    assert state_of(org, begun.operation_id).state == "done"
    numbers = Counter(owners(org).values())
    assert numbers[gone] == 1
    assert sum(numbers[one.membership_id] for one in takers) == 12


def test_it_stops_when_nobody_is_left_to_receive():
    org, leaver, taker, begun = under_way(6)
    run(org, begun.operation_id, batches=1)
    org.perform(deactivate_members, membership_ids=(taker.membership_id,))
    run_as_the_worker_does(org, begun)
    row = state_of(org, begun.operation_id)
    assert (row.state, row.error, row.done) == ("failed", "nobody_receives", 2)
    assert Counter(owners(org).values()) == {leaver.membership_id: 4, taker.membership_id: 2}


def test_what_changed_hands_or_was_made_meanwhile_is_left_alone():
    org, leaver, _taker, begun = under_way(6)
    other = org.person()
    with scope.tenant(org.id), writing():
        last = Lead.objects.order_by("-created_at")[0]
        Lead.objects.filter(id=last.id).update(owner_id=other.membership_id)
    later = make_record(org, "lead", leaver, age=timedelta(seconds=-5))
    run_as_the_worker_does(org, begun)
    row = state_of(org, begun.operation_id)
    assert (row.state, row.done, row.total) == ("done", 5, 5)
    found = owners(org)
    assert (found["lead", last.id], found["lead", later]) == (other.membership_id, leaver.membership_id)


def test_nothing_stays_with_somebody_who_was_removed_meanwhile():
    """What was on its way to them when it was confirmed is found by the second look."""
    org, leaver, taker, begun = under_way(3)
    run(org, begun.operation_id, batches=2)
    make_record(org, "lead", leaver, age=timedelta(days=30))
    make_record(org, "lead", leaver, age=timedelta(seconds=-5))
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=leaver.membership_id).update(status="removed")
    run_as_the_worker_does(org, begun)
    assert set(owners(org).values()) == {taker.membership_id}
    assert state_of(org, begun.operation_id).total == 5
    audited(org, begun.handover_id)


def under_way(number, org=None, by=None, leaver=None, spread=None):
    """A large one of two records a batch, confirmed and not begun."""
    org = org or make_organization(seats=40)
    leaver = leaver or org.person()
    taker = org.person()
    for n in range(number):
        make_record(org, "lead", leaver, age=timedelta(minutes=number - n))
    asked = {"from_ids": (leaver.membership_id,), "spread": spread or Spread("one", (taker.membership_id,))}
    with make_large(True, batch=2):
        begun = org.perform(reassign_records, by=by, **asked)
    assert begun.operation_id
    return org, leaver, taker, begun


@pytest.fixture(autouse=True)
def _small_batches():
    with patch.object(batching, "RECORDS", 2):
        yield


def run_as_the_worker_does(org, begun):
    run(org, begun.operation_id)


def test_lines_say_who_had_what():
    org, leaver, taker, begun = under_way(3)
    run_as_the_worker_does(org, begun)
    found = lines(org, begun.operation_id)
    assert [line.position for line in found] == [1, 2, 3]
    assert {line.state for line in found} == {"done"}
    said = {"type": "lead", "from": str(leaver.membership_id), "to": str(taker.membership_id), "was": None}
    with scope.tenant(org.id), reading():
        held_as = {pk: str(as_) for pk, as_ in Lead.objects.values_list("pk", "ownership")}
    assert [line.values for line in found] == [said | {"is": held_as[line.target_id]} for line in found]
    with scope.tenant(org.id), reading():
        assert verify().sound


def test_the_queue_is_given_out_and_keeps_what_nobody_can_take():
    org = make_organization()
    taker = org.person()
    workflow = make_workflow(org)
    deal = make_record(org, "deal", None, workflow_id=workflow)
    lead = make_record(org, "lead", None)
    make_record(org, "deal", None, workflow_id=make_workflow(org))
    with scope.tenant(org.id), writing():
        WorkflowMember.objects.create(workflow_id=workflow, membership_id=taker.membership_id, added_at=clock.now())
    planned = plan(org, from_ids=(NIL,), spread=Spread("workflow"))
    assert (planned.total, planned.staying, planned.unassigned, planned.open_deals) == (1, 2, 0, 1)
    org.perform(reassign_records, digest=planned.digest, from_ids=(NIL,), spread=Spread("workflow"))
    found = owners(org)
    assert (found["deal", deal], found["lead", lead]) == (taker.membership_id, None)
