"""Policies in tests: every value that one may have, values that it may not, and the ways to ask and to change."""

from itertools import chain, combinations, permutations
from typing import Any

from factories.operators import make_operator
from factories.organizations import Organization, Person
from tenantry.acting.actions import perform
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.actor import ALL_GRANTS, Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import PolicyChangePlan, change_policy, plan_change_policy
from tenantry.organizations.policies import Policy
from tenantry.organizations.policies.kinds import Flag, Number, One, Ordered, Some
from tenantry.organizations.selectors import policy as stored
from tenantry.security.models import Operator

CHANGED = "organization.policy_changed"


def value_of(org: Organization, code: str) -> Any:
    with scope.tenant(org.id), reading():
        return stored(code)


def planned(org: Organization, code: str, value: Any, by: Person | None = None) -> PolicyChangePlan:
    with scope.tenant(org.id), reading():
        return plan_change_policy(actor=(by or org.owner).actor, code=code, value=value, now=clock.now())


def entries_of(org: Organization, action: str = CHANGED) -> list[Entry]:
    with scope.tenant(org.id), reading():
        return list(Entry.objects.filter(action=action).order_by("number"))


def operator_actor() -> Actor:
    made = make_operator()
    with scope.installation("command_line"), reading():
        found = Operator.objects.get(email=made.email)
    return Actor("operator", None, grants=ALL_GRANTS, operator_id=found.id, label=found.name)


def by_operator(org: Organization, **params: Any) -> Any:
    actor = operator_actor()
    with scope.platform("console", org.id):
        return perform(change_policy, actor=actor, **{"reason": "Contract 17", **params})


def allowed(policy: Policy) -> list[Any]:
    """Of ordered sets that are long, every one of up to three and the longest in two orders."""
    kind = policy.kind
    if isinstance(kind, Flag):
        return [True, False]
    if isinstance(kind, Number):
        return [*([None] if kind.none else []), *range(kind.low, kind.high + 1)]
    codes = [choice.code for choice in kind.choices]
    if isinstance(kind, One):
        return list(codes)
    if isinstance(kind, Some):
        return [
            list(some)
            for some in chain.from_iterable(combinations(codes, n) for n in range(len(codes) + 1))
            if some or kind.empty
        ]
    assert isinstance(kind, Ordered)
    short = chain.from_iterable(permutations(codes, n) for n in range(1, min(3, len(codes)) + 1))
    whole = [code for code in codes if not any(code in pair and code != min(pair) for pair in kind.apart)]
    return [
        list(some)
        for some in (*short, whole, whole[::-1])
        if kind.needed <= set(some) and not any(pair <= set(some) for pair in kind.apart)
    ]


def refused(policy: Policy) -> list[Any]:
    """Of every wrong type, just outside of every bound, unknown, twice, and empty where it may not be."""
    kind = policy.kind
    wrong: list[Any] = ["", "nonsense", {}, {"a": 1}, 1.5, [1], [None], ["nonsense"], ["a"] * 200, "x" * 5000]
    if isinstance(kind, Number):
        wrong += [kind.low - 1, kind.high + 1, str(kind.low), True, False, []]
        return [*wrong, *([] if kind.none else [None])]
    if isinstance(kind, Flag):
        return [*wrong, None, 0, 1, "true", []]
    codes = [choice.code for choice in kind.choices]
    if isinstance(kind, One):
        return [*wrong, None, True, [], [codes[0]], codes]
    wrong += [None, True, codes[0], [codes[0], codes[0]], [*codes, "nonsense"]]
    if isinstance(kind, Ordered):
        wrong += [[*kind.needed, *pair] for pair in kind.apart]
        return [*wrong, [], *([code for code in codes if code != needed] for needed in kind.needed)]
    return [*wrong, *([] if kind.empty else [[]])]
