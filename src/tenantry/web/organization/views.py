"""The organization about itself: overview, company profile, contacts, plan and usage, security."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.billing.invoicing import buyers
from tenantry.billing.offers import sells_to
from tenantry.billing.selectors import account, subscription, terms_of
from tenantry.billing.states import State
from tenantry.billing.wording import STATES
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, VersionChanged
from tenantry.core.transactions import reading
from tenantry.notifications.contacts import GETS
from tenantry.organizations.actions.policies import policies_before
from tenantry.organizations.actions.profile import ProfileFields, change_company_profile, change_contact
from tenantry.organizations.bounds import contrast_with_white
from tenantry.organizations.permissions import BILLING_VIEW, EDIT, POLICIES_VIEW, SEATS_VIEW, VIEW
from tenantry.organizations.selectors import (
    company_profile,
    contacts,
    current_organization,
)
from tenantry.people.seats import seats
from tenantry.security.passwords import password_rule, rule_in_words
from tenantry.security.selectors import presence
from tenantry.usecases.telling_policies import policy_groups
from tenantry.web.billing.meters import meters_now
from tenantry.web.billing.words import granted_words
from tenantry.web.organization.forms import PROFILE_FIELDS, ContactForm, ProfileForm
from tenantry.web.organization.frame import frame
from tenantry.web.organization.words import SOURCES, blueprint_policies
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

BOTH = ("GET", "POST")


@screen(VIEW, EDIT, POLICIES_VIEW)
def org_overview(request: MemberRequest) -> HttpResponse:
    context = {
        **frame(request),
        "company": company_profile(),
        "invoiced": _invoiced(request),
        "contacts": _contacts(),
        "counted": seats(clock.now()) if request.actor.may_any(SEATS_VIEW, BILLING_VIEW) else None,
    }
    return page(request, "organization/overview.html", context)


def _invoiced(request: MemberRequest) -> dict[str, str] | None:
    """Whom invoices name, where that was said for them alone."""
    found = buyers(request.organization)
    return found.said if found.version else None


def _saved() -> dict[str, Any]:
    """The company profile as it is stored, by form field."""
    organization, profile = current_organization(), company_profile()
    here = ("name", "time_zone", "currency")
    return {name: getattr(organization if name in here else profile, name) for name in (*PROFILE_FIELDS, "version")} | {
        "version": profile.version
    }


@screen(VIEW, EDIT, methods=BOTH)
def org_profile(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return _save_profile(request)
    saved = _saved()
    return _profile_page(request, ProfileForm(initial=saved), saved)


def _save_profile(request: MemberRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    status = 422
    if form.is_valid():
        fields = ProfileFields(**{name: form.cleaned_data[name] for name in PROFILE_FIELDS})
        try:
            perform(change_company_profile, actor=request.actor, fields=fields, version=form.cleaned_data["version"])
        except (VersionChanged, InvalidInput) as refused:
            form.refuse(refused)
            status = status_of(refused)
        else:
            toast(request, _("The company profile is saved."))
            return go(request, reverse("org_profile"))
    with reading():
        saved = _saved()
        if status == 409:
            # What was typed stays; saving again is meant to replace what somebody else wrote, which is shown.
            typed = request.POST.copy()
            typed["version"] = str(saved["version"])
            form.data = typed
        return _profile_page(request, form, saved, status=status)


def _profile_page(
    request: MemberRequest, form: ProfileForm, saved: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    differing = [
        (form.fields[name].label, saved[name])
        for name in PROFILE_FIELDS
        if status == 409 and str(form.cleaned_data.get(name, "")) != str(saved[name])
    ]
    colour = saved["colour"]
    context = {
        **frame(request),
        "form": form,
        "saved": saved,
        "differing": differing,
        "contrast": f"{contrast_with_white(colour):.1f}" if colour else "",
    }
    return page(request, "organization/profile.html", context, status=status)


def _contacts() -> list[dict[str, Any]]:
    """What each kind of contact is for, in words."""
    told = {
        "billing": (_("Billing"), GETS["billing"], "receipt"),
        "technical": (_("Technical"), GETS["technical"], "tool"),
        "legal": (_("Legal"), GETS["legal"], "scale"),
    }
    found = contacts()
    return [
        {"kind": kind, "title": title, "sentence": sentence, "glyph": glyph, "contact": found[kind]}
        for kind, (title, sentence, glyph) in told.items()
    ]


@screen(VIEW, EDIT, methods=BOTH)
def org_contacts(request: MemberRequest) -> HttpResponse:
    kind, form = request.POST.get("kind", ""), None
    if request.method == "POST":
        form = ContactForm(request.POST, auto_id=f"id_{kind}_%s")
        if form.is_valid():
            perform(change_contact, actor=request.actor, kind=kind, **form.cleaned_data)
            toast(request, _("The contact is saved."))
            return go(request, reverse("org_contacts"))
    with reading():
        rows = _contacts()
        for row in rows:
            contact, mine = row["contact"], form is not None and row["kind"] == kind
            initial = {"name": contact.name, "email": contact.email, "phone": contact.phone}
            row["form"] = form if mine else ContactForm(initial=initial, auto_id=f"id_{row['kind']}_%s")
        context = {**frame(request), "contacts": rows}
        return page(request, "organization/contacts.html", context, status=422 if form is not None else 200)


@screen(VIEW, BILLING_VIEW, SEATS_VIEW)
def org_plan(request: MemberRequest) -> HttpResponse:
    now, row = clock.now(), subscription()
    terms = terms_of(row)
    found = account(terms.currency)
    words, tone = STATES[State(row.state)] if row else STATES[State.ACTIVE]
    context = {
        **frame(request),
        "counted": seats(now),
        "entitlements": [(one, SOURCES.get(found.sources.get(one.key, ""), "")) for one in granted_words(found.limits)],
        "subscription": row,
        "terms": terms,
        "sells": sells_to(request.organization.blueprint, row),
        "state": words,
        "tone": tone,
        "meters": meters_now(now, found.limits),
    }
    return page(request, "organization/plan.html", context)


@screen(VIEW, POLICIES_VIEW)
def org_security(request: MemberRequest) -> HttpResponse:
    """The rules in words for everybody who sees the organization; each with its value for whoever sees policies."""
    standings = policies_before(request.actor)
    rules = {standing.state.policy.code: standing.state.value for standing in standings}
    told = blueprint_policies(request.organization.blueprint)
    seen = request.actor.may(POLICIES_VIEW)
    context = {
        **frame(request),
        "password_rules": rule_in_words(password_rule(rules)),
        "presence": presence(clock.now(), rules),
        "idle_hours": rules["session.idle_hours"],
        "absolute_days": rules["session.absolute_days"],
        "groups": policy_groups(standings, told, ("password", "session")) if seen else [],
        "set_by_others": "administrator_password" in rules["people.entry_modes"],
    }
    return page(request, "organization/security.html", context)
