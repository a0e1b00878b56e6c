"""Leads: made, edited, judged, converted."""

from typing import Any

from django.db.models import QuerySet

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.records.rows import Shape, record_router, version_asked
from tenantry.api.records.schemas import (
    Conversion,
    ConvertedOut,
    LeadChanges,
    LeadOut,
    LeadPage,
    LeadQuery,
    LeadStep,
    MovedOut,
    NewLead,
)
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core.actor import Actor
from tenantry.core.errors import VersionChanged
from tenantry.core.transactions import reading
from tenantry.crm.actions.converting import Beginning, convert_lead
from tenantry.crm.actions.leads import create_lead, disqualify_lead, edit_lead, qualify_lead, work_lead
from tenantry.crm.deal_errors import WordNeeded
from tenantry.crm.errors import LeadAlreadyConverted, ReceiverNotActive, RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.records import LEAD

CREATE, EDIT = LEAD.permissions["create"], LEAD.permissions["edit"]
STEPS = {"working": work_lead, "qualified": qualify_lead, "unqualified": disqualify_lead}


def _in_states(_actor: Actor, rows: QuerySet[Any], query: LeadQuery) -> QuerySet[Any]:
    return rows.filter(state__in=query.state) if query.state else rows


SHAPE = Shape(LEAD, "/leads", "lead", LeadOut, LeadPage, LeadQuery, _in_states)
router = record_router(SHAPE, "Leads")


@operation(
    router,
    "POST",
    "/leads",
    CREATE,
    answer=LeadOut,
    status=201,
    refuses=(ReceiverNotActive, ReceiverCannotOpen),
)
def lead_create(request: ApiRequest, body: NewLead) -> Answer:
    """A new lead."""
    return SHAPE.made(request, carry_out(request, create_lead, **body.model_dump(exclude_unset=True)).id)


@operation(
    router,
    "PATCH",
    "/leads/{record_id}",
    EDIT,
    answer=LeadOut,
    refuses=(LeadAlreadyConverted, RecordArchived, VersionChanged),
)
def lead_edit(request: ApiRequest, record_id: Id, body: LeadChanges) -> Answer:
    """Changes what is given. With If-Match only while nobody else has."""
    version = version_asked(request, SHAPE, record_id)
    carry_out(request, edit_lead, lead_id=record_id, version=version, **body.model_dump(exclude_unset=True))
    with reading():
        return SHAPE.found(request.actor, record_id)


@operation(
    router, "POST", "/leads/{record_id}/state", EDIT, answer=LeadOut, refuses=(LeadAlreadyConverted, RecordArchived)
)
def lead_step(request: ApiRequest, record_id: Id, body: LeadStep) -> Answer:
    """Takes it up, or judges it."""
    carry_out(request, STEPS[body.state], lead_id=record_id)
    with reading():
        return SHAPE.found(request.actor, record_id)


@operation(
    router,
    "POST",
    "/leads/{record_id}/conversion",
    EDIT,
    answer=ConvertedOut,
    refuses=(LeadAlreadyConverted, RecordArchived, WordNeeded),
)
def lead_convert(request: ApiRequest, record_id: Id, body: Conversion) -> ConvertedOut:
    """Makes a contact, a company and a deal of it; tasks, notes, activities and files move along."""
    deal = Beginning(body.deal.workflow_id, body.deal.name, body.deal.value) if body.deal else None
    made = carry_out(
        request,
        convert_lead,
        lead_id=record_id,
        contact_id=body.contact_id,
        company_id=body.company_id,
        new_company=body.new_company,
        deal=deal,
    )
    return ConvertedOut(
        lead_id=made.lead_id,
        contact_id=made.contact_id,
        company_id=made.company_id,
        deal_id=made.deal_id,
        moved=[MovedOut(type=key, count=count) for key, count in made.moved],
    )
