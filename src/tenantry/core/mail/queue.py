"""The delivery log, written inside the action's transaction."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tenantry.core import jobs
from tenantry.core.models import MailDelivery
from tenantry.core.transactions import assert_in_transaction

PURPOSE = "mail body"
UNSETTLED = (MailDelivery.State.QUEUED, MailDelivery.State.OUTBOX, MailDelivery.State.FAILED)


def queue_mail(
    *, kind: str, to: str, now: datetime, organization_id: UUID | None = None, subject_id: UUID | None = None
) -> UUID:
    """Logs one mail and enqueues its job in the running transaction. Returns the delivery's id."""
    assert_in_transaction()
    delivery = MailDelivery(
        kind=kind, recipient=to, created_at=now, organization_id=organization_id, subject_id=subject_id
    )
    MailDelivery.objects.bulk_create([delivery])
    jobs.enqueue(jobs.Job("core.send_mail", {"delivery_id": str(delivery.id)}))
    return delivery.id


def end_mails(*, kind: str, subject_ids: Iterable[UUID], now: datetime) -> None:
    """Cancels what is not sent yet and blanks bodies: the link in them was used, replaced, expired or revoked."""
    assert_in_transaction()
    rows = MailDelivery.objects.filter(kind=kind, subject_id__in=list(subject_ids))
    rows.filter(state__in=UNSETTLED).update(state=MailDelivery.State.CANCELED, settled_at=now)
    rows.exclude(sealed_body=None).update(sealed_body=None)
