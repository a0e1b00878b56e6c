"""Contacts: list, file, page, form."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.crm.actions.contacts import create_contact, edit_contact
from tenantry.crm.permissions import RECORDS_EXPORT
from tenantry.crm.records import COMPANY, CONTACT
from tenantry.crm.selectors import called, names_seen
from tenantry.web.momentum.editing import Editor, create_record, edit_record
from tenantry.web.momentum.forms import ContactForm
from tenantry.web.momentum.listing import ADDED_COLUMN, CHANGED_COLUMN, OWNER, OWNER_COLUMN, Column, Listing, record_url
from tenantry.web.momentum.pages import record_file, record_list, record_page
from tenantry.web.momentum.picking import names_offered
from tenantry.web.momentum.relating import related_context
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import screen

VIEW, CREATE, EDIT = "contacts.view", "contacts.create", "contacts.edit"


def _companies(request: MemberRequest, rows: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    """The companies of these contacts, where the reader sees them."""
    names = names_seen(request.actor, COMPANY, [row.company_id for row in rows])
    return {
        row.pk: {"company": (names[row.company_id], record_url(COMPANY.key, row.company_id))}
        for row in rows
        if row.company_id in names
    }


LISTING = Listing(
    record_type=CONTACT,
    name="contact_list",
    noun="contacts",
    columns=(
        Column(
            "company",
            gettext_lazy("Company"),
            lambda row: row.more.get("company"),
            kind="link",
            css="d-none d-sm-table-cell",
        ),
        Column("position", gettext_lazy("Position"), lambda row: row.record.job_title, css="d-none d-xl-table-cell"),
        Column(
            "email", gettext_lazy("E-mail"), lambda row: row.seen("email"), css="d-none d-lg-table-cell", hides="email"
        ),
        Column(
            "phone", gettext_lazy("Phone"), lambda row: row.seen("phone"), css="d-none d-lg-table-cell", hides="phone"
        ),
        OWNER_COLUMN,
        ADDED_COLUMN,
        CHANGED_COLUMN,
    ),
    usual=("company", "email", "owner", "added"),
    filters=(OWNER,),
    prepare=_companies,
    create_url="contact_create",
    create_label=gettext_lazy("Add contact"),
    file="contact_file",
    placeholder=gettext_lazy("Name or e-mail"),
    empty_title=gettext_lazy("No contacts yet"),
    empty_text=gettext_lazy("People outside whom you do business with stand here. Converting a lead makes one, too."),
)


def _values(request: MemberRequest, values: dict[str, Any], row: Any) -> dict[str, Any]:
    """The company of the name that was typed, or a new one; one that was not touched stays, seen or not."""
    name = values.pop("company", "")
    if row is not None and name == _initial(request, row)["company"]:
        return values
    found = called(request.actor, COMPANY, name) if name else None
    return {**values, "company_id": found.pk if found else None, "new_company": "" if found else name}


def _initial(request: MemberRequest, row: Any) -> dict[str, Any]:
    return {"company": names_seen(request.actor, COMPANY, [row.company_id]).get(row.company_id, "")}


EDITOR = Editor(
    record_type=CONTACT,
    form=ContactForm,
    create=create_contact,
    edit=edit_contact,
    title=gettext_lazy("Add contact"),
    button=gettext_lazy("Add"),
    made=gettext_lazy("%(name)s is added."),
    values=_values,
    initial=_initial,
    context=lambda request: {"companies": names_offered(request.actor, COMPANY)},
)


@screen(VIEW)
def contact_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, LISTING)


@screen(RECORDS_EXPORT, crosses=True)
def contact_file(request: MemberRequest) -> HttpResponseBase:
    return record_file(request, LISTING)


@screen(CREATE, methods=("GET", "POST"))
def contact_create(request: MemberRequest) -> HttpResponse:
    return create_record(request, EDITOR)


@screen(VIEW)
def contact_detail(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    def context(row: Any) -> dict[str, Any]:
        found = _companies(request, [row.record]).get(row.id, {})
        return {"company": found.get("company"), **related_context(request, CONTACT, row.id)}

    return record_page(request, CONTACT, contact_id, "momentum/contact.html", context)


@screen(EDIT, methods=("GET", "POST"))
def contact_edit(request: MemberRequest, contact_id: UUID) -> HttpResponse:
    return edit_record(request, EDITOR, contact_id, _("Saved."))
