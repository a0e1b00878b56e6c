from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.notifications.kinds import Mail
from tenantry.notifications.letters import read, unread_again
from tenantry.notifications.models import Reader
from tenantry.notifications.selectors import find_own, kinds_for, own


@action(open_to="everybody reads their own notifications")
def mark_all_read(*, actor: Actor, now: datetime, newest: UUID | None = None) -> Outcome[Done]:
    """Marks the actor's notifications read and cancels mails about them that are not sent yet. `newest`: the latest
    that was on the page, so that nothing is marked that came after it."""
    rows = own(actor, unread=True)
    if newest is not None:
        rows = rows.filter(created_at__lte=find_own(actor, newest).created_at)
    read(rows.values_list("id", flat=True), actor.own_id, now)
    return Outcome(Done(), None)


@action(open_to="everybody reads their own notifications")
def mark_read(*, actor: Actor, now: datetime, notification_id: UUID) -> Outcome[Done]:
    """Marks one read; nothing happens to one that is. :raises NotFound: not one of the actor's."""
    read([find_own(actor, notification_id).id], actor.own_id, now)
    return Outcome(Done(notification_id), None)


@action(open_to="everybody reads their own notifications")
def mark_unread(*, actor: Actor, now: datetime, notification_id: UUID) -> Outcome[Done]:
    """Marks one unread again; no mail goes out for that. :raises NotFound: not one of the actor's."""
    unread_again(find_own(actor, notification_id).id, actor.own_id)
    return Outcome(Done(notification_id), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """Where one kind is to go. `mail`: at_once, digest or never."""

    centre: bool
    mail: str


@action(open_to="everybody chooses what they are told")
def choose_channels(*, actor: Actor, now: datetime, choices: Mapping[str, Choice]) -> Outcome[Done]:
    """Of the named kinds; the others stay.

    :raises InvalidInput: an unknown kind or channel, or one that is not to be changed. :raises NotFound: no member.
    """
    if actor.membership_id is None:
        raise NotFound
    free = {kind.code: kind for kind in kinds_for(actor) if not kind.fixed}
    for code, choice in choices.items():
        if code not in free:
            raise InvalidInput({code: _("There is nothing to choose for this kind.")})
        if choice.mail not in set(Mail):
            raise InvalidInput({code: _("At once, once a day or never.")})
    Reader.objects.bulk_create([Reader(membership_id=actor.membership_id)], ignore_conflicts=True)
    reader = Reader.objects.select_for_update(no_key=True).get(membership_id=actor.membership_id)
    wanted = dict(reader.choices)
    for code, choice in choices.items():
        # What is as it would be anyway is not kept: a later default reaches whoever never chose.
        if choice.centre and choice.mail == free[code].mail:
            wanted.pop(code, None)
        else:
            wanted[code] = {"centre": choice.centre, "mail": choice.mail}
    reader.choices = wanted
    reader.save(update_fields=["choices"])
    return Outcome(Done(actor.membership_id), None)
