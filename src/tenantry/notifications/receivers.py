"""What people are told about, from the outbox of the packages below."""

from uuid import UUID

from tenantry.access.selectors import keyholder_ids
from tenantry.audit.outbox import Delivered, subscribe
from tenantry.core import clock
from tenantry.core.mail import queue_mail
from tenantry.core.tenancy import scope
from tenantry.notifications.models import MAIL, Notification
from tenantry.people.models import Membership

# Event -> the kind of notice it becomes. Removed people are told by nobody of ours: they can't sign in to read it.
KINDS = {"MemberJoined": "member_joined", "RoleChanged": "role_changed", "MemberReactivated": "member_reactivated"}


@subscribe("notifications", *KINDS)
def notify(batch: list[Delivered]) -> None:
    """Writes a row and a mail for whoever is concerned, once for each event."""
    for event in batch:
        about = UUID(event.payload["membership_id"])
        for recipient in _recipients(event, about):
            _tell(recipient, event, about)


def _recipients(event: Delivered, about: UUID) -> list[UUID]:
    if event.name != "MemberJoined":
        return [about]
    inviter = event.payload.get("invited_by")
    return [UUID(inviter)] if inviter else [i for i in keyholder_ids() if i != about]


def _tell(recipient: UUID, event: Delivered, about: UUID) -> None:
    member = Membership.objects.filter(id=recipient, status=Membership.Status.ACTIVE).first()
    kind = KINDS[event.name]
    known = Notification.objects.filter(membership_id=recipient, number=event.number, kind=kind, about_id=about)
    if member is None or known.exists():
        return
    now = clock.now()
    values = {"role": event.payload.get("role", "")}
    row = Notification(membership=member, kind=kind, about_id=about, values=values, number=event.number, created_at=now)
    Notification.objects.bulk_create([row])
    queue_mail(kind=MAIL, to=member.email, organization_id=scope.organization_id(), subject_id=row.id, now=now)
