"""Invoices, and whom they name. Amounts are whole minor units of the currency beside them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.billing.schemas import MoneyLineOut
from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.schemas import Bounded, In, Out
from tenantry.billing.actions.details import BOUNDS


class InvoiceOut(Out):
    id: UUID
    number: str
    state: Literal["open", "paid", "void"]
    currency: str
    subtotal: int
    tax: int
    tax_rate: int = Field(description="In millionths: 190000 is 19 %.")
    total: int
    credit_used: int = Field(description="Below nothing: kept as credit.")
    due: int
    issued_at: datetime
    paid_at: datetime | None
    next_attempt_at: datetime | None = Field(description="When the card is tried again.")
    period_start: datetime | None
    period_end: datetime | None


class PartyOut(Out):
    """Whom it names, as it was on the day it was issued."""

    name: str
    address: str
    country: str
    tax_id: str
    purchase_order: str
    attention: str
    email: str


class InvoiceDetailOut(InvoiceOut):
    buyer: PartyOut
    lines: list[MoneyLineOut]


class InvoicePage(PageOf[InvoiceOut]):
    pass


class InvoiceQuery(PageQuery):
    pass


class DetailsIn(In):
    """What is left out becomes empty, and invoices say what company profile and billing contact say."""

    name: Annotated[str, Bounded(BOUNDS["name"])] = ""
    address: Annotated[str, Bounded(BOUNDS["address"])] = ""
    country: Annotated[str, Bounded(BOUNDS["country"])] = ""
    tax_id: Annotated[str, Bounded(BOUNDS["tax_id"])] = ""
    purchase_order: Annotated[str, Bounded(BOUNDS["purchase_order"])] = ""
    email: Annotated[str, Bounded(BOUNDS["email"])] = ""


class OwnDetailsOut(Out):
    name: str
    address: str
    country: str
    tax_id: str
    purchase_order: str
    email: str


class DetailsOut(Out):
    own: OwnDetailsOut = Field(description="What was said for invoices alone.")
    buyer: PartyOut = Field(description="Whom an invoice of today names.")
