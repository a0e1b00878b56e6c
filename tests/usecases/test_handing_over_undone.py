"""Handing over is taken back: each record where it is still with whom it was given to, the others named."""

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

import pytest

from factories.organizations import make_organization
from factories.records import make_each, make_record
from support.handing import audited, make_large, owners
from support.many import lines, run, state_of
from support.races import failures, together
from support.visitors import body, signed_in
from tenantry.acting.models import Operation, OperationLine
from tenantry.acting.operations import cancel_operation
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions.records import give_records
from tenantry.crm.models import Lead
from tenantry.people.errors import NotOnOneself
from tenantry.usecases.handing_over import HANDED_OVER, STARTED, Spread, reassign_records
from tenantry.usecases.handing_over import batches as batching
from tenantry.usecases.handing_over import undoing as undoing_records
from tenantry.usecases.handing_over.errors import HandoverUnderWay
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.telling import sentences
from tenantry.usecases.undoing import UndoneAlready, UndoOvertaken, UndoTooLate, members_of, plan_undo_entry, undo_entry


@pytest.fixture(autouse=True)
def _small_batches():
    with patch.object(batching, "RECORDS", 2), patch.object(undoing_records, "RECORDS", 2):
        yield


def newest(org, action):
    with scope.tenant(org.id), reading():
        return Entry.objects.filter(action=action).order_by("-number").values_list("number", flat=True)[0]


def undo(org, number, **more):
    with scope.tenant(org.id), reading():
        members = members_of(number)
    return org.perform(undo_entry, number=number, membership_ids=members, **more)


def foreseen(org, number, by=None, now=None):
    with scope.tenant(org.id), reading():
        return plan_undo_entry(actor=(by or org.owner).actor, number=number, now=now or clock.now())


def handed(number=4, *, large=False, spread=None):
    org = make_organization(seats=40)
    leaver, taker = org.person(), org.person()
    for n in range(number):
        make_record(org, "lead", leaver, age=timedelta(minutes=number - n))
    asked = {"from_ids": (leaver.membership_id,), "spread": spread or Spread("one", (taker.membership_id,))}
    with make_large(large, batch=2):
        done = org.perform(reassign_records, **asked)
    if large:
        run(org, done.operation_id)
    return org, leaver, taker, done


def latest_operation(org):
    with scope.tenant(org.id), reading():
        return Operation.objects.order_by("-created_at")[0].id


def test_all_of_it_goes_back_and_can_be_given_again():
    org = make_organization()
    leaver, taker = org.person(), org.person()
    make_each(org, leaver)
    before = owners(org)
    org.perform(reassign_records, from_ids=(leaver.membership_id,), spread=Spread("one", (taker.membership_id,)))
    after, number = owners(org), newest(org, HANDED_OVER)
    planned = foreseen(org, number)
    assert [(one.text, one.number) for one in planned.effects] == [("Records go back", 9)]
    undo(org, number, digest=planned.digest)
    assert owners(org) == before
    audited_again = latest_operation(org)
    assert state_of(org, audited_again).state == "done"
    with pytest.raises(UndoneAlready):
        undo(org, number)
    undo(org, newest(org, HANDED_OVER))
    assert owners(org) == after
    with scope.tenant(org.id), reading():
        told = [line.sentence for line in sentences(Entry.objects.filter(action=HANDED_OVER).order_by("number"))]
    assert told[0] == "Maren Holt handed 9 records of Pat Example over to Pat Example."
    assert told[1] == f"Maren Holt took entry {number} back: 9 records went from Pat Example back to Pat Example."


def test_what_changed_hands_since_is_left_alone_and_named():
    org, leaver, _taker, done = handed()
    other = org.person()
    with scope.tenant(org.id), writing():
        kept, gone, *_rest = Lead.objects.order_by("created_at")
        Lead.objects.filter(id=kept.id).update(owner_id=other.membership_id, given_name="Ingrid", family_name="Moe")
        Lead.objects.filter(id=gone.id).delete()
    number = newest(org, HANDED_OVER)
    effects = {one.text: (one.number, one.names) for one in foreseen(org, number).effects}
    assert effects == {
        "Records go back": (2, ()),
        "Changed hands since and stay where they are": (1, ("Ingrid Moe",)),
        "Are not there any more": (1, ()),
    }
    undo(org, number)
    assert Counter(owners(org).values()) == {leaver.membership_id: 2, other.membership_id: 1}
    left = {line.target_id: line.code for line in lines(org, latest_operation(org)) if line.state == "refused"}
    assert left == {kept.id: "changed_hands", gone.id: "record_gone"}
    assert done.moved == 4


@pytest.mark.parametrize("large", [False, True])
def test_what_went_on_and_came_back_by_another_act_stays(large):
    """It is with whom it was given to, but not by that: the others of the handing over go back."""
    org, leaver, taker, _done = handed(large=large)
    other, number = org.person(), newest(org, STARTED if large else HANDED_OVER)
    with scope.tenant(org.id), reading():
        astray = Lead.objects.order_by("created_at").values_list("pk", flat=True)[1]
    for to in (other, taker):
        org.perform(give_records, type_key="lead", record_ids=(astray,), owner_id=to.membership_id)
    undo(org, number)
    if large:
        run(org, latest_operation(org))
    assert Counter(owners(org).values()) == {leaver.membership_id: 3, taker.membership_id: 1}
    assert owners(org)["lead", astray] == taker.membership_id
    left = [(line.target_id, line.code) for line in lines(org, latest_operation(org)) if line.state == "refused"]
    assert left == [(astray, "changed_hands")]


@pytest.mark.parametrize("large", [False, True])
def test_one_after_the_other_is_taken_back_the_last_first(large):
    """What a later act did is undone by taking that back, and leaves nothing that stands in the way of the earlier."""
    org, leaver, taker, _done = handed(large=large)
    other, first = org.person(), newest(org, STARTED if large else HANDED_OVER)
    given = owners(org)
    org.perform(reassign_records, from_ids=(taker.membership_id,), spread=Spread("one", (other.membership_id,)))
    second = newest(org, HANDED_OVER)
    undo(org, second)
    assert owners(org) == given
    undo(org, newest(org, HANDED_OVER))
    assert set(owners(org).values()) == {other.membership_id}, "taken back, and done again"
    undo(org, newest(org, HANDED_OVER))
    assert owners(org) == given
    undo(org, first)
    if large:
        run(org, latest_operation(org))
    assert set(owners(org).values()) == {leaver.membership_id}
    with scope.tenant(org.id), reading():
        assert set(Lead.objects.values_list("ownership", flat=True)) == {None}, "as if nothing had happened"


def test_one_from_before_ownerships_goes_by_who_holds_it():
    org, leaver, _taker, done = handed()
    with scope.tenant(org.id), writing():
        for line in OperationLine.objects.filter(operation_id=done.operation_id):
            line.values = {name: value for name, value in line.values.items() if name not in ("was", "is")}
            line.save(update_fields=["values"])
    undo(org, newest(org, HANDED_OVER))
    assert set(owners(org).values()) == {leaver.membership_id}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_large_one_is_taken_back_as_a_whole(at_once):
    """Newest first, where it is much by an operation of its own, which leaves alone what changed hands meanwhile."""
    org, leaver, taker, _done = handed(7, large=True)
    other = org.person()
    with scope.tenant(org.id), writing():
        first = Lead.objects.order_by("created_at")[0]
        Lead.objects.filter(id=first.id).update(owner_id=other.membership_id)
    with patch.object(undoing_records, "AT_ONCE", 100 if at_once else 3):
        undo(org, newest(org, STARTED))
    operation_id = latest_operation(org)
    if not at_once:
        run(org, operation_id, batches=1)
        assert Counter(owners(org).values())[leaver.membership_id] == 2
        newest_two = [line.position for line in lines(org, operation_id)]
        assert newest_two == [1, 2]
        run(org, operation_id)
    row = state_of(org, operation_id)
    assert (row.state, row.done, row.refused, row.total) == ("done", 6, 1, 7)
    assert Counter(owners(org).values()) == {leaver.membership_id: 6, other.membership_id: 1}
    assert taker.membership_id not in owners(org).values()
    audited_lines = [line for line in lines(org, operation_id) if line.state == "refused"]
    assert [(line.target_id, line.code) for line in audited_lines] == [(first.id, "changed_hands")]
    with pytest.raises(UndoneAlready):
        undo(org, newest(org, STARTED) if at_once else _original(org))


def _original(org):
    with scope.tenant(org.id), reading():
        return Entry.objects.filter(action=STARTED).order_by("number").values_list("number", flat=True)[0]


def test_one_batch_of_a_large_one_is_taken_back():
    org, leaver, taker, done = handed(5, large=True)
    undo(org, newest(org, HANDED_OVER))
    assert Counter(owners(org).values()) == {leaver.membership_id: 1, taker.membership_id: 4}
    audited(org, done.handover_id)


def test_a_canceled_one_is_taken_back_as_far_as_it_came():
    org = make_organization(seats=40)
    leaver, taker = org.person(), org.person()
    for _n in range(5):
        make_record(org, "lead", leaver)
    with make_large(True, batch=2):
        done = org.perform(
            reassign_records, from_ids=(leaver.membership_id,), spread=Spread("one", (taker.membership_id,))
        )
        run(org, done.operation_id, batches=1)
        with pytest.raises(HandoverUnderWay):
            undo(org, newest(org, STARTED))
        org.perform(cancel_operation, operation_id=done.operation_id)
    undo(org, newest(org, STARTED))
    assert set(owners(org).values()) == {leaver.membership_id}


def test_a_deactivated_owner_has_them_back_and_a_removed_one_has_not():
    org, leaver, taker, _done = handed(2)
    org.perform(deactivate_members, membership_ids=(leaver.membership_id,))
    undo(org, newest(org, HANDED_OVER))
    assert set(owners(org).values()) == {leaver.membership_id}
    org.perform(reassign_records, from_ids=(leaver.membership_id,), spread=Spread("one", (taker.membership_id,)))
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    with pytest.raises(UndoOvertaken):
        undo(org, newest(org, HANDED_OVER))
    assert set(owners(org).values()) == {taker.membership_id}


def test_what_refuses_an_undo():
    org, leaver, taker, _done = handed(2)
    number = newest(org, HANDED_OVER)
    with pytest.raises(UndoTooLate):
        foreseen(org, number, now=clock.now() + timedelta(days=31))
    with pytest.raises(NotFound):
        foreseen(org, number, by=org.person("manager"))
    promoted = org.person("owner")
    make_record(org, "lead", promoted)
    org.perform(reassign_records, from_ids=(promoted.membership_id,), spread=Spread("one", (taker.membership_id,)))
    with pytest.raises(NotOnOneself):
        foreseen(org, newest(org, HANDED_OVER), by=promoted)
    with scope.tenant(org.id), writing():
        Lead.objects.update(owner_id=org.owner.membership_id)
    with pytest.raises(UndoOvertaken):
        undo(org, number)
    assert leaver.membership_id not in owners(org).values()


def test_two_who_hand_the_same_over_at_once_move_each_record_once():
    org = make_organization(seats=40)
    leaver, *takers = (org.person() for _n in range(3))
    second = org.person("owner")
    for _n in range(12):
        make_record(org, "lead", leaver)

    def call(by, taker):
        return lambda: org.perform(
            reassign_records, by=by, from_ids=(leaver.membership_id,), spread=Spread("one", (taker.membership_id,))
        )

    results = together(call(org.owner, takers[0]), call(second, takers[1]))
    refused = failures(results, Exception)
    assert len(refused) == 1
    assert refused[0].code == "nothing_to_hand_over"
    assert len(set(owners(org).values())) == 1
    assert set(versions(org)) == {2}


def test_two_large_ones_share_what_there_is():
    """Each record goes to one of the two, once."""
    org = make_organization(seats=40)
    leaver, *takers = (org.person() for _n in range(3))
    for n in range(20):
        make_record(org, "lead", leaver, age=timedelta(minutes=20 - n))
    with make_large(True, batch=2):
        begun = [
            org.perform(reassign_records, from_ids=(leaver.membership_id,), spread=Spread("one", (one.membership_id,)))
            for one in takers
        ]
    failures(together(*(lambda one=one: run(org, one.operation_id) for one in begun)))
    rows = [state_of(org, one.operation_id) for one in begun]
    assert {row.state for row in rows} == {"done"}
    numbers = Counter(owners(org).values())
    assert [numbers[one.membership_id] for one in takers] == [row.done for row in rows]
    assert sum(row.done for row in rows) == 20
    assert set(versions(org)) == {2}
    for one in begun:
        audited(org, one.handover_id)


def versions(org):
    with scope.tenant(org.id), reading():
        return list(Lead.objects.values_list("version", flat=True))


def test_the_page_of_long_work_names_the_records():
    org, leaver, taker, done = handed(2)
    make_record(org, "company", leaver, name="Nordlys AS")
    org.perform(reassign_records, from_ids=(leaver.membership_id,), spread=Spread("one", (taker.membership_id,)))
    client = signed_in(org.owner)
    page = body(client.get(f"/admin/operations/{done.handover_id}"))
    assert "Hand over records" in page
    assert page.count("Nora Lead") == 2
    latest = body(client.get(f"/admin/operations/{latest_operation(org)}"))
    assert "Nordlys AS" in latest
    assert "Company" in latest
