"""Changing what is known of a person: by administrators, and by the person as far as it is theirs (product.md §2)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import NIL
from tenantry.people.errors import NotOnOneself
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership
from tenantry.people.particulars import Changed, write_particulars
from tenantry.people.permissions import EDIT
from tenantry.people.selectors import get_member, visible_members

Status = Membership.Status


def _wanted(**given: Any) -> dict[str, Any]:
    """Without what was left out: None in texts and pictures, NIL in links."""
    links = ("department_id", "manager_id")
    return {name: value for name, value in given.items() if value != (NIL if name in links else None)}


def editable(actor: Actor, membership_id: UUID, *, links: bool) -> Membership:
    """`links`: whether department or manager are to change.

    :raises MemberOutOfHand, NotOnOneself, NotFound: why it is not for this actor.
    """
    member = get_member(actor, membership_id)
    if member.status == Status.REMOVED:
        raise NotFound
    if membership_id != actor.membership_id:
        refuse_out_of_hand(actor, member, EDIT)
    elif links and not actor.grants.everything:
        raise NotOnOneself
    return member


@action(EDIT, targets=("membership_id",))
def edit_person(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    given_name: str | None = None,
    family_name: str | None = None,
    department_id: UUID | None = NIL,
    manager_id: UUID | None = NIL,
    phone: str | None = None,
    locale: str | None = None,
    time_zone: str | None = None,
    picture: bytes | None = None,
) -> Outcome[Done]:
    """Changes what is given and leaves the rest. Of oneself department and manager only by whoever has all permissions.

    :raises MemberOutOfHand, NotOnOneself, NotFound, InvalidInput, ManagerNotActive, ManagerCircle: see there.
    """
    member = editable(actor, membership_id, links=department_id != NIL or manager_id != NIL)
    if manager_id not in (None, NIL, member.manager_id) and not visible_members(actor).filter(id=manager_id).exists():
        raise NotFound
    wanted = _wanted(
        given_name=given_name,
        family_name=family_name,
        department_id=department_id,
        manager_id=manager_id,
        phone=phone,
        locale=locale,
        time_zone=time_zone,
        picture=picture,
    )
    return Outcome(Done(member.id), _entry("people.edited", member, write_particulars(member, wanted)))


def _entry(code: str, member: Membership, changed: Changed) -> Entry | None:
    if not changed:
        return None
    values: dict[str, Any] = {"picture": True} if changed.picture else {}
    if changed.after:
        values |= {"before": changed.before, "after": changed.after}
    if changed.ids_after:
        values["ids"] = {"before": changed.ids_before, "after": changed.ids_after}
    personal: dict[str, Any] = {}
    if changed.personal_after:
        personal = {"before": changed.personal_before, "after": changed.personal_after}
    return Entry(code, "member", member.id, values, personal)


@action(open_to="everybody changes their own name, picture, phone, language and time zone")
def change_own_profile(
    *,
    actor: Actor,
    now: datetime,
    given_name: str | None = None,
    family_name: str | None = None,
    phone: str | None = None,
    locale: str | None = None,
    time_zone: str | None = None,
    picture: bytes | None = None,
) -> Outcome[Done]:
    """Changes what is given and leaves the rest; department and manager are the organization's.

    `picture`: an image that `people.pictures` made; empty takes the present one away.

    :raises InvalidInput: no such language or time zone.
    """
    found = lock_members([actor.membership_id]) if actor.membership_id else {}
    member = found.get(actor.own_id)
    if member is None:
        raise NotFound
    wanted = _wanted(
        given_name=given_name,
        family_name=family_name,
        phone=phone,
        locale=locale,
        time_zone=time_zone,
        picture=picture,
    )
    entry = _entry("people.own_profile_changed", member, write_particulars(member, wanted))
    return Outcome(Done(member.id), entry)
