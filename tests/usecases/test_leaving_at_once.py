"""Somebody leaves, or gives a record away, in the middle of something else: no record stays with who has left, and
nothing happens that no plan said."""

from collections.abc import Callable
from contextlib import contextmanager
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections

from factories.organizations import make_organization
from factories.records import make_record
from support.handing import owners
from support.many import run, state_of
from support.races import failures, together
from tenantry.acting import operations
from tenantry.acting.errors import Busy
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions import bulk as record_bulk
from tenantry.crm.actions.records import give_records
from tenantry.crm.bulk import GIVE, Selection
from tenantry.people.models import Membership
from tenantry.usecases import offboarding
from tenantry.usecases.bulk_changing import changing
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.planning import BulkPlan, plan_change
from tenantry.usecases.bulk_changing.planning import Selection as People
from tenantry.usecases.handing_over import Spread, reassign_records
from tenantry.usecases.offboarding import plan_remove_members, remove_members
from usecases.test_handing_over_undone import foreseen, newest, undo


@contextmanager
def meanwhile(place: Any, name: str, act: Callable[[], Any], *, after: bool = False):
    """Once, when `place.name` is called the first time, somebody else acts, and is not waited for longer than it takes
    to see that they have to wait."""
    real, begun = getattr(place, name), list[Thread]()

    def acting() -> None:
        try:
            act()
        finally:
            connections.close_all()

    def called(*args: Any, **more: Any) -> Any:
        found = real(*args, **more) if after else None
        if not begun:
            begun.append(Thread(target=acting))
            begun[0].start()
            begun[0].join(1.5)
        return found if after else real(*args, **more)

    with patch.object(place, name, called):
        yield
    assert begun, "it was never called"
    begun[0].join(30)


def test_nothing_is_given_to_somebody_who_leaves_between_two_looks():
    """A batch has asked whether the receiver is active; before it commits, they are removed."""
    org = make_organization(seats=20)
    giver, taker, boss = org.person(), org.person(), org.person("owner")
    for _n in range(3):
        make_record(org, "lead", giver)
    with scope.tenant(org.id), reading():
        rows = tuple(key[1] for key in owners(org))
    with patch.object(record_bulk, "BATCH", 2):
        begun = org.perform(
            record_bulk.act_on_records,
            act=GIVE,
            selection=Selection("lead", rows),
            owner_id=taker.membership_id,
        )
        assert not begun.finished

        def leave() -> None:
            org.perform(remove_members, by=boss, membership_ids=(taker.membership_id,))

        with meanwhile(record_bulk, "refuse_receiver", leave, after=True):
            run(org, begun.operation_id)
    assert org.status(taker.membership_id) == "removed"
    assert taker.membership_id not in owners(org).values()


def leaving_with_two(org):
    leaver, taker, other, boss = org.person(), org.person(), org.person(), org.person("owner")
    ids = [make_record(org, "lead", leaver) for _n in range(2)]

    def give() -> None:
        org.perform(give_records, by=boss, type_key="lead", record_ids=(ids[0],), owner_id=other.membership_id)

    return leaver, taker, other, give


def test_a_record_that_is_given_away_under_a_removal_of_several_is_planned_again():
    org = make_organization(seats=20)
    leaver, taker, other, give = leaving_with_two(org)
    ids = (leaver.membership_id,)
    with scope.tenant(org.id), reading():
        plan = plan_change(
            actor=org.owner.actor,
            do="removal",
            selection=People(ids),
            value_id=taker.membership_id,
            now=clock.now(),
        )
    asked = {"do": "removal", "membership_ids": ids, "value_id": taker.membership_id}
    with meanwhile(offboarding, "plan_reassign_records", give), pytest.raises(PlanChanged) as refused:
        org.perform(change_people, **asked, digest=plan.digest)
    fresh = refused.value.plan
    assert isinstance(fresh, BulkPlan)
    assert org.status(leaver.membership_id) == "active"
    org.perform(change_people, **asked, digest=fresh.digest)
    assert sorted(owners(org).values()) == sorted([taker.membership_id, other.membership_id])


def test_what_is_planned_again_is_the_whole_selection_and_can_be_confirmed():
    org = make_organization(seats=20)
    leaver, taker, other, give = leaving_with_two(org)
    asked = {"membership_ids": (leaver.membership_id, org.owner.membership_id), "successor_id": taker.membership_id}
    with scope.tenant(org.id), reading():
        plan = plan_remove_members(actor=org.owner.actor, now=clock.now(), **asked)
    with meanwhile(offboarding, "plan_reassign_records", give), pytest.raises(PlanChanged) as refused:
        org.perform(remove_members, **asked, digest=plan.digest)
    fresh = refused.value.plan
    assert [one.membership_id for one in fresh.refused] == [org.owner.membership_id]
    org.perform(remove_members, **asked, digest=fresh.digest)
    assert sorted(owners(org).values()) == sorted([taker.membership_id, other.membership_id])


def test_in_a_batch_it_is_tried_again_and_ends_well():
    org = make_organization(seats=20)
    leaver, taker, other, give = leaving_with_two(org)
    second = org.person()
    ids = (leaver.membership_id, second.membership_id)
    with patch.object(changing, "BATCH", 1), patch.object(operations, "BATCH", 1):
        begun = org.perform(change_people, do="removal", membership_ids=ids, value_id=taker.membership_id)
        with meanwhile(offboarding, "plan_reassign_records", give), pytest.raises(Busy):
            run(org, begun.operation_id)
        assert state_of(org, begun.operation_id).state in ("waiting", "running")
        run(org, begun.operation_id)
    assert state_of(org, begun.operation_id).state == "done"
    assert [org.status(one) for one in ids] == ["removed", "removed"]
    assert sorted(owners(org).values()) == sorted([taker.membership_id, other.membership_id])


def nobody_who_left_owns_anything(org) -> None:
    with scope.tenant(org.id), reading():
        gone = set(Membership.objects.filter(status="removed").values_list("id", flat=True))
    assert gone.isdisjoint(owners(org).values())


@pytest.mark.parametrize("_time", range(2))
def test_two_who_go_on_for_each_other_and_others_who_give_to_them(_time):
    """Removed at the same moment, each with the other as successor, while records are given to and taken from both."""
    org = make_organization(seats=30)
    one, other, third = (org.person() for _n in range(3))
    bosses = [org.person("owner") for _n in range(3)]
    for person in (one, other, third):
        for kind in ("lead", "deal"):
            make_record(org, kind, person)
    known = set(owners(org))
    both = (one.membership_id, other.membership_id)

    def remove(by, who, heir):
        return lambda: org.perform(remove_members, by=by, membership_ids=(who,), successor_id=heir)

    def reassign(by, who, spread):
        return lambda: org.perform(reassign_records, by=by, from_ids=(who,), spread=spread)

    results = together(
        remove(bosses[0], *both),
        remove(bosses[1], *reversed(both)),
        reassign(bosses[2], third.membership_id, Spread("round_robin", both)),
        reassign(org.owner, one.membership_id, Spread("one", (third.membership_id,))),
    )
    failures(results, Refusal)
    assert set(owners(org)) == known
    assert [org.status(who) for who in both].count("removed") == 1
    nobody_who_left_owns_anything(org)


def test_taken_back_by_two_while_the_former_owner_is_removed():
    org = make_organization(seats=30)
    giver, taker = org.person(), org.person()
    bosses = [org.person("owner") for _n in range(2)]
    for _n in range(4):
        make_record(org, "lead", giver)
    org.perform(reassign_records, from_ids=(giver.membership_id,), spread=Spread("one", (taker.membership_id,)))
    number = newest(org, "records.handed_over")
    results = together(
        *(lambda boss=boss: undo(org, number, by=boss) for boss in bosses),
        lambda: org.perform(remove_members, membership_ids=(giver.membership_id,)),
    )
    failures(results, Refusal)
    assert org.status(giver.membership_id) == "removed"
    assert len(set(owners(org).values())) == 1
    nobody_who_left_owns_anything(org)


def test_a_removal_is_taken_back_after_the_successor_was_removed_too():
    org = make_organization(seats=30)
    leaver, heir, third = (org.person() for _n in range(3))
    make_record(org, "lead", leaver)
    org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
    number = newest(org, "people.removed")
    org.perform(remove_members, membership_ids=(heir.membership_id,), successor_id=third.membership_id)
    plan = foreseen(org, number)
    assert ("Changed hands since and stay where they are", 1) in {(one.text, one.number) for one in plan.effects}
    undo(org, number, digest=plan.digest)
    assert org.status(leaver.membership_id) == "active"
    assert set(owners(org).values()) == {third.membership_id}
