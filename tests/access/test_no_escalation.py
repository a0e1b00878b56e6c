"""Nobody but keyholders ever raises what somebody may do, whatever they do in whatever order (product.md §3, §4;
security cases 6 to 9).

Measured after each act that was let through: what the acting person may do themselves has not grown; nobody could,
alone or by giving roles away, bring about more than they or the acting person could before; and keyholders are
untouched.
"""

import importlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import tenantry
from access.attempts import CANNOT_MATTER, GENERATORS, OFTEN, RARELY
from access.ground import EVERYTHING, Holdings, Power, ground, holdings, settled
from factories.organizations import Organization, Person
from tenantry.access import grants
from tenantry.access.models import Role
from tenantry.access.permissions import ASSIGN, ROLES_EDIT
from tenantry.acting import actions as acting
from tenantry.audit.chain import verify
from tenantry.blueprints.schema import SHIPPED
from tenantry.core import clock
from tenantry.core.errors import Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy
from tenantry.people.models import Membership
from tenantry.people.permissions import UNITS_MANAGE, WORKSPACES_MANAGE

ROOT = Path(tenantry.__file__).parent
for path in ROOT.rglob("*.py"):
    if "@action(" in path.read_text("utf-8"):
        importlib.import_module(".".join(("tenantry", *path.relative_to(ROOT).with_suffix("").parts)))
# Tests declare actions too.
OURS = {name: function for name, function in acting.FUNCTIONS.items() if function.__module__.startswith("tenantry.")}
ACTIONS = {name.rpartition(".")[2]: function for name, function in OURS.items()}


def test_every_action_is_tried_or_said_to_be_harmless():
    assert len(ACTIONS) == len(OURS), "two actions have one name"
    assert set(ACTIONS) == set(GENERATORS) | set(CANNOT_MATTER)
    assert not set(GENERATORS) & set(CANNOT_MATTER)


GIVING = (ASSIGN, ROLES_EDIT, UNITS_MANAGE, WORKSPACES_MANAGE)


def covered(power: Power, by: frozenset[Power]) -> bool:
    """What holds in the whole organization holds in every place of it."""
    code, bit, _place = power
    return power in by or (code, bit, "organization") in by or EVERYTHING in by


def offered(person: Person) -> list[str]:
    """Mostly what the person's permissions open, most of all what gives."""
    may = person.actor.may
    asked = {name: ACTIONS[name].declaration.permission for name in sorted(GENERATORS)}
    open_ = [name for name, code in asked.items() if (code is None or may(code)) and name not in RARELY]
    return [*open_ * 3, *[name for name in open_ if name in OFTEN] * 6, *GENERATORS]


class Escalation(RuleBasedStateMachine):
    """Everybody acts but the keyholders."""

    blueprint = "standard"
    org: Organization
    people: list[Person]
    before: Holdings

    @initialize()
    def found(self) -> None:
        self.org, self.people = settled(self.blueprint)
        self.before = holdings(self.org.id)
        with scope.tenant(self.org.id), reading():
            self.roles = {role.id: role.name for role in Role.objects.all()}

    @precondition(lambda self: self._able())
    @rule(data=st.data())
    def acts(self, data: Any) -> None:
        person = data.draw(st.sampled_from(self._able()))
        action = data.draw(st.sampled_from(offered(person)))
        params = GENERATORS[action](data.draw, ground(person))
        try:
            result = self.org.perform(ACTIONS[action], by=person, **params)
        except Refusal as refusal:
            event(f"{action}: {refusal.code}")
            return
        event(f"{action}: done")
        note(f"{action} by {person.membership_id} was done: {params} -> {result}")
        after = holdings(self.org.id)
        self._acted(person.membership_id, after)
        self._others(person.membership_id, after)
        self._keyholders(after)
        self._caches()
        self.before = after

    def _able(self) -> list[Person]:
        """Who is in; mostly those who may give something to somebody."""
        ids = [person.membership_id for person in self.people]
        with scope.tenant(self.org.id), reading():
            active = set(Membership.objects.filter(status="active").values_list("id", flat=True))
            granted = grants.of_members(ids, clock.now())
        people = [person for person in self.people if person.membership_id in active]
        able = [p for p in people if any(granted[p.membership_id].anywhere(code) for code in GIVING)]
        return [*able * 6, *people]

    def _acted(self, me: UUID, after: Holdings) -> None:
        grown = after.powers[me] - self.before.powers[me]
        assert not grown, f"could bring about more: {sorted(grown)[:5]}"
        known = self.before.people | self.before.units | self.before.workspaces | {None}
        more = after.effective[me] - self.before.effective[me]
        more = {one for one in more if all(not isinstance(part, UUID) or part in known for part in one)}
        # Whoever reaches all reaches everybody in every unit.
        more = {one for one in more if (one[0], None, 16) not in self.before.effective[me]}
        assert not more, f"may do more: {sorted(more, key=str)[:5]}"

    def _others(self, me: UUID, after: Holdings) -> None:
        mine = self.before.powers[me]
        for who, powers in after.powers.items():
            was = self.before.powers.get(who, frozenset())
            more = {one for one in powers - was if not covered(one, mine)}
            assert not more, f"gave {who} more than they could: {sorted(more)[:5]}"

    def _keyholders(self, after: Holdings) -> None:
        assert after.keyholders == self.before.keyholders, "a keyholder was acted on, or made"
        with scope.tenant(self.org.id), reading():
            maximum = policy("keyholders.maximum")
        assert maximum is None or len(after.keyholders) <= max(maximum, len(self.before.keyholders))

    def _caches(self) -> None:
        """What a process remembers is what stands: every change moved a version, so the next request sees it."""
        with scope.tenant(self.org.id), reading():
            now, version = clock.now(), grants.catalogue_version()
            standing = dict(Membership.objects.values_list("id", "access_version"))
            for who, fresh in grants.of_members(standing, now).items():
                kept = grants.of_member(self.org.id, who, standing[who], version, now)
                assert kept == fresh, f"an old answer is remembered of {who}"

    def teardown(self) -> None:
        if hasattr(self, "org"):
            with scope.tenant(self.org.id), reading():
                assert verify().sound


def running(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )


def machine(blueprint: str, examples: int, steps: int) -> type[Any]:
    case = type(f"Of{blueprint.title()}", (Escalation,), {"blueprint": blueprint})
    case.TestCase.settings = running(examples, steps)
    return case.TestCase


class TestNobodyRises:
    """One machine a blueprint."""

    @pytest.mark.brief
    @pytest.mark.parametrize("blueprint", SHIPPED)
    def test_by_any_acts_in_any_order(self, blueprint):
        machine(blueprint, 3, 40)().runTest()

    @pytest.mark.soak
    @pytest.mark.parametrize("blueprint", SHIPPED)
    def test_by_any_acts_in_any_order_for_long(self, blueprint):
        machine(blueprint, 15, 50)().runTest()
