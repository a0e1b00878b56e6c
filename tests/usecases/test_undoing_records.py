"""Records that were given to somebody on a list go back to whom they were taken from."""

from unittest.mock import patch

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.handing import owners
from tenantry.audit.models import Entry
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions import records as recording
from tenantry.crm.actions.records import give_records
from tenantry.crm.models import Lead
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.telling import sentences
from tenantry.usecases.undoing import UndoneAlready, UndoOvertaken
from usecases.test_handing_over_undone import foreseen, newest, undo

GIVEN = "records.reassigned"


def effects_of(plan):
    return {one.text: (one.number, one.names) for one in plan.effects}


def test_each_goes_back_to_its_own_owner_and_can_be_given_again():
    org = make_organization(seats=20)
    first, second, taker = org.person(), org.person(), org.person()
    ids = [make_record(org, "lead", owner) for owner in (first, second, None)]
    before = owners(org)
    org.perform(give_records, type_key="lead", record_ids=tuple(ids), owner_id=taker.membership_id)
    given, number = owners(org), newest(org, GIVEN)
    plan = foreseen(org, number)
    assert effects_of(plan) == {"Records go back": (3, ())}
    undo(org, number, digest=plan.digest)
    assert owners(org) == before
    with pytest.raises(UndoneAlready):
        undo(org, number)
    with scope.tenant(org.id), reading():
        last = Entry.objects.order_by("-number")[:1]
        assert [one.sentence for one in sentences(last)] == [f"Maren Holt took entry {number} back: 3 leads went back."]
    undo(org, newest(org, GIVEN))
    assert owners(org) == given


def test_what_changed_since_stays_and_is_named():
    org = make_organization(seats=20)
    owner, taker, other, leaver = (org.person() for _n in range(4))
    kept, gone, back = (make_record(org, "lead", owner, given_name="Nora", family_name=f"Vik {n}") for n in range(3))
    whose = make_record(org, "lead", leaver, given_name="Nora", family_name="Vik 3")
    everything = (kept, gone, back, whose)
    org.perform(give_records, type_key="lead", record_ids=everything, owner_id=taker.membership_id)
    number = newest(org, GIVEN)
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    with scope.tenant(org.id), writing():
        Lead.objects.filter(id=kept).update(owner_id=other.membership_id)
        Lead.objects.filter(id=gone).delete()
    assert effects_of(foreseen(org, number)) == {
        "Records go back": (1, ()),
        "Changed hands since and stay where they are": (1, ("Nora Vik 0",)),
        "Stay, because their owner was removed": (1, ("Nora Vik 3",)),
        "Are not there any more": (1, ()),
    }
    undo(org, number)
    found = {one: owner_id for (_type, one), owner_id in owners(org).items()}
    assert found == {kept: other.membership_id, back: owner.membership_id, whose: taker.membership_id}


def test_what_went_on_and_came_back_by_another_act_stays():
    org = make_organization(seats=20)
    owner, taker, other = org.person(), org.person(), org.person()
    plain, astray = (make_record(org, "lead", owner, given_name="Nora", family_name=f"Vik {n}") for n in range(2))
    org.perform(give_records, type_key="lead", record_ids=(plain, astray), owner_id=taker.membership_id)
    number = newest(org, GIVEN)
    for to in (other, taker):
        org.perform(give_records, type_key="lead", record_ids=(astray,), owner_id=to.membership_id)
    assert effects_of(foreseen(org, number)) == {
        "Records go back": (1, ()),
        "Changed hands since and stay where they are": (1, ("Nora Vik 1",)),
    }
    undo(org, number)
    assert owners(org) == {("lead", plain): owner.membership_id, ("lead", astray): taker.membership_id}


def test_one_after_the_other_is_taken_back_the_last_first():
    org = make_organization(seats=20)
    owner, taker, other = org.person(), org.person(), org.person()
    lead = make_record(org, "lead", owner)
    numbers = []
    for to in (taker, other):
        org.perform(give_records, type_key="lead", record_ids=(lead,), owner_id=to.membership_id)
        numbers.append(newest(org, GIVEN))
    with pytest.raises(UndoOvertaken):
        undo(org, numbers[0])
    for number, holder in zip(reversed(numbers), (taker, owner), strict=True):
        undo(org, number)
        assert owners(org) == {("lead", lead): holder.membership_id}


def test_an_entry_from_before_ownerships_goes_by_who_holds_it():
    org = make_organization(seats=20)
    owner, taker = org.person(), org.person()
    lead = make_record(org, "lead", owner)
    with patch.object(
        recording, "owners_kept", lambda rows, _as: {"from": {str(one.pk): str(one.owner_id) for one in rows}}
    ):
        org.perform(give_records, type_key="lead", record_ids=(lead,), owner_id=taker.membership_id)
    undo(org, newest(org, GIVEN))
    assert owners(org) == {("lead", lead): owner.membership_id}


def test_one_record_and_who_may_not():
    org = make_organization(seats=20)
    owner, taker = org.person(), org.person()
    [lead] = [make_record(org, "lead", owner)]
    org.perform(give_records, type_key="lead", record_ids=(lead,), owner_id=taker.membership_id)
    number = newest(org, GIVEN)
    with pytest.raises(NotFound):
        foreseen(org, number, by=org.person("read_only"))
    undo(org, number)
    assert owners(org) == {("lead", lead): owner.membership_id}
    org.perform(give_records, type_key="lead", record_ids=(lead,), owner_id=taker.membership_id)
    again = newest(org, GIVEN)
    org.perform(give_records, type_key="lead", record_ids=(lead,), owner_id=None)
    with pytest.raises(UndoOvertaken):
        undo(org, again)
