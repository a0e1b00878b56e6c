"""Behind an invitation link: every state with a way out. Opening changes nothing; a person's POST accepts."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import Refusal, TooFast
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import LinkUnknown
from tenantry.people.selectors import find_link
from tenantry.security import slowing
from tenantry.security.errors import PasswordRefused
from tenantry.usecases.accepting import accept_invitation, send_invitation_code
from tenantry.usecases.opening_links import SeenInvitation, open_invitation_link
from tenantry.web.accounts.entering import joined, private, signed_in_id
from tenantry.web.accounts.forms import AcceptForm, CodeForm
from tenantry.web.forms import HouseForm
from tenantry.web.requests import guest_actor
from tenantry.web.screens import go, page, public_screen
from tenantry.web.toasts import toast

LINK = "the link is the permission"
STATUS = {
    "ok": 200,
    "unverified": 200,
    "wrong_account": 403,
    "account_unproven": 403,
    "no_seat": 409,
    "used": 410,
    "revoked": 410,
    "replaced": 410,
    "expired": 410,
}
# Codes that were right, by link: kept on the server, asked again when the invitation is accepted.
CODES_KEY = "invitation_codes"


def _see(request: HttpRequest, token: str) -> SeenInvitation:
    """:raises LinkUnknown: see there."""
    with scope.platform("link_lookup"), reading():
        found = find_link(token)
    code = request.session.get(CODES_KEY, {}).get(str(found.link.id), "")
    with scope.platform("accept_invitation", found.organization_id), reading():
        return open_invitation_link(token, signed_in_user_id=signed_in_id(request), code=code, now=clock.now())


@public_screen(LINK, methods=("GET", "POST"), crosses=True)
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    try:
        seen = _see(request, token)
    except LinkUnknown:
        return private(page(request, "accounts/invitation.html", {"state": "unknown"}, status=404))
    form = _form(request, seen)
    if request.method != "POST":
        return _shown(request, seen, form, STATUS[seen.state])
    if seen.state == "unverified":
        return _confirm(request, token, seen, form)
    if seen.state != "ok" or seen.mode == "sign_in":
        return _shown(request, seen, form, STATUS[seen.state])
    if not form.is_valid():
        return _shown(request, seen, form, 422)
    return _accept(request, token, seen, form)


def _form(request: HttpRequest, seen: SeenInvitation) -> Any:
    """The one form of this state: names and password, a code, or nothing but a button."""
    given = request.POST if request.method == "POST" else None
    if seen.state == "unverified":
        return CodeForm(given) if seen.code_sent else None
    if seen.state == "ok" and seen.mode == "new":
        return AcceptForm(given, initial={"given_name": seen.given_name, "family_name": seen.family_name})
    return HouseForm(given if given is not None else None)


def _accept(request: HttpRequest, token: str, seen: SeenInvitation, form: HouseForm) -> HttpResponse:
    code = request.session.get(CODES_KEY, {}).get(str(seen.link_id), "")
    try:
        with scope.platform("accept_invitation", seen.organization_id):
            accepted = perform(
                accept_invitation,
                actor=guest_actor(request, seen.organization_id),
                token=token,
                signed_in_user_id=signed_in_id(request),
                code=code,
                **form.cleaned_data,
            )
    except PasswordRefused as refused:
        form.add_error("password" if "password" in form.fields else None, str(refused))
        return _shown(request, seen, form, 422)
    except Refusal as refused:
        # Somebody or something was faster: show what the link is now.
        now = _see(request, token)
        if now.state == "ok":
            form.refuse(refused)
            return _shown(request, now, form, 409)
        return _shown(request, now, _form(request, now), STATUS[now.state])
    joined(request, accepted.user_id, accepted.organization_id, accepted.entry_id)
    toast(request, _("You are in. Welcome to %(name)s.") % {"name": seen.organization_name})
    return private(go(request, "/"))


def _confirm(request: Any, token: str, seen: SeenInvitation, form: Any) -> HttpResponse:
    """Takes the code that was mailed for a copied link. Wrong codes slow the link down, wherever they come from."""
    if form is None:
        return _shown(request, seen, None, 409)
    if not form.is_valid():
        return _shown(request, seen, form, 422)
    who, now = str(seen.link_id), clock.now()
    try:
        slowing.ask("invitation_code", who, who, now)
    except TooFast as refused:
        form.refuse(refused)
        return _shown(request, seen, form, 429)
    code = form.cleaned_data["code"].replace(" ", "")
    with scope.platform("accept_invitation", seen.organization_id), reading():
        then = open_invitation_link(token, signed_in_user_id=signed_in_id(request), code=code, now=now)
    if then.state == "unverified":
        slowing.failed("invitation_code", who, who, now)
        form.add_error("code", _("This is not the code we sent."))
        return _shown(request, seen, form, 422)
    slowing.succeeded("invitation_code", who, who)
    request.session[CODES_KEY] = {**request.session.get(CODES_KEY, {}), who: code}
    return private(go(request, request.path))


@public_screen(LINK, methods=("POST",), crosses=True)
def invitation_code(request: HttpRequest, token: str) -> HttpResponse:
    """Mails a code to the invited address; then the page asks for it."""
    back = reverse("invitation_accept", args=[token])
    try:
        seen = _see(request, token)
    except LinkUnknown:
        return private(go(request, back))
    if seen.state == "unverified":
        try:
            with scope.platform("accept_invitation", seen.organization_id):
                perform(send_invitation_code, actor=guest_actor(request, seen.organization_id), token=token)
        except TooFast as refused:
            toast(request, str(refused), bad=True)
    return private(go(request, back))


def _shown(request: Any, seen: SeenInvitation, form: Any, status: int) -> HttpResponse:
    context: dict[str, Any] = {
        "state": seen.state,
        "mode": seen.mode,
        "invitation": seen,
        "form": form,
        "password_rules": seen.password_rules,
        "login_url": f"{reverse('login')}?{urlencode({'next': request.path})}",
    }
    if request.user.is_authenticated:
        context["signed_in_email"] = request.user.email
    if seen.state == "unverified":
        token = request.resolver_match.kwargs["token"]
        context["resend_url"] = reverse("invitation_code", args=[token])
    return private(page(request, "accounts/invitation.html", context, status=status))
