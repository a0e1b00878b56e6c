"""Sign-in slows down and never locks (product.md §8)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from factories.organizations import unique
from support.races import failures, together
from tenantry.core.errors import TooFast
from tenantry.security import slowing
from tenantry.security.models import FailedAttempts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def wait(who: str, place: str, now: datetime = NOW) -> int:
    try:
        slowing.ask("sign_in", who, place, now)
    except TooFast as refusal:
        return int(refusal.params["seconds"])
    return 0


def fail(who: str, place: str, times: int = 1, now: datetime = NOW) -> None:
    for _ in range(times):
        slowing.failed("sign_in", who, place, now)


def test_three_tries_are_free_then_each_doubles_up_to_a_minute():
    who, place = unique("who"), unique("place")
    waits = []
    for _ in range(12):
        fail(who, place)
        waits.append(wait(who, place))
    assert waits[:2] == [0, 0]
    steps = waits[2:]
    assert steps == sorted(steps)
    assert [second / first for first, second in pairwise(steps[:5]) if first > 2] != []
    assert max(steps) in (60, 61)
    assert steps[-1] == steps[-2]


def test_the_wait_ends_by_itself():
    who, place = unique("who"), unique("place")
    fail(who, place, 20)
    assert wait(who, place) > 50
    assert wait(who, place, NOW + timedelta(seconds=61)) == 0


def test_another_place_is_not_kept_out():
    who, attacker, home = unique("who"), unique("place"), unique("place")
    fail(who, attacker, 25)
    assert wait(who, attacker) > 0
    assert wait(who, home) == 0


def test_guessing_many_addresses_from_one_place_slows_down_too():
    place = unique("place")
    for _ in range(31):
        fail(unique("who"), place)
    assert wait(unique("somebody-new"), place) > 0
    assert wait(unique("somebody-new"), unique("place")) == 0


def test_nobody_keeps_a_whole_office_out():
    place = unique("place")
    for _ in range(60):
        fail(unique("who"), place)
    assert 0 < wait(unique("colleague"), place) <= 5
    assert wait(unique("colleague"), place, NOW + timedelta(seconds=4)) == 0


def test_a_success_forgets_the_person_but_not_the_place():
    who, place = unique("who"), unique("place")
    fail(who, place, 31)
    slowing.succeeded("sign_in", who, place)
    rows = FailedAttempts.objects.filter(key__in=[key for key, _free in slowing._keys("sign_in", who, place)])
    assert [row.failures for row in rows] == [31]


def test_an_hour_forgets():
    who, place = unique("who"), unique("place")
    fail(who, place, 31)
    assert wait(who, place, NOW + timedelta(hours=1, seconds=1)) == 0
    fail(who, place, 1, NOW + timedelta(hours=1, seconds=1))
    assert wait(who, place, NOW + timedelta(hours=1, seconds=1)) == 0


def test_parallel_failures_are_all_counted():
    who, place = unique("who"), unique("place")
    failures(together(*(lambda: fail(who, place) for _ in range(20))))
    counted = [
        row.failures
        for row in FailedAttempts.objects.filter(key__in=[k for k, _free in slowing._keys("sign_in", who, place)])
    ]
    assert counted == [20, 20]


@pytest.mark.parametrize("odd", ["\ud800", "a|b", "\0", "x" * 100_000, ""])
def test_whatever_is_typed_is_counted(odd):
    place = unique("place")
    fail(odd, place, 4)
    assert wait(odd, place) > 0


def test_nothing_readable_is_stored():
    who = unique("who")
    fail(who, "203.0.113.9")
    assert not any(who.encode() in bytes(row.key) for row in FailedAttempts.objects.all())
