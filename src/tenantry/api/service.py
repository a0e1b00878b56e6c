"""The interface put together: routers, strict parser, one handler for everything that goes wrong."""

from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from tenantry.api.access.views import router as access
from tenantry.api.audit.views import router as audit
from tenantry.api.invitations.views import router as invitations
from tenantry.api.me.views import router as me
from tenantry.api.organization.views import router as organization
from tenantry.api.ownership.views import router as ownership
from tenantry.api.parser import StrictParser
from tenantry.api.people.holding import router as holding
from tenantry.api.people.leaving import router as leaving
from tenantry.api.people.views import router as people
from tenantry.api.policies.views import router as policies
from tenantry.api.problems import handle
from tenantry.api.profiles.views import router as profiles
from tenantry.api.roles.views import router as roles
from tenantry.api.teams.views import router as teams
from tenantry.api.units.views import router as units
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
    organization,
    policies,
    leaving,
    holding,
    people,
    ownership,
    invitations,
    teams,
    units,
    workspaces,
    workflows,
    roles,
    profiles,
    access,
    audit,
):
    api.add_router("", router)
for kind in (Exception, HttpError, ValidationError):
    api.add_exception_handler(kind, handle)
