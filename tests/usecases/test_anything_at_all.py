"""Whatever people do in whatever order, three things hold (product.md §3, invariants; security cases 6, 9).

Nobody raises what they may do themselves, an active keyholder remains, and licensed seats are never exceeded by adding.
Every action that touches access, of every blueprint: `access.test_no_escalation`. Here seats and pending people count.
"""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from factories.organizations import Organization, Person, make_organization, unique
from tenantry.access.actions.assigning import change_role
from tenantry.access.models import Assignment
from tenantry.access.selectors import keyholder_ids
from tenantry.audit.chain import verify
from tenantry.core import clock
from tenantry.core.actor import Grants
from tenantry.core.errors import Refusal
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import add_to_team, create_team, join_team, remove_from_team
from tenantry.people.models import Membership, TeamMember
from tenantry.people.seats import seats
from tenantry.security.actions import create_key, end_sessions
from tenantry.usecases.joining import (
    copy_invitation_link,
    edit_invited,
    invite_member,
    resend_invitation,
    revoke_invitation,
)
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members
from tenantry.usecases.person import edit_person

ROLES = ["owner", "administrator", "billing_administrator", "people_administrator", "manager", "member", "read_only"]
LICENSED = 12
who = st.integers(0, 8)
role_keys = st.sampled_from(ROLES)


class Anything(RuleBasedStateMachine):
    """Only people without all permissions act; one keyholder sits and watches."""

    org: Organization
    people: list[Person]
    roles: dict[str, UUID]
    teams: list[UUID]

    @initialize()
    def found(self) -> None:
        self.org = make_organization()
        self.roles = {key: self.org.role(key) for key in ROLES}
        kinds = ["owner", "administrator", "administrator", "people_administrator", "manager", "member"]
        self.people = [self.org.person(kind) for kind in kinds]
        self.teams = [self.org.perform(create_team, name=unique("team")).id for _ in range(2)]
        self.pending: list[UUID] = []
        self.org.limit_seats(LICENSED)

    # -- What may be tried ---------------------------------------------------------------

    @rule(actor=who, on=who, role=role_keys)
    def changes_a_role(self, actor: int, on: int, role: str) -> None:
        self._try(change_role, actor, membership_id=self._member(on), role_id=self.roles[role])

    @rule(actor=who, on=who, other=who, action=st.sampled_from([deactivate_members, remove_members]))
    def lets_go(self, actor: int, on: int, other: int, action: Any) -> None:
        self._try(action, actor, membership_ids=tuple({self._member(on), self._member(other)}))

    @rule(actor=who, on=who, action=st.sampled_from([reactivate_member, end_sessions]))
    def acts_on(self, actor: int, on: int, action: Any) -> None:
        self._try(action, actor, membership_id=self._member(on))

    @rule(actor=who, role=role_keys)
    def invites(self, actor: int, role: str) -> None:
        made = self._try(
            self._invite, actor, role_id=self.roles[role], email=f"{unique('any')}@example.test",
            team_ids=tuple(self.teams),
        )  # fmt: skip
        if made is not None:
            self.pending.append(made.membership_id)

    @rule(actor=who, role=role_keys)
    def invites_a_known_one(self, actor: int, role: str) -> None:
        self._try(self._invite, actor, role_id=self.roles[role], email=self.people[actor % 6].email)

    @rule(actor=who, number=who, action=st.sampled_from([resend_invitation, revoke_invitation, copy_invitation_link]))
    def handles_an_invitation(self, actor: int, number: int, action: Any) -> None:
        if self.pending:
            self._try(action, actor, membership_id=self.pending[number % len(self.pending)])

    @rule(actor=who, number=who, role=role_keys)
    def edits_an_invitation(self, actor: int, number: int, role: str) -> None:
        ids = [*self.pending, *(p.membership_id for p in self.people)]
        self._try(
            edit_invited, actor, membership_id=ids[number % len(ids)], given_name="A", family_name="B",
            role_id=self.roles[role], team_ids=(),
        )  # fmt: skip

    @rule(actor=who, on=who)
    def edits_a_name(self, actor: int, on: int) -> None:
        self._try(edit_person, actor, membership_id=self._member(on), given_name="X", family_name="Y")

    @rule(actor=who, on=who, team=st.integers(0, 1), action=st.sampled_from([add_to_team, join_team]))
    def adds_to_a_team(self, actor: int, on: int, team: int, action: Any) -> None:
        self._try(action, actor, team_id=self.teams[team], membership_ids=(self._member(on),))

    @rule(actor=who, on=who, team=st.integers(0, 1))
    def takes_from_a_team(self, actor: int, on: int, team: int) -> None:
        self._try(remove_from_team, actor, team_id=self.teams[team], membership_id=self._member(on))

    @rule(actor=who, role=role_keys)
    def makes_a_key(self, actor: int, role: str) -> None:
        made = self._try(create_key, actor, name="key", role_id=self.roles[role])
        assert made is None or role != "owner"

    # -- What holds ----------------------------------------------------------------------

    @invariant()
    def somebody_holds_the_keys(self) -> None:
        with scope.tenant(self.org.id), reading():
            holders = set(keyholder_ids())
        assert {self.org.owner.membership_id, self.people[0].membership_id} <= holders, "a keyholder was acted on"

    @invariant()
    def seats_stay_within_the_licence(self) -> None:
        with scope.tenant(self.org.id), reading():
            assert seats(clock.now()).in_use <= LICENSED

    @invariant()
    def everybody_who_is_in_has_one_base_role(self) -> None:
        with scope.tenant(self.org.id), reading():
            inside = set(Membership.objects.exclude(status="removed").values_list("id", flat=True))
            held = list(Assignment.objects.filter(is_base=True).values_list("membership_id", flat=True))
            teams = set(TeamMember.objects.values_list("membership_id", flat=True))
        assert set(held) == inside
        assert len(held) == len(set(held))
        assert teams <= inside

    def teardown(self) -> None:
        if hasattr(self, "org"):
            with scope.tenant(self.org.id), reading():
                assert verify().sound

    # -- How it is tried -----------------------------------------------------------------

    @staticmethod
    def _invite(org: Organization, by: Person, **params: Any) -> Any:
        return org.perform(invite_member, by=by, given_name="A", family_name="B", **params)

    def _member(self, number: int) -> UUID:
        ids = [self.org.owner.membership_id, *(p.membership_id for p in self.people), *self.pending[:2]]
        return ids[number % len(ids)]

    def _try(self, action: Any, number: int, **params: Any) -> Any:
        person = self.people[1 + number % 5]
        before, teams = self._rights(person)
        try:
            if action is self._invite:
                result = self._invite(self.org, person, **params)
            else:
                result = self.org.perform(action, by=person, **params)
        except Refusal:
            return None
        after, teams_after = self._rights(person)
        assert after <= before, f"{action} gave its own actor {after - before}"
        assert teams_after <= teams, "somebody put themselves into a team"
        return result

    def _rights(self, person: Person) -> tuple[set[tuple[str, int]], set[UUID]]:
        with scope.tenant(self.org.id), reading():
            active = Membership.objects.filter(id=person.membership_id, status="active").exists()
            teams = set(TeamMember.objects.filter(membership_id=person.membership_id).values_list("team_id", flat=True))
        if not active:
            return set(), teams
        grants: Grants = person.actor.grants
        assert not grants.everything
        rights = {
            (f"{code} at {line.scope_id}", bit)
            for code in catalogue()
            for line in grants.lines(code)
            for bit in (1, 2, 4, 8, 16)
            if line.reach & grants.left(code) & bit
        }
        return rights | {(f"assign {role}", 0) for held in grants.held for role in held.assignable or ()}, teams


def running(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )


class Longer(Anything):
    pass


Anything.TestCase.settings = running(4, 20)
TestAnything = pytest.mark.brief(Anything.TestCase)
Longer.TestCase.settings = running(60, 50)
TestLonger = pytest.mark.soak(Longer.TestCase)
