"""Who receives loses access while a large handing over is under way: each batch asks again, and what nobody could open
any more stays where it is, counted and named; unless it was meant (docs/decisions/0044)."""

from datetime import timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.handing import audited, make_large, owners
from support.many import lines, run, state_of
from support.visitors import body, signed_in
from tenantry.access.models import Assignment
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.usecases.handing_over import HANDED_OVER, Spread, batches, reassign_records
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.workspaces import add_to_workspace, create_workspace, remove_from_workspace
from usecases.test_leaving_at_once import meanwhile


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(batches, "RECORDS", 2)


class Ground:
    """Six contacts of somebody in two workspaces by turns, the oldest first; `taker` and `mate` are in both."""

    def __init__(self):
        self.org = make_organization(blueprint="messaging", seats=30)
        self.north, self.south = (self.org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
        self.giver, self.taker, self.mate = (self.org.person("member") for _n in range(3))
        # Not who hands over: the same person does one thing after the other.
        self.boss = self.org.person("admin")
        ids = tuple(one.membership_id for one in (self.giver, self.taker, self.mate))
        for place in (self.north, self.south):
            level = self.org.role("workspace_agent")
            self.org.perform(add_to_workspace, workspace_id=place, membership_ids=ids, role_id=level)
        self.contacts = [
            make_record(
                self.org,
                "contact",
                self.giver,
                age=timedelta(minutes=9 - n),
                workspace_id=(self.north, self.south)[n % 2],
            )
            for n in range(6)
        ]
        self.operation_id = None

    def confirm(self, *to, **more):
        to = tuple(one.membership_id for one in to or (self.taker,))
        spread = Spread("one" if len(to) == 1 else "round_robin", to)
        with make_large(True, batch=2):
            done = self.org.perform(reassign_records, from_ids=(self.giver.membership_id,), spread=spread, **more)
        self.operation_id = done.operation_id

    def leave(self, place, person=None):
        person = person or self.taker
        self.org.perform(remove_from_workspace, by=self.boss, workspace_id=place, membership_id=person.membership_id)

    def run(self, **more):
        run(self.org, self.operation_id, **more)

    def held(self, person):
        found = owners(self.org)
        return [n for n, one in enumerate(self.contacts) if found["contact", one] == person.membership_id]

    def numbers(self):
        row = state_of(self.org, self.operation_id)
        return row.state, row.done, row.refused, row.total

    def refused(self):
        return [line for line in lines(self.org, self.operation_id) if line.state == "refused"]

    def said(self):
        with scope.tenant(self.org.id), reading():
            assert verify().sound
            rows = Entry.objects.filter(action=HANDED_OVER, values__operation_id=str(self.operation_id))
            return [(one.values["count"], one.values.get("stayed", 0)) for one in rows.order_by("number")]


@pytest.fixture
def ground():
    return Ground()


def test_access_lost_after_the_first_batch_keeps_what_is_closed_where_it_is(ground):
    ground.confirm()
    ground.run(batches=1)
    ground.leave(ground.south)
    ground.run()
    assert ground.numbers() == ("done", 4, 2, 6)
    assert (ground.held(ground.taker), ground.held(ground.giver)) == ([0, 1, 2, 4], [3, 5])
    assert {line.target_id for line in ground.refused()} == {ground.contacts[3], ground.contacts[5]}
    assert {line.code for line in ground.refused()} == {"receiver_cannot_open"}
    assert ground.said() == [(2, 0), (1, 1), (1, 1)]
    places = [line.position for line in lines(ground.org, ground.operation_id)]
    assert sorted(places) == list(range(1, 7))


def test_it_is_told_on_the_page_of_the_work_and_in_the_audit(ground):
    ground.confirm()
    ground.leave(ground.south)
    ground.run()
    client = signed_in(ground.org.owner)
    text = body(client.get(f"/admin/operations/{ground.operation_id}"))
    assert "3 done, 3 left out" in text
    assert "Whoever was to receive it could not open it any more." in text
    assert "What is left still belongs to:" in text
    assert "stayed, because whoever was to receive it could not open it any more." in body(client.get("/admin/audit"))


def test_meant_it_goes_there_all_the_same(ground):
    ground.confirm(anyway=True)
    ground.leave(ground.south)
    ground.run()
    assert ground.numbers() == ("done", 6, 0, 6)
    assert ground.held(ground.taker) == [0, 1, 2, 3, 4, 5]
    audited(ground.org, ground.operation_id)


def test_of_several_in_turn_the_others_take_what_one_can_not_open_any_more(ground):
    ground.confirm(ground.taker, ground.mate)
    ground.leave(ground.south)
    ground.run()
    assert ground.numbers() == ("done", 6, 0, 6)
    assert {1, 3, 5} <= set(ground.held(ground.mate))
    assert set(ground.held(ground.taker)) <= {0, 2, 4}
    audited(ground.org, ground.operation_id)


def test_whoever_may_see_no_contacts_at_all_any_more_receives_none_of_those_that_lie_nowhere(ground):
    """It is not for want of a level: the type is closed to them, wherever it lies; their levels stay."""
    nowhere = [make_record(ground.org, "contact", ground.giver) for _n in range(3)]

    def become(role):
        with scope.tenant(ground.org.id), writing():
            held = Assignment.objects.filter(membership_id=ground.taker.membership_id, is_base=True)
            held.update(role_id=ground.org.role(role))

    become("admin")
    ground.confirm()
    become("member")
    ground.run()
    assert ground.held(ground.taker) == [0, 1, 2, 3, 4, 5]
    assert ground.numbers() == ("done", 6, 3, 9)
    assert {line.target_id for line in ground.refused()} == set(nowhere)


def test_whoever_loses_it_while_a_batch_is_at_it_does_so_before_or_after_it(ground):
    ground.confirm()
    with meanwhile(batches, "move_some", lambda: ground.leave(ground.south)):
        ground.run()
    assert ground.numbers() == ("done", 3, 3, 6)
    assert ground.held(ground.taker) == [0, 2, 4]


def test_whoever_was_asked_keeps_it_until_the_batch_is_through(ground):
    """The batch has looked at what they can open; before it commits, it is taken from them, which waits."""
    ground.confirm()
    with meanwhile(batches, "move_some", lambda: ground.leave(ground.south), after=True):
        ground.run()
    assert ground.numbers() == ("done", 4, 2, 6)
    assert ground.held(ground.taker) == [0, 1, 2, 4]


def test_with_whoever_was_removed_it_stays_too_once_and_is_given_on_from_their_page(ground):
    ground.org.perform(change_policy, code="people.removal_records", value="successor_required")
    with make_large(True, batch=2):
        left = ground.org.perform(
            remove_members, membership_ids=(ground.giver.membership_id,), successor_id=ground.taker.membership_id
        )
    ground.operation_id = left.operation_id
    ground.leave(ground.south)
    ground.run()
    assert ground.numbers() == ("done", 3, 3, 6)
    assert len(ground.refused()) == 3
    assert ground.held(ground.giver) == [1, 3, 5]
    client = signed_in(ground.org.owner)
    assert f"/admin/users/u/{ground.giver.membership_id}/records" in body(
        client.get(f"/admin/operations/{ground.operation_id}")
    )
    ground.org.perform(
        reassign_records, from_ids=(ground.giver.membership_id,), spread=Spread("one", (ground.mate.membership_id,))
    )
    assert ground.held(ground.giver) == []
