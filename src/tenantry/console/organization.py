"""One organization for operators: its figures and all its policies, any of which they change."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from tenantry.billing.actions.agreeing import agreeable
from tenantry.billing.selectors import invoices, moment_of, open_invoices, renews, subscription, terms_of
from tenantry.billing.states import State
from tenantry.billing.wording import STATES
from tenantry.blueprints.schema import load
from tenantry.console.entitlements import entitlement_lines
from tenantry.console.screens import ConsoleRequest, SeeOther, act_in, looking_into, operator_screen, show
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, Refusal, VersionChanged
from tenantry.core.ids import parse_id
from tenantry.core.text import InvalidText
from tenantry.core.versions import version_sent
from tenantry.organizations.actions.policies import (
    REASON,
    PolicyChangePlan,
    change_policy,
    plan_change_policy,
    policies_before,
    policy_before,
)
from tenantry.organizations.policies.typed import fields_of, typed, widget
from tenantry.organizations.selectors import find_organization
from tenantry.people.errors import PeopleElsewhere
from tenantry.people.seats import seats
from tenantry.usecases.telling_policies import effect_lines, effect_sentences, policy_groups, policy_line

if TYPE_CHECKING:
    from tenantry.billing.models import Invoice

Fields = Mapping[str, Sequence[str]]
# Whose open invoices are more pays none of them.
UNPAID = 100


def _began_with(blueprint: str) -> Mapping[str, Any]:
    try:
        return load(blueprint).policies
    except KeyError:
        # It shipped with an earlier release.
        return {}


@operator_screen(acts=True)
def console_organization(request: ConsoleRequest, organization_id: UUID) -> HttpResponse:
    with looking_into(organization_id):
        found = find_organization(organization_id)
        standings = policies_before(request.operator.actor)
        changed, granted = request.GET.get("changed", ""), request.GET.get("granted", "")
        lines = entitlement_lines()
        context = {
            "viewed": found,
            **_plan(),
            "agreed": "agreed" in request.GET,
            "transferred": _transferred(request.GET.get("transferred", "")),
            "unpaid": list(open_invoices()[:UNPAID]),
            "counted": seats(clock.now()),
            "groups": policy_groups(standings, _began_with(found.blueprint)),
            "entitlements": lines,
            "granted": next((line.one for line in lines if line.one.key == granted), None),
            "changed": next((s.state.policy for s in standings if s.state.policy.code == changed), None),
        }
        return show(request, "console/organization.html", context)


def _transferred(said: str) -> "Invoice | None":
    """The invoice that was just noted as paid."""
    invoice_id = parse_id(said)
    return invoices().filter(id=invoice_id, state="paid").first() if invoice_id else None


def _plan() -> dict[str, Any]:
    """What the organization has bought, and what an operator can do about it."""
    row = subscription()
    words, tone = STATES[State(row.state)] if row else ("", "")
    return {
        "subscription": row,
        "terms": terms_of(row),
        "state": words,
        "tone": tone,
        "renews": row is not None and renews(row),
        "moment": moment_of(row, clock.now()),
        "agreeable": bool(agreeable()),
    }


@operator_screen(methods=("GET", "POST"), acts=True)
def console_policy(request: ConsoleRequest, organization_id: UUID, code: str) -> HttpResponse:
    """A GET asks for the value; a POST without a digest shows what it would do and asks why; one with it does that."""
    with looking_into(organization_id):
        find_organization(organization_id)
        state = policy_before(request.operator.actor, code).state
    if request.method != "POST":
        return _value_page(request, organization_id, code, fields_of(state.policy, state.value))
    fields = dict(request.POST.lists())
    try:
        value = typed(state.policy, fields)
    except InvalidText as refused:
        return _value_page(request, organization_id, code, fields, error=str(refused))
    if not request.POST.get("digest"):
        return _plan_page(request, organization_id, code, value)
    return _changed(request, organization_id, code, value)


def _changed(request: ConsoleRequest, organization_id: UUID, code: str, value: Any) -> HttpResponse:
    try:
        act_in(
            request,
            organization_id,
            change_policy,
            code=code,
            value=value,
            version=version_sent(request.POST.get("version")),
            digest=request.POST.get("digest", ""),
            reason=request.POST.get("reason", ""),
        )
    except (PlanChanged, VersionChanged, PeopleElsewhere) as refused:
        return _plan_page(request, organization_id, code, value, changed=refused)
    except InvalidInput as refused:
        return _plan_page(request, organization_id, code, value, error=str(refused.fields["reason"]))
    where = reverse("console_organization", args=[organization_id])
    return SeeOther(f"{where}?changed={code}#{code}")


def _value_page(
    request: ConsoleRequest, organization_id: UUID, code: str, fields: Fields, *, error: str = ""
) -> HttpResponse:
    with looking_into(organization_id):
        found, standing = find_organization(organization_id), policy_before(request.operator.actor, code)
        context = {
            "viewed": found,
            "line": policy_line(standing, _began_with(found.blueprint)),
            "widget": widget(standing.state.policy, fields),
            "error": error,
        }
        return show(request, "console/policy.html", context, status=422 if error else 200)


def _plan_page(
    request: ConsoleRequest,
    organization_id: UUID,
    code: str,
    value: Any,
    *,
    changed: Refusal | None = None,
    error: str = "",
) -> HttpResponse:
    """`changed`: why the plan that was read does not count any more; `error`: what is wrong with the reason."""
    with looking_into(organization_id):
        actor = request.operator.actor
        found, standing = find_organization(organization_id), policy_before(actor, code)
        plan: PolicyChangePlan = plan_change_policy(actor=actor, code=code, value=value, now=clock.now())
        sent = fields_of(standing.state.policy, plan.after)
        context = {
            "viewed": found,
            "line": policy_line(standing, _began_with(found.blueprint)),
            "plan": plan,
            "sent": [(name, one) for name, values in sent.items() for one in values],
            "effects": effect_lines(plan.effects),
            "sentences": effect_sentences(plan.effects),
            "changed": changed,
            "reason": request.POST.get("reason", ""),
            "longest": REASON.max_length,
            "error": error,
        }
        return show(request, "console/policy_plan.html", context, status=409 if changed else 422 if error else 200)
