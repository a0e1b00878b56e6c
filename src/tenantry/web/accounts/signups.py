"""A new organization: asked for, and created once the address is proven. Known and new addresses look alike."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.blueprints.schema import Blueprint, founding, load, shipped
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.errors import SlugTaken
from tenantry.organizations.policies import CATALOGUE as POLICIES
from tenantry.people.errors import AddressElsewhere, LinkExpired, LinkUnknown, LinkUsed, SignInFirst, WrongAccount
from tenantry.security import slowing
from tenantry.security.errors import PasswordRefused
from tenantry.security.passwords import rule_in_words
from tenantry.usecases.opening_links import SeenSignUp, open_sign_up_link
from tenantry.usecases.signing_up import LINK_LIFE, found_organization, knows_password, request_sign_up
from tenantry.web.accounts.entering import joined, private, signed_in_id
from tenantry.web.accounts.forms import AskerForm, SignUpForm, SlugForm
from tenantry.web.accounts.views import ask_slowly
from tenantry.web.requests import guest_actor
from tenantry.web.screens import go, page, public_screen

DEAD = {LinkUnknown: "unknown", LinkUsed: "used", LinkExpired: "expired"}
STATUS = {
    "ok": 200,
    "elsewhere": 409,
    "sign_in": 200,
    "wrong_account": 403,
    "unknown": 404,
    "used": 410,
    "expired": 410,
}
# What tells blueprints apart at first sight.
TELLING = (
    "people.entry_modes",
    "people.deactivation_by",
    "people.removal_records",
    "seats.growth",
    "teams.per_person",
    "organization.structure",
)
# Sign-ups that this browser asked for: kept on the server.
ASKED_KEY = "sign_ups"
MOST_ASKED = 10


@public_screen("anybody may sign an organization up", methods=("GET", "POST"), crosses=True)
def signup(request: Any) -> HttpResponse:
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _form(request, form, 200)
    if not form.is_valid():
        return _form(request, form, 422)
    wanted = form.cleaned_data
    if not ask_slowly(form, "sign_up", wanted["email"], request):
        return _form(request, form, 429)
    try:
        with scope.installation("sign_up"):
            kept = perform(request_sign_up, actor=guest_actor(request), **wanted)
    except PasswordRefused as refused:
        form.add_error("password", str(refused))
        return _form(request, form, 422)
    slowing.failed("sign_up", wanted["email"], request.client_address, clock.now())
    _remember(request, kept.id)
    hours = int(LINK_LIFE.total_seconds() // 3600)
    context = {"email": wanted["email"], "organization_name": wanted["organization_name"], "hours": hours}
    return page(request, "accounts/signup_sent.html", context)


def _form(request: HttpRequest, form: SignUpForm, status: int) -> HttpResponse:
    offered = shipped()
    context = {
        "form": form,
        "blueprints": {b.key: b.sentence for b in offered},
        "differs": form["blueprint"].value() != offered[0].key,
        "titles": [b.title for b in offered],
        "differences": _differences(offered),
        "password_rules": rule_in_words(),
    }
    return page(request, "accounts/signup.html", context, status=status)


def _differences(offered: list[Blueprint]) -> list[tuple[str, list[str]]]:
    """The most telling ones: what it is, and how each of the blueprints has it."""
    roles = [", ".join(role.name for role in b.roles if role.kind == "base" and role.system) for b in offered]
    rows = [(_("Roles"), roles)]
    for code in TELLING:
        known = POLICIES[code]
        rows.append((str(known.title), [known.in_words(b.policies.get(code, known.default)) for b in offered]))
    return rows


@public_screen("the mailed link is the permission", methods=("GET", "POST"), crosses=True)
def address_verify(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what a press would create (GET changes nothing), and creates it."""
    try:
        with scope.platform("sign_up"), reading():
            seen = open_sign_up_link(token, signed_in_user_id=signed_in_id(request), now=clock.now())
    except (LinkUnknown, LinkUsed, LinkExpired) as dead:
        return _told(request, DEAD[type(dead)])
    form = (
        None
        if seen.state != "ok" or _asked_here(request, seen)
        else AskerForm(request.POST if request.method == "POST" else None)
    )
    if request.method != "POST" or seen.state != "ok":
        return _told(request, seen.state, seen, form)
    if form is not None and not _knows(request, token, seen, form):
        return _told(request, seen.state, seen, form, 422)
    return _press(request, token, seen)


def _press(request: HttpRequest, token: str, seen: SeenSignUp) -> HttpResponse:
    form = SlugForm(request.POST) if "slug" in request.POST else None
    if form is not None and not form.is_valid():
        return _other_slug(request, form, seen, 422)
    try:
        return _found(request, token, seen, form.cleaned_data["slug"] if form else None)
    except SlugTaken as taken:
        form = form or SlugForm({"slug": seen.slug})
        form.add_error("slug", str(taken))
        return _other_slug(request, form, seen, 409)
    except (LinkUnknown, LinkUsed, LinkExpired) as dead:
        return _told(request, DEAD[type(dead)])
    except AddressElsewhere:
        return _told(request, "elsewhere", seen)
    except (SignInFirst, WrongAccount) as other:
        return _told(request, "sign_in" if isinstance(other, SignInFirst) else "wrong_account", seen)


def _remember(request: HttpRequest, request_id: UUID | None) -> None:
    """This browser's person chose the password of that request."""
    request.session[ASKED_KEY] = [*request.session.get(ASKED_KEY, []), str(request_id)][-MOST_ASKED:]


def _asked_here(request: HttpRequest, seen: SeenSignUp) -> bool:
    return not seen.makes_account or str(seen.request_id) in request.session.get(ASKED_KEY, [])


def _knows(request: HttpRequest, token: str, seen: SeenSignUp, form: AskerForm) -> bool:
    """Whether the password was typed that was chosen with the request; this browser is known from then on."""
    who = str(seen.request_id)
    if not form.is_valid() or not ask_slowly(form, "sign_up_password", who, request):
        return False
    now = clock.now()
    with scope.platform("sign_up"), reading():
        known = knows_password(token, form.cleaned_data["password"], now)
    if known:
        _remember(request, seen.request_id)
        return True
    slowing.failed("sign_up_password", who, request.client_address, now)  # type: ignore[attr-defined]
    form.add_error("password", _("This is not the password that was chosen with the sign-up."))
    return False


def _found(request: HttpRequest, token: str, seen: SeenSignUp, slug: str | None) -> HttpResponse:
    organization_id = new_id()
    with scope.platform("sign_up", organization_id):
        made = perform(
            found_organization,
            actor=guest_actor(request, organization_id),
            token=token,
            founding=founding(load(seen.blueprint)),
            slug=slug,
            signed_in_user_id=signed_in_id(request),
            asker_known=_asked_here(request, seen),
        )
    joined(request, made.user_id, made.organization_id, made.entry_id)
    return private(go(request, reverse("setup")))


def _other_slug(request: HttpRequest, form: SlugForm, seen: SeenSignUp, status: int) -> HttpResponse:
    context = {"form": form, "organization_name": seen.organization_name}
    return private(page(request, "accounts/slug_taken.html", context, status=status))


def _told(
    request: Any, state: str, seen: SeenSignUp | None = None, form: AskerForm | None = None, status: int = 0
) -> HttpResponse:
    context: dict[str, Any] = {
        "state": state,
        "form": form,
        "again_url": reverse("signup"),
        "login_url": f"{reverse('login')}?{urlencode({'next': request.path})}",
    }
    if seen is not None:
        context |= {"email": seen.email, "organization_name": seen.organization_name}
    if request.user.is_authenticated:
        context["signed_in_email"] = request.user.email
    return private(page(request, "accounts/verify.html", context, status=status or STATUS[state]))
