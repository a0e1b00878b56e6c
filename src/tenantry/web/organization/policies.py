"""Policies: each with its effect first, changed in two steps, the value and then what it would do."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal, VersionChanged
from tenantry.core.text import InvalidText
from tenantry.core.transactions import reading
from tenantry.core.versions import version_sent
from tenantry.organizations.actions.policies import (
    PolicyChangePlan,
    change_policy,
    plan_change_policy,
    policies_before,
    policy_before,
)
from tenantry.organizations.permissions import POLICIES_EDIT, POLICIES_VIEW
from tenantry.organizations.policies.typed import fields_of, typed, widget
from tenantry.usecases.telling_policies import effect_lines, effect_sentences, policy_groups, policy_line
from tenantry.usecases.undoing import newest_entry
from tenantry.usecases.undoing_policies import POLICY_CHANGED
from tenantry.web.organization.frame import frame
from tenantry.web.organization.words import blueprint_policies
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

Fields = Mapping[str, Sequence[str]]


@screen(POLICIES_VIEW, POLICIES_EDIT)
def org_policies(request: MemberRequest) -> HttpResponse:
    groups = policy_groups(policies_before(request.actor), blueprint_policies(request.organization.blueprint))
    return page(request, "organization/policies.html", {**frame(request), "groups": groups})


@screen(POLICIES_EDIT, methods=("GET", "POST"))
def policy_edit(request: MemberRequest, code: str) -> HttpResponse:
    """A GET asks for the value; a POST without a digest shows what it would do; one with it does that."""
    with reading():
        standing = policy_before(request.actor, code)
    if standing.refusal is not None:
        raise standing.refusal
    known = standing.state.policy
    if request.method != "POST":
        return _value_page(request, code, fields_of(known, standing.state.value))
    fields = dict(request.POST.lists())
    try:
        value = typed(known, fields)
    except InvalidText as refused:
        return _value_page(request, code, fields, error=str(refused))
    if not request.POST.get("digest"):
        with reading():
            return _plan_page(request, plan_change_policy(actor=request.actor, code=code, value=value, now=clock.now()))
    return _changed(request, code, value)


def _changed(request: MemberRequest, code: str, value: Any) -> HttpResponse:
    try:
        done = perform(
            change_policy,
            actor=request.actor,
            code=code,
            value=value,
            version=version_sent(request.POST.get("version")),
            digest=request.POST.get("digest", ""),
        )
    except PlanChanged as changed:
        return _plan_page(request, changed.plan, changed=changed)
    except VersionChanged as changed:
        with reading():
            plan = plan_change_policy(actor=request.actor, code=code, value=value, now=clock.now())
            return _plan_page(request, plan, changed=changed)
    with reading():
        known = policy_before(request.actor, code).state.policy
        number = newest_entry(POLICY_CHANGED, done.id)
        text = _("%(policy)s: now “%(value)s”.") % {
            "policy": known.title_in_words,
            "value": known.in_words(done.value),
        }
    toast(request, text, undo_url=reverse("audit_undo", args=[number]) if number else "")
    # Without a fragment: a script that goes to one on the page it is on loads nothing.
    return go(request, reverse("org_policies"))


def _value_page(request: MemberRequest, code: str, fields: Fields, *, error: str = "") -> HttpResponse:
    with reading():
        standing = policy_before(request.actor, code)
        context = {
            "line": policy_line(standing, blueprint_policies(request.organization.blueprint)),
            "widget": widget(standing.state.policy, fields),
            "error": error,
        }
        return page(request, "organization/policy.html", context, status=422 if error else 200)


def _plan_page(request: MemberRequest, plan: PolicyChangePlan, *, changed: Refusal | None = None) -> HttpResponse:
    """`changed`: why the plan that was read does not count any more."""
    with reading():
        standing = policy_before(request.actor, plan.code)
        context = {
            "line": policy_line(standing, blueprint_policies(request.organization.blueprint)),
            "plan": plan,
            "sent": [(name, value) for name, values in _resent(standing.state.policy, plan) for value in values],
            "effects": effect_lines(plan.effects),
            "sentences": effect_sentences(plan.effects),
            "changed": changed,
        }
        return page(request, "organization/policy_plan.html", context, status=409 if changed else 200)


def _resent(known: Any, plan: PolicyChangePlan) -> list[tuple[str, list[str]]]:
    return list(fields_of(known, plan.after).items())
