"""The numbers of a large organization's overview: of a moment that is shown, and true of that moment."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

from factories.organizations import make_organization
from support.processes import wait_for
from support.races import together
from support.visitors import body, signed_in
from tenantry.access import tasks
from tenantry.access.overview import take_snapshot
from tenantry.access.searching import keeping
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Organization
from tenantry.people.models import SearchState, SearchWaiting, Snapshot
from tenantry.usecases.departments import create_department, rename_department, set_department
from tenantry.usecases.joining import revoke_invitation


@pytest.fixture
def org(monkeypatch):
    """With four people, and searched by tables."""
    monkeypatch.setattr(keeping, "SMALL", 1)
    org = make_organization()
    for _ in range(3):
        org.invite()
    with scope.tenant(org.id), writing():
        keeping.begin(clock.now() - timedelta(minutes=1))
    wait_for(lambda: fold(org), seconds=60, what="transactions of other tests, and then the fill")
    return org


def fold(org):
    """Whether everybody is in the tables."""
    with scope.tenant(org.id):
        tasks.keep_search(organization_id=org.id)
        with reading():
            return SearchState.objects.get().ready_at is not None


def count(org):
    with scope.tenant(org.id):
        tasks.snapshot(organization_id=org.id)
    with scope.tenant(org.id), reading():
        return Snapshot.objects.get()


def heads(kept, part="by_role"):
    return {name: number for _id, name, number in kept.figures[part]}


def test_the_page_shows_what_was_counted_and_when(org):
    kept = count(org)
    assert heads(kept) == {"Owner": 1, "Member": 3}
    page = body(signed_in(org.owner).get("/admin/users"))
    assert "roles, places and months as of" in page
    shown = re.search(r'as of <time datetime="([^"]+)"', page)
    assert shown
    assert abs(datetime.fromisoformat(shown.group(1)) - kept.taken_at) < timedelta(seconds=1)
    assert clock.now() - kept.taken_at < timedelta(minutes=1)


def test_of_another_day_the_time_of_day_is_not_all_that_is_said(org):
    count(org)
    with scope.tenant(org.id), writing():
        Snapshot.objects.update(taken_at=clock.now() - timedelta(days=3))
    page = body(signed_in(org.owner).get("/admin/users"))
    shown = re.search(r"as of <time [^>]*>([^<]+)</time>", page)
    assert shown
    assert not re.fullmatch(r"\d\d:\d\d", shown.group(1))


def test_whoever_changed_a_moment_ago_is_counted_though_nobody_has_folded_them(org):
    count(org)
    org.invite("manager")
    with scope.tenant(org.id), reading():
        assert SearchWaiting.objects.exists()
    before = clock.now()
    kept = count(org)
    assert heads(kept) == {"Owner": 1, "Member": 3, "Manager": 1}
    assert kept.taken_at >= before
    assert count(org).taken_at > kept.taken_at, "nobody changed: the same figures, of a later moment"


def test_while_a_load_is_folded_the_figures_before_it_stay_with_their_time(org, monkeypatch):
    first = count(org)
    for _ in range(6):
        org.invite()
    with monkeypatch.context() as little:
        little.setattr(keeping, "FOLDED_AT_ONCE", 1)
        later = count(org)
    assert (later.taken_at, heads(later)) == (first.taken_at, {"Owner": 1, "Member": 3}), "not some of them"
    fold(org)
    done = count(org)
    assert (sum(heads(done).values()), done.taken_at > first.taken_at) == (10, True)


def test_what_is_folded_at_the_same_moment_is_not_lost_for_good(org):
    """A fold that began before the count and commits after its look would hold as counted ever after."""
    count(org)
    gone = org.invite()
    org.perform(revoke_invitation, membership_id=gone.membership_id)
    org.invite("manager")

    raised = together(*[lambda: fold(org), lambda: count(org)] * 2)
    assert not [one for one in raised if isinstance(one, Exception)]
    fold(org)
    assert heads(count(org)) == {"Owner": 1, "Member": 3, "Manager": 1}


def test_a_fold_under_way_is_waited_for(org):
    """The same, step by step: the fold has taken its time, and commits after the count has begun."""
    count(org)
    org.invite("manager")
    began = clock.now()
    waiting, asked = threading.Event(), threading.Event()

    def folds():
        with scope.tenant(org.id), writing():
            state = keeping.locked_state()
            assert state is not None
            # As a batch of two thousand takes.
            waiting.set()
            assert asked.wait(20)
            keeping.fold_waiting(state, began)

    def snapshot():
        assert waiting.wait(20)
        threading.Timer(0.5, asked.set).start()
        with scope.tenant(org.id), writing():
            take_snapshot(clock.now())

    raised = [one for one in together(folds, snapshot) if isinstance(one, Exception)]
    assert not raised
    assert heads(count(org)) == {"Owner": 1, "Member": 3, "Manager": 1}


def test_a_new_name_shows_though_nobody_changed(org):
    field = org.perform(create_department, name="Field")
    person = org.person()
    org.perform(set_department, membership_ids=(person.membership_id,), department_id=field.id)
    count(org)
    assert heads(count(org), "by_department") == {"Field": 1, "": 4}
    org.perform(rename_department, department_id=field.id, name="Outdoors")
    fold(org)
    assert heads(count(org), "by_department") == {"Outdoors": 1, "": 4}


def test_months_are_those_of_the_organizations_calendar(org):
    """In Kiritimati a month begins fourteen hours before it does by UTC, though nobody comes or goes."""
    with scope.tenant(org.id), writing():
        state = SearchState.objects.get()
        state.folded_at = clock.now()
        state.save(update_fields=["folded_at"])
        Organization.objects.update(time_zone="Pacific/Kiritimati")
    eve = datetime(2027, 1, 31, 9, 59, tzinfo=UTC)
    for now, first in ((eve, "2027-01-01"), (eve + timedelta(minutes=2), "2027-02-01")):
        with scope.tenant(org.id), writing():
            take_snapshot(now)
        with scope.tenant(org.id), reading():
            assert Snapshot.objects.get().figures["months"][-1][0] == first
