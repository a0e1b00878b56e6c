from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy
from tenantry.crm.opening import Closed, total_of
from tenantry.people.permissions import WORKSPACES_MANAGE


class ReceiverCannotOpen(Refusal):
    """Records would lie with people who can't open them, which looks like order and is loss. `lines`: which, by
    receiver and workspace (`closed`: for programs); whoever knows better says that it is meant."""

    lines: tuple[Closed, ...] = ()
    code = "receiver_cannot_open"
    sentence = _(
        "%(number)s of these records could not be opened by whoever receives them: %(names)s. Give access, choose "
        "somebody else, or say that they go there anyway."
    )


def receiver_cannot_open(closed: Sequence[Closed]) -> ReceiverCannotOpen:
    names = ", ".join(dict.fromkeys(one.name for one in closed))
    refused = ReceiverCannotOpen(number=total_of(closed), names=names, closed=[plain(one) for one in closed])
    refused.remedies, refused.lines = ways_to_open(closed), tuple(closed)
    return refused


def plain(one: Closed) -> dict[str, str | int]:
    """For programs. Whoever may not see the workspace is not told its id either."""
    return {
        "person_id": str(one.membership_id),
        "workspace_id": str(one.place_id) if one.place else "",
        "workspace": one.place,
        "number": one.number,
    }


def ways_to_open(closed: Iterable[Closed]) -> tuple[Remedy, ...]:
    """To the people of each workspace."""
    places = {one.place_id: one.place for one in closed if one.place_id and one.place}
    return tuple(
        Remedy(
            _("Give access to %(workspace)s") % {"workspace": name},
            "workspace_people",
            (str(place),),
            permissions=(WORKSPACES_MANAGE,),
            code="give_access",
        )
        for place, name in places.items()
    )


def refuse_closed(closed: Sequence[Closed], *, anyway: bool) -> None:
    """:raises ReceiverCannotOpen: there are some, and it was not said that they go there anyway."""
    if closed and not anyway:
        raise receiver_cannot_open(closed)
