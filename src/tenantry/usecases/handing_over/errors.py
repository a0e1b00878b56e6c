from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy
from tenantry.people.permissions import WORKSPACES_MANAGE
from tenantry.usecases.handing_over.opening import Closed, total_of


class NothingToHandOver(Refusal):
    """Nothing of what was asked for belongs to them."""

    code = "nothing_to_hand_over"
    sentence = _("There is nothing here to hand over.")


class NobodyReceives(Refusal):
    """Everybody who was to receive has left meanwhile."""

    code = "nobody_receives"
    sentence = _("Nobody who was to receive these records is active any more.")


class ReceiverCannotOpen(Refusal):
    """Records would lie with people who can't open them, which looks like order and is loss. `closed`: by receiver and
    workspace; whoever knows better says that it is meant."""

    code = "receiver_cannot_open"
    sentence = _(
        "%(number)s of these records could not be opened by whoever receives them: %(names)s. Give access, choose "
        "somebody else, or say that they go there anyway."
    )


def receiver_cannot_open(closed: Sequence[Closed]) -> ReceiverCannotOpen:
    names = ", ".join(dict.fromkeys(one.name for one in closed))
    refused = ReceiverCannotOpen(number=total_of(closed), names=names, closed=[plain(one) for one in closed])
    refused.remedies = ways_to_open(closed)
    return refused


def plain(one: Closed) -> dict[str, str | int]:
    """For programs."""
    return {
        "person_id": str(one.membership_id),
        "workspace_id": str(one.place_id or ""),
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


class HandoverUnderWay(Refusal):
    """What is still going on is canceled or waited for before it is taken back."""

    code = "handover_under_way"
    sentence = _("This is still under way. Cancel it or wait until it has ended, then take it back.")
