"""Whoever holds a role without a fee takes no seat: in the meter, in the ledger, in the directory, and at the limit."""

from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import Organization, make_organization, unique
from support.policies import by_operator, operator_actor
from support.races import failures, together
from support.visitors import body, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import change_end, end_role, give_role
from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import plan_change_policy
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.headcounts import sum_up
from tenantry.people.models import SeatLine
from tenantry.people.seat_ledger import in_effect, sum_of_lines
from tenantry.people.seats import FREE_ROLES, seats
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.errors import NobodyToChange
from tenantry.usecases.inviting_many import InviteRow, invite_members
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members

ADMINISTRATOR, ADDITION = "system_administrator", "system_administrator_addition"


def in_use(org: Organization) -> int:
    """By meter, ledger and list: one number."""
    now, actor = clock.now(), org.owner.actor
    with scope.tenant(org.id), reading():
        state = seats(now)
        asked = tuple("pending" if one == "invited" else one for one in state.counted)
        assert sum_of_lines(now) == state.in_use
        assert matching(actor, DirectoryFilter(statuses=asked, seat="held"), now).count() == state.in_use
        assert matching(actor, DirectoryFilter(statuses=asked, seat="free"), now).count() == state.exempt
    return state.in_use


def kinds(org: Organization) -> list[tuple[str, int]]:
    with scope.tenant(org.id), reading():
        return [(line.kind, line.change) for line in in_effect(clock.now()).order_by("at", "id")]


def turn(org: Organization, member: Any, role: str) -> None:
    org.perform(change_role, membership_id=member.membership_id, role_id=org.role(role))


def give(org: Organization, member: Any, **more: Any) -> Any:
    return org.perform(give_role, membership_id=member.membership_id, role_id=org.role(ADDITION), **more).assignment_id


def test_a_seat_is_neither_taken_nor_freed_by_whoever_is_free():
    org = make_organization(blueprint="brokerage")
    free = org.person(ADMINISTRATOR)
    org.invite(ADMINISTRATOR)
    assert kinds(org) == [("added", 1)]
    turn(org, free, "broker")
    assert in_use(org) == 2
    held = give(org, free)
    assert in_use(org) == 1
    # What ends by itself frees nobody: the number is exact at any moment.
    change = {"membership_id": free.membership_id, "assignment_id": held}
    org.perform(change_end, **change, ends_at=clock.now() + timedelta(days=9))
    assert in_use(org) == 2
    org.perform(change_end, **change, ends_at=None)
    assert in_use(org) == 1
    org.perform(end_role, **change)
    assert in_use(org) == 2
    assert kinds(org)[1:] == [("counted", 1), ("exempted", -1), ("counted", 1), ("exempted", -1), ("counted", 1)]
    turn(org, free, ADMINISTRATOR)
    org.perform(deactivate_members, membership_ids=(free.membership_id,), organization_name="Halden Supply")
    org.perform(reactivate_member, membership_id=free.membership_id)
    assert in_use(org) == 1
    successor = org.owner.membership_id
    org.perform(remove_members, membership_ids=(free.membership_id,), successor_id=successor)
    assert in_use(org) == 1
    assert kinds(org)[-1] == ("exempted", -1)
    with scope.tenant(org.id), writing():
        sum_up(clock.now())
    assert in_use(org) == 1


def test_a_change_of_the_rule_says_first_whom_it_concerns():
    org = make_organization(blueprint="brokerage")
    administrator = org.person(ADMINISTRATOR)
    org.invite(ADMINISTRATOR)
    broker = org.person("broker")
    give(org, broker)
    assert in_use(org) == 1
    operator = operator_actor()
    with scope.platform("console", org.id), reading():
        plan = plan_change_policy(actor=operator, code=FREE_ROLES, value=[ADDITION], now=clock.now())
    assert [(one.text, one.number, one.names) for one in plan.effects] == [
        ("people take a seat who took none", 2, ("Pat Example", "Pat Example")),
        ("seats in use before", 1, ()),
        ("seats in use afterwards", 3, ()),
    ]
    by_operator(org, code=FREE_ROLES, value=[ADDITION])
    assert in_use(org) == 3
    by_operator(org, code=FREE_ROLES, value=[])
    assert in_use(org) == 4
    by_operator(org, code=FREE_ROLES, value=[ADMINISTRATOR])
    assert in_use(org) == 2
    with scope.tenant(org.id), reading():
        last = SeatLine.objects.filter(membership_id=administrator.membership_id).order_by("-at").first()
        assert last is not None
        assert (last.kind, last.actor_kind) == ("exempted", "operator")
    page = body(signed_in(org.owner).get("/admin/billing/seats"))
    assert "2 people with a role without a fee" in page
    assert "Without a fee: System administrators." in page


def licensed() -> Organization:
    """One seat is free; three hold a role that takes none."""
    org = make_organization(blueprint="brokerage")
    by_operator(org, code="seats.growth", value="licensed")
    by_operator(org, code="seats.counted_statuses", value=["active", "invited"])
    return org


def test_at_the_limit_only_those_without_a_fee_come_in():
    org = licensed()
    free = org.person(ADMINISTRATOR)
    org.limit_seats(1)
    org.invite(ADMINISTRATOR)
    with pytest.raises(AtSeatLimit):
        org.invite("broker")
    rows = tuple(InviteRow(f"{unique('row')}@example.test", org.role(one)) for one in ("broker", ADMINISTRATOR))
    answer = org.perform(invite_members, rows=rows)
    assert ([one.code for one in answer.refused], len(answer.sent)) == (["at_seat_limit"], 1)
    with pytest.raises(AtSeatLimit):
        turn(org, free, "broker")
    with pytest.raises(NobodyToChange):
        org.perform(
            change_people, do="role", value_id=org.role("broker"), membership_ids=(free.membership_id, answer.sent[0])
        )
    org.limit_seats(2)
    done = org.perform(
        change_people, do="role", value_id=org.role("broker"), membership_ids=(free.membership_id, answer.sent[0])
    )
    assert (done.done, done.refused) == (1, 1)
    assert in_use(org) == 2


def test_the_last_seat_for_those_who_come_and_those_whose_role_changes():
    org = licensed()
    free = [org.person(ADMINISTRATOR) for _ in range(4)]
    org.limit_seats(2)
    actor = org.owner.actor

    def call(action: Any, **params: Any) -> Any:
        def run() -> Any:
            with scope.tenant(org.id):
                return perform(action, actor=actor, **params)

        return run

    broker = org.role("broker")
    calls = [call(change_role, membership_id=one.membership_id, role_id=broker) for one in free]
    calls += [call(invite_member, email=f"{unique('last')}@example.test", role_id=broker) for _ in range(4)]
    results = together(*calls)
    assert len(failures(results, AtSeatLimit)) == len(results) - 1
    assert in_use(org) == 2
