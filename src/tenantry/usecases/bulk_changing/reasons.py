"""Why somebody of a selection was left out, in words without their name, and the way out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Words:
    """`remedy`: what can be done about it; empty where nothing is to be done."""

    sentence: str
    remedy: str = ""


_REASONS: Mapping[str, tuple[Any, Any]] = {
    "not_found": (gettext_lazy("Is out of your reach now, or gone."), ""),
    "not_on_oneself": (
        gettext_lazy("Nobody does this to themselves."),
        gettext_lazy("Ask somebody else who may."),
    ),
    "already_removed": (gettext_lazy("Was removed already."), gettext_lazy("Add them again to bring them back.")),
    "not_active": (gettext_lazy("Is not active."), gettext_lazy("Only active people can be deactivated.")),
    "not_invited": (
        gettext_lazy("Is not waiting for an invitation."),
        gettext_lazy("Whoever has joined can be sent a password reset."),
    ),
    "permission_missing": (
        gettext_lazy("Your permission does not reach them."),
        gettext_lazy("Ask somebody whose role reaches them."),
    ),
    "member_out_of_hand": (
        gettext_lazy("Holds a role that yours may not act on."),
        gettext_lazy("Ask somebody whose role may give that one."),
    ),
    "last_keyholder": (
        gettext_lazy("Is the only active one left with all permissions."),
        gettext_lazy("Give somebody else that role first."),
    ),
    "settle_first": (
        gettext_lazy("Would leave something without anybody who looks after it."),
        gettext_lazy("Name somebody who looks after it first."),
    ),
    "successor_required": (
        gettext_lazy("Owns records, and nobody is named who goes on with them."),
        gettext_lazy("Choose to whom the records go."),
    ),
    "successor_cannot_open": (
        gettext_lazy("Owns records that whoever goes on with them could not open."),
        gettext_lazy("Give access to their workspaces or modules, choose somebody else, or remove these one by one."),
    ),
    "receiver_cannot_open": (
        gettext_lazy("Whoever was to receive it could not open it any more."),
        gettext_lazy("Give access, choose somebody else, or hand over the rest anyway."),
    ),
    "too_many_keyholders": (
        gettext_lazy("No more people may have all permissions here."),
        gettext_lazy("Take that role from somebody, or change the policy."),
    ),
    "role_not_assignable": (
        gettext_lazy("You may not give this role there."),
        gettext_lazy("Ask somebody whose role lists it."),
    ),
    "same_role": (gettext_lazy("Has this role already."), ""),
    "same_profile": (gettext_lazy("Has this profile already."), ""),
    "already_in_team": (gettext_lazy("Is there already."), ""),
    "already_in_unit": (gettext_lazy("Is there already."), ""),
    "already_in_department": (gettext_lazy("Is there already."), ""),
    "one_team_only": (
        gettext_lazy("Is in a team already, and people here are in one team at most."),
        gettext_lazy("Take them out of the other team first."),
    ),
    "move_widens_reach": (
        gettext_lazy("By this move you would reach more than you do now."),
        gettext_lazy("Ask somebody who reaches both places."),
    ),
    "changed_hands": (gettext_lazy("Changed hands since and stays where it is."), ""),
    "record_gone": (gettext_lazy("Is not there any more."), ""),
    "owner_removed": (
        gettext_lazy("Stays, because its owner was removed."),
        gettext_lazy("Reassign it to somebody else."),
    ),
    "holder_out_of_hand": (
        gettext_lazy("Stays with somebody whom whoever took it back may not act on."),
        gettext_lazy("Ask somebody whose role reaches them."),
    ),
    "nobody_receives": (
        gettext_lazy("Nobody who was to receive the records is active any more."),
        gettext_lazy("Reassign what is left to somebody else."),
    ),
    "no_longer_in": (gettext_lazy("Whoever asked for it has left."), gettext_lazy("Ask for what is left anew.")),
    "at_seat_limit": (
        gettext_lazy("No seat was left."),
        gettext_lazy("Get more seats, or free one, then do it again for these people."),
    ),
}
CODES = frozenset(_REASONS)


def in_words(code: str) -> Words:
    known = _REASONS.get(code)
    if known is None:
        return Words(_("It was refused (%(code)s).") % {"code": code})
    sentence, remedy = known
    return Words(str(sentence), str(remedy))
