"""The wizard of a new organization: company, first people, plan. Every step can be skipped, and left for later."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy, ngettext

from tenantry.access.selectors import assignable_roles
from tenantry.acting.actions import perform
from tenantry.billing.offers import sells_to
from tenantry.billing.selectors import subscription, terms_of
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, VersionChanged
from tenantry.core.transactions import reading
from tenantry.organizations.actions.profile import ProfileFields, mark_setup_step, set_company_up
from tenantry.organizations.bounds import SETUP_STEPS
from tenantry.organizations.permissions import EDIT
from tenantry.organizations.selectors import company_profile, entitlements, policy
from tenantry.people.permissions import INVITE
from tenantry.people.seats import seats
from tenantry.usecases.inviting_many import InviteRow, ManyInvited, invite_members
from tenantry.web.billing.words import granted_words
from tenantry.web.refusals import status_of
from tenantry.web.screens import go, page, screen
from tenantry.web.setup.forms import BLANK_ROWS, CompanyForm, PersonRow, rows_of
from tenantry.web.toasts import toast

TITLES = {
    "company": gettext_lazy("Company profile"),
    "people": gettext_lazy("First people"),
    "plan": gettext_lazy("Plan"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: done, skipped, or empty."""

    key: str
    title: str
    url: str
    state: str
    current: bool
    number: int


def _frame(request: Any, current: str) -> dict[str, Any]:
    """What every step shows around its form."""
    place = SETUP_STEPS.index(current)
    state = request.organization.setup
    steps = [
        Step(key, str(TITLES[key]), reverse(f"setup_{key}"), state.get(key, ""), key == current, i + 1)
        for i, key in enumerate(SETUP_STEPS)
    ]
    return {
        "steps": steps,
        "number": place + 1,
        "back_url": steps[place - 1].url if place else "",
        "later_url": _after_all(),
    }


def _after_all() -> str:
    try:
        return reverse("admin_home")
    except NoReverseMatch:
        return "/"


def _following(step: str) -> str:
    place = SETUP_STEPS.index(step) + 1
    return reverse(f"setup_{SETUP_STEPS[place]}") if place < len(SETUP_STEPS) else _after_all()


@screen(EDIT)
def setup(request: Any) -> HttpResponse:
    """Where the wizard was left."""
    step = next((s for s in SETUP_STEPS if s not in request.organization.setup), SETUP_STEPS[0])
    return go(request, reverse(f"setup_{step}"))


@screen(EDIT, methods=("POST",))
def setup_skip(request: Any, step: str) -> HttpResponse:
    perform(mark_setup_step, actor=request.actor, step=step, state="skipped")
    return go(request, _following(step))


@screen(EDIT, methods=("GET", "POST"))
def setup_company(request: Any) -> HttpResponse:
    if request.method != "POST":
        return _company(request, CompanyForm(initial=_present(request)), 200)
    form = CompanyForm(request.POST)
    if not form.is_valid():
        return _company(request, form, 422)
    given = dict(form.cleaned_data)
    version = given.pop("version")
    try:
        perform(set_company_up, actor=request.actor, fields=_whole(given), version=version)
    except (VersionChanged, InvalidInput) as refused:
        form.refuse(refused)
        return _company(request, form, status_of(refused))
    return go(request, _following("company"))


def _present(request: Any) -> dict[str, Any]:
    profile, organization = company_profile(), request.organization
    wanted = [f.name for f in fields(ProfileFields)]
    found = {name: getattr(profile, name) for name in wanted if hasattr(profile, name)}
    found |= {name: getattr(organization, name) for name in ("name", "time_zone", "currency")}
    return {**found, "version": profile.version}


def _whole(given: Mapping[str, Any]) -> ProfileFields:
    """What the wizard does not ask for stays as it is; the form's version notices when it moved."""
    with reading():
        return ProfileFields(mailing_address=company_profile().mailing_address, **given)


def _company(request: Any, form: CompanyForm, status: int) -> HttpResponse:
    return page(request, "setup/company.html", {**_frame(request, "company"), "form": form}, status=status)


@screen(EDIT, methods=("GET", "POST"))
def setup_people(request: Any) -> HttpResponse:
    if request.method != "POST":
        return _people(request, [], 200)
    rows = rows_of(request.POST)
    if not rows:
        perform(mark_setup_step, actor=request.actor, step="people", state="skipped")
        return go(request, _following("people"))
    with reading():
        known = {role.id for role in assignable_roles(request.actor)}
    ready = [row for row in rows if row.check(known)]
    done = _invited(request, ready, whole=len(ready) == len(rows))
    for refused in done.refused:
        ready[refused.position].error = refused.sentence
    sent = len(done.sent)
    told = ngettext("%(count)s invitation sent.", "%(count)s invitations sent.", sent) % {"count": sent}
    left = [row for row in rows if row.error]
    if not left:
        toast(request, told)
        return go(request, _following("people"))
    return _people(request, left, 200 if sent else 422, told if sent else "")


def _invited(request: Any, ready: list[PersonRow], *, whole: bool) -> ManyInvited:
    """Sends what can be sent: one bad row does not stop the rest."""
    wanted = tuple(InviteRow(row.email, row.role_id) for row in ready if row.role_id)
    if not wanted:
        return ManyInvited((), ())
    return perform(invite_members, actor=request.actor, rows=wanted, in_setup=whole)


def _people(request: Any, rows: list[PersonRow], status: int, told: str = "") -> HttpResponse:
    with reading():
        roles = assignable_roles(request.actor)
        usual = next((r for r in reversed(roles) if r.key == "member"), roles[-1] if roles else None)
        blank = [PersonRow(role=str(usual.id) if usual else "") for _i in range(max(BLANK_ROWS - len(rows), 0))]
        context = {
            **_frame(request, "people"),
            "rows": [*rows, *blank],
            "roles": roles,
            "may_invite": request.actor.may(INVITE) and bool(roles),
            "days": policy("people.invitation_days"),
            "figures": seats(clock.now()),
            "told": told,
            "wrong": sum(bool(row.error) for row in rows),
        }
        return page(request, "setup/people.html", context, status=status)


@screen(EDIT, methods=("GET", "POST"))
def setup_plan(request: Any) -> HttpResponse:
    if request.method == "POST":
        perform(mark_setup_step, actor=request.actor, step="plan", state="done")
        return go(request, _after_all())
    row = subscription()
    context = {
        **_frame(request, "plan"),
        "figures": seats(clock.now()),
        "granted": granted_words(entitlements()),
        "sells": sells_to(request.organization.blueprint, row),
        "subscription": row,
        "terms": terms_of(row),
    }
    return page(request, "setup/plan.html", context)
