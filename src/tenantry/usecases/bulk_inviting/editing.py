"""Rows mended in place: each change judges the row anew, and those that had its address or have it now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from tenantry.acting.actions import Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.many import update_many
from tenantry.core.sheets import BOUNDS
from tenantry.core.text import InvalidText, TextBound
from tenantry.people.errors import AddressElsewhere
from tenantry.people.models import BatchRow, InvitationBatch
from tenantry.people.permissions import INVITE
from tenantry.usecases.bulk_inviting.batches import Batch, BatchDone
from tenantry.usecases.bulk_inviting.drafts import FIELDS, draft_of
from tenantry.usecases.bulk_inviting.judging import Judged, answered, answers_at_once, judge
from tenantry.usecases.bulk_inviting.reading import locked_batch

CELL: Final = TextBound(BOUNDS.cell, required=False)
# Of the rows with one address: a file may have nothing else in it.
MOST_TOGETHER: Final = 500
_JUDGED = ("email", "state", "reasons", "resolved")


@action(INVITE, answers=AddressElsewhere.code)
def edit_row(
    *,
    actor: Actor,
    now: datetime,
    batch_id: UUID,
    row_id: UUID,
    email: str,
    name: str = "",
    role: str = "",
    team: str = "",
    profile: str = "",
    unit: str = "",
    department: str = "",
    workspaces: str = "",
) -> Outcome[BatchDone]:
    """What the row says from now on; whether that can be sent is answered by its state and reasons.

    :raises BatchNotReady, NotFound: see there. :raises InvalidInput: a value that no cell may hold.
    """
    batch, row = _row(actor, batch_id, row_id)
    typed = dict(zip(FIELDS, (email, name, role, team, profile, unit, department, workspaces), strict=True))
    before = row.email
    for field, value in _cleaned(typed).items():
        setattr(row, field, value)
    row.save(update_fields=list(FIELDS))
    return Outcome(_judge_anew(actor, batch, [before, row.email.lower()], row), None)


@action(INVITE, answers=AddressElsewhere.code)
def drop_row(*, actor: Actor, now: datetime, batch_id: UUID, row_id: UUID) -> Outcome[BatchDone]:
    """Takes a row out of the batch.

    :raises BatchNotReady, NotFound: see there.
    """
    batch, row = _row(actor, batch_id, row_id)
    row.delete()
    return Outcome(_judge_anew(actor, batch, [row.email]), None)


def _row(actor: Actor, batch_id: UUID, row_id: UUID) -> tuple[InvitationBatch, BatchRow]:
    batch = locked_batch(actor, batch_id, Batch.READY)
    row = BatchRow.objects.filter(batch=batch, id=row_id).first()
    if row is None:
        raise NotFound
    return batch, row


def _cleaned(typed: dict[str, str]) -> dict[str, str]:
    """:raises InvalidInput: by field."""
    cleaned, wrong = {}, {}
    for field, value in typed.items():
        try:
            cleaned[field] = CELL.clean(value)
        except InvalidText as refused:
            wrong[field] = str(refused)
    if wrong:
        raise InvalidInput(dict(wrong))
    return cleaned


def _judge_anew(
    actor: Actor, batch: InvitationBatch, emails: Iterable[str], changed: BatchRow | None = None
) -> BatchDone:
    rows = list(BatchRow.objects.filter(batch=batch, email__in=set(emails)).order_by("position")[:MOST_TOGETHER])
    if changed is not None and changed.id not in {row.id for row in rows}:
        rows.append(changed)
    rows.sort(key=lambda row: row.position)
    judged = judge(actor, [draft_of(row) for row in rows], {}, answers=answers_at_once(actor))
    put_down(rows, judged)
    return BatchDone(batch.id, answered(judged))


def put_down(rows: list[BatchRow], judged: list[Judged]) -> None:
    """What was judged, into these rows, in one statement."""
    for row, found in zip(rows, judged, strict=True):
        row.email, row.state, row.reasons, row.resolved = found.email, found.state, found.reasons, found.resolved
    update_many(rows, _JUDGED)
