"""One person as lists and heads of pages show them, with what the actor may do to them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse

from tenantry.access.directory import may_act_on
from tenantry.access.permissions import ASSIGN
from tenantry.access.selectors import status_shown
from tenantry.core.actor import Actor
from tenantry.people.permissions import DEACTIVATE, EDIT, END_SESSIONS, INVITE, REMOVE, RESET_PASSWORD

if TYPE_CHECKING:
    from tenantry.people.models import Membership


DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """`acts`: words for the buttons; `days`: how many days an invitation still has, begun ones counted; `leaves_on`:
    the planned last day, for whoever may let them go."""

    member: "Membership"
    status: str
    acts: frozenset[str]
    is_self: bool
    days: int | None
    picture_url: str
    leaves_on: date | None = None

    @property
    def id(self) -> UUID:
        return self.member.id

    @property
    def name(self) -> str:
        return self.member.name


def row_of(
    actor: Actor, member: "Membership", now: datetime, *, deactivation_by: str, ways: Collection[str] = ()
) -> Row:
    """`member` is a row of `access.directory.listed`; `deactivation_by` the policy of that name; `ways` those of policy
    `people.entry_modes`, where passwords can be given."""
    status = status_shown(member, now)
    left = member.invited_until - now if status == "pending" and member.invited_until else None
    picture = reverse("person_picture", args=[member.id]) if getattr(member, "has_picture", False) else ""
    acts = frozenset(_acts(actor, member, status, deactivation_by) | _given(actor, member, status, ways))
    return Row(
        member=member,
        status=status,
        acts=acts,
        is_self=member.id == actor.membership_id,
        days=-(-left // DAY) if left is not None else None,
        picture_url=picture,
        leaves_on=getattr(member, "leaves_on", None) if "deactivate" in acts else None,
    )


def _acts(actor: Actor, member: "Membership", status: str, deactivation_by: str) -> set[str]:
    """What the actor may do: the permission, a role in hand, and a status that it makes sense for."""
    if status == "removed":
        return set()
    by_status = {
        "active": {
            "edit": EDIT,
            "address": EDIT,
            "deactivate": DEACTIVATE,
            "password": RESET_PASSWORD,
            "sessions": END_SESSIONS,
        },
        "deactivated": {"edit": EDIT, "reactivate": DEACTIVATE},
        "pending": {"resend": INVITE, "link": INVITE, "revoke": INVITE, "edit_invited": INVITE, "address": INVITE},
    }
    by_status["expired"] = by_status["pending"]
    offered = {**by_status[status], "role": ASSIGN, "remove": REMOVE}
    allowed = {code: may_act_on(actor, member, code) for code in set(offered.values())}
    acts = {act for act, code in offered.items() if allowed[code]}
    if not deactivation_offered(actor, deactivation_by):
        acts -= {"deactivate", "reactivate"}
    return acts


def _given(actor: Actor, member: "Membership", status: str, ways: Collection[str]) -> set[str]:
    """Passwords that the actor may give: nobody gives themselves one."""
    offered = {"temporary_password": "temporary", "administrator_password": "set_password"}
    acts = {act for way, act in offered.items() if way in ways}
    if not acts or status != "active" or member.id == actor.membership_id:
        return set()
    return acts if may_act_on(actor, member, RESET_PASSWORD) else set()


def deactivation_offered(actor: Actor, deactivation_by: str) -> bool:
    """Policy `people.deactivation_by`."""
    return deactivation_by == "permission" or (deactivation_by == "owner" and actor.grants.everything)
