from django.urls import path

from tenantry.web.momentum import (
    acts,
    assistant,
    bulk,
    companies,
    contacts,
    converting,
    deals,
    home,
    leads,
    owning,
    picking,
    placing,
    shelves,
)
from tenantry.web.momentum.listing import add_listing

LEAD = "apps/momentum/leads/<uuid:lead_id>"
CONTACT = "apps/momentum/contacts/<uuid:contact_id>"
COMPANY = "apps/momentum/companies/<uuid:company_id>"
RECORDS = "apps/momentum/records/<str:type_key>"

for _listing in (leads.LISTING, contacts.LISTING, companies.LISTING, deals.LISTING):
    add_listing(_listing)

urlpatterns = [
    path("apps/momentum", home.momentum_home, name="momentum_home"),
    path("apps/momentum/search", home.momentum_search, name="momentum_search"),
    path("apps/momentum/unassigned", home.unassigned_list, name="unassigned_list"),
    path("apps/momentum/leads", leads.lead_list, name="lead_list"),
    path("apps/momentum/leads.csv", leads.lead_file, name="lead_file"),
    path("apps/momentum/leads/new", leads.lead_create, name="lead_create"),
    path(LEAD, leads.lead_detail, name="lead_detail"),
    path(f"{LEAD}/edit", leads.lead_edit, name="lead_edit"),
    path(f"{LEAD}/work", leads.lead_work, name="lead_work"),
    path(f"{LEAD}/qualification", leads.lead_qualification, name="lead_qualification"),
    path(f"{LEAD}/disqualification", leads.lead_disqualification, name="lead_disqualification"),
    path(f"{LEAD}/conversion", converting.lead_conversion, name="lead_conversion"),
    path("apps/momentum/contacts", contacts.contact_list, name="contact_list"),
    path("apps/momentum/contacts.csv", contacts.contact_file, name="contact_file"),
    path("apps/momentum/contacts/new", contacts.contact_create, name="contact_create"),
    path(CONTACT, contacts.contact_detail, name="contact_detail"),
    path(f"{CONTACT}/edit", contacts.contact_edit, name="contact_edit"),
    path("apps/momentum/companies", companies.company_list, name="company_list"),
    path("apps/momentum/companies.csv", companies.company_file, name="company_file"),
    path("apps/momentum/companies/new", companies.company_create, name="company_create"),
    path(COMPANY, companies.company_detail, name="company_detail"),
    path(f"{COMPANY}/edit", companies.company_edit, name="company_edit"),
    path("apps/momentum/owners/choices", owning.owner_choices, name="owner_choices"),
    path(f"{RECORDS}/choices", picking.record_choices, name="record_choices"),
    path(f"{RECORDS}/workspaces/choices", placing.workspace_choices, name="workspace_choices"),
    path(f"{RECORDS}/selection.csv", bulk.record_selection_file, name="record_selection_file"),
    path("apps/momentum/done/<uuid:acted_id>", bulk.record_operation, name="record_operation"),
    path(
        "apps/momentum/done/<uuid:acted_id>/cancellation", bulk.record_operation_cancel, name="record_operation_cancel"
    ),
    path(f"{RECORDS}/columns", shelves.record_columns, name="record_columns"),
    path(f"{RECORDS}/views", shelves.record_views, name="record_views"),
    path(f"{RECORDS}/views/new", shelves.record_view_create, name="record_view_create"),
    path(f"{RECORDS}/views/<uuid:saved_id>", shelves.record_view, name="record_view"),
    path(f"{RECORDS}/several", bulk.record_bulk, name="record_bulk"),
    path(f"{RECORDS}/owner", acts.record_owner_several, name="record_owner_several"),
    path(f"{RECORDS}/<uuid:record_id>/owner", acts.record_owner, name="record_owner"),
    path(f"{RECORDS}/take", acts.record_take, name="record_take"),
    path(f"{RECORDS}/<uuid:record_id>/assistant", assistant.record_assistant, name="record_assistant"),
    path(f"{RECORDS}/<uuid:record_id>/history", home.record_history, name="record_history"),
    path(f"{RECORDS}/archive", acts.record_archive, name="record_archive"),
    path(f"{RECORDS}/restore", acts.record_restore, name="record_restore"),
    path(f"{RECORDS}/deletion", acts.record_deletion_several, name="record_deletion_several"),
    path(f"{RECORDS}/<uuid:record_id>/deletion", acts.record_deletion, name="record_deletion"),
]
