"""Leads: made, edited, taken up, qualified or not."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.crm.errors import LeadAlreadyConverted
from tenantry.crm.models import Lead
from tenantry.crm.naming import refuse_new, texts_given
from tenantry.crm.records import LEAD
from tenantry.crm.steps import Made, change_record, entry_of, given, locked_record, new_record

State = Lead.State
# Any one of them is what a lead is called by.
NAMES = ("given_name", "family_name", "company_name", "email")


def open_lead(actor: Actor, lead_id: UUID, *, version: int | None = None) -> Lead:
    """Locked, and not yet converted.

    :raises LeadAlreadyConverted: it is history. :raises RecordArchived, VersionChanged, NotFound, PermissionMissing:
        see `locked_record`.
    """
    row: Lead = locked_record(actor, LEAD, lead_id, version=version)
    if row.state == State.CONVERTED:
        raise LeadAlreadyConverted
    return row


@action("leads.create", targets=("owner_id",))
def create_lead(
    *,
    actor: Actor,
    now: datetime,
    given_name: str = "",
    family_name: str = "",
    email: str = "",
    phone: str = "",
    company_name: str = "",
    job_title: str = "",
    source: str = "",
    owner_id: UUID | None = NIL,
    workspace_id: UUID | None = None,
    anyway: bool = False,
) -> Outcome[Made]:
    """One's own, unless `owner_id` says whose; None is the queue.

    :raises InvalidInput: it would have no name.
    :raises PermissionMissing, ReceiverNotActive, ReceiverCannotOpen, NotFound: see there.
    """
    texts: dict[str, Any] = {
        "given_name": given_name,
        "family_name": family_name,
        "email": email,
        "phone": phone,
        "company_name": company_name,
    }
    refuse_new(actor, LEAD, texts, NAMES)
    values = given(owner_id=owner_id, workspace_id=workspace_id)
    row = new_record(Lead, actor, now, **texts, job_title=job_title, source=source, anyway=anyway, **values)
    made = Event("LeadCreated", {"lead_id": row.pk, "owner_id": row.owner_id})
    return Outcome(Made(row.pk), entry_of("records.created", LEAD, row), (made,))


@action("leads.edit")
def edit_lead(
    *,
    actor: Actor,
    now: datetime,
    lead_id: UUID,
    version: int | None = None,
    given_name: str | None = None,
    family_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    company_name: str | None = None,
    job_title: str | None = None,
    source: str | None = None,
) -> Outcome[Done]:
    """Changes what is given and leaves the rest.

    :raises InvalidInput: it would have no name.
    :raises LeadAlreadyConverted, RecordArchived, VersionChanged, NotFound, PermissionMissing: see `open_lead`.
    """
    row = open_lead(actor, lead_id, version=version)
    wanted = {
        "given_name": given_name,
        "family_name": family_name,
        "email": email,
        "phone": phone,
        "company_name": company_name,
        "job_title": job_title,
        "source": source,
    }
    texts = texts_given(actor, LEAD, row, NAMES, wanted)
    changed = change_record(row, now, **texts)
    return Outcome(Done(row.pk), entry_of("records.edited", LEAD, row, changed=changed) if changed else None)


# --- Where it stands ----------------------------------------------------------------------


@action("leads.edit")
def work_lead(*, actor: Actor, now: datetime, lead_id: UUID) -> Outcome[Done]:
    """Somebody works on it: for the first time, or again after it was judged.

    :raises LeadAlreadyConverted, RecordArchived, NotFound, PermissionMissing: see `open_lead`.
    """
    row = open_lead(actor, lead_id)
    before = row.state
    if not change_record(row, now, state=State.WORKING, qualified_at=None):
        return Outcome(Done(row.pk), None)
    return Outcome(Done(row.pk), entry_of("leads.taken_up", LEAD, row, {"from": before}))


@action("leads.edit")
def qualify_lead(*, actor: Actor, now: datetime, lead_id: UUID) -> Outcome[Done]:
    """It is worth pursuing; converting it is what follows.

    :raises LeadAlreadyConverted, RecordArchived, NotFound, PermissionMissing: see `open_lead`.
    """
    row = open_lead(actor, lead_id)
    if row.state == State.QUALIFIED:
        return Outcome(Done(row.pk), None)
    before = row.state
    change_record(row, now, state=State.QUALIFIED, qualified_at=now)
    told = Event("LeadQualified", {"lead_id": row.pk, "owner_id": row.owner_id})
    return Outcome(Done(row.pk), entry_of("leads.qualified", LEAD, row, {"from": before}), (told,))


@action("leads.edit")
def disqualify_lead(*, actor: Actor, now: datetime, lead_id: UUID) -> Outcome[Done]:
    """It leads nowhere; it stays, and can be taken up again.

    :raises LeadAlreadyConverted, RecordArchived, NotFound, PermissionMissing: see `open_lead`.
    """
    row = open_lead(actor, lead_id)
    if row.state == State.UNQUALIFIED:
        return Outcome(Done(row.pk), None)
    before = row.state
    change_record(row, now, state=State.UNQUALIFIED, qualified_at=None)
    return Outcome(Done(row.pk), entry_of("leads.disqualified", LEAD, row, {"from": before}))
