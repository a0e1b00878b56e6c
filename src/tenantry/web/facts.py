"""Figures around every page of a member: seats, counts in the navigation, unread notifications."""

import zlib
from typing import Any

from django.urls import reverse

from tenantry.core import clock
from tenantry.notifications.selectors import count_unread, seats_and_unread
from tenantry.organizations.structure import parts_of
from tenantry.web.context import Account, ShellFacts


def shell_facts(request: Any) -> ShellFacts:
    """Asked only when the page around it is rendered; not for fragments that leave the shell alone."""
    actor = request.actor
    state = None
    if actor.may_any("people.view", "seats.view", "billing.view"):
        state, unread = seats_and_unread(actor, clock.now())
    else:
        unread = count_unread(actor)
    counts: dict[str, int] = {}
    if state is not None and actor.may("people.invite"):
        counts["invitations"] = state.pending + state.expired
    account = Account(
        name=request.membership.name,
        email=request.user.email,
        key=request.membership.id,
        picture_url=own_picture_url(request.membership.picture),
        organizations=int(request.session.get("organizations", 1)),
    )
    visible = actor.may_any("seats.view", "billing.view", "people.invite")
    parts = parts_of(request.organization)
    return ShellFacts(state if visible else None, counts, unread, parts, account)


def own_picture_url(picture: Any) -> str:
    """Changes with the picture, so that browsers may keep what they have."""
    return f"{reverse('own_picture')}?v={zlib.crc32(bytes(picture)):x}" if picture else ""
