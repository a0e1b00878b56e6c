"""What comes to a giver while a large handing over is under way: what was on its way when it was confirmed moves, what
they make afterwards does not, though they are deactivated before the last batch."""

from datetime import timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.handing import audited, make_large, owners
from support.many import run, state_of
from tenantry.access import proofs
from tenantry.crm.actions.leads import create_lead
from tenantry.usecases.handing_over import Spread, batches, reassign_records
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members
from usecases.test_leaving_at_once import meanwhile


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(batches, "RECORDS", 2)


class Ground:
    def __init__(self):
        self.org = make_organization(seats=20)
        self.giver, self.taker, self.boss = self.org.person(), self.org.person(), self.org.person("owner")
        for n in range(5):
            make_record(self.org, "lead", self.giver, age=timedelta(minutes=9 - n))
        self.operation_id = None

    def confirm(self):
        spread = Spread("one", (self.taker.membership_id,))
        with make_large(True, batch=2):
            begun = self.org.perform(
                reassign_records, by=self.boss, from_ids=(self.giver.membership_id,), spread=spread
            )
        self.operation_id = begun.operation_id

    def make(self):
        return self.org.perform(create_lead, by=self.giver, given_name="Late").id

    def off(self):
        self.org.perform(deactivate_members, by=self.boss, membership_ids=(self.giver.membership_id,))

    def owner(self, lead):
        return owners(self.org)["lead", lead]


def test_what_was_made_while_it_is_under_way_stays_with_whoever_is_deactivated():
    """They go on working while the first batch is at it, and are deactivated while the second is."""
    ground, made = Ground(), []
    ground.confirm()
    with meanwhile(batches, "move_some", lambda: made.append(ground.make())):
        run(ground.org, ground.operation_id, batches=1)
    with meanwhile(batches, "move_some", ground.off):
        run(ground.org, ground.operation_id)
    assert [ground.owner(one) for one in made] == [ground.giver.membership_id]
    row = state_of(ground.org, ground.operation_id)
    assert (row.state, row.done, row.total) == ("done", 5, 5)
    audited(ground.org, ground.operation_id)


def test_what_they_make_after_they_came_back_for_a_while_stays_with_them():
    ground = Ground()
    ground.confirm()
    ground.off()
    run(ground.org, ground.operation_id, batches=1)
    ground.org.perform(reactivate_member, by=ground.boss, membership_id=ground.giver.membership_id)
    made = ground.make()
    ground.off()
    run(ground.org, ground.operation_id)
    assert ground.owner(made) == ground.giver.membership_id
    assert state_of(ground.org, ground.operation_id).done == 5


@pytest.mark.parametrize("before", [0, 1, 2])
def test_what_was_on_its_way_when_it_was_confirmed_moves_with_the_rest(before):
    """They have begun to make it before, and it is there after the confirmation, in which they are deactivated."""
    ground, made = Ground(), []

    def confirmed():
        ground.confirm()
        run(ground.org, ground.operation_id, batches=before) if before else None

    with meanwhile(proofs, "lock_members", confirmed):
        made.append(ground.make())
    ground.off()
    run(ground.org, ground.operation_id)
    assert [ground.owner(one) for one in made] == [ground.taker.membership_id]
    assert state_of(ground.org, ground.operation_id).done == 6
    audited(ground.org, ground.operation_id)


def test_whoever_is_removed_keeps_nothing_of_what_was_made_meanwhile():
    ground = Ground()
    ground.confirm()
    run(ground.org, ground.operation_id, batches=1)
    made = ground.make()
    ground.org.perform(remove_members, by=ground.boss, membership_ids=(ground.giver.membership_id,))
    run(ground.org, ground.operation_id)
    # The removal itself gave it to the queue, as its plan said.
    assert ground.owner(made) is None
    assert ground.giver.membership_id not in owners(ground.org).values()
