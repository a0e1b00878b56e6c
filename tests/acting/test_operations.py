"""Long work: batches that each commit, with the actor of the moment, whoever runs it and however often."""

from datetime import timedelta
from uuid import UUID

import pytest

from factories.organizations import make_organization
from support.many import crowd, lines, run, state_of
from support.races import failures, together
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting import operations
from tenantry.acting.actions import DECLARED, FUNCTIONS, Outcome, action, perform
from tenantry.acting.errors import Busy, OperationOver
from tenantry.acting.models import Operation, OperationLine
from tenantry.acting.operations import (
    Batch,
    OperationKind,
    add_lines,
    advance,
    cancel_operation,
    get_operation,
    lines_of,
    lock_operation,
    open_operation,
    settle_lines,
    stuck,
    waiting_lines,
)
from tenantry.acting.tasks import find_stuck
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry, OutboxEvent
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications.models import Notification
from tenantry.people.models import Membership
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.offboarding import deactivate_members


class NeverThisOne(Refusal):
    code = "never_this_one"


@pytest.fixture
def counting():
    """A kind whose batches of two count their lines; `stop` refuses as a whole, `busy` collides so often first."""
    told = {"calls": 0, "stop": False, "busy": 0}

    @action(open_to="a test")
    def count_batch(*, actor, now, operation_id: UUID) -> Outcome[Batch]:
        row = lock_operation(operation_id)
        told["calls"] += 1
        if told["stop"]:
            raise NeverThisOne
        if told["busy"]:
            told["busy"] -= 1
            raise Busy
        some = waiting_lines(row, most=2)
        refused = {line.target_id: "odd" for line in some if line.position % 2}
        batch = settle_lines(some, refused, {line.target_id: {"n": line.position} for line in some})
        left = Batch(batch.done, batch.refused, finished=len(some) < 2)
        return Outcome(advance(row, left, now), None)

    kind = OperationKind("tests.count", "Counting", "people.edit", count_batch)
    operations._kinds[kind.code] = kind
    yield kind, told
    del operations._kinds[kind.code]
    name = count_batch.declaration.name
    del DECLARED[name], FUNCTIONS[name]


@action(open_to="a test")
def begin(*, actor, now, kind, count: int) -> Outcome[UUID]:
    row, job = open_operation(actor, kind, now, total=count, params={})
    assert add_lines(row, (new_id() for _ in range(count))) == count
    return Outcome(row.id, None, jobs=(job,))


del DECLARED[begin.declaration.name], FUNCTIONS[begin.declaration.name]


def test_batches_go_on_until_nothing_is_left(counting):
    kind, told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=5)
    run(org, made)
    row = state_of(org, made)
    assert (row.state, row.done, row.refused, told["calls"]) == ("done", 2, 3, 3)
    assert row.finished_at is not None
    assert [(one.position, one.state, one.code) for one in lines(org, made)] == [
        (n, "refused" if n % 2 else "done", "odd" if n % 2 else "") for n in range(1, 6)
    ]
    run(org, made)
    assert told["calls"] == 3


def test_two_runners_at_once_do_each_line_once(counting):
    kind, _told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=40)
    assert not failures(together(*(lambda: run(org, made) for _ in range(3))))
    row = state_of(org, made)
    assert (row.state, row.done + row.refused) == ("done", 40)


def test_canceled_in_the_middle_no_further_batch_begins(counting):
    kind, told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=6)
    run(org, made, batches=1)
    org.perform(cancel_operation, operation_id=made)
    run(org, made)
    row = state_of(org, made)
    assert (row.state, row.done + row.refused, told["calls"]) == ("canceled", 2, 1)
    with pytest.raises(OperationOver):
        org.perform(cancel_operation, operation_id=made)
    with pytest.raises(OperationOver):
        run(org, made, batches=1)
    with scope.tenant(org.id), reading():
        assert Entry.objects.get(action="operations.canceled").values["left"] == 4


def test_canceling_while_a_batch_runs_waits_for_it(counting):
    kind, _told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=60)
    actor = org.owner.actor

    def cancel():
        with scope.tenant(org.id):
            return perform(cancel_operation, actor=actor, operation_id=made)

    failures(together(lambda: run(org, made), cancel), OperationOver)
    row = state_of(org, made)
    settled = sum(one.state != "waiting" for one in lines(org, made))
    assert row.done + row.refused == settled
    assert row.state in ("canceled", "done")


def test_whoever_was_deactivated_in_the_middle_goes_no_further(counting):
    kind, _told = counting
    org = make_organization()
    admin = org.person("administrator")
    made = org.perform(begin, by=admin, kind=kind, count=6)
    run(org, made, batches=1)
    org.perform(deactivate_members, membership_ids=(admin.membership_id,))
    run(org, made)
    row = state_of(org, made)
    assert (row.state, row.error, row.done + row.refused) == ("failed", "no_longer_in", 2)
    with scope.tenant(org.id), reading():
        assert Entry.objects.get(action="operations.failed").values["code"] == "no_longer_in"
        assert verify().sound


def test_what_a_batch_refuses_as_a_whole_ends_it(counting):
    kind, told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=6)
    run(org, made, batches=1)
    told["stop"] = True
    run(org, made)
    row = state_of(org, made)
    assert (row.state, row.error, row.done + row.refused) == ("failed", "never_this_one", 2)


def test_a_collision_is_no_end(counting):
    kind, told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=4)
    told["busy"] = 1
    with pytest.raises(Busy):
        run(org, made)
    assert state_of(org, made).state == "waiting"
    run(org, made)
    assert state_of(org, made).state == "done"


def test_what_lost_its_worker_is_found_and_goes_on(counting):
    kind, _told = counting
    org = make_organization()
    made = org.perform(begin, kind=kind, count=6)
    run(org, made, batches=1)
    now = clock.now()
    with scope.platform("schedule"), reading():
        assert made not in {row.id for row in stuck(now)}
        assert made in {row.id for row in stuck(now + timedelta(seconds=61))}
    with scope.tenant(org.id), writing():
        Operation.objects.filter(id=made).update(moved_at=now - timedelta(minutes=2))
    find_stuck()
    run(org, made)
    assert state_of(org, made).state == "done"
    with scope.platform("schedule"), reading():
        assert made not in {row.id for row in stuck(now + timedelta(hours=1))}


def test_who_sees_it(counting):
    kind, _told = counting
    org, other = make_organization(), make_organization()
    admin, rep = org.person("administrator"), org.person("member")
    made = org.perform(begin, by=rep, kind=kind, count=1)
    for person in (org.owner, admin, rep):
        with scope.tenant(org.id), reading():
            assert get_operation(person.actor, made).id == made
    bystander = org.person("member")
    for person in (bystander, other.owner):
        with scope.tenant(person.organization_id), reading(), pytest.raises(NotFound):
            get_operation(person.actor, made)
    with pytest.raises(NotFound):
        org.perform(cancel_operation, by=bystander, operation_id=made)


def test_an_unknown_one_is_refused(counting):
    kind, _told = counting
    org = make_organization()
    with pytest.raises(NotFound):
        org.perform(kind.batch, operation_id=new_id())


def test_lines_are_frozen_in_their_order_however_many():
    org = make_organization()
    ids = crowd(org, 520)
    begun = org.perform(change_people, do="removal", wanted=DirectoryFilter(query="crowd"))
    found = lines(org, begun.operation_id)
    assert [one.position for one in found] == list(range(1, 521))
    with scope.tenant(org.id), reading():
        names = Membership.objects.filter(id__in=ids).order_by("sort_name", "id").values_list("id", flat=True)
        assert [one.target_id for one in found] == list(names)
        row = Operation.objects.get(id=begun.operation_id)
        assert lines_of(row, OperationLine.State.WAITING).count() == 520


def test_whoever_left_it_alone_is_told_that_it_ended():
    org = make_organization()
    crowd(org, 520)
    begun = org.perform(change_people, do="removal", wanted=DirectoryFilter(query="crowd"))
    with scope.tenant(org.id), writing():
        Operation.objects.filter(id=begun.operation_id).update(created_at=clock.now() - timedelta(seconds=30))
    run(org, begun.operation_id)
    with scope.tenant(org.id), reading():
        event = OutboxEvent.objects.get(name="OperationEnded")
        assert event.payload["done"] == 520
    dispatch(org.id)
    with scope.tenant(org.id), reading():
        notice = Notification.objects.get(kind="operation_ended")
        assert notice.membership_id == org.owner.membership_id
        assert notice.values["operation_id"] == str(begun.operation_id)


def test_what_ends_at_once_tells_nobody():
    org = make_organization()
    crowd(org, 520)
    begun = org.perform(change_people, do="removal", wanted=DirectoryFilter(query="crowd"))
    run(org, begun.operation_id)
    with scope.tenant(org.id), reading():
        assert not OutboxEvent.objects.filter(name="OperationEnded").exists()
        assert Entry.objects.get(action="operations.finished").values["done"] == 520
