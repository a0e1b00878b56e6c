"""Figures around every page of a member: seats, counts in the navigation, unread notifications."""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse

from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.permissions import Reach
from tenantry.notifications.selectors import count_unread, seats_and_unread
from tenantry.organizations.structure import parts_of
from tenantry.people.seats import Seats
from tenantry.people.selectors import counts_by_status
from tenantry.web.context import Account, ShellFacts


def shell_facts(request: Any) -> ShellFacts:
    """Asked only when the page around it is rendered; not for fragments that leave the shell alone."""
    actor, now = request.actor, clock.now()
    state = None
    if actor.may_any("people.view", "seats.view", "billing.view"):
        state, unread = seats_and_unread(actor, now)
    else:
        unread = count_unread(actor)
    counts: dict[str, int] = {}
    people = _people(actor, state, now)
    if people and actor.may("people.invite"):
        counts["invitations"] = people["pending"] + people["expired"]
    account = Account(
        name=request.membership.name,
        email=request.user.email,
        key=request.membership.id,
        picture_url=own_picture_url(request.membership.picture),
        organizations=int(request.session.get("organizations", 1)),
    )
    visible = actor.may_any("seats.view", "billing.view", "people.invite")
    parts = parts_of(request.organization)
    return ShellFacts(state if visible else None, counts, unread, parts, account, people)


def _people(actor: Actor, state: Seats | None, now: datetime) -> Mapping[str, int]:
    """By status, of those the actor may see: the meter's figures where that is everybody, or where nobody is seen."""
    if state is None:
        return {}
    if actor.may("people.view") and actor.reach("people.view") != Reach.ALL:
        return counts_by_status(actor, now)
    return {"active": state.active, "pending": state.pending, "expired": state.expired}


def own_picture_url(picture: Any) -> str:
    """Changes with the picture, so that browsers may keep what they have."""
    return f"{reverse('own_picture')}?v={zlib.crc32(bytes(picture)):x}" if picture else ""
