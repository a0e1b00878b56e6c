"""Notices on their way: into the centre, and into mails that wait a little so that reading makes them needless.

A mail is a letter of one or several notices. Each notice that is mailed at once queues one for itself, for later; the
first that is composed takes in whatever else waits for the same person, and the others find nothing left to say.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from tenantry.core.ids import new_id
from tenantry.core.mail import Addressed, end_mails, hold_mails, queue_mail, queue_mails
from tenantry.core.many import insert_many
from tenantry.core.tenancy import scope
from tenantry.notifications.kinds import Channels, Kind, Mail, channels
from tenantry.notifications.models import DIGEST, MAIL, Notification, Reader
from tenantry.people.models import Membership

# Notices that one mail spells out; of more it says how many.
MOST_IN_A_LETTER = 50


def tell(
    kind: Kind, whom: Mapping[UUID, UUID], values: Mapping[str, str], number: int, now: datetime
) -> list[Notification]:
    """Writes the notices of one event. `whom`: recipient -> what it is about; by the same few queries for any number.
    Whoever was told of it already, or is not active, is left out."""
    known = Notification.objects.filter(membership_id__in=list(whom), number=number, kind=kind.code)
    told = set(known.values_list("membership_id", "about_id"))
    active = Membership.objects.filter(id__in=list(whom), status=Membership.Status.ACTIVE)
    chosen = _choices(whom)
    rows: list[Notification] = []
    mails: list[Addressed] = []
    for member_id, email in active.order_by("id").values_list("id", "email"):
        to = channels(kind, chosen.get(member_id, {}))
        if (member_id, whom[member_id]) in told or (not to.centre and to.mail == Mail.NEVER):
            continue
        row = _row(kind, member_id, to, now)
        row.about_id, row.values, row.number = whom[member_id], dict(values), number
        rows.append(row)
        if row.letter_id:
            mails.append(Addressed(email, row.letter_id))
    insert_many(rows)
    _queue(kind, mails, now)
    return rows


def _choices(ids: Iterable[UUID]) -> dict[UUID, Mapping[str, Any]]:
    return dict(Reader.objects.filter(membership_id__in=list(ids)).values_list("membership_id", "choices"))


def _row(kind: Kind, member_id: UUID, to: Channels, now: datetime) -> Notification:
    row = Notification(id=new_id(), membership_id=member_id, kind=kind.code, created_at=now, in_centre=to.centre)
    if to.mail != Mail.NEVER and not kind.mailed_apart:
        row.mail = Notification.Mail(to.mail)
        row.letter_id = row.id if to.mail == Mail.AT_ONCE else None
    return row


def _queue(kind: Kind, mails: list[Addressed], now: datetime) -> None:
    organization_id, at = scope.organization_id(), now + timedelta(seconds=settings.NOTICE_DELAY)
    if len(mails) == 1:
        [one] = mails
        queue_mail(kind=MAIL, to=one.to, organization_id=organization_id, subject_id=one.subject_id, now=now, at=at)
    elif mails:
        queue_mails(kind=MAIL, mails=mails, organization_id=organization_id, now=now, at=at)


def taken_in(letter_id: UUID, now: datetime) -> list[Notification]:
    """What a mail at once says: its own notice and every other that waits for the same person; empty where it was read
    meanwhile or went with another mail. In the transaction that composes."""
    own = Notification.objects.filter(letter_id=letter_id).first()
    if own is None:
        return []
    waiting = Notification.objects.filter(
        membership_id=own.membership_id, read_at=None, mailed_at=None, mail=Notification.Mail.AT_ONCE
    )
    rows = list(waiting.select_for_update(no_key=True).order_by("id"))
    # Its own was read, or another mail took it in: that one tells of the rest as well, or their own mails do.
    if own.id not in {row.id for row in rows}:
        return []
    Notification.objects.filter(id__in=[row.id for row in rows]).update(letter_id=letter_id, mailed_at=now)
    return rows


def read(rows: Iterable[UUID], membership_id: UUID, now: datetime) -> int:
    """Marks these notices of one member read, and cancels the mails in which nothing unread is left. Returns how many.

    Locks as composing does: mails, then notices.
    """
    wanted = Notification.objects.filter(membership_id=membership_id, id__in=list(rows), read_at=None)
    hold_mails(kinds=(MAIL, DIGEST), subject_ids=_letters(wanted))
    ids = list(wanted.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    Notification.objects.filter(id__in=ids).update(read_at=now)
    # Composing may have moved them into another mail while this waited for it.
    letters = _letters(Notification.objects.filter(id__in=ids))
    left = set(Notification.objects.filter(letter_id__in=letters, read_at=None).values_list("letter_id", flat=True))
    for kind in (MAIL, DIGEST):
        end_mails(kind=kind, subject_ids=[one for one in letters if one not in left], now=now)
    return len(ids)


def _letters(rows: Any) -> list[UUID]:
    return sorted(set(rows.exclude(letter_id=None).values_list("letter_id", flat=True)))


def unread_again(notification_id: UUID, membership_id: UUID) -> int:
    """It counts again; no mail is sent of it any more."""
    rows = Notification.objects.filter(id=notification_id, membership_id=membership_id).exclude(read_at=None)
    return rows.update(read_at=None, mail=Notification.Mail.NONE)
