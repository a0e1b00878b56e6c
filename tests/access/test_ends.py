"""Access with an end: over at that moment, told before, tidied up after (product.md §4)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from factories.organizations import Organization, make_organization
from support.catalogue import change, rows
from support.holding import grants_of, held_by, make_role
from support.visitors import mail_to
from tenantry.access import tasks
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.ending import announce_end, end_assignment
from tenantry.access.actions.giving import change_end, give_role
from tenantry.access.ends import end_of_day, last_day
from tenantry.audit.models import Entry
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.errors import PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.notifications.models import Notification
from tenantry.notifications.wording import worded

DAY = timedelta(days=1)


@pytest.fixture
def org() -> Organization:
    return make_organization()


def tend(org: Organization) -> None:
    with scope.tenant(org.id):
        tasks.tend_ends(organization_id=org.id)


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def told(org: Organization, membership_id: Any) -> list[str]:
    with scope.tenant(org.id):
        dispatch(org.id)
        with reading():
            found = Notification.objects.filter(membership_id=membership_id).order_by("created_at", "id")
            return [notice.sentence for notice in worded(list(found))]


def entries(org: Organization, action: str) -> list[Any]:
    with scope.tenant(org.id), reading():
        return list(Entry.objects.filter(action=action).order_by("number"))


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        ("2027-03-27", "Europe/Berlin", "2027-03-27T23:00:00"),
        # The night in which clocks go forward, and the one in which they go back.
        ("2027-03-28", "Europe/Berlin", "2027-03-28T22:00:00"),
        ("2027-10-31", "Europe/Berlin", "2027-10-31T23:00:00"),
        ("2027-10-30", "Europe/Berlin", "2027-10-30T22:00:00"),
        # Midnight does not exist on the next day: it begins at one.
        ("2027-09-04", "America/Santiago", "2027-09-05T04:00:00"),
        # Midnight comes twice on the next day: the first one ends this day.
        ("2027-11-06", "America/Havana", "2027-11-07T04:00:00"),
        ("2027-06-30", "Pacific/Kiritimati", "2027-06-30T10:00:00"),
        ("2027-06-30", "UTC", "2027-07-01T00:00:00"),
    ],
)
def test_a_day_ends_when_the_next_one_begins_there(day, zone, end):
    moment = end_of_day(date.fromisoformat(day), zone)
    assert moment == datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert last_day(moment, zone) == date.fromisoformat(day)


def test_the_last_days_of_the_calendar_overflow_nowhere():
    assert end_of_day(date.max, "Pacific/Kiritimati").year == 9000


def test_what_has_ended_is_tidied_up_and_written_down(org, monkeypatch):
    now = clock.now()
    auditor = make_role(org, "addition", permissions={"audit.view": "yes"})
    person, other = org.person(), org.person()
    org.perform(give_role, membership_id=person.membership_id, role_id=auditor, ends_at=now + DAY)
    org.perform(give_role, membership_id=other.membership_id, role_id=auditor, ends_at=now + 2 * DAY)
    org.perform(
        change_role,
        membership_id=person.membership_id,
        role_id=org.role("administrator"),
        ends_at=now + DAY,
        then_role_id=org.role("manager"),
    )
    at(now + DAY, monkeypatch)
    tend(org)
    [base] = held_by(org, person.membership_id)
    assert (base.role.key, base.ends_at, base.then_role, base.given_by_id) == (
        "manager",
        None,
        None,
        org.owner.membership_id,
    )
    assert len(held_by(org, other.membership_id)) == 2
    found = entries(org, "access.assignment_ended")
    assert [entry.actor_kind for entry in found] == ["system", "system"]
    assert {entry.values["then"] for entry in found} == {"", "Manager"}
    assert "Your role Administrator here has ended; it is Manager now." in told(org, person.membership_id)


def test_tidying_up_twice_does_it_once(org, monkeypatch):
    now = clock.now()
    person, role = org.person(), make_role(org, "addition")
    org.perform(give_role, membership_id=person.membership_id, role_id=role, ends_at=now + DAY)
    at(now + DAY, monkeypatch)
    tend(org)
    tend(org)
    assert len(entries(org, "access.assignment_ended")) == 1


def test_an_end_that_was_moved_meanwhile_ends_nothing(org):
    now = clock.now()
    person, role = org.person(), make_role(org, "addition")
    held = org.perform(give_role, membership_id=person.membership_id, role_id=role, ends_at=now + DAY)
    where = {"membership_id": person.membership_id, "assignment_id": held.assignment_id}
    org.perform(change_end, **where, ends_at=now + 2 * DAY)
    with scope.tenant(org.id):
        from_job = tasks.Actor.system("access", org.id)
        tasks.perform(end_assignment, actor=from_job, now=now + DAY, **where)
    assert len(held_by(org, person.membership_id)) == 2


def test_nobody_but_the_house_ends_and_announces(org):
    person, role = org.person(), make_role(org, "addition")
    held = org.perform(
        give_role, membership_id=person.membership_id, role_id=role, ends_at=clock.now() + timedelta(hours=1)
    )
    for action in (end_assignment, announce_end):
        with pytest.raises(PermissionMissing):
            org.perform(action, membership_id=person.membership_id, assignment_id=held.assignment_id)


def test_an_end_is_told_a_week_and_a_day_before_to_both(org, monkeypatch):
    now = clock.now()
    giver, person = org.person("administrator"), org.person()
    role = make_role(org, "addition", assigned_by=["administrator"])
    end = now + 30 * DAY
    org.perform(give_role, by=giver, membership_id=person.membership_id, role_id=role, ends_at=end)
    for moment, notices in (
        (end - 7 * DAY - timedelta(minutes=1), 0),
        (end - 7 * DAY, 1),
        (end - 6 * DAY, 1),
        (end - DAY, 2),
        (end - timedelta(hours=1), 2),
    ):
        at(moment, monkeypatch)
        tend(org)
        assert len(entries(org, "access.end_announced")) == notices, moment
    zone_day = last_day(end, "UTC")
    own = [one for one in told(org, person.membership_id) if "ends after" in one]
    givers = [one for one in told(org, giver.membership_id) if "ends after" in one]
    assert len(own) == len(givers) == 2
    assert str(zone_day.year) in own[0]
    assert "of Pat Example ends after" in givers[0]
    assert "ends after" in mail_to(person.email, "notifications.notice")["text"]


def test_what_was_given_for_hours_is_not_announced(org, monkeypatch):
    now = clock.now()
    person, role = org.person(), make_role(org, "addition")
    org.perform(give_role, membership_id=person.membership_id, role_id=role, ends_at=now + timedelta(hours=5))
    at(now + timedelta(hours=4), monkeypatch)
    tend(org)
    assert entries(org, "access.end_announced") == []


def test_an_end_that_is_moved_is_told_anew(org, monkeypatch):
    now = clock.now()
    person, role = org.person(), make_role(org, "addition")
    held = org.perform(give_role, membership_id=person.membership_id, role_id=role, ends_at=now + 30 * DAY)
    at(now + 25 * DAY, monkeypatch)
    tend(org)
    org.perform(
        change_end,
        membership_id=person.membership_id,
        assignment_id=held.assignment_id,
        ends_at=now + 60 * DAY,
    )
    tend(org)
    assert len(entries(org, "access.end_announced")) == 1
    at(now + 54 * DAY, monkeypatch)
    tend(org)
    assert len(entries(org, "access.end_announced")) == 2


def test_the_minute_job_serves_those_that_have_something_due(org):
    quiet, person = make_organization(), org.person()
    role = make_role(org, "addition")
    held = org.perform(
        give_role, membership_id=person.membership_id, role_id=role, ends_at=clock.now() + timedelta(seconds=60)
    )
    change("UPDATE access_assignment SET ends_at = now() WHERE id = %s", held.assignment_id)
    tasks.find_ends()
    tasks.find_ends()
    waiting = ProcrastinateJob.objects.filter(task_name="access.tend_ends", status="todo")
    served = [row.args["organization_id"] for row in waiting]
    assert served.count(str(org.id)) == 1
    assert str(quiet.id) not in served
    tend(org)
    assert rows("SELECT count(*) FROM access_assignment WHERE id = %s", held.assignment_id) == [(0,)]
    assert not grants_of(org, person.membership_id).anywhere("audit.view")
