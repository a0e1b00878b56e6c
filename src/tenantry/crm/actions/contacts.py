"""Contacts: made and edited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.decisions import find
from tenantry.core.ids import NIL
from tenantry.crm.models import Company, Contact
from tenantry.crm.naming import refuse_new, texts_given
from tenantry.crm.records import COMPANY, CONTACT
from tenantry.crm.steps import Made, change_record, entry_of, given, locked_record, new_record

# Any one of them is what a contact is called by.
NAMES = ("given_name", "family_name", "email")


@action("contacts.create", targets=("owner_id",))
def create_contact(
    *,
    actor: Actor,
    now: datetime,
    given_name: str = "",
    family_name: str = "",
    email: str = "",
    phone: str = "",
    job_title: str = "",
    company_id: UUID | None = None,
    new_company: str = "",
    owner_id: UUID | None = NIL,
    workspace_id: UUID | None = None,
    anyway: bool = False,
) -> Outcome[Made]:
    """One's own, unless `owner_id` says whose; None is the queue. `company_id`: one that the actor sees; `new_company`:
    the name of one that is made along.

    :raises InvalidInput: it would have no name.
    :raises PermissionMissing, ReceiverNotActive, ReceiverCannotOpen, NotFound: see there.
    """
    texts: dict[str, Any] = {"given_name": given_name, "family_name": family_name, "email": email, "phone": phone}
    refuse_new(actor, CONTACT, texts, NAMES)
    values = {**given(owner_id=owner_id, workspace_id=workspace_id), "anyway": anyway}
    if company_id is not None:
        find(actor, COMPANY, company_id)
    elif new_company:
        company_id = new_record(Company, actor, now, name=new_company, **values).pk
    row = new_record(Contact, actor, now, **texts, job_title=job_title, company_id=company_id, **values)
    return Outcome(Made(row.pk), entry_of("records.created", CONTACT, row))


@action("contacts.edit")
def edit_contact(
    *,
    actor: Actor,
    now: datetime,
    contact_id: UUID,
    version: int | None = None,
    given_name: str | None = None,
    family_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    job_title: str | None = None,
    company_id: UUID | None = NIL,
    new_company: str = "",
) -> Outcome[Done]:
    """Changes what is given and leaves the rest; `company_id` None takes it out of its company, `new_company`
    puts it into one that is made along.

    :raises InvalidInput: it would have no name.
    :raises RecordArchived, VersionChanged, NotFound, PermissionMissing: see `locked_record`.
    """
    row = locked_record(actor, CONTACT, contact_id, version=version)
    wanted = {
        "given_name": given_name,
        "family_name": family_name,
        "email": email,
        "phone": phone,
        "job_title": job_title,
    }
    texts = texts_given(actor, CONTACT, row, NAMES, wanted)
    if new_company:
        company_id = new_record(Company, actor, now, name=new_company, workspace_id=row.workspace_id).pk
    elif company_id not in (None, NIL, row.company_id):
        find(actor, COMPANY, company_id)
    changed = change_record(row, now, **texts, **given(company_id=company_id))
    return Outcome(Done(row.pk), entry_of("records.edited", CONTACT, row, changed=changed) if changed else None)
