"""Bulk invites in tests: files, and the steps that jobs would take."""

import csv
import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from factories.organizations import Organization, Person
from tenantry.acting import operations
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import BatchRow, InvitationBatch
from tenantry.usecases import bulk_inviting as bulk
from tenantry.usecases.bulk_inviting.tasks import read

HEADING = "email,name,role,team,profile,unit,department,workspaces"


def file_of(*rows: Iterable[str], heading: str = HEADING) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([heading.split(","), *rows])
    return written.getvalue().encode()


def upload(org: Organization, content: bytes, by: Person | None = None, **how: Any) -> UUID:
    done = org.perform(bulk.upload_batch, by=by, file_name="people.csv", content=content, **how)
    batch_id: UUID = done.batch_id
    return batch_id


def batch_of(org: Organization, batch_id: UUID) -> InvitationBatch:
    with scope.tenant(org.id), reading():
        return InvitationBatch.objects.get(id=batch_id)


def staged(org: Organization, batch_id: UUID) -> list[BatchRow]:
    with scope.tenant(org.id), reading():
        return list(BatchRow.objects.filter(batch_id=batch_id).order_by("position"))


def run_reading(org: Organization, batch_id: UUID) -> None:
    """What the job of an upload does."""
    with scope.tenant(org.id):
        read(batch_id)


def run_sending(org: Organization, batch_id: UUID) -> None:
    """What the job of its operation does."""
    operation_id = batch_of(org, batch_id).operation_id
    assert operation_id is not None
    with scope.tenant(org.id):
        operations.run(operation_id)


def send(org: Organization, batch_id: UUID, by: Person | None = None) -> None:
    org.perform(bulk.send_batch, by=by, batch_id=batch_id)
    run_sending(org, batch_id)


def codes(row: BatchRow) -> list[str]:
    return [one["code"] for one in row.reasons]
