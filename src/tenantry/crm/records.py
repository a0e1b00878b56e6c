"""The types of record of the CRM, declared: lists, search, export, transfer and counters read nothing else."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import RecordField, declare_fields
from tenantry.core.records import Collaborators, RecordType, register
from tenantry.crm import permissions as codes
from tenantry.crm.models import (
    Activity,
    Company,
    Contact,
    Deal,
    DealMember,
    File,
    Folder,
    Lead,
    Note,
    Record,
    Task,
)

_SUBJECT = ("lead_id", "contact_id", "company_id", "deal_id")


def _owned(
    key: str,
    model: type[Record],
    title: Any,
    plural: Any,
    area: str,
    exports: tuple[str, ...],
    *,
    more: Mapping[str, str] | None = None,
    **declared: Any,
) -> RecordType:
    """What all have in common. `area`: of its permissions; `more`: verbs beyond the usual four; `exports`: its own."""
    usual = {verb: f"{area}.{verb}" for verb in ("view", "create", "edit", "delete")}
    return register(
        RecordType(
            key=key,
            model=model,
            title=title,
            plural=plural,
            permissions={**usual, **(more or {})},
            owner="owner_id",
            workspace="workspace_id",
            exports=("id", *exports, "owner_id", "created_at", "changed_at", "archived_at"),
            search="search_text",
            archived="archived_at",
            **declared,
        )
    )


VALUE = RecordField("deals.value", _("Value of deals"), "deals")
COMMISSION = RecordField("deals.commission", _("Commission split of deals"), "deals")
LEAD_REACHED = RecordField("leads.reached", _("Address and telephone of leads"), "leads", ("email", "phone"))
CONTACT_REACHED = RecordField(
    "contacts.reached", _("Address and telephone of contacts"), "contacts", ("email", "phone")
)
declare_fields([VALUE, COMMISSION, LEAD_REACHED, CONTACT_REACHED])

_PERSON = ("given_name", "family_name", "email", "phone")

LEAD = _owned(
    "lead",
    Lead,
    _("Lead"),
    _("Leads"),
    "leads",
    (*_PERSON, "company_name", "job_title", "source", "state", "qualified_at", "converted_at"),
    fields=(LEAD_REACHED,),
    metered=True,
)
CONTACT = _owned(
    "contact",
    Contact,
    _("Contact"),
    _("Contacts"),
    "contacts",
    (*_PERSON, "job_title", "company_id"),
    fields=(CONTACT_REACHED,),
    metered=True,
)
COMPANY = _owned(
    "company",
    Company,
    _("Company"),
    _("Companies"),
    "companies",
    ("name", "domain", "industry", "phone", "address"),
    metered=True,
)
DEAL = _owned(
    "deal",
    Deal,
    _("Deal"),
    _("Deals"),
    "deals",
    (
        "name",
        "workflow_id",
        "stage_id",
        "state",
        "value",
        "currency",
        "company_id",
        "contact_id",
        "closes_on",
        "closed_at",
        "lost_reason",
    ),
    more={"move": codes.DEALS_MOVE, "commission": codes.COMMISSION_VIEW},
    workflow="workflow_id",
    collaborators=Collaborators(DealMember, "deal_id", "membership_id"),
    fields=(VALUE, COMMISSION),
    metered=True,
)
TASK = _owned(
    "task", Task, _("Task"), _("Tasks"), "tasks", ("title", "body", "due_on", "done_at", *_SUBJECT), name="title"
)
NOTE = _owned("note", Note, _("Note"), _("Notes"), "notes", ("body", *_SUBJECT), name="title")
ACTIVITY = _owned(
    "activity",
    Activity,
    _("Activity"),
    _("Activities"),
    "activities",
    ("kind", "title", "body", "happened_at", "minutes", *_SUBJECT),
    name="title",
)
FILE = _owned(
    "file",
    File,
    _("File"),
    _("Files"),
    "files",
    ("name", "size", "content_type", "sha256", "folder_id", *_SUBJECT),
)
FOLDER = _owned("folder", Folder, _("Folder"), _("Folders"), "files", ("name", "parent_id"))
