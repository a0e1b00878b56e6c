"""The interface put together: routers, strict parser, one handler for everything that goes wrong."""

from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from tenantry.api.access.views import router as access
from tenantry.api.audit.views import router as audit
from tenantry.api.billing.addons import router as billing_addons
from tenantry.api.billing.buying import router as billing_buying
from tenantry.api.billing.details import router as billing_details
from tenantry.api.billing.invoices import router as billing_invoices
from tenantry.api.billing.seats import router as billing_seats
from tenantry.api.billing.staying import router as billing_staying
from tenantry.api.billing.subscription import router as billing_subscription
from tenantry.api.deals.views import approval_router as approvals
from tenantry.api.deals.views import router as deals
from tenantry.api.departments.views import router as departments
from tenantry.api.files.views import drive, folders
from tenantry.api.files.views import router as files
from tenantry.api.invitations.batches import router as batches
from tenantry.api.invitations.views import router as invitations
from tenantry.api.long_work.views import router as long_work
from tenantry.api.me.views import router as me
from tenantry.api.notifications.views import router as notifications
from tenantry.api.organization.views import router as organization
from tenantry.api.ownership.views import router as ownership
from tenantry.api.parser import StrictParser
from tenantry.api.people.addresses import router as addresses
from tenantry.api.people.holding import router as holding
from tenantry.api.people.leaving import router as leaving
from tenantry.api.people.planned import router as planned
from tenantry.api.people.planned_selections import router as planned_selections
from tenantry.api.people.records import router as owned_records
from tenantry.api.people.views import router as people
from tenantry.api.policies.views import router as policies
from tenantry.api.problems import handle
from tenantry.api.profiles.views import router as profiles
from tenantry.api.records.companies import router as companies
from tenantry.api.records.contacts import router as contacts
from tenantry.api.records.leads import router as leads
from tenantry.api.records.searching import router as searching
from tenantry.api.reports.views import router as reports
from tenantry.api.roles.views import router as roles
from tenantry.api.teams.views import router as teams
from tenantry.api.units.views import router as units
from tenantry.api.usage.views import router as usage
from tenantry.api.views.views import router as saved_views
from tenantry.api.work.views import activities, notes, tasks
from tenantry.api.workflows.stages import router as stages
from tenantry.api.workflows.views import router as workflows
from tenantry.api.workspaces.views import router as workspaces

DESCRIPTION = """\
Everything that an administrator can do on the pages, for programs.

Send an API key as `Authorization: Bearer tk_…`; a signed-in browser may use its session with its CSRF token in
`X-CSRFToken`. The key or session names the organization: nothing of another one exists here.

Every POST takes an `Idempotency-Key` of up to 200 visible characters: sent again with the same body within a day, the
call is not carried out again, its answer comes anew with `Idempotency-Replayed: true`. Lists are pages: send `next`
back as `cursor`. `RateLimit` says how many calls are left. Whatever is refused is a problem document (RFC 9457) with a
stable `code`.
"""

api = NinjaAPI(
    title="Tenantry",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api-v1",
    parser=StrictParser(),
    servers=[],
)
for router in (
    me,
    billing_subscription,
    billing_buying,
    billing_invoices,
    billing_details,
    billing_addons,
    billing_seats,
    billing_staying,
    notifications,
    organization,
    policies,
    long_work,
    departments,
    leaving,
    owned_records,
    planned,
    planned_selections,
    holding,
    addresses,
    people,
    ownership,
    invitations,
    batches,
    teams,
    units,
    workspaces,
    workflows,
    stages,
    deals,
    approvals,
    roles,
    profiles,
    tasks,
    notes,
    activities,
    files,
    folders,
    drive,
    leads,
    contacts,
    companies,
    searching,
    saved_views,
    access,
    audit,
    reports,
    usage,
):
    api.add_router("", router)
for kind in (Exception, HttpError, ValidationError):
    api.add_exception_handler(kind, handle)
