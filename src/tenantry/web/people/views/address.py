"""Another address for somebody: asked for by whoever may edit them, or by whoever invited them; where it can't be, what
to do instead."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.directory import find_listed, may_act_on
from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.selectors import status_shown
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy
from tenantry.people.address_changes import POLICY, open_change
from tenantry.people.errors import NotActive
from tenantry.people.identity import owned_here
from tenantry.people.permissions import EDIT, INVITE, REMOVE
from tenantry.people.selectors import get_member
from tenantry.usecases.changing_address import (
    ask_address,
    cancel_address,
    change_invited_address,
)
from tenantry.web.people.answers import done
from tenantry.web.people.forms import NewAddressForm
from tenantry.web.people.rows import row_of
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen

WAITING = ("pending", "expired")


@screen(EDIT, INVITE, methods=("GET", "POST"))
def person_address(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """`added`: who was added in their place meanwhile."""
    if membership_id == request.actor.membership_id:
        return go(request, reverse("own_address"))
    with reading():
        context = _context(request, membership_id)
    form: NewAddressForm = context["form"]
    if request.method == "GET":
        return page(request, "people/address.html", context)
    if not form.is_valid():
        return page(request, "people/address.html", context, status=422)
    act = change_invited_address if context["kind"] == "invited" else ask_address
    try:
        asked = perform(act, actor=request.actor, membership_id=membership_id, **form.cleaned_data)
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "people/address.html", context, status=status_of(refused))
    words = {"name": context["member"].name, "email": asked.email}
    if context["kind"] == "invited":
        return done(
            request, membership_id, _("The invitation went to %(email)s; what was sent before is dead.") % words
        )
    return done(request, membership_id, _("A mail is on its way to %(email)s; %(name)s confirms it.") % words)


def _context(request: MemberRequest, membership_id: UUID) -> dict[str, Any]:
    now = clock.now()
    member = find_listed(request.actor, membership_id, now)
    status = status_shown(member, now)
    if status == "removed":
        raise NotFound
    kind = _kind(member, status)
    # The row knows it without asking; the action says why it can't be.
    if not may_act_on(request.actor, member, INVITE if kind == "invited" else EDIT):
        refuse_out_of_hand(request.actor, member, INVITE if kind == "invited" else EDIT)
    row = row_of(request.actor, member, now, deactivation_by="nobody")
    return {
        "form": NewAddressForm(request.POST or None),
        "member": member,
        "kind": kind,
        "change": open_change(member.user_id, now) if kind == "ask" else None,
        "may_add": request.actor.may(INVITE),
        "may_remove": "remove" in row.acts and request.actor.may(REMOVE),
        "added": _added(request),
    }


def _kind(member: Any, status: str) -> str:
    """`invited`, `forbidden`, `theirs` (the account is elsewhere, too) or `ask`.

    :raises NotActive: they can't sign in, so they can't confirm anything.
    """
    if status in WAITING:
        return "invited"
    if policy(POLICY) == "forbidden":
        return "forbidden"
    if status != "active":
        raise NotActive(name=member.name)
    return "ask" if owned_here(member) else "theirs"


def _added(request: MemberRequest) -> Any:
    member_id = parse_id(request.GET.get("added", ""))
    try:
        return get_member(request.actor, member_id) if member_id else None
    except NotFound:
        return None


@screen(EDIT, methods=("POST",))
def person_address_cancel(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    perform(cancel_address, actor=request.actor, membership_id=membership_id)
    return done(request, membership_id, _("The address stays as it is; the link is dead."))
