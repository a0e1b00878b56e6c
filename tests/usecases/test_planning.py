"""People leave and come back on a day (product.md §3): planned with its effect, told before, done once, or kept."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization
from support.races import together
from tenantry.access.actions.assigning import change_role
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.errors import PermissionMissing, PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications.models import Notification
from tenantry.notifications.wording import worded
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.models import Organization as Row
from tenantry.people.errors import NotActive, NotDeactivated, NotOfferedHere, NotOnOneself
from tenantry.people.models import Membership, PlannedChange
from tenantry.usecases import tasks
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members
from tenantry.usecases.person import edit_person
from tenantry.usecases.planned_work import announce_planned, carry_out_planned, note_refused, realign_planned
from tenantry.usecases.planning import (
    call_off,
    plan_schedule_leaving,
    planned_attention,
    planned_for,
    schedule_leaving,
    schedule_return,
)
from tenantry.usecases.planning_errors import DayOver, DayTooFar, NothingPlanned, ReturnTooEarly

DAY = timedelta(days=1)


@pytest.fixture
def org() -> Organization:
    return make_organization()


def today() -> date:
    """Of the machine, whatever a test makes of our clock."""
    return datetime.now(UTC).date()


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


def midnight(day: date) -> datetime:
    """When that day begins in UTC, the zone of these organizations."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def tend(org: Organization) -> None:
    with scope.tenant(org.id):
        tasks.tend(organization_id=org.id)


def let_go(org: Organization, person: Person, last_day: date, by: Person | None = None, **more: Any) -> Any:
    return org.perform(schedule_leaving, by=by, membership_id=person.membership_id, last_day=last_day, **more)


def rows_of(org: Organization, person: Person) -> list[PlannedChange]:
    with scope.tenant(org.id), reading():
        return list(PlannedChange.objects.filter(membership_id=person.membership_id).order_by("due_at", "id"))


def entries(org: Organization, action: str) -> list[Any]:
    with scope.tenant(org.id), reading():
        return list(Entry.objects.filter(action=action).order_by("number"))


def told(org: Organization, membership_id: UUID) -> list[str]:
    with scope.tenant(org.id):
        dispatch(org.id)
        with reading():
            found = Notification.objects.filter(membership_id=membership_id, kind__startswith="planned")
            return [notice.sentence for notice in worded(list(found.order_by("created_at", "id")))]


def test_access_ends_when_the_last_day_is_over_and_not_before(org, monkeypatch):
    person = org.person()
    let_go(org, person, in_days(3))
    end = midnight(in_days(4))
    at(end - timedelta(seconds=1), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    at(end, monkeypatch)
    tend(org)
    tend(org)
    assert org.status(person.membership_id) == "deactivated"
    [entry] = entries(org, "people.deactivated")
    assert (entry.actor_kind, entry.values["planned"]) == ("system", in_days(3).isoformat())
    with scope.tenant(org.id), reading():
        assert verify().sound


def test_somebody_on_leave_comes_back_by_themselves(org, monkeypatch):
    person = org.person("manager")
    let_go(org, person, in_days(3), back_on=in_days(10))
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "deactivated"
    at(midnight(in_days(10)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    assert person.actor.may("teams.manage")
    assert all(row.done_at and not row.canceled_at for row in rows_of(org, person))


def test_a_worker_that_slept_for_weeks_does_both_in_order(org, monkeypatch):
    person = org.person()
    let_go(org, person, in_days(3), back_on=in_days(10))
    at(midnight(in_days(60)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    assert len(entries(org, "people.deactivated")) == len(entries(org, "people.reactivated")) == 1


def test_two_workers_at_once_do_it_once(org, monkeypatch):
    person = org.person()
    let_go(org, person, in_days(3))
    at(midnight(in_days(4)), monkeypatch)
    together(*[lambda: tend(org)] * 3)
    assert len(entries(org, "people.deactivated")) == 1
    assert len([row for row in rows_of(org, person) if row.done_at]) == 1


def test_the_plan_says_what_happens_on_the_day_and_grows_old(org):
    person = org.person()
    by = org.owner.actor
    where = {"membership_id": person.membership_id, "last_day": in_days(3), "back_on": None}
    with scope.tenant(org.id), reading():
        plan = plan_schedule_leaving(actor=by, now=clock.now(), **where)
    assert plan.leaving is not None
    assert (plan.leaving.sessions, plan.leaving.seats_freed, plan.name) == (1, 1, "Pat Example")
    org.perform(change_policy, code="people.deactivation_by", value="owner")
    with pytest.raises(PlanChanged):
        org.perform(schedule_leaving, digest=plan.digest, **where)
    with pytest.raises(OrganizationNameAsked):
        org.perform(schedule_leaving, **where)
    org.perform(schedule_leaving, **where, organization_name="Halden Supply")
    assert [row.day for row in rows_of(org, person)] == [in_days(3)]


def test_days_that_can_not_be(org):
    person = org.person()
    for last_day, back_on, refusal in (
        (in_days(-1), None, DayOver),
        (in_days(4000), None, DayTooFar),
        (in_days(3), in_days(3), ReturnTooEarly),
        (in_days(3), in_days(2), ReturnTooEarly),
        (in_days(3), in_days(4000), DayTooFar),
    ):
        with pytest.raises(refusal):
            let_go(org, person, last_day, back_on=back_on)
    with pytest.raises(NotDeactivated):
        org.perform(schedule_return, membership_id=person.membership_id, back_on=in_days(3))
    let_go(org, person, today())
    assert rows_of(org, person)[0].due_at == midnight(in_days(1))


def test_whoever_may_not_let_go_now_may_not_plan_it(org):
    admin, member, pending = org.person("administrator"), org.person(), org.invite()
    with pytest.raises(NotOnOneself):
        let_go(org, admin, in_days(3), by=admin)
    with pytest.raises(PermissionMissing):
        let_go(org, admin, in_days(3), by=member)
    with pytest.raises(NotActive):
        org.perform(schedule_leaving, membership_id=pending.membership_id, last_day=in_days(3))
    org.perform(change_policy, code="people.deactivation_by", value="nobody")
    with pytest.raises(NotOfferedHere):
        let_go(org, member, in_days(3))


def test_planning_anew_replaces_what_was_planned(org):
    person = org.person()
    let_go(org, person, in_days(3), back_on=in_days(10))
    let_go(org, person, in_days(5))
    open_ = [(row.kind, row.day) for row in rows_of(org, person) if not row.canceled_at]
    assert open_ == [("deactivation", in_days(5))]
    last = entries(org, "people.leaving_planned")[-1]
    assert last.values["before"] == {"deactivation": in_days(3).isoformat(), "reactivation": in_days(10).isoformat()}
    let_go(org, person, in_days(5))
    assert len(entries(org, "people.leaving_planned")) == 2


def test_calling_off(org, monkeypatch):
    person = org.person()
    let_go(org, person, in_days(3), back_on=in_days(10))
    org.perform(call_off, membership_id=person.membership_id, kinds=("reactivation",))
    assert [row.kind for row in rows_of(org, person) if not row.canceled_at] == ["deactivation"]
    let_go(org, person, in_days(3), back_on=in_days(10))
    org.perform(call_off, membership_id=person.membership_id, kinds=("deactivation",))
    with pytest.raises(NothingPlanned):
        org.perform(call_off, membership_id=person.membership_id)
    at(midnight(in_days(60)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    assert not entries(org, "people.reactivated")


def test_what_is_done_by_hand_settles_the_plan(org, monkeypatch):
    early, gone, back = org.person(), org.person(), org.person()
    for person in (early, gone):
        let_go(org, person, in_days(3), back_on=in_days(10))
    org.perform(deactivate_members, membership_ids=(early.membership_id,))
    org.perform(remove_members, membership_ids=(gone.membership_id,))
    assert entries(org, "people.deactivated")[0].values["called_off"] == 2
    org.perform(deactivate_members, membership_ids=(back.membership_id,))
    org.perform(schedule_return, membership_id=back.membership_id, back_on=in_days(10))
    org.perform(reactivate_member, membership_id=back.membership_id)
    at(midnight(in_days(60)), monkeypatch)
    tend(org)
    assert [org.status(one.membership_id) for one in (early, gone, back)] == ["deactivated", "removed", "active"]
    assert not entries(org, "people.planned_refused")


def test_it_is_told_a_week_and_a_day_before_to_whom_it_concerns(org, monkeypatch):
    admin, chief, person = org.person("administrator"), org.person(), org.person()
    org.perform(edit_person, membership_id=person.membership_id, manager_id=chief.membership_id)
    let_go(org, person, in_days(29), by=admin)
    end = midnight(in_days(30))
    for moment, notices in (
        (end - 8 * DAY, 0),
        (end - 7 * DAY, 1),
        (end - 6 * DAY, 1),
        (end - DAY, 2),
        (end - DAY / 2, 2),
    ):
        at(moment, monkeypatch)
        tend(org)
        tend(org)
        for one in (admin, chief, org.owner):
            assert len(told(org, one.membership_id)) == notices, moment
    assert told(org, person.membership_id) == []
    day = in_days(29)
    assert told(org, chief.membership_id)[0] == f"The access of Pat Example ends after {day.day} {day:%B %Y}."


def refused(org: Organization, person: Person) -> str:
    return next((row.refused for row in rows_of(org, person) if not row.done_at and not row.canceled_at), "")


def test_the_last_keyholder_stays_with_the_reason_until_there_is_another(org, monkeypatch):
    second, third, member = org.person("owner"), org.person("owner"), org.person()
    let_go(org, second, in_days(3), by=third)
    org.perform(remove_members, by=second, membership_ids=(third.membership_id, org.owner.membership_id))
    due = midnight(in_days(4))
    for minutes, again in ((0, 1), (5, 1), (20, 1)):
        at(due + timedelta(minutes=minutes), monkeypatch)
        tend(org)
        assert (org.status(second.membership_id), refused(org, second)) == ("active", "last_keyholder")
        assert len(entries(org, "people.planned_refused")) == again
    org.perform(change_role, by=second, membership_id=member.membership_id, role_id=org.role("owner"))
    with scope.tenant(org.id), reading():
        waiting = planned_attention(member.actor, clock.now())
    assert waiting.refused == ((second.membership_id, "Pat Example", "deactivation", "last_keyholder"),)
    at(due + timedelta(minutes=40), monkeypatch)
    tend(org)
    assert org.status(second.membership_id) == "deactivated"


def test_a_return_without_a_seat_waits_for_one(org, monkeypatch):
    person, other = org.person(), org.person()
    let_go(org, person, in_days(3), back_on=in_days(10))
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    org.limit_seats(2)
    at(midnight(in_days(10)), monkeypatch)
    tend(org)
    assert (org.status(person.membership_id), refused(org, person)) == ("deactivated", "at_seat_limit")
    [sentence] = [one for one in told(org, org.owner.membership_id) if "could not" in one]
    assert sentence.endswith("No seat is free. Free one, or buy more.")
    org.perform(deactivate_members, membership_ids=(other.membership_id,))
    at(midnight(in_days(10)) + timedelta(minutes=11), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"


def test_a_policy_that_forbids_it_meanwhile_holds(org, monkeypatch):
    person = org.person()
    let_go(org, person, in_days(3))
    org.perform(change_policy, code="people.deactivation_by", value="nobody")
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    assert (org.status(person.membership_id), refused(org, person)) == ("active", "not_offered_here")


def test_a_planner_who_may_not_any_more_lets_nobody_go_until_somebody_takes_it_over(org, monkeypatch):
    admin, person = org.person("administrator"), org.person()
    let_go(org, person, in_days(3), by=admin)
    org.perform(change_role, membership_id=admin.membership_id, role_id=org.role("member"))
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    assert (org.status(person.membership_id), refused(org, person)) == ("active", "planner_may_not")
    let_go(org, person, in_days(4))
    at(midnight(in_days(5)), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "deactivated"


def test_who_was_lifted_above_the_planner_stays(org, monkeypatch):
    admin, person = org.person("administrator"), org.person()
    let_go(org, person, in_days(3), by=admin)
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("owner"))
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    assert (org.status(person.membership_id), refused(org, person)) == ("active", "planner_may_not")


def test_a_planner_who_left_vouches_for_the_roles_of_then(org, monkeypatch):
    admin, same, other = org.person("administrator"), org.person(), org.person()
    for person in (same, other):
        let_go(org, person, in_days(3), by=admin)
    org.perform(remove_members, membership_ids=(admin.membership_id,))
    org.perform(change_role, membership_id=other.membership_id, role_id=org.role("manager"))
    at(midnight(in_days(4)), monkeypatch)
    tend(org)
    assert org.status(same.membership_id) == "deactivated"
    assert (org.status(other.membership_id), refused(org, other)) == ("active", "roles_changed_since")


def test_an_end_that_never_came_is_behind_its_return(org, monkeypatch):
    admin, person = org.person("administrator"), org.person()
    let_go(org, person, in_days(3), by=admin, back_on=in_days(10))
    org.perform(change_role, membership_id=admin.membership_id, role_id=org.role("member"))
    for day in (4, 10):
        at(midnight(in_days(day)), monkeypatch)
        tend(org)
    assert org.status(person.membership_id) == "active"
    assert all(row.canceled_at for row in rows_of(org, person))
    assert len(entries(org, "people.planned_overtaken")) == 1


def move_zone(org: Organization, zone: str) -> None:
    with scope.tenant(org.id), writing():
        Row.objects.update(time_zone=zone)


@pytest.mark.parametrize(
    ("zone", "due"),
    [("Asia/Tokyo", -timedelta(hours=9)), ("America/Phoenix", timedelta(hours=7)), ("UTC", timedelta(0))],
)
def test_the_day_stays_when_the_organization_moves_to_another_zone(org, monkeypatch, zone, due):
    person = org.person()
    let_go(org, person, in_days(3))
    move_zone(org, zone)
    tend(org)
    [row] = rows_of(org, person)
    assert (row.day, row.due_at) == (in_days(3), midnight(in_days(4)) + due)
    at(row.due_at - timedelta(seconds=1), monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "active"
    at(row.due_at, monkeypatch)
    tend(org)
    assert org.status(person.membership_id) == "deactivated"


def test_a_zone_changed_at_the_last_moment_is_seen_by_the_act_itself(org, monkeypatch):
    person = org.person()
    let_go(org, person, in_days(3))
    move_zone(org, "America/Phoenix")
    [row] = rows_of(org, person)
    at(midnight(in_days(4)), monkeypatch)
    with scope.tenant(org.id):
        tasks.perform(
            carry_out_planned,
            actor=tasks.Actor.system("planning", org.id),
            membership_id=person.membership_id,
            planned_id=row.id,
        )
    assert org.status(person.membership_id) == "active"
    assert rows_of(org, person)[0].zone == "America/Phoenix"


def test_nobody_but_the_house_carries_out_and_tells(org):
    person = org.person()
    let_go(org, person, in_days(3))
    [row] = rows_of(org, person)
    about = {"membership_id": person.membership_id, "planned_id": row.id}
    for action, more in (
        (carry_out_planned, {}),
        (announce_planned, {}),
        (realign_planned, {}),
        (note_refused, {"code": "x"}),
    ):
        with pytest.raises(PermissionMissing):
            org.perform(action, **about, **more)


def test_what_is_planned_is_not_shown_to_whom_it_is_about(org):
    admin, person = org.person("administrator"), org.person()
    let_go(org, admin, in_days(3))
    let_go(org, person, in_days(3))
    for by, about, seen in ((org.owner, admin, 1), (admin, admin, 0), (admin, person, 1), (person, person, 0)):
        with scope.tenant(org.id), reading():
            try:
                found = len(planned_for(by.actor, about.membership_id))
            except PermissionMissing:
                found = 0
        assert found == seen
    with scope.tenant(org.id), reading():
        waiting = planned_attention(admin.actor, clock.now())
        assert planned_attention(person.actor, clock.now()).soon == ()
    assert [one[0] for one in waiting.soon] == [person.membership_id]


def test_the_schedule_finds_what_is_due_in_each_organization(org, monkeypatch):
    person, moved = org.person(), make_organization()
    let_go(org, person, in_days(3))
    let_go(moved, moved.person(), in_days(300))
    idle = make_organization()
    let_go(idle, idle.person(), in_days(300))
    move_zone(moved, "Asia/Tokyo")
    asked: list[str] = []
    monkeypatch.setattr(tasks, "enqueue", lambda *jobs: asked.extend(job.args["organization_id"] for job in jobs))
    at(midnight(in_days(4)), monkeypatch)
    tasks.find_due()
    assert {str(org.id), str(moved.id)} <= set(asked)
    assert str(idle.id) not in asked


def test_the_manager_of_somebody_is_nobody_once_they_left(org):
    chief, person = org.person(), org.person()
    org.perform(edit_person, membership_id=person.membership_id, manager_id=chief.membership_id)
    org.perform(deactivate_members, membership_ids=(chief.membership_id,))
    assert manager_of(org, person) == chief.membership_id
    org.perform(remove_members, membership_ids=(chief.membership_id,))
    assert manager_of(org, person) is None
    assert entries(org, "people.removed")[0].values["reports"] == [str(person.membership_id)]


def manager_of(org: Organization, person: Person) -> UUID | None:
    with scope.tenant(org.id), reading():
        return Membership.objects.get(id=person.membership_id).manager_id
