"""Add user: an invitation by mail, with role, teams and unit; then the workspaces, where they are in use."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.holding import profile_names
from tenantry.access.permissions import RESTRICT
from tenantry.access.places import unit_choices
from tenantry.access.selectors import assignable_roles
from tenantry.acting.actions import perform
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.records import NOWHERE, Target
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy_values
from tenantry.organizations.structure import has_rows
from tenantry.people.permissions import INVITE
from tenantry.people.selectors import get_member, manageable_teams
from tenantry.usecases.joining import invite_member
from tenantry.web.people.forms import AddForm
from tenantry.web.people.onward import offers_workspaces
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

DAYS, STRUCTURE, ADD_FIELDS = "people.invitation_days", "organization.structure", "people.add_fields"
PROFILE_RULES = (STRUCTURE, ADD_FIELDS)


@screen(INVITE, methods=("GET", "POST"))
def person_create(request: MemberRequest) -> HttpResponse:
    with reading():
        context = _context(request)
    form: AddForm = context["form"]
    if request.method == "GET":
        return page(request, "people/new.html", context)
    if not form.is_valid():
        return page(request, "people/new.html", context, status=422)
    data = form.cleaned_data
    try:
        invited = perform(
            invite_member,
            actor=request.actor,
            email=data["email"],
            role_id=data.get("role") or context["ordinary"],
            given_name=data.get("given_name", ""),
            family_name=data.get("family_name", ""),
            team_ids=form.team_ids,
            unit_id=data.get("unit"),
            profile_id=data.get("profile"),
        )
    except Refusal as refused:
        form.refuse(refused)
        context["known"] = _known(request, refused)
        return page(request, "people/new.html", context, status=status_of(refused))
    toast(request, _("%(name)s is invited.") % {"name": invited.name})
    with reading():
        onward = "person_workspaces" if offers_workspaces(request) else "person_detail"
    return go(request, reverse(onward, args=[invited.membership_id]))


def _context(request: MemberRequest) -> dict[str, Any]:
    rules = policy_values(DAYS, *PROFILE_RULES)
    units = unit_choices(request.actor, INVITE) if has_rows(request.organization, "units") else []
    # Whoever invites into units only gives what their role there lists.
    roles = assignable_roles(request.actor, Target(units=frozenset(i for i, _name in units)))
    # The weakest role is preselected: an administrator should be made on purpose.
    ready = [role for role in roles if role.is_system] or roles
    ordinary = next((role.id for role in reversed(ready) if role.key == "member"), ready[-1].id if ready else None)
    form = AddForm(
        request.POST or None,
        initial={"role": str(ordinary or ""), "email": request.GET.get("email", "")[:254]},
        roles=[(role.id, role.name) for role in roles],
        teams=list(manageable_teams(request.actor).values_list("id", "name")[:200]),
        units=units,
        profiles=profile_names() if request.actor.may(RESTRICT) and offers_profiles(rules) else [],
        free=decide(request.actor, INVITE, NOWHERE).allowed,
        asked=rules[ADD_FIELDS],
        labels=request.organization.labels,
    )
    return {"form": form, "roles": roles, "ordinary": ordinary, "days": rules[DAYS]}


def offers_profiles(rules: Mapping[str, Any]) -> bool:
    """Whether a profile is chosen when somebody is added; of the values of PROFILE_RULES."""
    return "profiles" in rules[STRUCTURE] or "profile" in rules[ADD_FIELDS]


def _known(request: MemberRequest, refused: Refusal) -> dict[str, str] | None:
    """Somebody is here already: where to go on, when the actor may see them."""
    member_id = parse_id(str(refused.params.get("membership_id", "")))
    labels = {
        "already_member": _("Open their page"),
        "already_invited": _("Open their page to send it again"),
        "member_deactivated": _("Reactivate them"),
    }
    if member_id is None or refused.code not in labels:
        return None
    try:
        with reading():
            get_member(request.actor, member_id)
    except NotFound:
        return None
    view = "person_reactivation" if refused.code == "member_deactivated" else "person_detail"
    return {"url": reverse(view, args=[member_id]), "label": labels[refused.code]}
