"""Records that are given to somebody who could not open them: what the dialogs of giving say and ask."""

from typing import Any
from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.crm.opening import Closed
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.usecases.leaving.settling import settle_matter
from tenantry.web.people.closed import closed_context
from tenantry.web.requests import MemberRequest


def is_meant(request: MemberRequest, owner_id: UUID | None) -> bool:
    """Whether the form says that records go there anyway: to this person, and not to whom was chosen before."""
    return owner_id is not None and parse_id(request.POST.get("anyway", "")) == owner_id


def closed_shown(request: MemberRequest, found: Refusal | tuple[Closed, ...] | None) -> dict[str, Any]:
    """For `momentum/closed.html`: of a refusal, or of a plan."""
    lines = found if isinstance(found, tuple) else found.lines if isinstance(found, ReceiverCannotOpen) else ()
    receiver_id = lines[0].membership_id if lines else None
    shown = closed_context(request.actor, lines, anyway=is_meant(request, receiver_id))
    return {**shown, "receiver_id": receiver_id}


def given_access(request: MemberRequest) -> UUID | None:
    """To whom access was given on the spot, where that button was pressed.

    :raises Refusal: see `settle_matter`.
    """
    matter = request.POST.get("matter", "")
    if not matter.startswith("opening:"):
        return None
    kind, place, named, level = (*matter.split(":", 3), "", "")[:4]
    place_id, person_id, level_id = parse_id(place), parse_id(named), parse_id(level)
    if place_id is None or person_id is None or level_id is None:
        raise NotFound
    about: dict[str, Any] = {"membership_id": person_id, "person_id": person_id}
    perform(settle_matter, actor=request.actor, kind=kind, place_id=place_id, level_id=level_id, **about)
    return person_id
