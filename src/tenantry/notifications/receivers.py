"""What people are told about, from the outbox of the packages below."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.ends import last_day
from tenantry.access.selectors import keyholder_ids
from tenantry.audit.outbox import Delivered, subscribe
from tenantry.core import clock
from tenantry.core.mail import queue_mail
from tenantry.core.tenancy import scope
from tenantry.notifications.models import MAIL, Notification
from tenantry.organizations.selectors import current_organization
from tenantry.people.models import Membership

# Event -> the kind of notice it becomes. Removed people are told by nobody of ours: they can't sign in to read it.
KINDS = {
    "MemberJoined": "member_joined",
    "RoleChanged": "role_changed",
    "MemberReactivated": "member_reactivated",
    "RoleGiven": "role_given",
    "RoleEnded": "role_ended",
    "ProfileSet": "profile_set",
    "AccessEnding": "access_ending",
    "AccessEnded": "access_ended",
    "OwnershipOffered": "ownership_offered",
    "OwnershipTransferred": "ownership_transferred",
    "OwnershipDeclined": "ownership_declined",
    "OwnershipWithdrawn": "ownership_withdrawn",
}
# Of these a mail of its own is sent, by the action.
MAILED = frozenset({"ownership_offered"})
WORDS = ("role", "then", "profile", "transfer_id")


@subscribe("notifications", *KINDS)
def notify(batch: list[Delivered]) -> None:
    """Writes a row and a mail for whoever is concerned, once for each event."""
    for event in batch:
        about = UUID(event.payload["membership_id"])
        for recipient in _recipients(event, about):
            _tell(recipient, event, about)


def _recipients(event: Delivered, about: UUID) -> list[UUID]:
    if event.name == "MemberJoined":
        inviter = event.payload.get("invited_by")
        return [UUID(inviter)] if inviter else [i for i in keyholder_ids() if i != about]
    if "tell" in event.payload:
        return [UUID(one) for one in event.payload["tell"]]
    giver = event.payload.get("given_by")
    return list(dict.fromkeys([about, UUID(giver)])) if giver else [about]


def _tell(recipient: UUID, event: Delivered, about: UUID) -> None:
    member = Membership.objects.filter(id=recipient, status=Membership.Status.ACTIVE).first()
    kind = KINDS[event.name]
    known = Notification.objects.filter(membership_id=recipient, number=event.number, kind=kind, about_id=about)
    if member is None or known.exists():
        return
    now = clock.now()
    row = Notification(
        membership=member,
        kind=kind,
        about_id=about,
        values=_values(event.payload),
        number=event.number,
        created_at=now,
    )
    Notification.objects.bulk_create([row])
    if kind not in MAILED:
        queue_mail(kind=MAIL, to=member.email, organization_id=scope.organization_id(), subject_id=row.id, now=now)


def _values(payload: Mapping[str, Any]) -> dict[str, str]:
    """What the sentence needs. An end is kept as the last day in the organization's calendar of this moment."""
    values = {name: str(payload[name]) for name in WORDS if payload.get(name)}
    if payload.get("ends_at"):
        end = datetime.fromisoformat(payload["ends_at"])
        values["until"] = last_day(end, current_organization().time_zone).isoformat()
    return values
