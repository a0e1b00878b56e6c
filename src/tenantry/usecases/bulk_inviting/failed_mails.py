"""Mails of a batch that did not arrive: found by the delivery log, sent again with a new link."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from tenantry.access.hands import out_of_hand, standings
from tenantry.core.actor import Actor
from tenantry.core.many import update_many
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.people.models import BatchRow, Invitation, InvitationLink, Membership, TemporaryPassword
from tenantry.people.permissions import INVITE
from tenantry.people.selectors import INVITATION_MAIL, TEMPORARY_MAIL
from tenantry.people.steps import invitation_end
from tenantry.people.ways import mail_ways
from tenantry.usecases.bulk_inviting.people import free_seats

_TROUBLED: Final = (MailDelivery.State.FAILED, MailDelivery.State.REFUSED)


def failed_mails(rows: QuerySet[BatchRow]) -> QuerySet[BatchRow]:
    """Of these rows those whose person waits for a mail that was refused, or could not be handed over so far."""
    mails = MailDelivery.objects.filter(organization_id=scope.organization_id(), state__in=_TROUBLED)
    links = InvitationLink.objects.filter(
        id__in=mails.filter(kind=INVITATION_MAIL).values("subject_id"), used_at=None, ended_at=None
    )
    passwords = TemporaryPassword.objects.filter(
        id__in=mails.filter(kind=TEMPORARY_MAIL).values("subject_id"), used_at=None, ended_at=None
    )
    return rows.filter(
        Q(membership_id__in=links.values("invitation__membership_id"))
        | Q(membership_id__in=passwords.values("membership_id"))
    )


def mail_again(actor: Actor, rows: Sequence[BatchRow], now: datetime) -> int:
    """New links or passwords for the people of these rows who still wait and are the actor's to invite; their time
    begins anew. Who has lost the seat meanwhile gets one while there is one. Returns how many mails that makes. Their
    rows and the seats are locked."""
    wanted = {row.membership_id for row in rows if row.membership_id}
    standing = standings(wanted)
    held = Invitation.objects.filter(membership_id__in=wanted, accepted_at=None, revoked_at=None)
    free, _limits = free_seats(now)
    again = []
    for invitation in held.select_related("membership").order_by("id"):
        member = invitation.membership
        # Somebody else may have sent the batch, or given the person another role since.
        if out_of_hand(actor, member, standing[member.id], INVITE) is not None:
            continue
        if free is not None and invitation.expires_at <= now and not member.seat_free:
            if free <= 0:
                continue
            free -= 1
        again.append(invitation)
    end = invitation_end(now)
    for invitation in again:
        invitation.expires_at, invitation.sent_at = end, now
        invitation.sent_count += 1
    mail_ways(again, now)
    update_many(again, ["expires_at", "sent_at", "sent_count"])
    Membership.objects.filter(id__in=[one.membership_id for one in again]).update(invited_until=end)
    return len(again)
