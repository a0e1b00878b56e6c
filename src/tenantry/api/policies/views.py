"""The rules of the organization: each with its value, its bounds and what changing it does."""

from ninja import Router

from tenantry.api.conditions import require_version, tag
from tenantry.api.errors import StateChanged, StateNotNamed
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.policies.schemas import (
    ChangePolicy,
    ChoiceOut,
    Policies,
    PolicyCode,
    PolicyOut,
    PolicyPlanOut,
    PolicyValueIn,
    SideOut,
    ValueKindOut,
    effects_out,
)
from tenantry.api.requests import ApiRequest
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, VersionChanged
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import (
    PolicyStanding,
    change_policy,
    plan_change_policy,
    policies_before,
    policy_before,
)
from tenantry.organizations.errors import OperatorOnlyPolicy, PolicyLocked, PolicyValueRefused
from tenantry.organizations.permissions import POLICIES_EDIT, POLICIES_VIEW
from tenantry.organizations.policies import Policy
from tenantry.organizations.policies.kinds import Flag, Number, Ordered, Some

router = Router(tags=["Policies"])
REFUSALS = (OperatorOnlyPolicy, PolicyLocked, PolicyValueRefused)


def _kind(known: Policy) -> ValueKindOut:
    kind = known.kind
    if isinstance(kind, Flag):
        return ValueKindOut(kind=kind.name)
    if isinstance(kind, Number):
        return ValueKindOut(kind=kind.name, minimum=kind.low, maximum=kind.high, optional=bool(kind.none))
    return ValueKindOut(
        kind=kind.name,
        optional=isinstance(kind, Some) and bool(kind.empty),
        choices=[ChoiceOut(code=c.code, title=str(c.title), sentence=str(c.sentence)) for c in kind.choices],
        needed=sorted(kind.needed) if isinstance(kind, Ordered) else [],
    )


def _policy(standing: PolicyStanding) -> PolicyOut:
    state, known = standing.state, standing.state.policy
    return PolicyOut(
        code=known.code,
        group=known.group,
        title=known.title_in_words,
        effect=str(known.effect),
        value=state.value,
        in_words=known.in_words(state.value),
        default=known.default,
        version=state.version,
        operator_only=known.operator_only,
        changeable=standing.refusal is None,
        refusal=standing.refusal.code if standing.refusal else None,
        kind=_kind(known),
    )


def _tagged(standing: PolicyStanding) -> Answer:
    return Answer(_policy(standing), tag(standing.state.version))


@operation(router, "GET", "/policies", POLICIES_VIEW, answer=Policies)
def policy_list(request: ApiRequest) -> Policies:
    """Every policy with its present value, in the order in which pages show them."""
    return Policies(items=[_policy(standing) for standing in policies_before(request.actor)])


@operation(router, "GET", "/policies/{code}", POLICIES_VIEW, answer=PolicyOut)
def policy_get(request: ApiRequest, code: PolicyCode) -> Answer:
    """One policy, with its ETag."""
    return _tagged(policy_before(request.actor, code))


@operation(
    router,
    "PATCH",
    "/policies/{code}",
    POLICIES_EDIT,
    answer=PolicyOut,
    refuses=(*REFUSALS, PlanChanged, StateNotNamed, StateChanged),
)
def policy_change(request: ApiRequest, code: PolicyCode, body: ChangePolicy) -> Answer:
    """Changes one policy, acting at once. Needs If-Match with the ETag that was read; 412 when somebody else was
    faster."""
    with reading():
        present = policy_before(request.actor, code).state.version
    require_version(request, present)
    try:
        carry_out(request, change_policy, code=code, value=body.value, version=present, digest=body.digest)
    except VersionChanged:
        raise StateChanged from None
    with reading():
        return _tagged(policy_before(request.actor, code))


@operation(router, "POST", "/policies/{code}/plan", POLICIES_EDIT, answer=PolicyPlanOut, reads=True, refuses=REFUSALS)
def policy_plan(request: ApiRequest, code: PolicyCode, body: PolicyValueIn) -> PolicyPlanOut:
    """What a value would do, in numbers and names; changes nothing."""
    plan = plan_change_policy(actor=request.actor, code=code, value=body.value, now=clock.now())
    return PolicyPlanOut(
        digest=plan.digest,
        code=plan.code,
        version=plan.version,
        changes=plan.changes,
        before=SideOut(value=plan.before, in_words=plan.before_words),
        after=SideOut(value=plan.after, in_words=plan.after_words),
        effects=effects_out(plan.effects),
    )
