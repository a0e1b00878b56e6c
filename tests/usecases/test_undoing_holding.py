"""What one person holds is taken back from the audit while nothing came after it (product.md §6)."""

from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import Organization, make_organization
from support.holding import held_by, make_profile, make_role, make_unit, restrictions_of
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import end_role, give_role
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.errors import MemberOutOfHand
from tenantry.access.holding import profile_id_of
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.usecases.undoing import (
    UndoneAlready,
    UndoOvertaken,
    members_of,
    newest_entry,
    plan_undo_entry,
    undo_entry,
)


@pytest.fixture
def org() -> Organization:
    return make_organization()


def number_of(org: Organization, code: str, person: Any) -> int:
    with scope.tenant(org.id), reading():
        number = newest_entry(code, person.membership_id)
    assert number is not None
    return number


def undo(org: Organization, code: str, person: Any, **more: Any) -> Any:
    number = number_of(org, code, person)
    with scope.tenant(org.id), reading():
        members = members_of(number)
    return org.perform(undo_entry, number=number, membership_ids=members, **more)


def test_a_role_comes_back_with_its_end(org):
    person, end = org.person(), clock.now() + timedelta(days=9)
    where = {"membership_id": person.membership_id}
    org.perform(change_role, **where, role_id=org.role("manager"), ends_at=end, then_role_id=org.role("read_only"))
    org.perform(change_role, **where, role_id=org.role("administrator"))
    number = number_of(org, "people.role_changed", person)
    with scope.tenant(org.id), reading():
        plan = plan_undo_entry(actor=org.owner.actor, number=number, now=clock.now())
    assert (plan.before, plan.after) == ("Administrator", "Manager")
    undo(org, "people.role_changed", person, digest=plan.digest)
    [base] = held_by(org, person.membership_id)
    assert (base.role.key, base.ends_at, base.then_role.key) == ("manager", end, "read_only")
    with pytest.raises(UndoneAlready):
        org.perform(undo_entry, number=number, membership_ids=(person.membership_id,))


def test_a_role_that_was_changed_again_stays(org):
    person = org.person()
    where = {"membership_id": person.membership_id}
    org.perform(change_role, **where, role_id=org.role("manager"))
    number = number_of(org, "people.role_changed", person)
    org.perform(change_role, **where, role_id=org.role("read_only"))
    with pytest.raises(UndoOvertaken):
        org.perform(undo_entry, number=number, membership_ids=(person.membership_id,))


def test_who_could_not_have_done_it_does_not_take_it_back(org):
    person = org.person()
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("administrator"))
    number = number_of(org, "people.role_changed", person)
    for role, refusal in (("people_administrator", MemberOutOfHand), ("billing_administrator", NotFound)):
        with pytest.raises(refusal):
            org.perform(undo_entry, by=org.person(role), number=number, membership_ids=(person.membership_id,))
    with pytest.raises(NotOnOneself):
        org.perform(undo_entry, by=person, number=number, membership_ids=(person.membership_id,))
    assert held_by(org, person.membership_id)[0].role.key == "administrator"


def test_a_further_role_is_taken_and_given_back(org):
    person, unit, role = org.person(), make_unit(org), make_role(org, "unit")
    given = org.perform(give_role, membership_id=person.membership_id, role_id=role, unit_id=unit)
    undo(org, "people.role_given", person)
    assert len(held_by(org, person.membership_id)) == 1
    given = org.perform(give_role, membership_id=person.membership_id, role_id=role, unit_id=unit)
    org.perform(end_role, membership_id=person.membership_id, assignment_id=given.assignment_id)
    with pytest.raises(UndoOvertaken):
        undo(org, "people.role_given", person)
    number = number_of(org, "people.role_ended", person)
    org.perform(undo_entry, number=number, membership_ids=(person.membership_id,))
    [_base, held] = held_by(org, person.membership_id)
    assert (held.role_id, held.unit_id) == (role, unit)


def test_a_profile_and_restrictions_come_back(org):
    person, first, second = org.person(), make_profile(org), make_profile(org)
    for profile in (first, second):
        org.perform(set_profile, membership_id=person.membership_id, profile_id=profile)
    undo(org, "people.profile_set", person)
    with scope.tenant(org.id), reading():
        assert profile_id_of(person.membership_id) == first
    for values in ({"data.no_export": "yes"}, {"contacts.seen": "own"}):
        org.perform(set_restrictions, membership_id=person.membership_id, values=values)
    undo(org, "people.restricted", person)
    assert restrictions_of(org, person.membership_id) == {"data.no_export": "yes"}
