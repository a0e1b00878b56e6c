"""From an upload to staged rows: a first part at once, so that there is something to look at, the rest by a job."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Min

from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.jobs import Job
from tenantry.core.many import insert_values
from tenantry.core.sheets import Row, Table, open_table
from tenantry.people.errors import AddressElsewhere
from tenantry.people.models import BatchRow, InvitationBatch
from tenantry.people.permissions import INVITE
from tenantry.usecases.bulk_inviting.batches import Batch, BatchDone, get_batch
from tenantry.usecases.bulk_inviting.drafts import COLUMNS, drafts_of
from tenantry.usecases.bulk_inviting.errors import BatchMoved, BatchNotReady
from tenantry.usecases.bulk_inviting.judging import Judged, answered, answers_at_once, judge
from tenantry.usecases.bulk_inviting.pasting import file_of

READ: Final = "people.read_batch"
# What the upload itself waits for.
FIRST = 500
NAME_LENGTH = 200


@action(INVITE, answers=AddressElsewhere.code)
def upload_batch(
    *, actor: Actor, now: datetime, file_name: str, content: bytes, encoding: str = "", separator: str = ""
) -> Outcome[BatchDone]:
    """Keeps a file, reads its first rows, and leaves the rest to a job. `encoding` and `separator` as `core.sheets`
    has them, "" to find them out.

    :raises SheetRefusal: what is wrong with the file, as far as it shows at once; nothing is kept then.
    """
    batch = InvitationBatch(
        created_by_id=actor.membership_id,
        created_at=now,
        file_name=_plain_name(file_name),
        content=content,
        reading={"encoding": encoding, "separator": separator, "round": 0, "asked_by": _asked_by(actor)},
    )
    InvitationBatch.objects.bulk_create([batch])
    done, jobs = _begin(actor, batch)
    entry = Entry("people.batch_uploaded", "batch", batch.id, {"bytes": len(content)}, {"file": batch.file_name})
    return Outcome(done, entry, jobs=jobs)


@action(INVITE, answers=AddressElsewhere.code)
def paste_batch(*, actor: Actor, now: datetime, text: str) -> Outcome[BatchDone]:
    """The same from a text: a table with or without heading, or addresses in any form.

    :raises NoAddresses: there is none in it. :raises SheetRefusal: see `upload_batch`.
    """
    return upload_batch(actor=actor, now=now, file_name="", content=file_of(text), encoding="utf-8")


@action(INVITE, answers=AddressElsewhere.code)
def read_again(
    *, actor: Actor, now: datetime, batch_id: UUID, encoding: str = "", separator: str = ""
) -> Outcome[BatchDone]:
    """Reads the kept file anew, in the way that the person says; what was mended by hand is lost.

    :raises BatchNotReady: sent or canceled. :raises SheetRefusal: see `upload_batch`.
    """
    batch = locked_batch(actor, batch_id, Batch.READING, Batch.READY, Batch.FAILED)
    if batch.content is None or batch.operation_id is not None:
        raise BatchNotReady
    BatchRow.objects.filter(batch=batch).delete()
    asked = {"encoding": encoding, "separator": separator, "asked_by": _asked_by(actor)}
    batch.reading = {**asked, "round": batch.reading.get("round", 0) + 1}
    batch.state, batch.fault, batch.rows_read = Batch.READING, None, 0
    done, jobs = _begin(actor, batch)
    return Outcome(done, None, jobs=jobs)


def locked_batch(actor: Actor, batch_id: UUID, *states: str) -> InvitationBatch:
    """:raises NotFound: see `get_batch`. :raises BatchNotReady: it is in none of these states."""
    get_batch(actor, batch_id)
    batch = InvitationBatch.objects.select_for_update(no_key=True).get(id=batch_id)
    if states and batch.state not in states:
        raise BatchNotReady
    return batch


def _plain_name(file_name: str) -> str:
    plain = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in plain if c.isprintable()).strip()[:NAME_LENGTH]


def _asked_by(actor: Actor) -> dict[str, str | None]:
    return {"kind": actor.kind, "id": str(actor.acting_id) if actor.acting_id else None}


# --- Reading -------------------------------------------------------------------------------


def _begin(actor: Actor, batch: InvitationBatch) -> tuple[BatchDone, tuple[Job, ...]]:
    """The first rows; the job for the others when there are any."""
    how = batch.reading
    content = bytes(batch.content or b"")
    with open_table(content, COLUMNS, encoding=how["encoding"], separator=how["separator"]) as table:
        # Of a workbook nobody knows before its last row.
        about = max(0, content.count(b"\n") - 1) if table.kind == "csv" else 0
        batch.reading = {**how, **_understood(table), "about": about}
        rows = table.rows()
        first = list(itertools.islice(rows, FIRST))
        judged = _stage(actor, batch, first, answers_at_once(actor))
        more = next(rows, None) is not None
    _move(batch, len(first), finished=not more)
    done = BatchDone(batch.id, answered(judged))
    if not more:
        return done, ()
    args = {"organization_id": str(batch.organization_id), "batch_id": str(batch.id)}
    return done, (Job(READ, args, once=f"{READ}:{batch.id}"),)


def _understood(table: Table) -> dict[str, Any]:
    """How it was read, for the page and for whoever goes on."""
    return {
        "kind": table.kind,
        "encoding": table.encoding,
        "separator": table.separator,
        "columns": [{"heading": heading, "field": column} for heading, column in table.headings],
    }


def _move(batch: InvitationBatch, count: int, *, finished: bool) -> None:
    batch.rows_read += count
    if finished:
        batch.state = Batch.READY
    batch.save(update_fields=["rows_read", "state", "reading", "fault"])


def _stage(actor: Actor, batch: InvitationBatch, rows: Sequence[Row], answers: int | None) -> list[Judged]:
    drafts = drafts_of(rows)
    judged = judge(actor, drafts, first_lines(batch, [draft.email for draft in drafts]), answers=answers)
    insert_values(BatchRow, (_values(batch, one) for one in judged))
    return judged


def _values(batch: InvitationBatch, judged: Judged) -> dict[str, Any]:
    draft = judged.draft
    return {
        "organization_id": batch.organization_id,
        "id": new_id(),
        "batch_id": batch.id,
        "position": draft.position,
        "email": judged.email,
        "name": draft.name,
        "role": draft.role,
        "team": draft.team,
        "profile": draft.profile,
        "unit": draft.unit,
        "department": draft.department,
        "workspaces": draft.workspaces,
        "state": judged.state,
        "reasons": judged.reasons,
        "resolved": judged.resolved,
    }


def first_lines(batch: InvitationBatch, emails: Sequence[str]) -> dict[str, int]:
    """Address -> the first line of the batch that has it; one query."""
    asked = {email.strip().lower() for email in emails}
    rows = BatchRow.objects.filter(batch=batch, email__in=asked).order_by()
    return dict(rows.values_list("email").annotate(first=Min("position")))


def _under_way(batch_id: UUID, turn: int, begun: int | None = None) -> InvitationBatch:
    """:raises BatchMoved: another reader was faster, or the file is read anew, or not at all any more."""
    rows = InvitationBatch.objects.select_for_update(no_key=True).defer("content")
    batch = rows.filter(id=batch_id, state=Batch.READING).first()
    if batch is None or batch.reading.get("round") != turn or (begun is not None and batch.rows_read != begun):
        raise BatchMoved
    return batch


@action(INVITE)
def stage_rows(
    *,
    actor: Actor,
    now: datetime,
    batch_id: UUID,
    rows: tuple[Row, ...],
    begun: int,
    turn: int,
    answers: int | None = None,
) -> Outcome[BatchDone]:
    """One part of a file, judged and kept. `begun`: rows that were kept before; `turn`: which reading of the file;
    `answers`: how many addresses may be said to be in use elsewhere, None for any number.

    :raises BatchMoved: see there.
    """
    batch = _under_way(batch_id, turn, begun)
    judged = _stage(actor, batch, rows, answers)
    _move(batch, len(rows), finished=False)
    return Outcome(BatchDone(batch_id, answered(judged)), None)


@action(INVITE)
def finish_reading(*, actor: Actor, now: datetime, batch_id: UUID, begun: int, turn: int) -> Outcome[BatchDone]:
    """:raises BatchMoved: see there."""
    _move(_under_way(batch_id, turn, begun), 0, finished=True)
    return Outcome(BatchDone(batch_id), None)


@action(open_to="the job that reads a file, which is nobody's interface")
def fail_reading(
    *, actor: Actor, now: datetime, batch_id: UUID, turn: int, fault: dict[str, Any]
) -> Outcome[BatchDone]:
    """A fault that shows late leaves no row behind: a file is read as a whole or not at all.

    :raises BatchMoved: see there.
    """
    batch = _under_way(batch_id, turn)
    BatchRow.objects.filter(batch=batch).delete()
    batch.state, batch.rows_read, batch.fault = Batch.FAILED, 0, fault
    batch.save(update_fields=["state", "fault", "rows_read"])
    return Outcome(BatchDone(batch_id), None)
