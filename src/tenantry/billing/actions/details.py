"""Whom invoices name: what is said for them alone, before the company profile and the billing contact."""

from dataclasses import dataclass, fields
from datetime import datetime

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.billing.models import BillingDetails
from tenantry.core.actor import Actor
from tenantry.core.bounds import OPTIONAL_EMAIL
from tenantry.core.errors import VersionChanged
from tenantry.core.text import EmailBound, TextBound
from tenantry.organizations.bounds import LEGAL_NAME, POSTAL_ADDRESS, TAX_ID
from tenantry.organizations.permissions import BILLING_DETAILS

BOUNDS: dict[str, TextBound | EmailBound] = {
    "name": LEGAL_NAME,
    "address": POSTAL_ADDRESS,
    "country": TextBound(60, required=False),
    "tax_id": TAX_ID,
    "purchase_order": TextBound(60, required=False),
    "email": OPTIONAL_EMAIL,
}


@dataclass(frozen=True, slots=True)
class DetailFields:
    """Cleaned by `BOUNDS`; what is empty is as the company profile and the billing contact say."""

    name: str = ""
    address: str = ""
    country: str = ""
    tax_id: str = ""
    purchase_order: str = ""
    email: str = ""


@action(BILLING_DETAILS)
def change_billing_details(
    *, actor: Actor, now: datetime, details: DetailFields, version: int | None = None
) -> Outcome[Done]:
    """For invoices from now on; those that are there stay as they are. `version`: what the caller saw; None asks for
    no check.

    :raises VersionChanged: somebody else wrote meanwhile.
    """
    found = BillingDetails.objects.select_for_update(no_key=True).first()
    row = found or BillingDetails()
    if version is not None and version != row.version:
        raise VersionChanged
    before, after = {}, {}
    for one in fields(DetailFields):
        was, will = getattr(row, one.name), getattr(details, one.name)
        if was != will:
            before[one.name], after[one.name] = was, will
            setattr(row, one.name, will)
    if not after:
        return Outcome(Done(row.id), None)
    row.version += 1
    row.save(force_insert=found is None)
    # An address is of a person, and can be erased; a company's name can not.
    personal = {}
    if "email" in after:
        personal = {"before": {"email": before.pop("email")}, "after": {"email": after.pop("email")}}
    entry = Entry("billing.details_changed", "billing_details", row.id, {"before": before, "after": after}, personal)
    return Outcome(Done(row.id), entry)
