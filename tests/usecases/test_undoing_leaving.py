"""A leaving is taken back: people with all that they held, and the records that a removal moved."""

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

import pytest

from factories.organizations import make_organization
from factories.records import make_each, make_record
from support.handing import make_large, owners
from support.many import run
from support.visitors import signed_in
from tenantry.access.errors import MemberOutOfHand
from tenantry.acting.models import Operation
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Lead
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.models import Membership
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.erasing import erase_person
from tenantry.usecases.erasing_errors import AlreadyErased
from tenantry.usecases.handing_over import Spread, reassign_records
from tenantry.usecases.handing_over import undoing as undoing_records
from tenantry.usecases.handing_over.errors import HandoverUnderWay
from tenantry.usecases.leaving.held import held_by
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members
from tenantry.usecases.telling import sentences
from tenantry.usecases.undoing import UndoneAlready, UndoOvertaken
from usecases.test_handing_over_undone import foreseen, newest, undo
from usecases.test_leaving_links import linked

REMOVED = "people.removed"


def held(org, *people):
    with scope.tenant(org.id), reading():
        return held_by(Membership.objects.filter(id__in=[one.membership_id for one in people]).order_by("id"))


def effects_of(plan):
    return {one.text: one.number for one in plan.effects if one.number is not None}


def test_a_removal_is_taken_back_with_all_that_they_held_and_owned():
    org = make_organization(seats=20)
    leaver, heir = org.person("manager"), org.person("owner")
    make_each(org, leaver)
    linked(org, leaver, heir)
    before, owned = held(org, leaver), owners(org)
    assert set(before[str(leaver.membership_id)]) == {
        *("status", "roles", "profile", "limits", "teams", "workflows", "mentees", "mentor", "reports")
    }
    org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
    assert signed_in(leaver).get("/admin").status_code != 200
    number = newest(org, REMOVED)
    plan = foreseen(org, number)
    moved = sum(owner == leaver.membership_id for owner in owned.values())
    assert effects_of(plan) == {
        "Come back with the role, the teams and the places that they had": 1,
        "Seat is taken again": 1,
        "Records go back": moved,
    }
    assert (plan.before, plan.after) == ("removed", "Manager")
    undo(org, number, digest=plan.digest)
    assert held(org, leaver) == before
    # Notes on deals, of questions to mentors that followed, are there besides.
    assert {key: owner for key, owner in owners(org).items() if key in owned} == owned
    assert org.status(leaver.membership_id) == "active"
    with pytest.raises(UndoneAlready):
        undo(org, number)
    with scope.tenant(org.id), reading():
        last = Entry.objects.order_by("-number")[:1]
        assert [one.sentence for one in sentences(last)] == ["Maren Holt took the removal of Pat Example back."]
        assert last[0].values["records_back"] == moved
        assert verify().sound


def test_what_changed_hands_since_the_removal_stays_and_is_named_before():
    org = make_organization(seats=20)
    leaver, heir, other = org.person(), org.person(), org.person()
    ids = [make_record(org, "lead", leaver, given_name="Ingrid", family_name=f"Moe {n}") for n in range(3)]
    org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
    with scope.tenant(org.id), writing():
        Lead.objects.filter(id=ids[0]).update(owner_id=other.membership_id)
    number = newest(org, REMOVED)
    plan = foreseen(org, number)
    [stays] = [one for one in plan.effects if one.text == "Changed hands since and stay where they are"]
    assert (stays.number, stays.names, effects_of(plan)["Records go back"]) == (1, ("Ingrid Moe 0",), 2)
    with scope.tenant(org.id), writing():
        Lead.objects.filter(id=ids[1]).update(owner_id=other.membership_id)
    with pytest.raises(PlanChanged):
        undo(org, number, digest=plan.digest)
    assert org.status(leaver.membership_id) == "removed"
    undo(org, number)
    assert Counter(owners(org).values()) == {leaver.membership_id: 1, other.membership_id: 2}


def test_many_records_come_back_by_an_operation_once_they_have_all_gone():
    org = make_organization(seats=20)
    leaver, heir = org.person(), org.person()
    for _n in range(5):
        make_record(org, "lead", leaver)
    with make_large(True, batch=2):
        left = org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
        run(org, left.operation_id, batches=1)
        number = newest(org, REMOVED)
        with pytest.raises(HandoverUnderWay):
            undo(org, number)
        run(org, left.operation_id)
    with patch.object(undoing_records, "AT_ONCE", 3), patch.object(undoing_records, "RECORDS", 2):
        undo(org, number)
        assert org.status(leaver.membership_id) == "active"
        assert set(owners(org).values()) == {heir.membership_id}
        with scope.tenant(org.id), reading():
            operation_id = Operation.objects.order_by("-created_at")[0].id
        run(org, operation_id)
    assert set(owners(org).values()) == {leaver.membership_id}


def test_a_selection_comes_back_except_who_can_not():
    org = make_organization(seats=20)
    first, second, third = (org.person() for _n in range(3))
    pending = org.invite().membership_id
    make_record(org, "lead", first)
    make_record(org, "deal", second)
    org.perform(deactivate_members, membership_ids=(third.membership_id,))
    before, owned = held(org, first, second, third), owners(org)
    everybody = (*(one.membership_id for one in (first, second, third)), pending)
    org.perform(change_people, do="removal", membership_ids=everybody)
    number = newest(org, REMOVED)
    assert set(owners(org).values()) == {None}
    assert effects_of(foreseen(org, number)) == {
        "Come back with the role, the teams and the places that they had": 3,
        "Seats are taken again": 2,
        "Stay away: This can't be taken back.": 1,
        "Records go back": 2,
    }
    undo(org, number)
    assert (held(org, first, second, third), owners(org)) == (before, owned)
    assert [org.status(one) for one in everybody] == ["active", "active", "deactivated", "removed"]


def test_what_refuses_to_take_a_removal_back():
    org = make_organization()
    people = org.person("people_administrator")
    admin, again, erased, seatless = (org.person(key) for key in ("administrator", "member", "member", "member"))
    numbers = {}
    for one in (admin, again, erased, seatless):
        org.perform(remove_members, membership_ids=(one.membership_id,))
        numbers[one] = newest(org, REMOVED)
    with pytest.raises(MemberOutOfHand):
        undo(org, numbers[admin], by=people)
    org.invite(email=again.email)
    with pytest.raises(UndoOvertaken):
        undo(org, numbers[again])
    org.perform(erase_person, membership_id=erased.membership_id)
    with pytest.raises(AlreadyErased):
        undo(org, numbers[erased])
    # The audit says so instead of offering what would be refused.
    listed = signed_in(org.owner).get("/admin/audit").content.decode()
    assert "What was personal is gone already." in listed
    assert f"/admin/audit/{numbers[erased]}/undo" not in listed
    assert f"/admin/audit/{numbers[seatless]}/undo" in listed
    org.limit_seats(1)
    with pytest.raises(AtSeatLimit):
        undo(org, numbers[seatless])
    assert {org.status(one.membership_id) for one in numbers} == {"removed"}


def test_a_deactivation_is_taken_back_while_nothing_came_after_it():
    org = make_organization(seats=20)
    first, second = org.person(), org.person()
    both = (first.membership_id, second.membership_id)
    org.perform(deactivate_members, membership_ids=both)
    number = newest(org, "people.deactivated")
    org.perform(reactivate_member, membership_id=first.membership_id)
    assert effects_of(foreseen(org, number)) == {
        "Come back with the same role and teams": 1,
        "Seat is taken again": 1,
        "Came back or left for good since, and stay as they are": 1,
    }
    undo(org, number)
    assert [org.status(one) for one in both] == ["active", "active"]
    org.perform(deactivate_members, membership_ids=(first.membership_id,))
    early = newest(org, "people.deactivated")
    org.perform(reactivate_member, membership_id=first.membership_id)
    org.perform(deactivate_members, membership_ids=(first.membership_id,))
    with pytest.raises(UndoOvertaken):
        undo(org, early)
    with scope.tenant(org.id), reading():
        taken = Entry.objects.filter(action="people.reactivated", values__undoes=number)
        assert [one.sentence for one in sentences(taken)] == ["Maren Holt reactivated Pat Example."]


def test_who_may_not_act_on_the_holder_takes_nothing_from_them():
    """Of what somebody else gave; what one gave oneself one may take back from anybody."""
    org = make_organization(seats=20)
    people = org.person("people_administrator")
    giver, chief, colleague = org.person(), org.person("owner"), org.person()
    ids = [make_record(org, "lead", giver, age=timedelta(minutes=9 - n)) for n in range(4)]
    to = (chief.membership_id, colleague.membership_id)
    asked = {"from_ids": (giver.membership_id,), "spread": Spread("round_robin", to)}
    org.perform(reassign_records, **asked)
    number = newest(org, "records.handed_over")
    assert effects_of(foreseen(org, number, by=people)) == {
        "Records go back": 2,
        "Stay with people whom you may not act on": 2,
    }
    undo(org, number, by=people)
    kept = owners(org)
    assert [kept["lead", one] == chief.membership_id for one in ids] == [True, False, True, False]
    org.perform(reassign_records, by=people, from_ids=(giver.membership_id,), spread=Spread("one", to[:1]))
    own = newest(org, "records.handed_over")
    undo(org, own, by=people)
    assert Counter(owners(org).values()) == {giver.membership_id: 2, chief.membership_id: 2}


def test_nobody_has_any_of_it_back_from_whom_they_may_not_act_on():
    org = make_organization(seats=20)
    people = org.person("people_administrator")
    giver, chief = org.person(), org.person("owner")
    for _n in range(4):
        make_record(org, "lead", giver)
    with make_large(True, batch=10):
        asked = {"from_ids": (giver.membership_id,), "spread": Spread("one", (chief.membership_id,))}
        run(org, org.perform(reassign_records, **asked).operation_id)
    number = newest(org, "records.handover_started")
    for at_once in (100, 2):
        with patch.object(undoing_records, "AT_ONCE", at_once), pytest.raises(MemberOutOfHand):
            foreseen(org, number, by=people)
    assert set(owners(org).values()) == {chief.membership_id}
    org.perform(remove_members, membership_ids=(chief.membership_id,))
    with pytest.raises(UndoOvertaken):
        foreseen(org, number, now=clock.now())
