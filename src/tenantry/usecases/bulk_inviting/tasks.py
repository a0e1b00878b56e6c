"""The job that reads a file to its end, part by part, each in a transaction of its own."""

import itertools
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.acting.operations import revived
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn
from tenantry.core.jobs import LONG, SOON, job
from tenantry.core.sheets import Row, open_table
from tenantry.core.sheets.errors import SheetRefusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import InvitationBatch
from tenantry.security.answers import answers_left, count
from tenantry.usecases.bulk_inviting.batches import Batch
from tenantry.usecases.bulk_inviting.drafts import COLUMNS
from tenantry.usecases.bulk_inviting.errors import BatchMoved
from tenantry.usecases.bulk_inviting.reading import READ, fail_reading, finish_reading, stage_rows

# Rows of one transaction.
CHUNK: Final = 2_000


@job(READ, lane=LONG, retry=SOON)
def read_batch(*, organization_id: UUID, batch_id: str) -> None:
    """Goes on where the last commit stands. Safe to run again at any point, and twice at once."""
    read(UUID(batch_id))


def read(batch_id: UUID) -> None:
    """In the scope of the batch's organization."""
    with reading():
        batch = InvitationBatch.objects.filter(id=batch_id, state=Batch.READING).first()
    if batch is None:
        return
    how, begun = batch.reading, batch.rows_read
    try:
        with open_table(
            bytes(batch.content or b""), COLUMNS, encoding=how["encoding"], separator=how["separator"]
        ) as table:
            rows = table.rows()
            next(itertools.islice(rows, begun, begun), None)
            for chunk in _chunks(rows):
                _stage(batch_id, how, chunk, begun)
                begun += len(chunk)
        perform(finish_reading, actor=_asker(how), batch_id=batch_id, begun=begun, turn=how["round"])
    except BatchMoved:
        return
    except (SheetRefusal, NoLongerIn) as refused:
        system = Actor.system("reading", scope.organization_id())
        fault = {"code": refused.code, "values": refused.facts()}
        perform(fail_reading, actor=system, batch_id=batch_id, turn=how["round"], fault=fault)


def _stage(batch_id: UUID, how: dict[str, Any], chunk: tuple[Row, ...], begun: int) -> None:
    actor, now = _asker(how), clock.now()
    left = answers_left(actor, now)
    done = perform(stage_rows, actor=actor, batch_id=batch_id, rows=chunk, begun=begun, turn=how["round"], answers=left)
    if done.refused:
        count(actor, len(done.refused), now)


def _asker(how: dict[str, Any]) -> Actor:
    """With what they hold at this moment: each part is judged by that."""
    asked = how["asked_by"]
    with reading():
        return revived(asked["kind"], UUID(asked["id"]) if asked["id"] else None, clock.now())


def _chunks(rows: Iterator[Row]) -> Iterator[tuple[Row, ...]]:
    while chunk := tuple(itertools.islice(rows, CHUNK)):
        yield chunk
