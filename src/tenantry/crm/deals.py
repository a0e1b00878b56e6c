"""What deals are made of, and what their actions share."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.decisions import find
from tenantry.core.errors import InvalidInput
from tenantry.core.fields import refuse_closed
from tenantry.core.money import LARGEST
from tenantry.core.text import TextBound
from tenantry.crm.deal_errors import DealClosed
from tenantry.crm.models import Deal
from tenantry.crm.records import COMPANY, CONTACT, DEAL
from tenantry.organizations.bounds import CURRENCIES

LOST_REASON = TextBound(500, required=False, multiline=True)
COMMENT = TextBound(1000, required=False, multiline=True)
EDITABLE = ("name", "value", "currency", "company_id", "contact_id", "closes_on")
# A share of the commission is counted in hundredths of a percent.
WHOLE = 10_000


def checked(actor: Actor, values: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """Columns of a deal as they may be written by the actor. `verb`: `edit` or `create`.

    :raises InvalidInput, NotFound: an impossible value; a company or contact that the actor does not see.
    :raises PermissionMissing: the value is closed to them.
    """
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not columns of a deal that are edited: {sorted(unknown)}")
    # An amount is nothing without its currency.
    refuse_closed(actor, DEAL, {"value" if name == "currency" else name for name in values}, verb)
    refuse_amount(values.get("value"), "value")
    if "currency" in values and values["currency"] not in CURRENCIES:
        raise InvalidInput({"currency": _("Please choose a currency from the list.")})
    for name, record_type in (("company_id", COMPANY), ("contact_id", CONTACT)):
        if values.get(name) is not None:
            find(actor, record_type, values[name])
    return dict(values)


def refuse_amount(minor: int | None, field: str) -> None:
    """:raises InvalidInput: below nothing, or more than can be kept."""
    if minor is not None and not 0 <= minor <= LARGEST:
        raise InvalidInput({field: _("This is no amount of money.")})


def refuse_closed_deal(deal: Deal) -> None:
    """:raises DealClosed: won or lost."""
    if deal.state != Deal.State.OPEN:
        raise DealClosed(name=deal.name)


def plain_ids(**ids: UUID | None) -> dict[str, str | None]:
    """For entries and events."""
    return {name: str(one) if one else None for name, one in ids.items()}
