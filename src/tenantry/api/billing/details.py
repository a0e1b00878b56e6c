"""Whom invoices name."""

from ninja import Router

from tenantry.api.billing.paper_schemas import (
    DetailsIn,
    DetailsOut,
    OwnDetailsOut,
    PartyOut,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.requests import ApiRequest
from tenantry.billing.actions.details import BOUNDS, DetailFields, change_billing_details
from tenantry.billing.invoicing import buyers
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_DETAILS, BILLING_VIEW

router = Router(tags=["Billing"])


def _details() -> DetailsOut:
    found = buyers()
    return DetailsOut(
        own=OwnDetailsOut(**found.own),
        buyer=PartyOut(**{name: found.said[name] for name in PartyOut.model_fields}),
    )


@operation(router, "GET", "/billing/details", BILLING_VIEW, BILLING_DETAILS, answer=DetailsOut)
def billing_details_get(request: ApiRequest) -> DetailsOut:
    """Whom the next invoice names, and what of it was said for invoices alone."""
    return _details()


@operation(router, "PUT", "/billing/details", BILLING_DETAILS, answer=DetailsOut)
def billing_details_change(request: ApiRequest, body: DetailsIn) -> DetailsOut:
    """Says whom invoices name from now on; those that are issued stay as they are."""
    said = DetailFields(**{name: getattr(body, name) for name in BOUNDS})
    carry_out(request, change_billing_details, details=said)
    with reading():
        return _details()
