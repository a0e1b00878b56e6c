"""*Send all*: an operation whose batches invite five hundred rows each, judged again by what holds at that moment."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.models import Operation
from tenantry.acting.operations import (
    BATCH,
    Batch,
    OperationKind,
    advance,
    cancel_operation,
    finish,
    lock_operation,
    open_operation,
    register_operation,
)
from tenantry.acting.plans import confirm
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.many import update_many
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import policy_values
from tenantry.people.locks import lock_members
from tenantry.people.models import BatchRow, InvitationBatch, Membership
from tenantry.people.permissions import INVITE
from tenantry.people.seats import COUNTED, FREE_ROLES, GROWTH, seats
from tenantry.usecases.bulk_inviting.batches import (
    SENDABLE,
    BatchDone,
    SendPlan,
    State,
    counts_of,
    get_batch,
)
from tenantry.usecases.bulk_inviting.batches import Batch as Stage
from tenantry.usecases.bulk_inviting.drafts import draft_of
from tenantry.usecases.bulk_inviting.errors import BatchNotReady, NothingFailed, NothingToSend
from tenantry.usecases.bulk_inviting.failed_mails import failed_mails, mail_again
from tenantry.usecases.bulk_inviting.judging import answers_at_once, judge
from tenantry.usecases.bulk_inviting.people import bring_in, roles_without_fee, sort_out
from tenantry.usecases.bulk_inviting.reading import locked_batch
from tenantry.usecases.bulk_inviting.wording import is_warning

CODE: Final = "people.bulk_invite"


def plan_send_batch(actor: Actor, batch_id: UUID, now: datetime) -> SendPlan:
    """What *Send all* would do.

    :raises NotFound: see `get_batch`.
    """
    batch = get_batch(actor, batch_id)
    counts = counts_of(batch)
    rules = policy_values(GROWTH, COUNTED, FREE_ROLES)
    growth = rules[GROWTH]
    needed = 0
    if Membership.Status.INVITED in rules[COUNTED]:
        needed = counts[State.READY] + counts[State.WARNING] - _without_seat(batch, rules[FREE_ROLES])
    free = None if growth == "per_person" else seats(now).free
    return SendPlan(
        batch_id=batch_id,
        ready=counts[State.READY],
        warnings=counts[State.WARNING],
        errors=counts[State.ERROR],
        seats_needed=needed,
        seats_free=free,
        beyond_seats=0 if free is None else max(0, needed - free),
        growth=growth,
    )


def _without_seat(batch: InvitationBatch, free_roles: Iterable[str]) -> int:
    """Rows whose role takes no seat, as `people.sort_out` will find."""
    exempt = roles_without_fee(list(free_roles))
    return _rows(batch, *SENDABLE).filter(resolved__role_id__in=exempt).count() if exempt else 0


@action(INVITE)
def send_batch(*, actor: Actor, now: datetime, batch_id: UUID, digest: str | None = None) -> Outcome[BatchDone]:
    """Sends every row that can be sent; rows with errors stay behind. What was stopped on its way goes on.

    :raises BatchNotReady, NothingToSend: see there. :raises PlanChanged: `digest` is of an older plan.
    """
    batch = locked_batch(actor, batch_id, Stage.READY, Stage.CANCELED, Stage.FAILED)
    if batch.state != Stage.READY and batch.operation_id is None:
        raise BatchNotReady
    plan = confirm(plan_send_batch(actor, batch_id, now), digest)
    if not plan.ready + plan.warnings:
        raise NothingToSend
    return _open(actor, batch, now, total=plan.ready + plan.warnings, mails=False)


def _open(actor: Actor, batch: InvitationBatch, now: datetime, *, total: int, mails: bool) -> Outcome[BatchDone]:
    """`mails`: those that did not arrive are sent again, too."""
    params = {"batch_id": str(batch.id), "mails": mails}
    operation, job = open_operation(actor, KIND, now, total=total, params=params)
    batch.state, batch.operation_id, batch.finished_at = Stage.SENDING, operation.id, None
    batch.sent_at = batch.sent_at or now
    batch.save(update_fields=["state", "operation_id", "finished_at", "sent_at"])
    entry = Entry("people.batch_sent", "batch", batch.id, {"count": total}, {"file": batch.file_name})
    return Outcome(BatchDone(batch.id), entry, jobs=(job,))


@action(INVITE)
def resend_failed(*, actor: Actor, now: datetime, batch_id: UUID) -> Outcome[BatchDone]:
    """Tries the refused rows again, and mails again whose mail did not arrive.

    :raises BatchNotReady: not sent yet, or under way. :raises NothingFailed: there is nothing to try.
    """
    batch = locked_batch(actor, batch_id, Stage.SENT, Stage.CANCELED, Stage.FAILED)
    if batch.operation_id is None:
        raise BatchNotReady
    _rows(batch, State.REFUSED).update(state=State.READY, reasons=[])
    total = _rows(batch, *SENDABLE).count() + failed_mails(_rows(batch, State.SENT)).count()
    if not total:
        raise NothingFailed
    return _open(actor, batch, now, total=total, mails=True)


def _rows(batch: InvitationBatch, *states: str) -> QuerySet[BatchRow]:
    return BatchRow.objects.filter(batch_id=batch.id, state__in=states)


@action(INVITE)
def cancel_batch(*, actor: Actor, now: datetime, batch_id: UUID) -> Outcome[BatchDone]:
    """No further row is read or sent; what was sent stays sent.

    :raises BatchNotReady: it has come to its end already.
    """
    batch = locked_batch(actor, batch_id, Stage.READING, Stage.READY, Stage.SENDING)
    if batch.state == Stage.SENDING and batch.operation_id is not None:
        stopped = cancel_operation(actor=actor, now=now, operation_id=batch.operation_id)
        return Outcome(BatchDone(batch.id), stopped.entry)
    _end(batch, Stage.CANCELED, now)
    return Outcome(BatchDone(batch.id), Entry("people.batch_canceled", "batch", batch.id))


@action(INVITE)
def delete_batch(*, actor: Actor, now: datetime, batch_id: UUID) -> Outcome[Done]:
    """Forgets a batch of which nothing was sent.

    :raises BatchNotReady: it was sent, or is under way.
    """
    batch = locked_batch(actor, batch_id, Stage.READING, Stage.READY, Stage.CANCELED, Stage.FAILED)
    if batch.sent_at is not None:
        raise BatchNotReady
    batch.delete()
    return Outcome(Done(batch_id), Entry("people.batch_deleted", "batch", batch_id))


def _end(batch: InvitationBatch, state: str, now: datetime) -> None:
    """The upload is not needed any more."""
    batch.state, batch.finished_at, batch.content = state, now, None
    batch.save(update_fields=["state", "finished_at", "content"])


# --- The operation --------------------------------------------------------------------------


@action(INVITE)
def send_rows(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Batch]:
    """One batch of the operation: the next rows that wait, then mails that did not arrive, then the end."""
    operation = lock_operation(operation_id)
    batch = InvitationBatch.objects.select_for_update(no_key=True).defer("content").get(id=operation.params["batch_id"])
    cursor = operation.cursor or {"rows": 0, "mails": 0}
    rows = list(_rows(batch, *SENDABLE).filter(position__gt=cursor["rows"]).order_by("position")[:BATCH])
    again: list[BatchRow] = []
    if not rows and operation.params["mails"]:
        troubled = failed_mails(_rows(batch, State.SENT).filter(position__gt=cursor["mails"]))
        again = list(troubled.order_by("position")[:BATCH])
    # Whoever accepts at this moment holds their own row: they come first in the order of locks.
    lock_members(row.membership_id for row in again if row.membership_id)
    lock(LockRow.Name.STRUCTURE, LockRow.Name.SEATS, LockRow.Name.KEYHOLDERS)
    if rows:
        return _invite(actor, operation, batch, rows, now)
    if again:
        return _mail_again(actor, operation, batch, again, now)
    _end(batch, Stage.SENT, now)
    return finish(operation, now).outcome


def _invite(
    actor: Actor, operation: Operation, batch: InvitationBatch, rows: list[BatchRow], now: datetime
) -> Outcome[Batch]:
    drafts = [draft_of(row) for row in rows]
    found = sort_out(rows, judge(actor, drafts, {}, answers=answers_at_once(actor)), now)
    members = bring_in(actor, found.coming, now)
    for (row, judged), member in zip(found.coming, members, strict=True):
        row.state, row.membership_id = State.SENT, member.id
        row.reasons = [one for one in judged.reasons if is_warning(one)]
    for row in rows:
        if row.id in found.refused:
            row.state, row.reasons = State.REFUSED, found.refused[row.id]
    update_many(rows, ["state", "membership_id", "reasons"])
    ids = [str(member.id) for member in members]
    values = {"count": len(ids), "refused": len(found.refused), "digest": digest_of(ids)}
    entry = Entry("people.bulk_invited", "batch", batch.id, values)
    events = (Event("MembersInvited", {"membership_ids": ids}),) if ids else ()
    cursor = {"mails": 0, **(operation.cursor or {}), "rows": rows[-1].position}
    result = advance(operation, Batch(len(ids), len(found.refused)), now, cursor=cursor)
    return Outcome(result, entry, events=events)


def _mail_again(
    actor: Actor, operation: Operation, batch: InvitationBatch, rows: list[BatchRow], now: datetime
) -> Outcome[Batch]:
    count = mail_again(actor, rows, now)
    values = {"count": count, "digest": digest_of(str(row.membership_id) for row in rows)}
    entry = Entry("people.bulk_mailed_again", "batch", batch.id, values)
    cursor = {"rows": 0, **(operation.cursor or {}), "mails": rows[-1].position}
    return Outcome(advance(operation, Batch(count, len(rows) - count), now, cursor=cursor), entry)


def digest_of(ids: Iterable[str]) -> str:
    """Of whom a batch was about, in its order: the entry names none of them (design.md, Audit)."""
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def _stopped(operation: Operation, now: datetime) -> None:
    """Canceled, or refused as a whole: what was not sent waits, and can be sent later."""
    rows = InvitationBatch.objects.filter(operation_id=operation.id, state=Stage.SENDING)
    canceled = operation.state == Operation.State.CANCELED
    rows.update(state=Stage.CANCELED if canceled else Stage.FAILED, finished_at=now)


KIND = register_operation(OperationKind(CODE, _("Bulk invite"), INVITE, send_rows, _stopped))
