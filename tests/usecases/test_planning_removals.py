"""People leave for good on a day: planned with its effect, told before, done once with their records, or kept whole."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_each, make_record, make_workflow
from support.handing import make_large, owners
from support.many import run
from tenantry.access.actions.assigning import change_role
from tenantry.core.errors import PermissionMissing, PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.errors import NotActive
from tenantry.usecases.leaving.errors import SuccessorRequired
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.planning import planned_for, schedule_leaving
from tenantry.usecases.planning_errors import DayOver, NothingPlanned
from tenantry.usecases.planning_removals import call_off_removal, plan_schedule_removals, schedule_removals
from tenantry.usecases.workflows import add_to_workflow
from usecases.test_handing_over_undone import newest, undo
from usecases.test_planning import at, entries, in_days, midnight, move_zone, rows_of, tend, told


@pytest.fixture
def org():
    return make_organization(seats=20)


def remove(org, person, day, by=None, **more):
    return org.perform(schedule_removals, by=by, membership_ids=(person.membership_id,), last_day=day, **more)


def after(day, monkeypatch):
    at(midnight(day) + timedelta(days=1, minutes=1), monkeypatch)


def test_they_leave_when_the_day_is_over_and_their_records_go_on(org, monkeypatch):
    person, heir = org.person(), org.person()
    make_each(org, person)
    with scope.tenant(org.id), reading():
        plan = plan_schedule_removals(
            actor=org.owner.actor,
            membership_ids=[person.membership_id],
            last_day=in_days(9),
            now=datetime.now(UTC),
            successor_id=heir.membership_id,
        )
    assert (plan.leaving.owned, plan.leaving.successor_id) == (9, heir.membership_id)
    remove(org, person, in_days(9), successor_id=heir.membership_id, digest=plan.digest)
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    assert told(org, org.owner.membership_id)[0].startswith("Pat Example is removed after ")
    at(midnight(in_days(10)) - timedelta(minutes=1), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    after(in_days(9), monkeypatch)
    tend(org)
    tend(org)
    assert org.status(person.membership_id) == "removed"
    assert set(owners(org).values()) == {heir.membership_id}
    [done] = entries(org, "people.removed")
    assert done.values["planned"] == in_days(9).isoformat()
    assert [row.done_at is not None for row in rows_of(org, person)] == [True]
    undo(org, newest(org, "people.removed"))
    assert set(owners(org).values()) == {person.membership_id}


def test_without_a_successor_they_become_unassigned_and_many_go_by_an_operation(org, monkeypatch):
    person = org.person()
    for _n in range(5):
        make_record(org, "lead", person)
    remove(org, person, in_days(2))
    after(in_days(2), monkeypatch)
    with make_large(True, batch=2):
        tend(org)
        assert org.status(person.membership_id) == "removed"
        [done] = entries(org, "people.removed")
        run(org, done.values["handover_id"])
    assert set(owners(org).values()) == {None}


@pytest.mark.parametrize("blocked", ["successor", "workflow", "planner", "policy"])
def test_what_blocks_on_the_day_is_told_and_nothing_happens_half(org, monkeypatch, blocked):
    planner = org.person("people_administrator")
    person, heir = org.person(), org.person()
    make_record(org, "lead", person)
    remove(org, person, in_days(2), by=planner, successor_id=heir.membership_id)
    if blocked == "successor":
        org.perform(deactivate_members, membership_ids=(heir.membership_id,))
    elif blocked == "workflow":
        org.perform(add_to_workflow, workflow_id=make_workflow(org), membership_ids=(person.membership_id,))
    elif blocked == "planner":
        org.perform(change_role, membership_id=planner.membership_id, role_id=org.role("member"))
    else:
        org.perform(change_policy, code="people.removal_records", value="unassign")
    before = owners(org)
    after(in_days(2), monkeypatch)
    tend(org)
    assert (org.status(person.membership_id), owners(org)) == ("active", before)
    code = {
        "successor": "receiver_not_active",
        "workflow": "settle_first",
        "planner": "planner_may_not",
        "policy": "successor_not_offered",
    }[blocked]
    assert [row.refused for row in rows_of(org, person)] == [code]
    for one in (planner, org.owner):
        assert told(org, one.membership_id)[-1].startswith("Pat Example was to be removed after ")
    org.perform(call_off_removal, membership_id=person.membership_id)
    with pytest.raises(NothingPlanned):
        org.perform(call_off_removal, membership_id=person.membership_id)


def test_who_names_themselves_sees_nothing_more_by_it(org, monkeypatch):
    planner, person = org.person("people_administrator"), org.person()
    make_record(org, "deal", person)
    with pytest.raises(PermissionMissing):
        remove(org, person, in_days(2), by=planner, successor_id=planner.membership_id)
    person_without = org.person()
    remove(org, person_without, in_days(2), by=planner, successor_id=planner.membership_id)
    make_record(org, "deal", person_without)
    after(in_days(2), monkeypatch)
    tend(org)
    assert org.status(person_without.membership_id) == "active"
    assert planner.membership_id not in owners(org).values()


def test_what_can_not_be_planned(org):
    person, other = org.person(), org.person()
    pending = org.invite().membership_id
    make_record(org, "lead", person)
    with pytest.raises(DayOver):
        remove(org, person, in_days(-3))
    with pytest.raises(NotActive):
        org.perform(schedule_removals, membership_ids=(pending,), last_day=in_days(2))
    with pytest.raises(PlanChanged):
        remove(org, person, in_days(2), digest="0" * 32)
    org.perform(change_policy, code="people.removal_records", value="successor_required")
    with pytest.raises(SuccessorRequired):
        remove(org, person, in_days(2))
    some = (person.membership_id, other.membership_id, pending)
    made = org.perform(schedule_removals, membership_ids=some, last_day=in_days(2))
    assert made.leaving.members == (other.membership_id,)
    assert Counter(one.code for one in made.leaving.refused) == {"successor_required": 1, "not_active": 1}


def test_a_removal_and_an_end_of_access_replace_each_other(org):
    person = org.person()
    org.perform(schedule_leaving, membership_id=person.membership_id, last_day=in_days(3), back_on=in_days(9))
    remove(org, person, in_days(5))
    with scope.tenant(org.id), reading():
        found = [(row.kind, row.day) for row in planned_for(org.owner.actor, person.membership_id)]
    assert found == [("removal", in_days(5))]
    org.perform(schedule_leaving, membership_id=person.membership_id, last_day=in_days(4))
    assert [row.kind for row in rows_of(org, person) if not row.canceled_at] == ["deactivation"]


@pytest.mark.parametrize(
    ("day", "over"),
    [
        (date(2027, 3, 28), datetime(2027, 3, 28, 22, tzinfo=UTC)),
        (date(2027, 10, 31), datetime(2027, 10, 31, 23, tzinfo=UTC)),
    ],
)
def test_the_day_is_the_organizations_when_clocks_change(org, monkeypatch, day, over):
    move_zone(org, "Europe/Berlin")
    person = org.person()
    remove(org, person, day)
    assert rows_of(org, person)[0].due_at == over
    at(over - timedelta(seconds=1), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    at(over + timedelta(seconds=1), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "removed"
