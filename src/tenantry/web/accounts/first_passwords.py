"""After signing in with a temporary password: an own one is chosen, and only then somebody is in.

Between the two pages the server's session holds whose temporary password was typed, for a quarter of an hour.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import Refusal
from tenantry.core.ids import parse_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import NameNeeded, TemporaryRevoked
from tenantry.security.errors import PasswordRefused
from tenantry.usecases.temporary_passwords import (
    FoundPassword,
    SeenPassword,
    find_temporary_password,
    open_temporary_password,
    use_temporary_password,
)
from tenantry.web.accounts.entering import end_stay, joined, private, safe_next, signed_in_id
from tenantry.web.accounts.forms import FirstPasswordForm, NewPasswordForm
from tenantry.web.forms import HouseForm
from tenantry.web.requests import guest_actor
from tenantry.web.screens import go, page, public_screen
from tenantry.web.toasts import toast

PROOF_KEY = "temporary_password"
PROOF_LIFE = timedelta(minutes=15)
STATUS = {"ok": 200, "wrong_account": 403, "late": 403, "no_seat": 409}
GONE = 410


def temporary_password_of(email: str, typed: str) -> FoundPassword | None:
    """Asked when no account has this password; the same work whether anybody has one."""
    with scope.platform("sign_in"), reading():
        return find_temporary_password(email, typed)


def remember_proof(request: HttpRequest, found: FoundPassword, after: str) -> None:
    """The typed password was right. Whoever was signed in in this browser is signed out first."""
    if request.user.is_authenticated:
        end_stay(request)
    auth.logout(request)
    request.session.cycle_key()
    request.session[PROOF_KEY] = {
        "organization": str(found.organization_id),
        "id": str(found.temporary_id),
        "until": (clock.now() + PROOF_LIFE).timestamp(),
        "next": after,
    }


def _proof(request: HttpRequest) -> tuple[UUID, UUID, bool] | None:
    """Organization and temporary password that this browser has proven, and whether it has taken too long since."""
    kept = request.session.get(PROOF_KEY, {})
    organization_id, temporary_id = (parse_id(str(kept.get(name, ""))) for name in ("organization", "id"))
    if organization_id is None or temporary_id is None:
        return None
    return organization_id, temporary_id, clock.now() > datetime.fromtimestamp(kept["until"], UTC)


@public_screen("the temporary password, asked at sign-in, is the permission", methods=("GET", "POST"), crosses=True)
def first_password(request: HttpRequest) -> HttpResponse:
    proof = _proof(request)
    if proof is None:
        return go(request, reverse("login"))
    organization_id, temporary_id, late = proof
    if late:
        return _shown(request, "late")
    try:
        seen = _see(request, organization_id, temporary_id)
    except TemporaryRevoked:
        return _shown(request, "revoked")
    form = _form(request, seen)
    if request.method != "POST" or form is None:
        return _shown(request, seen.state, seen, form)
    if not form.is_valid():
        return _shown(request, seen.state, seen, form, 422)
    return _choose(request, temporary_id, seen, form)


def _see(request: HttpRequest, organization_id: UUID, temporary_id: UUID) -> SeenPassword:
    """:raises TemporaryRevoked: see there."""
    with scope.platform("accept_invitation", organization_id), reading():
        return open_temporary_password(temporary_id, signed_in_user_id=signed_in_id(request), now=clock.now())


def _form(request: HttpRequest, seen: SeenPassword) -> Any:
    """Names where they are missing, and a password; nothing but a button for an account that is signed in."""
    given = request.POST if request.method == "POST" else None
    if seen.mode == "new" and not seen.given_name:
        return FirstPasswordForm(given)
    if seen.mode in ("new", "renew"):
        return NewPasswordForm(given)
    return HouseForm(given) if seen.mode == "join" else None


def _choose(request: HttpRequest, temporary_id: UUID, seen: SeenPassword, form: HouseForm) -> HttpResponse:
    try:
        with scope.platform("accept_invitation", seen.organization_id):
            entered = perform(
                use_temporary_password,
                actor=guest_actor(request, seen.organization_id),
                temporary_id=temporary_id,
                signed_in_user_id=signed_in_id(request),
                **form.cleaned_data,
            )
    except PasswordRefused as refused:
        form.add_error("password" if "password" in form.fields else None, str(refused))
        return _shown(request, seen.state, seen, form, 422)
    except NameNeeded as refused:
        form.add_error(None, str(refused))
        return _shown(request, seen.state, seen, form, 422)
    except Refusal as refused:
        # Somebody or something was faster: show what it is now.
        now = _see(request, seen.organization_id, temporary_id)
        form = _form(request, now)
        if now.state == "ok" and form is not None:
            form.refuse(refused)
            return _shown(request, now.state, now, form, 409)
        return _shown(request, now.state, now, form)
    after = safe_next(request, str(request.session.pop(PROOF_KEY, {}).get("next", "")))
    joined(request, entered.user_id, entered.organization_id, entered.entry_id)
    if seen.mode == "renew":
        toast(request, _("Your new password holds. Other browsers have to sign in again."))
    else:
        toast(request, _("You are in. Welcome to %(name)s.") % {"name": seen.organization_name})
    return private(go(request, after))


def _shown(
    request: HttpRequest, state: str, seen: SeenPassword | None = None, form: Any = None, status: int = 0
) -> HttpResponse:
    own = reverse("first_password")
    context: dict[str, Any] = {
        "state": state,
        "mode": seen.mode if seen else "",
        "first": seen,
        "form": form,
        "password_rules": seen.password_rules if seen else (),
        "login_url": f"{reverse('login')}?{urlencode({'next': own})}" if seen and seen.mode else reverse("login"),
    }
    if request.user.is_authenticated:
        context["signed_in_email"] = request.user.email
    return private(page(request, "accounts/first_password.html", context, status=status or STATUS.get(state, GONE)))
