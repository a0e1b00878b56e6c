"""Signing in and out, and choosing a new password."""

from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import Refusal, TooFast
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import LinkExpired, LinkUnknown, LinkUsed
from tenantry.security import slowing
from tenantry.security.errors import PasswordRefused, SignInRefused
from tenantry.security.passwords import rule_in_words
from tenantry.usecases.signing_in import RESET_LIFE, find_reset, request_password_reset, reset_password, rule_of_user
from tenantry.web.accounts.entering import WANTED_KEY, end_stay, private, safe_next, sign_in
from tenantry.web.accounts.first_passwords import PROOF_KEY, remember_proof, temporary_password_of
from tenantry.web.accounts.forms import NewPasswordForm, ResetForm, SignInForm
from tenantry.web.refusals import status_of
from tenantry.web.requests import guest_actor
from tenantry.web.screens import go, page, public_screen


def ask_slowly(form: Any, what: str, who: str, request: Any) -> bool:
    """Whether this may be tried now; otherwise the form says when."""
    try:
        slowing.ask(what, who, request.client_address, clock.now())
    except TooFast as refused:
        form.refuse(refused)
        return False
    return True


@public_screen("signing in is how one gets in", methods=("GET", "POST"), crosses=True)
def login(request: Any) -> HttpResponse:
    after = safe_next(request, request.POST.get("next", "") or request.GET.get("next", ""))
    again = WANTED_KEY in request.session
    if request.method == "GET" and request.actor is not None and not again:
        return go(request, after)
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = _try(request, form, after) if form.is_valid() else 422
        if status == 200:
            # Whoever came with a temporary password is not in yet: an own one is chosen first.
            return go(request, reverse("first_password") if PROOF_KEY in request.session else after)
    context: dict[str, Any] = {"form": form, "next": after if after != "/" else ""}
    if again and request.method == "GET":
        context["notice"] = _("Please sign in again to go there.")
    return private(page(request, "accounts/login.html", context, status=status))


def _try(request: Any, form: SignInForm, after: str) -> int:
    """200 and signed in, or known by a temporary password; else the status of what the form says."""
    email, password = form.cleaned_data["email"], form.cleaned_data["password"]
    if not ask_slowly(form, "sign_in", email, request):
        return status_of(TooFast(seconds=1))
    user = auth.authenticate(request, username=email, password=password)
    if user is not None:
        slowing.succeeded("sign_in", email, request.client_address)
        sign_in(request, user.pk)
        if after != reverse("first_password"):
            request.session.pop(PROOF_KEY, None)
        return 200
    # A wrong password costs two hashes, whether the address has an account, a temporary password or neither.
    found = temporary_password_of(email, password)
    if found is None:
        slowing.failed("sign_in", email, request.client_address, clock.now())
        form.refuse(SignInRefused())
        return 422
    slowing.succeeded("sign_in", email, request.client_address)
    remember_proof(request, found, after)
    return 200


@public_screen("everybody may leave; it asks first", methods=("GET", "POST"), crosses=True)
def logout(request: Any) -> HttpResponse:
    after = safe_next(request, request.POST.get("next", "") or request.GET.get("next", ""), "/accounts/login")
    if not request.user.is_authenticated:
        return go(request, after)
    if request.method != "POST":
        return page(request, "accounts/logout.html", {"next": after})
    end_stay(request)
    auth.logout(request)
    return go(request, after)


@public_screen("whoever forgot a password is not in", methods=("GET", "POST"), crosses=True)
def password_reset(request: Any) -> HttpResponse:
    form = ResetForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return page(request, "accounts/reset.html", {"form": form})
    if not form.is_valid():
        return page(request, "accounts/reset.html", {"form": form}, status=422)
    email = form.cleaned_data["email"]
    if not ask_slowly(form, "reset", email, request):
        return page(request, "accounts/reset.html", {"form": form}, status=429)
    slowing.failed("reset", email, request.client_address, clock.now())
    with scope.installation("sign_in"):
        perform(request_password_reset, actor=guest_actor(request), email=email)
    hours = RESET_LIFE.total_seconds() // 3600
    return page(request, "accounts/reset_sent.html", {"email": email, "hours": int(hours)})


@public_screen("the mailed link is the permission", methods=("GET", "POST"), crosses=True)
def password_choose(request: HttpRequest, token: str) -> HttpResponse:
    try:
        with scope.platform("sign_in"), reading():
            _reset, user = find_reset(token, clock.now())
            rule = rule_of_user(user.id)
        email = user.email
    except (LinkUnknown, LinkUsed, LinkExpired) as dead:
        return private(page(request, "accounts/reset_password.html", {}, status=_gone(dead)))
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            with scope.installation("sign_in"):
                chosen = form.cleaned_data["password"]
                perform(reset_password, actor=guest_actor(request), token=token, password=chosen, rule=rule)
        except PasswordRefused as refused:
            form.add_error("password", str(refused))
        except (LinkUnknown, LinkUsed, LinkExpired) as dead:
            return private(page(request, "accounts/reset_password.html", {}, status=_gone(dead)))
        else:
            return private(page(request, "accounts/password_changed.html"))
    context = {"form": form, "email": email, "password_rules": rule_in_words(rule)}
    status = 422 if form.is_bound else 200
    return private(page(request, "accounts/reset_password.html", context, status=status))


def _gone(dead: Refusal) -> int:
    return 404 if isinstance(dead, LinkUnknown) else 410
