"""Meters for programs: what is reported counts once, what is reserved never goes beyond allowance and packs."""

from datetime import timedelta
from uuid import uuid4

import pytest

from api.callers import by_key, make_organization
from support.meters import allow, buy_pack, holds, quota, standing
from support.races import together
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.metering import calls
from tenantry.metering.models import Hold
from tenantry.metering.tasks import expire_holds


@pytest.fixture
def org(database):
    return make_organization()


@pytest.fixture
def key(org):
    return by_key(org)


def used(amount, meter="ai_tokens", *, event=None, at=None, **more):
    moment = (at or clock.now()).isoformat().replace("+00:00", "Z")
    return {"event_id": event or uuid4().hex, "meter": meter, "amount": amount, "at": moment, **more}


def report(key, *events, **headers):
    return key.post("/usage/events", {"events": list(events)}, **headers)


def meter(key, name="ai_tokens"):
    return next(one for one in key.get("/usage").body["items"] if one["meter"] == name)


def test_what_is_reported_counts_once_and_stands_at_the_meter_and_its_day(org, key):
    allow(org, ai_tokens=10_000)
    first, second = used(700), used(50, member_id=str(org.owner.membership_id))
    answer = report(key, first, second, first)
    assert answer.status == 200
    assert (answer.body["counted"], answer.body["duplicates"], answer.body["refused"]) == (2, 1, 0)
    assert [line["state"] for line in answer.body["items"]] == ["counted", "counted", "duplicate"]
    # Said again by somebody else, with another amount: it is the same event.
    again = report(by_key(org), {**first, "amount": 9_000})
    assert [line["state"] for line in again.body["items"]] == ["duplicate"]
    found = meter(key)
    assert (found["used"], found["limit"], found["room"], found["standing"]) == (750, 10_000, 9_250, "ok")
    days = key.get("/usage/ai_tokens/days?days=2").body["items"]
    assert [one["amount"] for one in days] == [0, 750]


def test_an_event_that_cannot_be_counted_keeps_no_other_from_it(org, key):
    other = make_organization()
    now = clock.now()
    lines = report(
        key,
        used(1, "records"),
        used(1, "no_such_meter"),
        used(1, at=now - timedelta(days=35, minutes=1)),
        used(1, at=now + timedelta(minutes=9)),
        used(1, member_id=str(other.owner.membership_id)),
        used(5),
    ).body["items"]
    assert [line["code"] for line in lines] == [
        "meter_not_reported",
        "meter_not_reported",
        "event_too_old",
        "event_in_future",
        "unknown_member",
        "",
    ]
    assert quota(org) == (5, 0, 0)


def test_a_late_event_goes_to_its_own_day_and_window(org, key):
    late = clock.now() - timedelta(days=34)
    assert report(key, used(9, at=late), used(3, "connect_messages", at=late)).body["counted"] == 2
    days = key.get("/usage/ai_tokens/days?days=35").body["items"]
    assert [one["amount"] for one in days] == [9, *([0] * 34)]
    assert meter(key)["used"] == 0
    assert meter(key, "connect_messages")["used"] == 0


def test_batches_that_share_events_count_each_once_at_the_same_moment(org, key):
    events = [used(2) for _ in range(400)]
    results = together(*(lambda turned=turned: report(key, *turned) for turned in (events, events[::-1], events[200:])))
    assert sum(one.body["counted"] for one in results) == 400
    assert quota(org) == (800, 0, 0)


def test_only_a_thousand_events_and_only_from_those_who_may(org, key):
    assert report(key, *[used(1)] * 1001).status == 422
    assert report(by_key(org, "member"), used(1)).code == "permission_missing"
    assert by_key(org, "member").get("/usage").code == "permission_missing"
    assert key.get("/usage/nothing/days").status == 404


# --- Reservations -------------------------------------------------------------------------


def reserve(key, amount, **headers):
    return key.post("/usage/reservations", {"meter": "ai_tokens", "amount": amount}, **headers)


def commit(key, held, amount):
    return key.post(f"/usage/reservations/{held}/commit", {"amount": amount})


def release(key, held):
    return key.post(f"/usage/reservations/{held}/release")


def test_what_is_reserved_is_held_and_what_was_really_used_is_counted(org, key):
    allow(org, ai_tokens=1_000)
    made = reserve(key, 600)
    assert (made.status, made.body["state"]) == (201, "held")
    assert (meter(key)["reserved"], meter(key)["room"]) == (600, 400)
    refused = reserve(key, 401)
    assert (refused.status, refused.code) == (409, "meter_exhausted")
    assert (refused.body["room"], refused.body["meter"], refused.body["needed"]) == (400, "ai_tokens", 401)
    assert refused.body["resets_at"].endswith("-01T00:00:00+00:00")
    done = commit(key, made.body["id"], 250)
    assert (done.body["state"], done.body["committed"]) == ("committed", 250)
    assert quota(org) == (250, 0, 0)


def test_ending_a_reservation_twice_counts_once(org, key):
    allow(org, ai_tokens=1_000)
    held = reserve(key, 600, Idempotency_Key="k1").body["id"]
    assert reserve(key, 600, Idempotency_Key="k1").body["id"] == held
    assert commit(key, held, 601).code == "more_than_reserved"
    assert [commit(key, held, 500).status for _ in range(2)] == [200, 200]
    assert commit(key, held, 400).code == "reservation_ended"
    assert release(key, held).code == "reservation_ended"
    assert quota(org) == (500, 0, 0)
    other = reserve(key, 100).body["id"]
    assert [release(key, other).body["state"] for _ in range(2)] == ["released", "released"]
    assert commit(key, other, 1).code == "reservation_ended"
    assert quota(org) == (500, 0, 0)


def expired(org):
    past = clock.now() - timedelta(seconds=1)
    with scope.tenant(org.id), writing():
        Hold.objects.update(expires_at=past)


def test_what_expired_is_free_again_before_anybody_sweeps_and_after(org, key):
    allow(org, ai_tokens=1_000)
    held = reserve(key, 900).body["id"]
    expired(org)
    assert commit(key, held, 900).code == "reservation_ended"
    assert reserve(key, 950).status == 201
    assert [hold.state for hold in holds(org)] == ["expired", "held"]
    expired(org)
    expire_holds()
    assert [hold.state for hold in holds(org)] == ["expired", "expired"]
    assert quota(org) == (0, 0, 0)


def test_packs_are_used_after_the_allowance_the_oldest_first_and_reservations_never_go_beyond(org, key):
    allow(org, ai_tokens=100)
    old, new = buy_pack(org, 50), buy_pack(org, 50)
    assert meter(key)["room"] == 200
    assert commit(key, reserve(key, 130).body["id"], 130).status == 200
    assert quota(org) == (130, 0, 30)
    with scope.tenant(org.id), writing():
        old.refresh_from_db()
        new.refresh_from_db()
    assert (old.left, new.left) == (20, 50)
    assert reserve(key, 71).code == "meter_exhausted"
    assert reserve(key, 70).status == 201
    # What has happened counts beyond everything, and takes what packs have.
    report(key, used(500))
    assert quota(org) == (630, 70, 100)
    assert standing(org).room == 0


def test_many_at_once_get_exactly_what_there_is(org, key):
    allow(org, ai_tokens=70)
    buy_pack(org, 30)
    results = together(*(lambda: reserve(key, 10) for _ in range(14)))
    held = [one.body["id"] for one in results if one.status == 201]
    assert len(held) == 10
    together(*(lambda one=one: commit(key, one, 10) for one in held for _ in range(2)))
    assert quota(org) == (100, 0, 30)
    assert reserve(key, 1).code == "meter_exhausted"


def test_a_reservation_is_its_organizations_own(org, key):
    held = reserve(key, 5).body["id"]
    stranger = by_key(make_organization())
    assert [commit(stranger, held, 5).status, release(stranger, held).status] == [404, 404]
    assert commit(key, held, 5).status == 200


# --- Calls of programs --------------------------------------------------------------------


def test_calls_are_counted_together_and_stop_at_the_limit_but_not_where_help_is(org, key):
    allow(org, api_calls=20)
    for _ in range(15):
        assert key.get("/me").status == 200
    calls.flush()
    assert 15 <= standing(org, "api_calls").used <= 16
    answers = [key.get("/me").status for _ in range(8)]
    assert answers[:4] == [200] * 4
    assert answers[-1] == 429
    refused = key.get("/me")
    assert (refused.code, refused.body["meter"]) == ("api_calls_exhausted", "api_calls")
    assert key.get("/usage").status == 200
    calls.flush()
    assert standing(org, "api_calls").used == 20
