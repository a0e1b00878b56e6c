"""The start page: the App Launcher of one organization, or where to go for somebody who is inside none."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tenantry.access.workspaces import settled_workspaces
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NoLongerIn, NotFound
from tenantry.core.ids import parse_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.selectors import active_memberships_of
from tenantry.security import browsing
from tenantry.security.errors import SignInAgain
from tenantry.security.gate import enter
from tenantry.usecases.signing_in import switch_organization
from tenantry.web.accounts.entering import WANTED_KEY, safe_next, signed_in_id
from tenantry.web.requests import carry_entry, guest_actor
from tenantry.web.screens import go, page, public_screen
from tenantry.web.switching import own_organizations
from tenantry.web.times import zone_of

# The hour from which a part of the day begins.
NOON, EVENING, MORNING = 12, 18, 5


@public_screen("it leads guests to the sign-in, and says where one is", crosses=True)
def launcher(request: Any) -> HttpResponse:
    user_id = signed_in_id(request)
    if user_id is None:
        return go(request, reverse("login"))
    if request.actor is None:
        context: dict[str, Any] = {
            "email": request.user.email,
            "ended": browsing.has_ended(request.session),
            "organizations": own_organizations(user_id, None),
        }
        return page(request, "start/outside.html", context)
    several = int(request.session.get(browsing.COUNT_KEY, 1)) > 1
    organization = request.organization
    now = clock.now().astimezone(zone_of(organization))
    unfinished = request.actor.may("organization.edit") and organization.setup_finished_at is None
    context = {
        "greeting": _greeting(now, request.membership.given_name or request.membership.name),
        "today": formats.date_format(now, pgettext("a day with its weekday, see Django's date filter", "l j F")),
        "organizations": own_organizations(user_id, organization.id) if several else [],
        "setup_url": reverse("setup") if unfinished else "",
        "workspaces": _workspaces(request),
    }
    return page(request, "start/launcher.html", context)


def _workspaces(request: Any) -> list[tuple[UUID, str]]:
    """Those that somebody looks after by their level in them."""
    with scope.tenant(request.organization.id), reading():
        return settled_workspaces(request.actor)


def _greeting(now: datetime, name: str) -> str:
    if MORNING <= now.hour < NOON:
        return _("Good morning, %(name)s") % {"name": name}
    if NOON <= now.hour < EVENING:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


@public_screen("everybody goes to organizations they belong to", methods=("GET", "POST"), crosses=True)
def switch(request: Any) -> HttpResponse:
    """Turns this browser to another organization; asks for the password again where its sign-in is not enough."""
    user_id = signed_in_id(request)
    if user_id is None:
        return go(request, reverse("login"))
    if request.method != "POST":
        return go(request, f"{reverse('launcher')}#organizations")
    organization_id = parse_id(request.POST.get("organization", ""))
    with scope.platform("switch_organization"), reading():
        mine = {entry.organization_id for entry in active_memberships_of(user_id)}
    if organization_id is None or organization_id not in mine:
        raise NotFound
    after = safe_next(request, request.POST.get("next", ""))
    if _still_there(request, user_id, organization_id):
        browsing.stay_in(request.session, organization_id)
        return go(request, after)
    standing = browsing.standing_in(request.session, organization_id)
    try:
        with scope.tenant(organization_id):
            entered = perform(
                switch_organization,
                actor=guest_actor(request, organization_id),
                user_id=user_id,
                signed_in_at=standing.signed_in_at,
                epoch=standing.epoch,
            )
    except SignInAgain:
        request.session[WANTED_KEY] = str(organization_id)
        return go(request, reverse("login"))
    carry_entry(request, entered.organization_id, entered.entry_id)
    return go(request, after)


def _still_there(request: Any, user_id: UUID, organization_id: UUID) -> bool:
    """Whether this browser carries a living session there."""
    entry_id = dict(browsing.carried_entries(request.session)).get(organization_id)
    if entry_id is None:
        return False
    try:
        enter(
            organization_id=organization_id,
            entry_id=entry_id,
            user_id=user_id,
            address=request.client_address,
            agent=request.client_agent,
            request_id=request.request_id,
            now=clock.now(),
        )
    except NoLongerIn:
        browsing.drop(request.session, organization_id)
        return False
    return True
