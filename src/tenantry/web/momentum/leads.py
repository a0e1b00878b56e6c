"""Leads: list, file, page, form, where they stand, and what they become."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import perform
from tenantry.core.actor import Actor
from tenantry.crm.actions.leads import create_lead, disqualify_lead, edit_lead, qualify_lead, work_lead
from tenantry.crm.permissions import RECORDS_EXPORT
from tenantry.crm.records import COMPANY, CONTACT, DEAL, LEAD
from tenantry.crm.selectors import names_seen
from tenantry.web.momentum.editing import Editor, create_record, edit_record
from tenantry.web.momentum.forms import LeadForm
from tenantry.web.momentum.listing import (
    ADDED_COLUMN,
    CHANGED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    Column,
    Filter,
    Listing,
    Row,
    record_url,
)
from tenantry.web.momentum.pages import record_file, record_list, record_page
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, screen
from tenantry.web.toasts import toast

VIEW, CREATE, EDIT = "leads.view", "leads.create", "leads.edit"
# State -> words and shape.
STATES: dict[str, tuple[Any, str]] = {
    "new": (gettext_lazy("New"), "wait"),
    "working": (gettext_lazy("In work"), "wait"),
    "qualified": (gettext_lazy("Qualified"), ""),
    "unqualified": (gettext_lazy("Not qualified"), "off"),
    "converted": (gettext_lazy("Converted"), ""),
}


def state_of(row: Row) -> tuple[str, Any, str]:
    words, shape = STATES[row.record.state]
    return row.record.state, words, shape


def _in_states(_actor: Actor, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
    return rows.filter(state__in=[value for value in values if value in STATES])


LISTING = Listing(
    record_type=LEAD,
    name="lead_list",
    noun="leads",
    columns=(
        Column("state", gettext_lazy("State"), state_of, kind="state"),
        Column("company", gettext_lazy("Company"), lambda row: row.record.company_name, css="d-none d-sm-table-cell"),
        Column("position", gettext_lazy("Position"), lambda row: row.record.job_title, css="d-none d-xl-table-cell"),
        Column(
            "email", gettext_lazy("E-mail"), lambda row: row.seen("email"), css="d-none d-lg-table-cell", hides="email"
        ),
        Column(
            "phone", gettext_lazy("Phone"), lambda row: row.seen("phone"), css="d-none d-lg-table-cell", hides="phone"
        ),
        Column("source", gettext_lazy("Source"), lambda row: row.record.source, css="d-none d-xl-table-cell"),
        OWNER_COLUMN,
        ADDED_COLUMN,
        CHANGED_COLUMN,
    ),
    usual=("state", "company", "source", "owner", "added"),
    filters=(
        Filter(
            "state",
            gettext_lazy("State"),
            lambda _request: [(code, words) for code, (words, _shape) in STATES.items()],
            _in_states,
        ),
        OWNER,
    ),
    create_url="lead_create",
    create_label=gettext_lazy("Add lead"),
    file="lead_file",
    placeholder=gettext_lazy("Name, company or e-mail"),
    empty_title=gettext_lazy("No leads yet"),
    empty_text=gettext_lazy("Whoever may become a customer begins here, and becomes a contact, a company and a deal."),
)
EDITOR = Editor(
    record_type=LEAD,
    form=LeadForm,
    create=create_lead,
    edit=edit_lead,
    title=gettext_lazy("Add lead"),
    button=gettext_lazy("Add"),
    made=gettext_lazy("%(name)s is added."),
)


@screen(VIEW)
def lead_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, LISTING)


@screen(RECORDS_EXPORT, crosses=True)
def lead_file(request: MemberRequest) -> HttpResponseBase:
    return record_file(request, LISTING)


@screen(CREATE, methods=("GET", "POST"))
def lead_create(request: MemberRequest) -> HttpResponse:
    return create_record(request, EDITOR)


@screen(VIEW)
def lead_detail(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    return record_page(request, LEAD, lead_id, "momentum/lead.html", lambda row: _context(request, row))


def _context(request: MemberRequest, row: Row) -> dict[str, Any]:
    """`state`; `became`: what the reader sees of what it became."""
    lead, became = row.record, []
    links = ((CONTACT, lead.became_contact_id), (COMPANY, lead.became_company_id), (DEAL, lead.became_deal_id))
    for record_type, record_id in links:
        if record_id is not None and (name := names_seen(request.actor, record_type, [record_id]).get(record_id)):
            became.append({"type": record_type, "name": name, "url": record_url(record_type.key, record_id)})
    return {"state": state_of(row), "became": became, "open": lead.state != "converted"}


@screen(EDIT, methods=("GET", "POST"))
def lead_edit(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    return edit_record(request, EDITOR, lead_id, _("Saved."))


@screen(EDIT, methods=("POST",))
def lead_qualification(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    perform(qualify_lead, actor=request.actor, lead_id=lead_id)
    toast(request, _("The lead is qualified."))
    return go(request, reverse("lead_detail", args=[lead_id]))


@screen(EDIT, methods=("POST",))
def lead_disqualification(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    perform(disqualify_lead, actor=request.actor, lead_id=lead_id)
    toast(request, _("The lead is marked as not qualified."), undo_url=reverse("lead_work", args=[lead_id]))
    return go(request, reverse("lead_detail", args=[lead_id]))


@screen(EDIT, methods=("POST",))
def lead_work(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    perform(work_lead, actor=request.actor, lead_id=lead_id)
    toast(request, _("The lead is in work."))
    return go(request, reverse("lead_detail", args=[lead_id]))
