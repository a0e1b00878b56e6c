"""Seats are summed from what triggers wrote, and are what counting the rows would say: always."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Count, Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import Organization, make_organization
from support.races import failures, together
from tenantry.access import tasks
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people import headcounts
from tenantry.people.census import census_of
from tenantry.people.headcounts import sum_up
from tenantry.people.models import Headcount, Membership
from tenantry.people.seats import seats
from tenantry.people.selectors import counts_by_status

NOW = clock.now()


def _counted(now: Any) -> dict[str, int]:
    """The long way."""
    expired = Q(status="invited", invited_until__lte=now)
    rows: dict[str, int] = Membership.objects.aggregate(
        active=Count("id", filter=Q(status="active")),
        pending=Count("id", filter=Q(status="invited") & ~expired),
        expired=Count("id", filter=expired),
        deactivated=Count("id", filter=Q(status="deactivated")),
        removed=Count("id", filter=Q(status="removed")),
    )
    return rows


def _agree(org: Organization, now: Any) -> None:
    with scope.tenant(org.id), reading():
        expected = _counted(now)
        state = seats(now)
        assert {name: getattr(state, name) for name in expected if name != "removed"} == {
            name: number for name, number in expected.items() if name != "removed"
        }
        assert counts_by_status(_actors[org.id], now) == expected
    with scope.platform("console"), reading():
        census = census_of([org.id], now)[org.id]
    assert (census.active, census.pending) == (expected["active"], expected["pending"])
    assert census.people == sum(expected.values()) - expected["removed"]


_actors: dict[UUID, Any] = {}


@pytest.fixture(scope="module")
def org(database) -> Organization:
    made = make_organization(seats=None)
    _actors[made.id] = made.owner.actor
    return made


def _add(org: Organization, number: int, hours: int, status: str) -> None:
    with scope.tenant(org.id), writing():
        rows = [
            Membership(
                email=f"{new_id()}@example.test",
                status=status,
                invited_until=NOW + timedelta(hours=hours),
                created_at=NOW,
            )
            for _ in range(number)
        ]
        Membership.objects.bulk_create(rows)


def _turn(org: Organization, number: int, status: str, hours: int) -> None:
    with scope.tenant(org.id), writing():
        rows = Membership.objects.filter(status__in=("invited", "removed")).order_by("id")
        ids = list(rows.values_list("id", flat=True)[:number])
        values: dict[str, Any] = {"status": status, "invited_until": NOW + timedelta(hours=hours)}
        Membership.objects.filter(id__in=ids).update(**values)


def _delete(org: Organization, number: int) -> None:
    with scope.tenant(org.id), writing():
        ids = list(Membership.objects.filter(status="removed").values_list("id", flat=True)[:number])
        Membership.objects.filter(id__in=ids).delete()


def _sum(org: Organization) -> None:
    with scope.tenant(org.id), writing():
        sum_up(NOW)


steps = st.lists(
    st.one_of(
        st.tuples(st.just(_add), st.integers(0, 4), st.integers(-30, 3), st.sampled_from(("invited", "removed"))),
        st.tuples(st.just(_turn), st.integers(0, 5), st.sampled_from(("invited", "removed")), st.integers(-2, 2)),
        st.tuples(st.just(_delete), st.integers(0, 3)),
        st.tuples(st.just(_sum)),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=steps, later=st.integers(-240, 240))
def test_the_meter_is_what_counting_would_say(org, done, later):
    for step, *how in done:
        step(org, *how)
    _agree(org, NOW + timedelta(minutes=later))


def test_writers_and_the_summing_job_at_the_same_moment(org):
    """Nobody waits for anybody's row, and no change is counted twice or not at all."""
    calls = [lambda n=n: _add(org, n + 1, n - 3, "invited") for n in range(4)]
    calls += [lambda: _sum(org), lambda: _sum(org), lambda: _turn(org, 3, "removed", 0), lambda: _sum(org)]
    for _ in range(3):
        assert failures(together(*calls)) == []
        _agree(org, NOW)


def test_what_was_rolled_back_is_not_counted(org):
    with scope.tenant(org.id), pytest.raises(KeyError), writing():
        Membership.objects.filter(status="invited").update(status="removed")
        raise KeyError
    _agree(org, NOW)


def test_many_rows_become_few(org, monkeypatch):
    for n in range(6):
        _add(org, 1, n, "invited")
    monkeypatch.setattr(headcounts, "MOST_ROWS", 2)
    tasks.sum_up_headcounts()
    with scope.tenant(org.id), reading():
        kept = list(Headcount.objects.values_list("status", "until"))
    assert len(kept) == len(set(kept))
    _agree(org, NOW)
