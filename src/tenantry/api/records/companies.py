"""Companies: made and edited."""

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.records.rows import Shape, record_router, version_asked
from tenantry.api.records.schemas import CompanyChanges, CompanyOut, CompanyPage, NewCompany
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core.errors import VersionChanged
from tenantry.core.transactions import reading
from tenantry.crm.actions.companies import create_company, edit_company
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.records import COMPANY

CREATE, EDIT = COMPANY.permissions["create"], COMPANY.permissions["edit"]
SHAPE = Shape(COMPANY, "/companies", "company", CompanyOut, CompanyPage)
router = record_router(SHAPE, "Companies")


@operation(
    router,
    "POST",
    "/companies",
    CREATE,
    answer=CompanyOut,
    status=201,
    refuses=(ReceiverNotActive, ReceiverCannotOpen),
)
def company_create(request: ApiRequest, body: NewCompany) -> Answer:
    """A new company."""
    return SHAPE.made(request, carry_out(request, create_company, **body.model_dump(exclude_unset=True)).id)


@operation(router, "PATCH", "/companies/{record_id}", EDIT, answer=CompanyOut, refuses=(RecordArchived, VersionChanged))
def company_edit(request: ApiRequest, record_id: Id, body: CompanyChanges) -> Answer:
    """Changes what is given. With If-Match only while nobody else has."""
    version = version_asked(request, SHAPE, record_id)
    carry_out(request, edit_company, company_id=record_id, version=version, **body.model_dump(exclude_unset=True))
    with reading():
        return SHAPE.found(request.actor, record_id)
