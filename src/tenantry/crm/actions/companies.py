"""Companies: made and edited. Everything else that can be done to them is done to every record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.crm.models import Company
from tenantry.crm.records import COMPANY
from tenantry.crm.steps import Made, change_record, entry_of, given, locked_record, new_record


@action("companies.create", targets=("owner_id",))
def create_company(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    domain: str = "",
    industry: str = "",
    phone: str = "",
    address: str = "",
    owner_id: UUID | None = NIL,
    workspace_id: UUID | None = None,
    anyway: bool = False,
) -> Outcome[Made]:
    """One's own, unless `owner_id` says whose; None is the queue.

    :raises PermissionMissing, ReceiverNotActive, ReceiverCannotOpen, NotFound: see `new_record`.
    """
    values = given(owner_id=owner_id, workspace_id=workspace_id)
    texts: dict[str, Any] = {"name": name, "domain": domain, "industry": industry, "phone": phone, "address": address}
    row = new_record(Company, actor, now, anyway=anyway, **texts, **values)
    return Outcome(Made(row.pk), entry_of("records.created", COMPANY, row))


@action("companies.edit")
def edit_company(
    *,
    actor: Actor,
    now: datetime,
    company_id: UUID,
    version: int | None = None,
    name: str | None = None,
    domain: str | None = None,
    industry: str | None = None,
    phone: str | None = None,
    address: str | None = None,
) -> Outcome[Done]:
    """Changes what is given and leaves the rest.

    :raises RecordArchived, VersionChanged, NotFound, PermissionMissing: see `locked_record`.
    """
    row = locked_record(actor, COMPANY, company_id, version=version)
    wanted = {"name": name, "domain": domain, "industry": industry, "phone": phone, "address": address}
    changed = change_record(row, now, **{key: value for key, value in wanted.items() if value is not None})
    return Outcome(Done(row.pk), entry_of("records.edited", COMPANY, row, changed=changed) if changed else None)
