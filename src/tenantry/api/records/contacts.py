"""Contacts: made and edited."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.people.schemas import Named
from tenantry.api.records.rows import Shape, record_router, version_asked
from tenantry.api.records.schemas import ContactChanges, ContactOut, ContactPage, NewContact
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core.actor import Actor
from tenantry.core.errors import VersionChanged
from tenantry.core.transactions import reading
from tenantry.crm.actions.contacts import create_contact, edit_contact
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.records import COMPANY, CONTACT
from tenantry.crm.selectors import names_seen

CREATE, EDIT = CONTACT.permissions["create"], CONTACT.permissions["edit"]


def _companies(actor: Actor, rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    names = names_seen(actor, COMPANY, [row.company_id for row in rows])
    return {
        row.pk: {"company": Named(id=row.company_id, name=names[row.company_id]) if row.company_id in names else None}
        for row in rows
    }


SHAPE = Shape(CONTACT, "/contacts", "crm_contact", ContactOut, ContactPage, prepare=_companies)
router = record_router(SHAPE, "Contacts")


@operation(
    router,
    "POST",
    "/contacts",
    CREATE,
    answer=ContactOut,
    status=201,
    refuses=(ReceiverNotActive, ReceiverCannotOpen),
)
def crm_contact_create(request: ApiRequest, body: NewContact) -> Answer:
    """A new contact."""
    return SHAPE.made(request, carry_out(request, create_contact, **body.model_dump(exclude_unset=True)).id)


@operation(router, "PATCH", "/contacts/{record_id}", EDIT, answer=ContactOut, refuses=(RecordArchived, VersionChanged))
def crm_contact_edit(request: ApiRequest, record_id: Id, body: ContactChanges) -> Answer:
    """Changes what is given. With If-Match only while nobody else has."""
    version = version_asked(request, SHAPE, record_id)
    carry_out(request, edit_contact, contact_id=record_id, version=version, **body.model_dump(exclude_unset=True))
    with reading():
        return SHAPE.found(request.actor, record_id)
