"""The sum of the seat ledger is the number of seats in use: after any history, on every path."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from factories.organizations import PASSWORD, Organization, make_organization, unique
from support.policies import by_operator, operator_actor
from support.races import failures, together
from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.errors import AtSeatLimit
from tenantry.organizations.models import PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.people.models import Membership, SeatLine
from tenantry.people.seat_ledger import LedgerFilter, in_effect, ledger_page, numbers_after, sum_of_lines
from tenantry.people.seats import COUNTED, seats
from tenantry.usecases.accepting import accept_invitation
from tenantry.usecases.inviting_many import InviteRow, invite_members
from tenantry.usecases.joining import invite_member, resend_invitation, revoke_invitation
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members

COUNTS = (["active", "invited"], ["active"], ["active", "invited", "deactivated"], ["active", "deactivated"])
# What the directory calls the statuses that hold a seat.
SHOWN = {"active": "active", "invited": "pending", "deactivated": "deactivated"}


def lines_of(org: Organization, now: datetime | None = None) -> list[SeatLine]:
    with scope.tenant(org.id), reading():
        return list(in_effect(now or clock.now()).order_by("at", "id"))


def in_use(org: Organization, now: datetime | None = None) -> int:
    """By the meter, by the ledger, by the people whom the page's links show: one number."""
    now, actor = now or clock.now(), org.owner.actor
    with scope.tenant(org.id), reading():
        number = seats(now).in_use
        assert sum_of_lines(now) == number
        rule_ = PolicyValue.objects.filter(code=COUNTED).values_list("value", flat=True).first()
        statuses = tuple(SHOWN[one] for one in rule_ or CATALOGUE[COUNTED].default)
        assert matching(actor, DirectoryFilter(statuses=statuses), now).count() == number
    return number


def test_lines_say_who_why_whom_and_by_which_rule():
    org = make_organization()
    founded = lines_of(org)
    assert [(line.kind, line.change, line.counted, line.growth) for line in founded] == [
        ("added", 1, "active,invited", "licensed")
    ]
    pending, kept = org.invite(), org.person()
    org.perform(deactivate_members, membership_ids=(kept.membership_id,))
    org.perform(revoke_invitation, membership_id=pending.membership_id)
    told = [(line.kind, line.change, line.membership_id, line.action) for line in lines_of(org)[1:]]
    assert told == [
        ("invited", 1, pending.membership_id, "usecases.joining.invite_member"),
        ("invited", 1, kept.membership_id, "usecases.joining.invite_member"),
        ("deactivated", -1, kept.membership_id, "usecases.offboarding.deactivate_members"),
        ("revoked", -1, pending.membership_id, "usecases.joining.revoke_invitation"),
    ]
    by = {(line.actor_kind, line.actor_id) for line in lines_of(org)[1:]}
    assert by == {("member", org.owner.membership_id)}


def test_an_invitation_that_ends_is_a_line_at_its_own_moment_and_joining_takes_that_back():
    org, start = make_organization(), clock.now()
    lapsing, joining = org.invite(), org.invite()
    org.accept(org.token_for(joining.membership_id))
    later = start + timedelta(days=30)
    ended = [line for line in lines_of(org, later) if line.kind == "lapsed"]
    assert [(line.membership_id, line.change, line.at) for line in ended] == [
        (lapsing.membership_id, -1, lapsing.expires_at)
    ]
    assert (ended[0].actor_kind, ended[0].actor_id, ended[0].action) == ("", None, "")
    just_before = lapsing.expires_at - timedelta(microseconds=1)
    assert (in_use(org, just_before), in_use(org, lapsing.expires_at)) == (3, 2)


def test_a_rule_that_counts_others_is_one_line_for_all_of_them():
    org = make_organization()
    org.invite()
    gone = org.person()
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    by_operator(org, code=COUNTED, value=["active", "invited", "deactivated"])
    assert in_use(org) == 3
    by_operator(org, code=COUNTED, value=["active"])
    assert in_use(org) == 1
    told = [(line.change, line.membership_id, line.counted, line.actor_kind) for line in lines_of(org)[-2:]]
    assert told == [(1, None, "active,deactivated,invited", "operator"), (-2, None, "active", "operator")]
    # Nobody's seat ends with an invitation any more.
    assert in_use(org, clock.now() + timedelta(days=30)) == 1


def test_what_is_written_past_every_action_is_in_the_ledger_too():
    org = make_organization()
    with scope.tenant(org.id), writing():
        rows = [
            Membership(
                email=f"{unique('raw')}@example.test",
                status=status,
                invited_until=clock.now() + timedelta(days=days),
                created_at=clock.now(),
            )
            for status, days in (("invited", 1), ("invited", -1), ("removed", 1))
        ]
        Membership.objects.bulk_create(rows)
    assert in_use(org) == 2
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id__in=[row.id for row in rows]).delete()
    assert in_use(org) == 1
    assert [(line.kind, line.actor_kind) for line in lines_of(org)[1:]] == [("invited", ""), ("deleted", "")]


def test_other_changes_of_a_person_leave_no_line():
    org = make_organization()
    before = len(lines_of(org))
    with scope.tenant(org.id), writing():
        Membership.objects.update(access_version=7, last_sign_in_at=clock.now())
    assert len(lines_of(org)) == before


def test_the_defaults_of_the_policies_are_those_of_the_catalogue():
    """The triggers know them by heart."""
    org = make_organization()
    with scope.platform("demo", org.id), writing():
        PolicyValue.objects.filter(code__startswith="seats.").delete()
    with scope.tenant(org.id), reading(), connection.cursor() as cursor:
        cursor.execute("SELECT counted, growth FROM people_seat_rule(%s)", [org.id])
        (counted, growth) = cursor.fetchone()
    assert counted == str(CATALOGUE[COUNTED].default).replace("'", '"')
    assert growth == CATALOGUE["seats.growth"].default


def test_pages_and_numbers_after():
    org = make_organization()
    invited = [org.invite() for _ in range(5)]
    org.perform(revoke_invitation, membership_id=invited[1].membership_id)
    lines = lines_of(org)
    expected = dict(zip((line.id for line in lines), accumulate(line.change for line in lines), strict=True))
    assert list(expected.values()) == [1, 2, 3, 4, 5, 6, 5]
    actor, now, cursor, seen = org.owner.actor, clock.now(), None, {}
    with scope.tenant(org.id), reading():
        while True:
            page = ledger_page(actor, LedgerFilter(), now, cursor=cursor, size=3)
            seen |= numbers_after(page.rows, 5, now)
            cursor = page.next
            if cursor is None:
                break
        assert seen == expected
        wanted = LedgerFilter(kinds=("invited",), person_ids=(invited[1].membership_id,))
        (only,) = ledger_page(actor, wanted, now).rows
        assert numbers_after([only], 5, now) == {only.id: 3}
        assert [line.id for line in lines if wanted.holds(line)] == [only.id]


def test_everybody_at_once_and_the_rule_with_them():
    """Inviting, revoking, deactivating while the rule changes: no line is written under a rule that is gone."""
    org, role = make_organization(), None
    role = org.role("member")
    crowd = [org.person("people_administrator") for _ in range(5)]
    leaving = [org.person().membership_id for _ in range(3)]
    pending = [org.invite().membership_id for _ in range(3)]
    operator = operator_actor()

    def ruled(value: Any) -> Any:
        def run() -> Any:
            with scope.platform("console", org.id):
                return perform(change_policy, actor=operator, code=COUNTED, value=value, reason="Contract 17")

        return run

    def call(n: int, action: Any, **params: Any) -> Any:
        return lambda: org.perform(action, by=crowd[n % 5], **params)

    for value in COUNTS[1:]:
        email = f"{unique('crowd')}@example.test"
        calls = [
            ruled(value),
            call(0, invite_member, email=email, role_id=role),
            call(1, deactivate_members, membership_ids=(leaving.pop(),)),
            call(2, revoke_invitation, membership_id=pending.pop()),
            call(3, invite_member, email=f"x{email}", role_id=role),
        ]
        assert failures(together(*calls)) == []
        in_use(org)


class Histories(RuleBasedStateMachine):
    """Random lives of an organization, on a clock of its own, beside the simplest model of who holds a seat."""

    def __init__(self) -> None:
        super().__init__()
        self.org = make_organization()
        self.now = clock.now()
        self.operator = operator_actor()
        self.role = self.org.role("member")
        self.people: dict[UUID, tuple[str, datetime | None]] = {}
        self.counted: list[str] = ["active", "invited"]
        self.growth, self.limit = "licensed", 6
        self.org.limit_seats(self.limit)

    def holds(self, status: str, until: datetime | None) -> bool:
        return status in self.counted and (status != "invited" or (until is not None and until > self.now))

    def soon_open(self) -> bool:
        return any(until and until > self.now + timedelta(seconds=2) for _status, until in self.people.values())

    @property
    def number(self) -> int:
        return ("active" in self.counted) + sum(self.holds(*one) for one in self.people.values())

    def those(self, *statuses: str) -> list[UUID]:
        return [i for i, (status, _until) in self.people.items() if status in statuses]

    def tick(self) -> None:
        """Nothing happens at the very moment of something else."""
        self.now += timedelta(seconds=1)

    def do(self, takes: int, action: Any, **params: Any) -> Any:
        """Carries it out; where the licence forbids, it has to be refused, and None comes back."""
        self.tick()
        if takes > 0 and self.growth == "licensed" and self.number + takes > self.limit:
            with pytest.raises(AtSeatLimit):
                self.org.perform(action, now=self.now, **params)
            return None
        return self.org.perform(action, now=self.now, **params)

    @rule()
    def invite(self) -> None:
        takes = int("invited" in self.counted)
        email = f"{unique('one')}@example.test"
        if made := self.do(takes, invite_member, email=email, role_id=self.role):
            self.people[made.membership_id] = ("invited", made.expires_at)

    @rule(count=st.integers(2, 4))
    def invite_many(self, count: int) -> None:
        """As many as there are seats for; the others are refused by name."""
        self.tick()
        rows = tuple(InviteRow(f"{unique('many')}@example.test", self.role) for _ in range(count))
        free = max(0, self.limit - self.number)
        fitting = count if self.growth == "per_person" or "invited" not in self.counted else min(count, free)
        if not fitting:
            return
        made = self.org.perform(invite_members, rows=rows, now=self.now)
        assert len(made.sent) == fitting
        with scope.tenant(self.org.id), reading():
            self.people |= {m.id: ("invited", m.invited_until) for m in Membership.objects.filter(id__in=made.sent)}

    @precondition(lambda self: self.those("invited"))
    @rule(data=st.data())
    def resend(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.those("invited")))
        self.tick()
        takes = int("invited" in self.counted and not self.holds(*self.people[one]))
        if done := self.do(takes, resend_invitation, membership_id=one):
            self.people[one] = ("invited", done.expires_at)

    @precondition(lambda self: self.soon_open())
    @rule(data=st.data())
    def accept(self, data: Any) -> None:
        """An open invitation holds its seat: acceptance is refused only where none was held before."""
        self.tick()
        open_ones = [i for i in self.those("invited") if (self.people[i][1] or self.now) > self.now]
        one = data.draw(st.sampled_from(open_ones))
        takes = ("active" in self.counted) - ("invited" in self.counted)
        token = self.org.token_for(one)
        names = {"given_name": "Pat", "family_name": "Example", "password": PASSWORD}

        def run() -> None:
            with scope.platform("accept_invitation", self.org.id):
                perform(accept_invitation, actor=Actor.guest(self.org.id), token=token, now=self.now, **names)

        if takes > 0 and self.growth == "licensed" and self.number + takes > self.limit:
            with pytest.raises(AtSeatLimit):
                run()
            return
        run()
        self.people[one] = ("active", None)

    @precondition(lambda self: self.those("invited"))
    @rule(data=st.data())
    def revoke(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.those("invited")))
        self.do(0, revoke_invitation, membership_id=one)
        self.people[one] = ("removed", None)

    @precondition(lambda self: self.those("active"))
    @rule(data=st.data())
    def deactivate(self, data: Any) -> None:
        ids = data.draw(st.sets(st.sampled_from(self.those("active")), min_size=1))
        self.do(0, deactivate_members, membership_ids=tuple(ids))
        self.people |= dict.fromkeys(ids, ("deactivated", None))

    @precondition(lambda self: self.those("deactivated"))
    @rule(data=st.data())
    def reactivate(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.those("deactivated")))
        takes = ("active" in self.counted) - ("deactivated" in self.counted)
        if self.do(takes, reactivate_member, membership_id=one):
            self.people[one] = ("active", None)

    @precondition(lambda self: self.those("active", "deactivated"))
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        one = data.draw(st.sampled_from(self.those("active", "deactivated")))
        self.do(0, remove_members, membership_ids=(one,))
        self.people[one] = ("removed", None)

    @rule(hours=st.sampled_from((1, 30, 100, 169)))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(value=st.sampled_from(COUNTS))
    def count_others(self, value: list[str]) -> None:
        self._rule(COUNTED, value)
        self.counted = value

    @rule(value=st.sampled_from(("licensed", "per_person")))
    def grow(self, value: str) -> None:
        self._rule("seats.growth", value)
        self.growth = value

    @rule(limit=st.integers(0, 9))
    def license(self, limit: int) -> None:
        """Also below what is in use: an excess stays, and only adding stops."""
        self.org.limit_seats(limit)
        self.limit = limit

    def _rule(self, code: str, value: Any) -> None:
        self.tick()
        with scope.platform("console", self.org.id):
            perform(change_policy, actor=self.operator, code=code, value=value, reason="Contract 17", now=self.now)

    @invariant()
    def one_number(self) -> None:
        assert in_use(self.org, self.now) == self.number
        lines = lines_of(self.org, self.now)
        assert _settled(line.change for line in lines) == self.number
        # And at the end of every invitation that is open now.
        ends = sorted({until for status, until in self.people.values() if status == "invited" and until})
        for end in ends[-1:]:
            with scope.tenant(self.org.id), reading():
                assert sum_of_lines(end) == seats(end).in_use


def _settled(changes: Iterable[int]) -> int:
    """The last of the numbers after; there is never less than nobody."""
    numbers = list(accumulate(changes))
    assert min(numbers) >= 0
    return numbers[-1]


def test_any_history(database):
    run_state_machine_as_test(Histories, settings=settings(deadline=None, max_examples=5, stateful_step_count=20))
