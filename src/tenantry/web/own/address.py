"""One's own address: asked for here, good once the mail to the new one was opened and confirmed."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, Refusal, TooFast
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import (
    AddressChangeForbidden,
    AddressElsewhere,
    AddressHasAccount,
    AddressWaiting,
    ChangeCanceled,
    LinkExpired,
    LinkReplaced,
    LinkUnknown,
    LinkUsed,
    SignInFirst,
    WrongAccount,
)
from tenantry.security import slowing
from tenantry.security.errors import SignInRefused
from tenantry.usecases.changing_address import (
    SeenChange,
    ask_own_address,
    cancel_own_address,
    confirm_address,
    forbidding_organizations,
    open_address_link,
    open_own_change,
    resend_own_address,
)
from tenantry.web.accounts.entering import private, signed_in_id
from tenantry.web.accounts.views import ask_slowly
from tenantry.web.own.forms import AddressForm
from tenantry.web.refusals import status_of
from tenantry.web.requests import guest_actor
from tenantry.web.screens import go, page, public_screen, screen
from tenantry.web.toasts import toast

LINK = "the mailed link is the permission, and its account must be signed in"
REFUSED = (
    LinkUsed,
    LinkReplaced,
    ChangeCanceled,
    LinkExpired,
    SignInFirst,
    WrongAccount,
    AddressChangeForbidden,
    AddressHasAccount,
    AddressWaiting,
    AddressElsewhere,
)
STATUS = {"ok": 200, "sign_in": 200, "wrong_account": 403, "unknown": 404, "forbidden": 403}
GONE = ("used", "replaced", "canceled", "expired")


def _forbidding(request: Any) -> list[str]:
    with scope.installation("change_address"), reading():
        return forbidding_organizations(request.user.pk)


@screen(methods=("GET", "POST"), crosses=True)
def own_address(request: Any) -> HttpResponse:
    """Asks for another address with the password again. The answer is the same for addresses that have an account."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    forbidding = _forbidding(request)
    if request.method != "POST" or forbidding:
        return _address(request, form if not forbidding else None, forbidding, 403 if request.method == "POST" else 200)
    if not form.is_valid():
        return _address(request, form, forbidding, 422)
    # A stolen browser must not be the place to guess the password at leisure.
    who = str(request.actor.user_id)
    if not ask_slowly(form, "own_password", who, request):
        return _address(request, form, forbidding, 429)
    try:
        asked = perform(ask_own_address, actor=request.actor, **form.cleaned_data)
    except SignInRefused:
        slowing.failed("own_password", who, request.client_address, clock.now())
        form.add_error("password", _("This is not your present password."))
        return _address(request, form, forbidding, 422)
    except (InvalidInput, TooFast) as refused:
        form.refuse(refused)
        return _address(request, form, forbidding, status_of(refused))
    slowing.succeeded("own_password", who, request.client_address)
    toast(request, _("A mail is on its way to %(email)s.") % {"email": asked.email})
    return go(request, reverse("own_address"))


def _address(request: Any, form: AddressForm | None, forbidding: list[str], status: int) -> HttpResponse:
    with reading():
        context = {
            "form": form,
            "forbidding": ", ".join(forbidding),
            "change": open_own_change(request.actor, clock.now()),
        }
        return page(request, "own/address.html", context, status=status)


@screen(methods=("POST",))
def own_address_send(request: Any) -> HttpResponse:
    """A new link; the old one is dead."""
    try:
        asked = perform(resend_own_address, actor=request.actor)
        toast(request, _("A new mail is on its way to %(email)s; the old link is dead.") % {"email": asked.email})
    except Refusal as refused:
        toast(request, str(refused), bad=True)
    return go(request, reverse("own_address"))


@screen(methods=("POST",))
def own_address_cancel(request: Any) -> HttpResponse:
    try:
        perform(cancel_own_address, actor=request.actor)
        toast(request, _("Your address stays as it is; the link is dead."))
    except Refusal as refused:
        toast(request, str(refused), bad=True)
    return go(request, reverse("own_address"))


@public_screen(LINK, methods=("GET", "POST"), crosses=True)
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what a press would change (GET changes nothing, mail scanners open links too), and changes it."""
    try:
        with scope.installation("change_address"), reading():
            seen = open_address_link(token, signed_in_user_id=signed_in_id(request), now=clock.now())
        if request.method != "POST" or seen.state != "ok":
            return _told(request, seen)
        with scope.installation("change_address"):
            perform(confirm_address, actor=guest_actor(request), token=token, signed_in_user_id=signed_in_id(request))
    except LinkUnknown:
        return _told(request, SeenChange("unknown", ""))
    except REFUSED:
        # Somebody was faster: the page says what is there now.
        return go(request, request.path)
    if request.user.is_authenticated:
        request.user.refresh_from_db()
    return _told(request, SeenChange("done", seen.email))


def _told(request: HttpRequest, seen: SeenChange) -> HttpResponse:
    context: dict[str, Any] = {
        "seen": seen,
        "login_url": f"{reverse('login')}?{urlencode({'next': request.path})}",
        "again_url": reverse("own_address"),
    }
    if request.user.is_authenticated:
        context["signed_in_email"] = request.user.email
    posted = 409 if request.method == "POST" and seen.state != "done" else 200
    status = 410 if seen.state in GONE else STATUS.get(seen.state, posted)
    return private(page(request, "accounts/address.html", context, status=status))
