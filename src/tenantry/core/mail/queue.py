"""The delivery log, written inside the action's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.core import jobs
from tenantry.core.ids import new_id
from tenantry.core.many import insert_many
from tenantry.core.models import MailDelivery
from tenantry.core.transactions import assert_in_transaction

PURPOSE = "mail body"
# Mails that one job hands over (design.md §6).
BUNDLE = 100
UNSETTLED = (MailDelivery.State.QUEUED, MailDelivery.State.OUTBOX, MailDelivery.State.FAILED)


def queue_mail(
    *,
    kind: str,
    to: str,
    now: datetime,
    organization_id: UUID | None = None,
    subject_id: UUID | None = None,
    at: datetime | None = None,
) -> UUID:
    """Logs one mail and enqueues its job, for now or for `at`, in the running transaction. Returns its id."""
    assert_in_transaction()
    delivery = MailDelivery(
        kind=kind, recipient=to, created_at=now, organization_id=organization_id, subject_id=subject_id
    )
    MailDelivery.objects.bulk_create([delivery])
    jobs.enqueue(jobs.Job("core.send_mail", {"delivery_id": str(delivery.id)}, at=at))
    return delivery.id


@dataclass(frozen=True, slots=True)
class Addressed:
    """One mail of many: to whom, and what it is about."""

    to: str
    subject_id: UUID


def queue_mails(
    *,
    kind: str,
    mails: Iterable[Addressed],
    now: datetime,
    organization_id: UUID | None = None,
    at: datetime | None = None,
) -> int:
    """Logs many mails and enqueues one job for every hundred, for now or for `at`, in the running transaction. Returns
    how many mails."""
    assert_in_transaction()
    rows: list[MailDelivery] = []
    wanted = list(mails)
    for start in range(0, len(wanted), BUNDLE):
        bundle = new_id()
        rows += [
            MailDelivery(
                kind=kind,
                recipient=mail.to,
                created_at=now,
                organization_id=organization_id,
                subject_id=mail.subject_id,
                bundle=bundle,
            )
            for mail in wanted[start : start + BUNDLE]
        ]
        jobs.enqueue(jobs.Job("core.send_bundle", {"bundle": str(bundle)}, at=at))
    return insert_many(rows)


def hold_mails(*, kinds: Iterable[str], subject_ids: Iterable[UUID]) -> None:
    """Locks the mails about these subjects, so that none of them is composed or settled before the transaction ends."""
    assert_in_transaction()
    rows = MailDelivery.objects.filter(kind__in=list(kinds), subject_id__in=list(subject_ids))
    list(rows.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))


def end_mails(*, kind: str, subject_ids: Iterable[UUID], now: datetime) -> None:
    """Cancels what is not sent yet and blanks bodies: the link in them was used, replaced, expired or revoked."""
    assert_in_transaction()
    rows = MailDelivery.objects.filter(kind=kind, subject_id__in=list(subject_ids))
    rows.filter(state__in=UNSETTLED).update(state=MailDelivery.State.CANCELED, settled_at=now)
    rows.exclude(sealed_body=None).update(sealed_body=None)
