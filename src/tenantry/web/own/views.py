"""What belongs to the person who is signed in: name, picture, phone, password, sessions, preferences."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.selectors import roles_of
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy_values
from tenantry.people.actions import choose_appearance
from tenantry.people.departments import department_names
from tenantry.people.pictures import CONTENT_TYPE
from tenantry.people.selectors import names_of
from tenantry.security import slowing
from tenantry.security.actions import end_own_session
from tenantry.security.errors import PasswordDue, PasswordGiven, PasswordRefused, SignInRefused
from tenantry.security.passwords import Rule, rule_in_words
from tenantry.security.selectors import SESSION_RULES, open_sessions
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.signing_in import change_own_password, rule_of_user
from tenantry.web.accounts.entering import safe_next
from tenantry.web.accounts.views import ask_slowly
from tenantry.web.context import THEME_COOKIE, THEMES
from tenantry.web.facts import own_picture_url
from tenantry.web.own.forms import PasswordForm, PreferencesForm, ProfileForm
from tenantry.web.people.agents import Device, device_of
from tenantry.web.screens import go, page, public_screen, screen
from tenantry.web.switching import own_organizations
from tenantry.web.toasts import toast

COOKIE_SECONDS = 365 * 24 * 3600
MOST_SESSIONS = 100


@screen(methods=("GET", "POST"))
def profile_detail(request: Any) -> HttpResponse:
    member = request.membership
    if request.method != "POST":
        present = {name: getattr(member, name) for name in ("given_name", "family_name", "phone")}
        return _profile(request, ProfileForm(initial=present), 200)
    form = ProfileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _profile(request, form, 422)
    given = form.cleaned_data
    perform(
        change_own_profile,
        actor=request.actor,
        given_name=given["given_name"],
        family_name=given["family_name"],
        phone=given["phone"],
        picture=form.wanted_picture(),
    )
    toast(request, _("Saved."))
    return go(request, reverse("profile_detail"))


def _profile(request: Any, form: ProfileForm, status: int) -> HttpResponse:
    with reading():
        member = request.membership
        context = {
            "form": form,
            "role": roles_of([member.id]).get(member.id),
            "department": department_names([member.department_id]).get(member.department_id, ""),
            "manager": names_of([member.manager_id]).get(member.manager_id, ""),
            "picture_url": own_picture_url(member.picture),
        }
        return page(request, "own/profile.html", context, status=status)


@screen()
def own_picture(request: Any) -> HttpResponse:
    if not request.membership.picture:
        raise NotFound
    response = HttpResponse(bytes(request.membership.picture), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@screen(methods=("GET", "POST"), crosses=True)
def password_change(request: Any) -> HttpResponse:
    form = PasswordForm(request.POST if request.method == "POST" else None)
    # It opens every organization of its person, and meets what each of them asks.
    with scope.platform("sign_in"), reading():
        rule = rule_of_user(request.user.pk)
    if request.method != "POST":
        return _password(request, form, 200, rule)
    if not form.is_valid():
        return _password(request, form, 422, rule)
    # A stolen browser must not be the place to guess the password at leisure.
    who = str(request.actor.user_id)
    if not ask_slowly(form, "own_password", who, request):
        return _password(request, form, 429, rule)
    try:
        perform(
            change_own_password,
            actor=request.actor,
            old=form.cleaned_data["old"],
            new=form.cleaned_data["new"],
            keep_entry_id=request.entry.id,
            rule=rule,
        )
    except SignInRefused:
        slowing.failed("own_password", who, request.client_address, clock.now())
        form.add_error("old", _("This is not your present password."))
        return _password(request, form, 422, rule)
    except PasswordRefused as refused:
        form.add_error("new", str(refused))
        return _password(request, form, 422, rule)
    slowing.succeeded("own_password", who, request.client_address)
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)
    toast(request, _("Your password is changed. Other browsers have to sign in again."))
    return go(request, reverse("session_list"))


def _why_due(request: Any) -> Refusal | None:
    """Why nothing else is open; None while everything is."""
    if not request.password_due:
        return None
    return PasswordGiven() if request.user.must_change_password else PasswordDue()


def _password(request: Any, form: PasswordForm, status: int, rule: Rule) -> HttpResponse:
    with reading():
        context = {"form": form, "password_rules": rule_in_words(rule), "due": _why_due(request)}
        return page(request, "own/password.html", context, status=status)


@public_screen("how screens look is chosen before signing in, too", methods=("POST",))
def appearance_update(request: Any) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in (*THEMES, "system"):
        raise InvalidInput({"theme": _("System, light or dark.")})
    if request.actor is not None:
        perform(choose_appearance, actor=request.actor, theme=theme)
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
    else:
        response = go(request, safe_next(request, request.POST.get("next", "")))
    response.set_cookie(
        THEME_COOKIE, theme, max_age=COOKIE_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
    return response


@screen(methods=("GET", "POST"))
def own_preferences(request: Any) -> HttpResponse:
    """How screens look, in which language they speak, and which clock is one's own."""
    member, zone = request.membership, request.organization.time_zone
    initial = {"locale": member.locale, "time_zone": member.time_zone}
    form = PreferencesForm(request.POST if request.method == "POST" else None, zone=zone, initial=initial)
    if request.method != "POST" or not form.is_valid():
        status = 200 if request.method != "POST" else 422
        return page(request, "own/preferences.html", {"form": form}, status=status)
    perform(change_own_profile, actor=request.actor, **form.cleaned_data)
    toast(request, _("Saved."))
    return go(request, reverse("own_preferences"))


@screen(crosses=True)
def own_organization_list(request: Any) -> HttpResponse:
    """Where one belongs; nobody removes themselves (product.md §3), so there is no leaving."""
    mine = own_organizations(request.user.pk, request.organization.id)
    with reading():
        role = roles_of([request.membership.id]).get(request.membership.id)
    return page(request, "own/organizations.html", {"organizations": mine, "role": role})


@dataclass(frozen=True, slots=True)
class OwnSession:
    id: UUID
    device: Device
    address: str
    entered_at: datetime
    seen_at: datetime
    ends_at: datetime
    current: bool


@screen()
def session_list(request: Any) -> HttpResponse:
    """Password and sessions. A session ends by itself when it was idle, or open, for too long (policies)."""
    rules = policy_values(*SESSION_RULES)
    rows = open_sessions([request.membership.id], clock.now(), rules)[:MOST_SESSIONS]
    idle, longest = timedelta(hours=rules[SESSION_RULES[0]]), timedelta(days=rules[SESSION_RULES[1]])
    sessions = [
        OwnSession(
            row.id,
            device_of(row.agent),
            row.address,
            row.entered_at,
            row.seen_at,
            min(row.seen_at + idle, row.entered_at + longest),
            row.id == request.entry.id,
        )
        for row in rows
    ]
    return page(request, "own/sessions.html", {"sessions": sorted(sessions, key=lambda s: not s.current)})


@screen(methods=("POST",))
def session_end(request: Any, entry_id: UUID) -> HttpResponse:
    perform(end_own_session, actor=request.actor, entry_id=entry_id)
    if entry_id == request.entry.id:
        return go(request, "/")
    toast(request, _("That session is ended."))
    return go(request, reverse("session_list"))
