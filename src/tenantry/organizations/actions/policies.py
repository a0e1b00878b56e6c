"""Changing one rule of the organization: what that would do, and doing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, Refusal, VersionChanged
from tenantry.core.text import InvalidText, TextBound
from tenantry.organizations.errors import OperatorOnlyPolicy, PolicyLocked
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow, PolicyValue
from tenantry.organizations.permissions import POLICIES_EDIT
from tenantry.organizations.policies import CATALOGUE, Policy
from tenantry.organizations.policies.effects import EffectPlan, Question, foretold, objection
from tenantry.organizations.selectors import PolicyState, policies, policy

LOCKED = "password.locked"
REASON = TextBound(300)
# Whoever counts by one of these holds the lock while counting: so does whoever changes it.
COUNTED_UNDER: Mapping[str, LockRow.Name] = {
    "seats.counted_statuses": LockRow.Name.SEATS,
    "seats.growth": LockRow.Name.SEATS,
    "seats.free_roles": LockRow.Name.SEATS,
    "keyholders.maximum": LockRow.Name.KEYHOLDERS,
}


@dataclass(frozen=True, slots=True)
class PolicyChangePlan(EffectPlan):
    """`before` and `after` are values, the `_words` what people read. `version`: of the present value."""

    code: str
    version: int
    before: Any
    after: Any
    before_words: str
    after_words: str

    @property
    def changes(self) -> bool:
        return bool(self.before != self.after)


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """`id`: of the stored value, the target of its audit entries; None where nothing changed and nothing is stored."""

    code: str
    value: Any
    version: int
    id: UUID | None


def refusal_of(actor: Actor, known: Policy, *, locked: bool) -> Refusal | None:
    """Why this actor may not change this policy. `locked`: the present value of `password.locked`."""
    if actor.kind == "operator":
        return None
    if not actor.may(POLICIES_EDIT):
        return PermissionMissing(POLICIES_EDIT)
    if known.operator_only:
        return OperatorOnlyPolicy(policy=known.title_in_words)
    if known.group == "password" and locked:
        return PolicyLocked(policy=known.title_in_words)
    return None


def known_policy(code: str) -> Policy:
    """:raises NotFound: no policy is called so."""
    known = CATALOGUE.get(code)
    if known is None:
        raise NotFound
    return known


@dataclass(frozen=True, slots=True)
class PolicyStanding:
    """A policy with its value, and why the actor can't change it; None where they can."""

    state: PolicyState
    refusal: Refusal | None


def policies_before(actor: Actor, states: list[PolicyState] | None = None) -> list[PolicyStanding]:
    """Every policy as this actor stands to it, in the order of the groups; one query, none with `states`."""
    states = policies() if states is None else states
    locked = next(bool(state.value) for state in states if state.policy.code == LOCKED)
    return [PolicyStanding(state, refusal_of(actor, state.policy, locked=locked)) for state in states]


def policy_before(actor: Actor, code: str) -> PolicyStanding:
    """:raises NotFound: no policy is called so."""
    known_policy(code)
    return next(one for one in policies_before(actor) if one.state.policy.code == code)


def plan_change_policy(*, actor: Actor, code: str, value: Any, now: datetime) -> PolicyChangePlan:
    """What the new value would do to whom.

    :raises NotFound, PermissionMissing, OperatorOnlyPolicy, PolicyLocked, PolicyValueRefused: see there.
    """
    known = known_policy(code)
    refusal = refusal_of(actor, known, locked=policy(LOCKED))
    if refusal is not None:
        raise refusal
    after = known.validate(value)
    row = PolicyValue.objects.filter(code=code).first()
    before = row.value if row else known.default
    return PolicyChangePlan(
        code=code,
        version=row.version if row else 0,
        before=before,
        after=after,
        before_words=known.in_words(before),
        after_words=known.in_words(after),
        effects=foretold(Question(code, before, after, now)),
    )


@action(POLICIES_EDIT)
def change_policy(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    value: Any,
    version: int | None = None,
    digest: str | None = None,
    reason: str = "",
) -> Outcome[PolicyChanged]:
    """Writes one value, acting from the next request on. `version`: what the caller saw; None asks for no check.
    `reason`: asked of operators, who change somebody else's rules.

    :raises VersionChanged: somebody else wrote meanwhile. :raises PlanChanged: `digest` is of an older plan.
    :raises InvalidInput: an operator gave no reason. :raises PeopleElsewhere: the value can't hold now.
    :raises NotFound, OperatorOnlyPolicy, PolicyLocked, PolicyValueRefused: see there.
    """
    known_policy(code)
    if actor.kind == "operator":
        reason = _reason(reason)
    if code in COUNTED_UNDER:
        lock(COUNTED_UNDER[code])
    row = PolicyValue.objects.select_for_update(no_key=True).filter(code=code).first()
    if version is not None and version != (row.version if row else 0):
        raise VersionChanged
    plan = confirm(plan_change_policy(actor=actor, code=code, value=value, now=now), digest)
    refusal = objection(Question(code, plan.before, plan.after, now))
    if refusal is not None:
        raise refusal
    if not plan.changes:
        return Outcome(PolicyChanged(code, plan.after, plan.version, row.id if row else None), None)
    row = _written(row, plan)
    values = {"code": code, "before": plan.before, "after": plan.after, **({"reason": reason} if reason else {})}
    return Outcome(
        PolicyChanged(code, row.value, row.version, row.id),
        Entry("organization.policy_changed", "policy", row.id, values),
        events=(Event("PolicyChanged", {"code": code}),),
    )


def _written(row: PolicyValue | None, plan: PolicyChangePlan) -> PolicyValue:
    if row is None:
        # Of two that come first at once, the constraint lets one through; the other tries again and finds the row.
        row = PolicyValue(code=plan.code, value=plan.after, version=1)
        PolicyValue.objects.bulk_create([row])
        return row
    row.value, row.version = plan.after, row.version + 1
    row.save(update_fields=["value", "version"])
    return row


def _reason(text: str) -> str:
    try:
        return REASON.clean(text)
    except InvalidText:
        raise InvalidInput({"reason": _("Say why; the organization reads it in its audit.")}) from None
