"""Add user: a way in, with role, teams, unit and department; then the workspaces, where they are in use."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tenantry.access.holding import profile_names
from tenantry.access.permissions import RESTRICT
from tenantry.access.places import units_held
from tenantry.access.selectors import assignable_roles
from tenantry.acting.actions import perform
from tenantry.billing.offers import catalogue_for
from tenantry.billing.selectors import SeatPrice, seat_price
from tenantry.billing.terms import UNLIMITED
from tenantry.core import clock
from tenantry.core.decisions import decide
from tenantry.core.errors import Refusal
from tenantry.core.ids import parse_id
from tenantry.core.records import NOWHERE, Target
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.organizations.policies.people import ENTRY_MODES as MODES
from tenantry.organizations.selectors import policy_values
from tenantry.organizations.structure import has_rows
from tenantry.people.permissions import INVITE
from tenantry.people.ways import ADMINISTRATOR, ENTRY_MODES
from tenantry.security.passwords import PASSWORD_RULES, password_rule, rule_in_words
from tenantry.usecases.joining import Invited, invite_member
from tenantry.web.people.alike import alike, initial_of, onward
from tenantry.web.people.answers import fresh_row
from tenantry.web.people.forms import AddForm
from tenantry.web.people.grouping import (
    DEPARTMENT,
    KINDS,
    TEAM,
    UNIT_OF,
    GroupPicker,
    first_of,
    group_picker,
    in_no_unit,
)
from tenantry.web.people.onward import offers_workspaces
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

DAYS, STRUCTURE, ADD_FIELDS = "people.invitation_days", "organization.structure", "people.add_fields"
GROWTH = "seats.growth"
PROFILE_RULES = (STRUCTURE, ADD_FIELDS)


@screen(INVITE, methods=("GET", "POST"))
def person_create(request: MemberRequest) -> HttpResponse:
    with reading():
        context = _context(request)
    form: AddForm = context["form"]
    if request.method == "GET" or is_searching(request.POST):
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
            department_id=data.get("department"),
            way=form.chosen_way,
            password=data.get("password", ""),
            must_change=data.get("must_change", True),
        )
    except Refusal as refused:
        form.refuse(refused)
        context["known"] = _known(request, refused)
        return page(request, "people/new.html", context, status=status_of(refused))
    toast(request, _told(invited))
    with reading():
        then = "person_workspaces" if offers_workspaces(request) else "person_detail"
    return go(request, onward(request, then, invited.membership_id))


def _told(made: Invited) -> str:
    """The same for every address: whether it has an account is not said here."""
    text = _("%(name)s is added.") if made.way == ADMINISTRATOR else _("%(name)s is invited.")
    if made.returned:
        text += " " + _("They were here before and begin afresh, without the role they had.")
    return text % {"name": made.name}


def _said(sent: QueryDict) -> dict[str, Any]:
    """What was said so far, while one looks for something."""
    return {**sent.dict(), "must_change": "must_change" in sent}


def pickers_of(
    request: MemberRequest, sent: QueryDict | None, held: Mapping[str, Any], *, free: bool, departed: bool = True
) -> dict[str, GroupPicker]:
    """Of the teams, the unit and the department of somebody who is invited, as far as there are any. `held`: what is
    chosen before anything is; `free`: they may stand in no unit; `departed`: the department is asked, too."""
    actor, labels = request.actor, request.organization.labels
    no_unit, no_department = in_no_unit(labels) if free else "", KINDS[DEPARTMENT].none(labels)

    def present(name: str) -> list[UUID]:
        said = held.get(name) or ()
        return [UUID(one) for one in ([said] if isinstance(said, str) else said)]

    kinds = {"teams": TEAM}
    if has_rows(request.organization, "units"):
        kinds["unit"] = UNIT_OF[INVITE]
    if departed:
        kinds["department"] = DEPARTMENT
    first = first_of(actor, kinds.values())
    free_of = {"unit": no_unit, "department": no_department}
    found = {
        name: group_picker(
            actor,
            sent,
            name,
            kind,
            present=present(name),
            many=name == "teams",
            free=free_of.get(name, ""),
            first=first[kind],
        )
        for name, kind in kinds.items()
    }
    return {name: picker for name, picker in found.items() if picker is not None}


def _context(request: MemberRequest) -> dict[str, Any]:
    rules = policy_values(DAYS, GROWTH, ENTRY_MODES, *PROFILE_RULES, *PASSWORD_RULES)
    known = {mode.code: mode for mode in MODES}
    modes = [known[code] for code in rules[ENTRY_MODES]]
    rule = password_rule(rules)
    # Whoever invites into units only gives what their role there lists.
    roles = assignable_roles(request.actor, Target(units=units_held(request.actor, INVITE)))
    # The weakest role is preselected: an administrator should be made on purpose.
    ready = [role for role in roles if role.is_system] or roles
    ordinary = next((role.id for role in reversed(ready) if role.key == "member"), ready[-1].id if ready else None)
    bounds = request.actor.may(RESTRICT) and offers_profiles(rules)
    sent = request.POST if request.method == "POST" else None
    held = {"role": str(ordinary or ""), "email": request.GET.get("email", "")[:254], **_held_by(request)}
    free = decide(request.actor, INVITE, NOWHERE).allowed
    searching = is_searching(sent)
    form = AddForm(
        None if searching else sent,
        initial=_said(sent) if sent is not None and searching else held,
        actor=request.actor,
        roles=[(role.id, role.name) for role in roles],
        pickers=pickers_of(request, sent, held, free=free),
        profiles=profile_names() if bounds else [],
        asked=rules[ADD_FIELDS],
        ways=[(mode.code, capfirst(str(mode.title))) for mode in modes],
        labels=request.organization.labels,
    )
    return {
        "form": form,
        "roles": roles,
        "ordinary": ordinary,
        "days": rules[DAYS],
        "ways": {mode.code: str(mode.sentence) for mode in modes},
        "charged": rules[GROWTH] == "per_person",
        "price": _price(request, charged=rules[GROWTH] == "per_person"),
        "password_rules": rule_in_words(rule) if ADMINISTRATOR in rules[ENTRY_MODES] else [],
        "password_length": rule.minimum_length,
    }


def _price(request: MemberRequest, *, charged: bool) -> SeatPrice | None:
    """Of one person more, where there is one, for those who see prices."""
    sold = catalogue_for(request.organization.blueprint).key != UNLIMITED
    return seat_price(clock.now()) if charged and sold and request.actor.may(BILLING_VIEW) else None


def _held_by(request: MemberRequest) -> dict[str, Any]:
    member = alike(request)
    return initial_of(request, member) if member else {}


def offers_profiles(rules: Mapping[str, Any]) -> bool:
    """Whether a profile is chosen when somebody is added; of the values of PROFILE_RULES."""
    return "profiles" in rules[STRUCTURE] or "profile" in rules[ADD_FIELDS]


def _known(request: MemberRequest, refused: Refusal) -> dict[str, Any] | None:
    """Somebody is here already: where to go on, when the actor may see them, and what can be done on the spot."""
    member_id = parse_id(str(refused.params.get("membership_id", "")))
    labels = {
        "already_member": _("Open their page"),
        "already_invited": _("Open their page"),
        "member_deactivated": _("Open their page"),
    }
    if member_id is None or refused.code not in labels:
        return None
    row = fresh_row(request, member_id)
    if row is None:
        return None
    return {
        "id": member_id,
        "url": reverse("person_detail", args=[member_id]),
        "label": labels[refused.code],
        "row": row,
    }
