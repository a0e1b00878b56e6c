"""What operators do in the console. Every act stands in the installation's chain."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry, Verification, verify
from tenantry.core import job_log
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.mail.log import body_of, find_delivery

OPERATORS = "operators alone reach it; every one of them may"


@dataclass(frozen=True, slots=True)
class MailRead:
    """`text` None: not composed yet, or blanked since."""

    id: UUID
    kind: str
    recipient: str
    subject: str
    state: str
    answer: str
    attempts: int
    created_at: datetime
    settled_at: datetime | None
    text: str | None


def _refuse_others(actor: Actor) -> None:
    """:raises NotFound: not an operator; a keyholder of an organization is nobody here."""
    if actor.kind != "operator":
        raise NotFound


@action(open_to=OPERATORS, holds_secret=True)
def read_mail(*, actor: Actor, now: datetime, delivery_id: UUID) -> Outcome[MailRead]:
    """Unseals one mail. Reading a body is written down with who did it; a log line without a body is not.

    :raises NotFound: no such mail.
    """
    _refuse_others(actor)
    delivery = find_delivery(delivery_id)
    if delivery is None:
        raise NotFound
    body = body_of(delivery)
    read = MailRead(
        delivery.id,
        delivery.kind,
        delivery.recipient,
        delivery.subject,
        delivery.state,
        delivery.answer,
        delivery.attempts,
        delivery.created_at,
        delivery.settled_at,
        body.text if body else None,
    )
    values = {"kind": delivery.kind, "organization_id": delivery.organization_id}
    entry = Entry("installation.mail_read", "mail", delivery.id, values, {"recipient": delivery.recipient})
    return Outcome(read, entry if body else None)


@action(open_to=OPERATORS)
def retry_job(*, actor: Actor, now: datetime, job_id: int) -> Outcome[Done]:
    """Lets a failed job run again, now.

    :raises NotFound: unknown, or it did not fail.
    """
    _refuse_others(actor)
    name = job_log.retry_job(job_id, now)
    return Outcome(Done(), Entry("installation.job_retried", "job", None, {"job": job_id, "name": name}))


@action(open_to=OPERATORS)
def verify_installation(*, actor: Actor, now: datetime) -> Outcome[Verification]:
    """Walks the installation's chain, and writes down that somebody did."""
    _refuse_others(actor)
    found = verify()
    values = {"checked": found.checked, "faults": len(found.faults)}
    return Outcome(found, Entry("installation.chain_verified", "", None, values))
