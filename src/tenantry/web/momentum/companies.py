"""Companies: list, file, page, form."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.crm.actions.companies import create_company, edit_company
from tenantry.crm.permissions import RECORDS_EXPORT
from tenantry.crm.records import COMPANY
from tenantry.web.momentum.editing import Editor, create_record, edit_record
from tenantry.web.momentum.forms import CompanyForm
from tenantry.web.momentum.listing import ADDED_COLUMN, CHANGED_COLUMN, OWNER, OWNER_COLUMN, Column, Listing
from tenantry.web.momentum.pages import record_file, record_list, record_page
from tenantry.web.momentum.relating import related_context
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import screen

VIEW, CREATE, EDIT = "companies.view", "companies.create", "companies.edit"
LISTING = Listing(
    record_type=COMPANY,
    name="company_list",
    noun="companies",
    columns=(
        Column("industry", gettext_lazy("Industry"), lambda row: row.record.industry, css="d-none d-sm-table-cell"),
        Column("website", gettext_lazy("Website"), lambda row: row.record.domain, css="d-none d-lg-table-cell"),
        Column("phone", gettext_lazy("Phone"), lambda row: row.record.phone, css="d-none d-lg-table-cell"),
        OWNER_COLUMN,
        ADDED_COLUMN,
        CHANGED_COLUMN,
    ),
    usual=("industry", "website", "owner", "added"),
    filters=(OWNER,),
    create_url="company_create",
    create_label=gettext_lazy("Add company"),
    file="company_file",
    placeholder=gettext_lazy("Name or website"),
    empty_title=gettext_lazy("No companies yet"),
    empty_text=gettext_lazy("Companies that you do business with stand here, with their contacts and deals."),
)
EDITOR = Editor(
    record_type=COMPANY,
    form=CompanyForm,
    create=create_company,
    edit=edit_company,
    title=gettext_lazy("Add company"),
    button=gettext_lazy("Add"),
    made=gettext_lazy("%(name)s is added."),
)


@screen(VIEW)
def company_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, LISTING)


@screen(RECORDS_EXPORT, crosses=True)
def company_file(request: MemberRequest) -> HttpResponseBase:
    return record_file(request, LISTING)


@screen(CREATE, methods=("GET", "POST"))
def company_create(request: MemberRequest) -> HttpResponse:
    return create_record(request, EDITOR)


@screen(VIEW)
def company_detail(request: MemberRequest, company_id: UUID) -> HttpResponse:
    return record_page(
        request, COMPANY, company_id, "momentum/company.html", lambda row: related_context(request, COMPANY, row.id)
    )


@screen(EDIT, methods=("GET", "POST"))
def company_edit(request: MemberRequest, company_id: UUID) -> HttpResponse:
    return edit_record(request, EDITOR, company_id, _("Saved."))
