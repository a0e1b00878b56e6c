"""Settling what keeps people of a selection here, on the page that shows its plan."""

from collections.abc import Callable, Collection
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.usecases.leaving.matters import Matter
from tenantry.usecases.leaving.settling import settle_matter
from tenantry.web.people.heirs import heir_of
from tenantry.web.people.matters import MatterLine, matter_lines, with_pickers
from tenantry.web.picking import is_searching
from tenantry.web.requests import MemberRequest


def settle(
    request: MemberRequest, about: Callable[[str], tuple[UUID, ...]], *, leaving: Collection[UUID] = ()
) -> Refusal | None:
    """`matter` is its kind and place, and perhaps the person and their level, else the choice stands under its name.
    `about`: with whom a matter of that kind is settled. Returns why it was not; nothing is done while somebody is
    looked for.

    :raises NotFound: unknown, out of reach, or nothing that is settled like that.
    """
    if is_searching(request.POST):
        return None
    matter = request.POST.get("matter", "")
    kind, place, named, level = (*matter.split(":", 3), "", "", "")[:4]
    try:
        with reading():
            person_id = parse_id(named) or heir_of(request.actor, request.POST, f"person_{matter}", leaving=leaving)
            members = about(kind)
        if person_id is None:
            raise InvalidInput({"person": _("Choose somebody.")})
        if not members:
            raise NotFound
        for one in members:
            perform(
                settle_matter,
                actor=request.actor,
                membership_id=one,
                kind=kind,
                place_id=parse_id(place),
                level_id=parse_id(level),
                person_id=person_id,
            )
    except NotFound:
        raise
    except Refusal as refused:
        return refused
    return None


def lines_to_settle(
    request: MemberRequest, matters: tuple[Matter, ...], *, leaving: Collection[UUID] = ()
) -> list[MatterLine]:
    """Of several people, each with the choice of somebody."""
    lines = matter_lines(request.actor, matters, request.organization.labels)
    return with_pickers(request.actor, lines, request.POST, leaving)
