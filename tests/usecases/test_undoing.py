"""Taking an act back from the audit trail."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from factories.organizations import make_organization
from support.policies import by_operator, entries_of, value_of
from support.races import failures, together
from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.actor import grants_of
from tenantry.core.errors import NotFound, PermissionMissing, PlanChanged
from tenantry.core.permissions import Reach, catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.errors import OperatorOnlyPolicy, PolicyLocked
from tenantry.usecases.telling import sentences
from tenantry.usecases.undoing import (
    UNDOERS,
    UndoneAlready,
    UndoNotPossible,
    UndoOvertaken,
    UndoTooLate,
    members_of,
    newest_entry,
    plan_undo_entry,
    standings,
    undo_entry,
)

DAYS = "people.invitation_days"


def change(org, value, code=DAYS):
    """The number of the entry that the change wrote."""
    done = org.perform(change_policy, code=code, value=value)
    with scope.tenant(org.id), reading():
        return newest_entry("organization.policy_changed", done.id)


def planned_undo(org, number, by=None, now=None):
    with scope.tenant(org.id), reading():
        return plan_undo_entry(actor=(by or org.owner).actor, number=number, now=now or clock.now())


def undo(org, number, membership_ids=(), **more):
    return org.perform(undo_entry, number=number, membership_ids=membership_ids, **more)


def why_not(org, now=None):
    with scope.tenant(org.id), reading():
        found = standings(org.owner.actor, Entry.objects.all(), now or clock.now())
    return {number: type(refusal) if refusal else None for number, refusal in found.items()}


def told(org):
    with scope.tenant(org.id), reading():
        return sentences(Entry.objects.order_by("-number")[:1])[0].sentence


def test_a_policy_goes_back_and_the_undo_is_an_entry_of_its_own():
    org = make_organization()
    number = change(org, 3)
    found = planned_undo(org, number)
    assert (found.what, found.before, found.after) == ("Life of an invitation", "3 days", "7 days")
    assert found.effects[0].text == "An invitation sent from now on lives 7 days."
    undo(org, number=number, digest=found.digest)
    assert value_of(org, DAYS) == 7
    last = entries_of(org)[-1]
    assert last.values == {"code": DAYS, "before": 3, "after": 7, "undoes": number}
    assert told(org) == f"Maren Holt took entry {number} back: “Life of an invitation” is “7 days” again."
    with scope.tenant(org.id), reading():
        assert verify().sound


def test_nothing_is_taken_back_twice_even_when_it_was_done_again():
    org = make_organization()
    number = change(org, 3)
    undo(org, number=number)
    with pytest.raises(UndoneAlready):
        undo(org, number=number)
    again = change(org, 3)
    with pytest.raises(UndoneAlready):
        undo(org, number=number)
    undo(org, number=again)
    assert value_of(org, DAYS) == 7


def test_an_undo_can_be_taken_back_itself():
    org = make_organization()
    number = change(org, 3)
    undo(org, number=number)
    back = entries_of(org)[-1].number
    undo(org, number=back)
    assert value_of(org, DAYS) == 3
    assert why_not(org) == {number: UndoneAlready, back: UndoneAlready, entries_of(org)[-1].number: None}


def test_what_was_changed_since_stays():
    org = make_organization()
    first, second = change(org, 3), change(org, 5)
    assert why_not(org) == {first: UndoOvertaken, second: None}
    with pytest.raises(UndoOvertaken):
        undo(org, number=first)
    with pytest.raises(UndoOvertaken):
        planned_undo(org, first)
    assert value_of(org, DAYS) == 5
    # The same value by another way counts: it is what the act made it.
    third = change(org, 3)
    assert why_not(org)[first] is None
    undo(org, number=first)
    assert value_of(org, DAYS) == 7
    assert why_not(org)[third] is UndoOvertaken


def test_after_thirty_days_it_stays():
    org = make_organization()
    number = change(org, 3)
    almost, over = clock.now() + timedelta(days=30) - timedelta(minutes=1), clock.now() + timedelta(days=30, minutes=1)
    assert planned_undo(org, number, now=almost).number == number
    assert why_not(org, over) == {number: UndoTooLate}
    with pytest.raises(UndoTooLate):
        undo(org, number=number, now=over)
    undo(org, number=number, now=almost)


def test_the_permission_is_that_of_the_act():
    org = make_organization()
    number = change(org, 3)
    admin, people, member = (org.person(role) for role in ("administrator", "people_administrator", "member"))
    # Nobody of these reads the entry: for them there is none.
    reader = org.person("billing_administrator")
    for who in (people, member, reader):
        with pytest.raises(NotFound):
            undo(org, by=who, number=number)
    undo(org, by=admin, number=number)
    assert value_of(org, DAYS) == 7


def test_who_reads_it_without_the_permission_is_told_which():
    org = make_organization()
    number = change(org, 3)
    reader = replace(org.owner.actor, grants=grants_of({"audit.view": Reach.ALL}))
    with scope.tenant(org.id), reading(), pytest.raises(PermissionMissing, match="Edit policies"):
        plan_undo_entry(actor=reader, number=number, now=clock.now())


def test_other_acts_and_other_numbers():
    org = make_organization()
    with scope.tenant(org.id), reading():
        founded = Entry.objects.get(action="organization.founded").number
    with pytest.raises(UndoNotPossible):
        undo(org, number=founded)
    for number in (0, 999, 2**40):
        with pytest.raises(NotFound):
            undo(org, number=number)


def test_what_is_the_operators_or_locked_is_not_taken_back_by_the_organization():
    org = make_organization()
    length = change(org, 14, "password.minimum_length")
    by_operator(org, code="seats.growth", value="per_person")
    growth = entries_of(org)[-1].number
    by_operator(org, code="password.locked", value=True)
    assert why_not(org) == {length: PolicyLocked, growth: OperatorOnlyPolicy, growth + 1: OperatorOnlyPolicy}
    with pytest.raises(OperatorOnlyPolicy):
        undo(org, number=growth)
    with pytest.raises(PolicyLocked):
        undo(org, number=length)


def test_an_old_plan_is_refused():
    org = make_organization()
    number = change(org, 3)
    found = planned_undo(org, number)
    org.invite()
    with pytest.raises(PlanChanged) as changed:
        undo(org, number=number, digest=found.digest)
    assert value_of(org, DAYS) == 3
    undo(org, number=number, digest=changed.value.plan.digest)


def test_of_two_at_once_one_takes_it_back():
    org = make_organization()
    second = org.person("administrator")
    number = change(org, 3)

    def call(person):
        actor = person.actor

        def run():
            with scope.tenant(org.id):
                return perform(undo_entry, actor=actor, number=number, membership_ids=())

        return run

    results = together(call(org.owner), call(second))
    assert len(failures(results, UndoOvertaken, UndoneAlready)) == 1
    assert value_of(org, DAYS) == 7
    assert len(entries_of(org)) == 2


def test_another_organizations_number_is_ones_own():
    org, other = make_organization(), make_organization()
    number = change(org, 3)
    with pytest.raises((NotFound, UndoNotPossible)):
        undo(other, number=number)
    assert value_of(org, DAYS) == 3


def test_what_is_locked_is_whom_the_entry_is_about():
    org = make_organization()
    with scope.tenant(org.id), reading():
        founded = Entry.objects.get(action="organization.founded")
        assert members_of(founded.number) == (founded.target_id,)
        assert members_of(2**40) == ()
    number = change(org, 3)
    with scope.tenant(org.id), reading():
        assert members_of(number) == ()
    # Ids that are none of the organization's lock nothing and change nothing.
    undo(org, number=number, membership_ids=(uuid4(),))
    assert value_of(org, DAYS) == 7


def test_every_undoer_asks_for_a_permission_that_exists():
    assert {undoer.permission for undoer in UNDOERS.values()} <= set(catalogue())
    assert "organization.policy_changed" in UNDOERS
