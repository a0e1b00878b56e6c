"""A planned day is a day of the organization's calendar, whatever clocks do that night."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import Organization, make_organization
from support.holding import make_role
from tenantry.access import tasks as access_tasks
from tenantry.access.actions.giving import give_role
from tenantry.acting.actions import perform
from tenantry.audit.models import Entry
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications.models import Notification
from tenantry.notifications.wording import worded
from tenantry.organizations.models import Organization as Row
from tenantry.people.models import Membership, PlannedChange
from tenantry.usecases import tasks
from tenantry.usecases.planning import call_off, due_at, schedule_leaving

LEAVES, RETURNS = PlannedChange.Kind.DEACTIVATION, PlannedChange.Kind.REACTIVATION
SECOND = timedelta(seconds=1)
ZONES = sorted(available_timezones())
DAYS = st.dates(date(2026, 1, 1), date(2037, 12, 31))


@pytest.mark.parametrize(
    ("zone", "last", "over"),
    [
        # The day on which clocks go forward, and the one on which they go back.
        ("Europe/Oslo", "2027-03-28", "2027-03-28T22:00:00"),
        ("Europe/Oslo", "2027-10-31", "2027-10-31T23:00:00"),
        ("America/New_York", "2027-03-14", "2027-03-15T04:00:00"),
        ("America/New_York", "2027-11-07", "2027-11-08T05:00:00"),
        # Half an hour forward and back.
        ("Australia/Lord_Howe", "2027-10-02", "2027-10-02T13:30:00"),
        ("Australia/Lord_Howe", "2027-10-03", "2027-10-03T13:00:00"),
        ("Australia/Lord_Howe", "2027-04-04", "2027-04-04T13:30:00"),
        # Midnight does not exist on the next day: it begins at one.
        ("America/Santiago", "2027-09-04", "2027-09-05T04:00:00"),
        # Midnight comes twice on the next day: the first one ends this day.
        ("America/Havana", "2027-11-06", "2027-11-07T04:00:00"),
        ("Pacific/Kiritimati", "2027-06-30", "2027-06-30T10:00:00"),
    ],
)
def test_access_ends_with_the_day_and_begins_with_the_next(zone, last, over):
    day, moment = date.fromisoformat(last), datetime.fromisoformat(over).replace(tzinfo=UTC)
    assert due_at(LEAVES, day, zone) == due_at(RETURNS, day + timedelta(days=1), zone) == moment


@given(zone=st.sampled_from(ZONES), day=DAYS)
def test_no_day_ends_before_it_is_over_there_nor_long_after(zone, day):
    moment, here = due_at(LEAVES, day, zone), ZoneInfo(zone)
    assert moment.astimezone(here).date() == day + timedelta(days=1)
    assert (moment - SECOND).astimezone(here).date() == day


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


@pytest.fixture(scope="module")
def person(org: Organization):
    return org.person()


def status_at(org: Organization, membership_id, monkeypatch, moment: datetime, times: int) -> str:
    with monkeypatch.context() as patched, scope.tenant(org.id):
        patched.setattr(clock, "now", lambda: moment)
        for _ in range(times):
            tasks.tend(organization_id=org.id)
    return org.status(membership_id)


def done(org: Organization, action: str) -> int:
    with scope.tenant(org.id), reading():
        return Entry.objects.filter(action=action, actor_kind="system").count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "America/Santiago", *ZONES[::40]]),
    planned_from=DAYS,
    days=st.integers(0, 400),
    away=st.integers(1, 60),
    slept=st.timedeltas(timedelta(0), timedelta(days=90)),
    times=st.integers(1, 3),
)
def test_everything_is_done_once_and_never_before_its_day(
    org, person, monkeypatch, *, zone, planned_from, days, away, slept, times
):
    who, now = person.membership_id, datetime.combine(planned_from, datetime.min.time(), UTC) + timedelta(hours=12)
    with scope.tenant(org.id), writing():
        Row.objects.update(time_zone=zone)
        Membership.objects.filter(id=who).update(status="active", deactivated_at=None)
        PlannedChange.objects.all().delete()
    last = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    back = last + timedelta(days=away)
    before = done(org, "people.deactivated"), done(org, "people.reactivated")
    with scope.tenant(org.id):
        perform(schedule_leaving, actor=org.owner.actor, now=now, membership_id=who, last_day=last, back_on=back)
    over, again = due_at(LEAVES, last, zone), due_at(RETURNS, back, zone)
    assert status_at(org, who, monkeypatch, over - SECOND, times) == "active"
    woken = over + slept
    expected = "deactivated" if woken < again else "active"
    assert status_at(org, who, monkeypatch, woken, times) == expected
    if woken < again:
        assert status_at(org, who, monkeypatch, again - SECOND, times) == "deactivated"
    assert status_at(org, who, monkeypatch, max(woken, again), times) == "active"
    assert (done(org, "people.deactivated"), done(org, "people.reactivated")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("zone", ["Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
def test_both_kinds_of_ends_are_told_alike_over_a_night_in_which_clocks_change(zone, monkeypatch):
    """A week and a day before, counted in hours of 24, in words that name the same day."""
    org = make_organization()
    here = {
        "Europe/Oslo": date(2027, 3, 28),
        "America/New_York": date(2027, 3, 14),
        "Australia/Lord_Howe": date(2027, 10, 3),
        "America/Santiago": date(2027, 9, 4),
    }
    with scope.tenant(org.id), writing():
        Row.objects.update(time_zone=zone)
    last, member = here[zone] + timedelta(days=3), org.person()
    end = due_at(LEAVES, last, zone)
    role = make_role(org, "addition")
    org.perform(give_role, membership_id=member.membership_id, role_id=role, ends_at=end)
    org.perform(schedule_leaving, membership_id=member.membership_id, last_day=last)
    for moment, count in (
        (end - timedelta(days=7) - SECOND, 0),
        (end - timedelta(days=7), 1),
        (end - timedelta(days=1) - SECOND, 1),
        (end - timedelta(days=1), 2),
    ):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        with scope.tenant(org.id):
            tasks.tend(organization_id=org.id)
            access_tasks.tend_ends(organization_id=org.id)
            dispatch(org.id)
            with reading():
                rows = Notification.objects.filter(membership_id=org.owner.membership_id)
                ends = [row for row in rows if row.kind in ("access_ending", "planned_soon")]
                said = [notice.sentence for notice in worded(ends)]
        assert len([one for one in said if one.startswith("The access of Pat Example ends after")]) == count
        assert len([one for one in said if one.startswith("The role ")]) == count
        assert all(f"{last.day} {last:%B %Y}" in one for one in said)
    system = Actor.system("tests", org.id)
    with scope.tenant(org.id):
        perform(call_off, actor=system, membership_id=member.membership_id)
