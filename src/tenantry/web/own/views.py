"""What belongs to the person who is signed in: name, picture, password, appearance, sessions, notifications."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.selectors import roles_of
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.notifications.actions import mark_all_read
from tenantry.notifications.selectors import count_unread, own
from tenantry.notifications.wording import worded
from tenantry.people.actions import change_own_profile, choose_appearance
from tenantry.people.pictures import CONTENT_TYPE
from tenantry.security import slowing
from tenantry.security.actions import end_own_session
from tenantry.security.errors import PasswordDue, PasswordRefused, SignInRefused
from tenantry.security.passwords import password_rule, rule_in_words
from tenantry.security.selectors import open_sessions
from tenantry.usecases.signing_in import change_own_password
from tenantry.web.accounts.entering import safe_next
from tenantry.web.accounts.views import ask_slowly
from tenantry.web.context import THEME_COOKIE, THEMES
from tenantry.web.facts import own_picture_url
from tenantry.web.own.forms import PasswordForm, ProfileForm
from tenantry.web.people.agents import Device, device_of
from tenantry.web.screens import go, page, public_screen, screen
from tenantry.web.toasts import toast

COOKIE_SECONDS = 365 * 24 * 3600
NOTICES = 30
MOST_SESSIONS = 100


@screen(methods=("GET", "POST"))
def profile_detail(request: Any) -> HttpResponse:
    member = request.membership
    if request.method != "POST":
        names = {"given_name": member.given_name, "family_name": member.family_name}
        return _profile(request, ProfileForm(initial=names), 200)
    form = ProfileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _profile(request, form, 422)
    given = form.cleaned_data
    perform(
        change_own_profile,
        actor=request.actor,
        given_name=given["given_name"],
        family_name=given["family_name"],
        picture=form.wanted_picture(),
    )
    toast(request, _("Saved."))
    return go(request, reverse("profile_detail"))


def _profile(request: Any, form: ProfileForm, status: int) -> HttpResponse:
    with reading():
        role = roles_of([request.membership.id]).get(request.membership.id)
        context = {"form": form, "role": role, "picture_url": own_picture_url(request.membership.picture)}
        return page(request, "own/profile.html", context, status=status)


@screen()
def own_picture(request: Any) -> HttpResponse:
    if not request.membership.picture:
        raise NotFound
    response = HttpResponse(bytes(request.membership.picture), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@screen(methods=("GET", "POST"))
def password_change(request: Any) -> HttpResponse:
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _password(request, form, 200)
    if not form.is_valid():
        return _password(request, form, 422)
    # A stolen browser must not be the place to guess the password at leisure.
    who = str(request.actor.user_id)
    if not ask_slowly(form, "own_password", who, request):
        return _password(request, form, 429)
    try:
        perform(
            change_own_password,
            actor=request.actor,
            old=form.cleaned_data["old"],
            new=form.cleaned_data["new"],
            keep_entry_id=request.entry.id,
        )
    except SignInRefused:
        slowing.failed("own_password", who, request.client_address, clock.now())
        form.add_error("old", _("This is not your present password."))
        return _password(request, form, 422)
    except PasswordRefused as refused:
        form.add_error("new", str(refused))
        return _password(request, form, 422)
    slowing.succeeded("own_password", who, request.client_address)
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)
    toast(request, _("Your password is changed. Other browsers have to sign in again."))
    return go(request, reverse("profile_detail"))


def _password(request: Any, form: PasswordForm, status: int) -> HttpResponse:
    with reading():
        rules = rule_in_words(password_rule())
        context = {"form": form, "password_rules": rules, "due": PasswordDue() if request.password_due else None}
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


@dataclass(frozen=True, slots=True)
class OwnSession:
    id: UUID
    device: Device
    address: str
    entered_at: datetime
    seen_at: datetime
    current: bool


@screen()
def session_list(request: Any) -> HttpResponse:
    rows = open_sessions([request.membership.id], clock.now())[:MOST_SESSIONS]
    sessions = [
        OwnSession(
            row.id,
            device_of(row.agent),
            row.address,
            row.entered_at,
            row.seen_at,
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


@screen()
def notification_list(request: Any) -> HttpResponse:
    found = keyset_page(
        own(request.actor), order="created_at", descending=True, cursor=request.GET.get("cursor"), size=NOTICES
    )
    context = {"notices": worded(list(found.rows)), "page": found, "unread": count_unread(request.actor)}
    return page(request, "own/notifications.html", context)


@screen(methods=("POST",))
def notification_read(request: Any) -> HttpResponse:
    perform(mark_all_read, actor=request.actor)
    return go(request, reverse("notification_list"))
