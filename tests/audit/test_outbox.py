"""Events reach the packages above in commit order, once, and a failing one stops only itself."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import pytest

from support.races import failures, together
from tenantry.acting.actions import Done, Outcome, action, perform
from tenantry.audit import outbox
from tenantry.audit.chain import Entry, Event
from tenantry.audit.models import OutboxCursor
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing


@pytest.fixture
def seen() -> Iterator[dict[str, list[tuple[int, str]]]]:
    """What two subscribers got; the product's own are out of the way."""
    got: dict[str, list[tuple[int, str]]] = {"one": [], "two": []}
    before = dict(outbox._subscribers)
    outbox._subscribers.clear()
    outbox.subscribe("one", "A", "B")(lambda batch: got["one"].extend((e.number, e.name) for e in batch))
    outbox.subscribe("two", "A")(lambda batch: got["two"].extend((e.number, e.name) for e in batch))
    yield got
    outbox._subscribers.clear()
    outbox._subscribers.update(before)


@action(open_to="a test")
def say_something(*, actor: Actor, now: object, names: tuple[str, ...]) -> Outcome[Done]:
    return Outcome(Done(), Entry("test.said"), events=tuple(Event(name) for name in names))


def publish(organization_id: UUID, *names: str) -> None:
    with scope.tenant(organization_id):
        perform(say_something, actor=Actor.system("test", organization_id), names=names)


def cursor(organization_id: UUID, name: str) -> OutboxCursor:
    with scope.tenant(organization_id), reading():
        return OutboxCursor.objects.get(subscriber=name)


def test_events_come_in_commit_order_and_only_those_asked_for(seen):
    organization_id = new_id()
    publish(organization_id, "A", "B")
    publish(organization_id, "C")
    publish(organization_id, "B", "A")
    outbox.dispatch(organization_id)
    assert seen["one"] == [(1, "A"), (1, "B"), (3, "B"), (3, "A")]
    assert seen["two"] == [(1, "A"), (3, "A")]
    assert cursor(organization_id, "two").number == 3


def test_a_second_dispatch_delivers_nothing_again(seen):
    organization_id = new_id()
    publish(organization_id, "A")
    outbox.dispatch(organization_id)
    outbox.dispatch(organization_id)
    assert seen["one"] == [(1, "A")]


def test_the_same_job_twice_at_once_delivers_once(seen):
    organization_id = new_id()
    for _ in range(25):
        publish(organization_id, "A")
    failures(together(*(lambda: outbox.dispatch(organization_id) for _ in range(6))))
    assert seen["one"] == [(n, "A") for n in range(1, 26)]
    assert seen["two"] == seen["one"]


def test_more_than_a_batch_arrives_whole(seen, monkeypatch):
    monkeypatch.setattr(outbox, "BATCH", 3)
    organization_id = new_id()
    publish(organization_id, "A", "B", "A", "B", "A")
    for _ in range(4):
        publish(organization_id, "A", "B")
    outbox.dispatch(organization_id)
    assert len(seen["one"]) == 13
    assert len(set(seen["one"])) == 10
    assert seen["one"] == sorted(seen["one"], key=lambda e: e[0])


def test_a_failing_subscriber_stops_only_itself_and_is_parked_after_five(seen):
    organization_id = new_id()
    tries = []

    def fails(batch: list[outbox.Delivered]) -> None:
        tries.append([e.number for e in batch])
        raise RuntimeError("no")

    outbox.subscribe("failing", "A")(fails)
    publish(organization_id, "A")
    for attempt in range(1, 6):
        with pytest.raises(RuntimeError):
            outbox.dispatch(organization_id)
        state = cursor(organization_id, "failing")
        assert (state.failures, state.number) == (attempt, 0)
        assert (state.parked_at is not None) == (attempt == 5)
        assert state.error == "RuntimeError: no"
    publish(organization_id, "A")
    outbox.dispatch(organization_id)
    assert tries == [[1]] * 5
    assert seen["one"] == [(1, "A"), (2, "A")]


def test_what_a_failing_subscriber_wrote_is_rolled_back(seen):
    organization_id = new_id()

    def writes_and_fails(batch: list[outbox.Delivered]) -> None:
        OutboxCursor.objects.create(subscriber="left behind")
        raise RuntimeError("no")

    outbox.subscribe("failing", "A")(writes_and_fails)
    publish(organization_id, "A")
    with suppress(RuntimeError):
        outbox.dispatch(organization_id)
    with scope.tenant(organization_id), reading():
        assert not OutboxCursor.objects.filter(subscriber="left behind").exists()


def test_it_goes_on_from_where_it_stopped_when_it_works_again(seen):
    organization_id = new_id()
    works = []
    got = []

    def sometimes(batch: list[outbox.Delivered]) -> None:
        if not works:
            raise RuntimeError("no")
        got.extend(e.number for e in batch)

    outbox.subscribe("sometimes", "A")(sometimes)
    for _ in range(3):
        publish(organization_id, "A")
    with suppress(RuntimeError):
        outbox.dispatch(organization_id)
    works.append(True)
    publish(organization_id, "A")
    outbox.dispatch(organization_id)
    assert got == [1, 2, 3, 4]
    assert cursor(organization_id, "sometimes").failures == 0


def test_events_of_another_organization_stay_there(seen):
    here, there = new_id(), new_id()
    publish(here, "A")
    publish(there, "A")
    outbox.dispatch(here)
    assert seen["one"] == [(1, "A")]
    with scope.tenant(there), writing():
        assert not OutboxCursor.objects.exists()
