"""Invitations: the list with its states, and what can be done with one of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.access.directory import find_listed, may_act_on
from tenantry.access.hands import Standing, out_of_hand, standings
from tenantry.access.holding import profiles_with
from tenantry.access.permissions import RESTRICT
from tenantry.access.places import units_over
from tenantry.access.selectors import assignable_roles
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import NIL
from tenantry.core.paging import keyset_page
from tenantry.core.records import NOWHERE, Target
from tenantry.core.transactions import reading
from tenantry.organizations.structure import parts_of
from tenantry.people.permissions import INVITE
from tenantry.people.selectors import (
    get_member,
    invitations,
    invitations_in,
    managed_teams_of,
    open_invitation,
    with_mail,
)
from tenantry.people.ways import TEMPORARY
from tenantry.usecases.joining import copy_invitation_link, edit_invited, resend_invitation, revoke_invitation
from tenantry.web.people.answers import done
from tenantry.web.people.batches import recent_batches
from tenantry.web.people.forms import InvitedForm
from tenantry.web.people.views.adding import pickers_of
from tenantry.web.picking import Picker, is_searching
from tenantry.web.refusals import status_of, ways_out
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

PAGE_SIZE = 50
DAY = timedelta(days=1)
OPEN = ("pending", "expired")
STATES = (
    ("pending", gettext_lazy("Pending")),
    ("expired", gettext_lazy("Expired")),
    ("accepted", gettext_lazy("Accepted")),
    ("revoked", gettext_lazy("Revoked")),
)


@screen(INVITE)
def invitation_list(request: MemberRequest) -> HttpResponse:
    """Those that wait for somebody; with `state` any others, with `state=all` every one."""
    now = clock.now()
    state = request.GET.get("state", "")
    names = tuple(name for name, _label in STATES)
    states = names if state == "all" else (state,) if state in names else OPEN
    rows = invitations_in(invitations(request.actor), states, now)
    shown = keyset_page(
        with_mail(rows).defer("membership__picture", "invited_by__picture"),
        order="created_at",
        descending=True,
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    standing = standings(row.membership_id for row in shown.rows)
    context = {
        "page": shown,
        "rows": [_line(request, row, standing[row.membership_id], now) for row in shown.rows],
        "total": rows.count(),
        "state": state if state in (*names, "all") else "",
        "states": STATES,
        "outbox": not settings.SMTP_URL,
        **recent_batches(request.actor),
    }
    return page(request, "people/invitations.html", context)


def _line(request: MemberRequest, row: Any, standing: Standing, now: Any) -> dict[str, Any]:
    state = row.state(now)
    return {
        "invitation": row,
        "member": row.membership,
        "state": state,
        "days": -(-(row.expires_at - now) // DAY) if state == "pending" else None,
        "role": standing.base,
        "acts": state in OPEN
        and row.membership.status == "invited"
        and out_of_hand(request.actor, row.membership, standing, INVITE) is None,
    }


@screen(INVITE, methods=("POST",))
def person_invitation(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """Sends the invitation again."""
    sent = perform(resend_invitation, actor=request.actor, membership_id=membership_id)
    text = _("%(name)s gets a new link; the old one is dead.")
    if sent.way == TEMPORARY:
        text = _("%(name)s gets a new temporary password; the old one is dead.")
    return done(request, membership_id, text % {"name": sent.name})


@screen(INVITE, methods=("POST",))
def person_invitation_link(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """A link of its own, shown in this answer and stored nowhere."""
    made = perform(copy_invitation_link, actor=request.actor, membership_id=membership_id)
    with reading():
        context = {
            "member": get_member(request.actor, membership_id),
            "invitation": open_invitation(membership_id),
            "link": f"{settings.BASE_URL}/accounts/invitation/{made.token}",
            "proves": not settings.SMTP_URL,
        }
        return page(request, "people/link.html", context)


@screen(INVITE, methods=("GET", "POST"))
def person_invitation_revocation(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    with reading():
        member = get_member(request.actor, membership_id)
        invitation = open_invitation(membership_id)
    if invitation is None:
        raise NotFound
    context: dict[str, Any] = {"member": member, "invitation": invitation}
    if request.method == "GET":
        return page(request, "people/revocation.html", context)
    try:
        perform(revoke_invitation, actor=request.actor, membership_id=membership_id)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        context |= {"refused": refused, "ways": ways_out(refused, request.actor)}
        return page(request, "people/revocation.html", context, status=status_of(refused))
    return done(request, membership_id, _("The invitation of %(name)s was revoked.") % {"name": member.name})


@screen(INVITE, methods=("GET", "POST"))
def person_invitation_edit(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    with reading():
        context = _edit_context(request, membership_id)
    form: InvitedForm = context["form"]
    if request.method == "GET" or is_searching(request.POST):
        return page(request, "people/edit_invited.html", context)
    if not form.is_valid():
        return page(request, "people/edit_invited.html", context, status=422)
    data = form.cleaned_data
    try:
        perform(
            edit_invited,
            actor=request.actor,
            membership_id=membership_id,
            given_name=data["given_name"],
            family_name=data["family_name"],
            role_id=data["role"],
            team_ids=form.team_ids,
            unit_id=data.get("unit", NIL),
            profile_id=data.get("profile", NIL),
        )
    except Refusal as refused:
        if refused.kind == "missing":
            raise
        form.refuse(refused)
        return page(request, "people/edit_invited.html", context, status=status_of(refused))
    return done(request, membership_id, _("The invitation was changed."))


def _reaches(request: MemberRequest, unit_id: UUID, picker: Picker | None) -> bool:
    """Whether the unit in which somebody stands is one of those into which the actor invites."""
    if picker is not None and unit_id in dict(picker.choices):
        return True
    return units_over(request.actor, INVITE).filter(id=unit_id).exists()


def _edit_context(request: MemberRequest, membership_id: UUID) -> dict[str, Any]:
    member = find_listed(request.actor, membership_id, clock.now())
    roles = assignable_roles(request.actor, Target(units=frozenset(member.above)))
    # Teams that the actor does not manage stay as they are: the action keeps them.
    teams = managed_teams_of(request.actor, membership_id)
    bounds = may_act_on(request.actor, member, RESTRICT) and "profiles" in parts_of(request.organization)
    profiles = profiles_with(membership_id) if bounds else []
    held: dict[str, Any] = {
        "given_name": member.given_name,
        "family_name": member.family_name,
        "role": str(member.role_id_ or ""),
        "teams": [str(i) for i in teams],
        "unit": str(member.unit_id or ""),
        "profile": next((str(i) for i, _name, is_held in profiles if is_held), ""),
    }
    sent = request.POST if request.method == "POST" else None
    searching = is_searching(sent)
    free = decide(request.actor, INVITE, NOWHERE).allowed
    pickers = pickers_of(request, sent, held, free=free, departed=False)
    if member.unit_id and not _reaches(request, member.unit_id, pickers.get("unit")):
        # Who stands where the actor does not reach stays there.
        pickers.pop("unit", None)
    form = InvitedForm(
        None if searching else sent,
        initial=sent.dict() if sent is not None and searching else held,
        actor=request.actor,
        pickers=pickers,
        roles=[(r.id, r.name) for r in roles],
        profiles=[(i, name) for i, name, _held in profiles],
        labels=request.organization.labels,
    )
    return {"member": member, "form": form, "roles": roles}
