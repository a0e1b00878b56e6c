"""Invoices: numbered without gaps, taxed, paid from the credit balance first; and the balance itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max

from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.billing.models import BillingDetails, CreditEntry, Invoice, InvoiceLine, Subscription
from tenantry.billing.rounding import share
from tenantry.core.ids import new_id
from tenantry.core.jobs import Job
from tenantry.core.together import Wanted, read_together, wanted
from tenantry.organizations.models import CompanyProfile, Contact, Organization
from tenantry.organizations.selectors import current_organization

COLLECT: Final = "billing.collect"
OWN: Final = ("name", "address", "country", "tax_id", "purchase_order", "email")
_PROFILE: Final = ("legal_name", "mailing_address", "registered_address", "tax_id")


@dataclass(frozen=True, slots=True)
class Line:
    """`code` and `values` make its sentence (`billing.wording`); `amount` in minor units, negative for what is given
    back; `quantity`: how many of what the code names."""

    code: str
    amount: int
    quantity: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"code": self.code, "amount": self.amount, "quantity": self.quantity, "values": dict(self.values)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Line":
        return cls(plain["code"], plain["amount"], plain["quantity"], plain["values"])


@dataclass(frozen=True, slots=True)
class Sums:
    """Of an invoice, in minor units. `credit`: used from the balance; with a minus given to it."""

    subtotal: int
    tax: int
    total: int
    credit: int
    due: int


@dataclass(frozen=True, slots=True)
class Issued:
    invoice: Invoice
    values: Mapping[str, Any]
    events: tuple[Event, ...]
    jobs: tuple[Job, ...]


def sums(lines: Iterable[Line], balance: int) -> Sums:
    """What an invoice of these lines comes to: a quote and its invoice ask the same function. One rounding for the
    tax. What is below nothing is kept as credit; credit is used before the card."""
    subtotal = sum(line.amount for line in lines)
    tax = share(subtotal, settings.TAX_MILLIONTHS)
    total = subtotal + tax
    credit = min(balance, total)
    return Sums(subtotal, tax, total, credit, total - credit)


def credit_balance(currency: str) -> int:
    """Minor units of this currency in the organization's favour; what is kept in another one pays for nothing here."""
    last = CreditEntry.objects.filter(currency=currency).order_by("-number").values_list("balance", flat=True).first()
    return last or 0


def add_credit(
    subscription: Subscription, amount: int, code: str, now: datetime, *, currency: str, invoice: Invoice | None = None
) -> int:
    """Changes the balance of a locked subscription by `amount` and returns it. Below nothing the database refuses."""
    in_action()
    balance = credit_balance(currency) + amount
    number = (CreditEntry.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    CreditEntry.objects.create(
        amount=amount, balance=balance, currency=currency, code=code, invoice=invoice, at=now, number=number
    )
    return balance


def issue(
    subscription: Subscription,
    lines: Iterable[Line],
    now: datetime,
    *,
    currency: str,
    period: tuple[datetime, datetime] | None = None,
) -> Issued:
    """An invoice of these lines, with the next number. `subscription` is locked: its lock orders numbers and the
    balance. Paid at once where nothing is due; else a job collects it."""
    in_action()
    lines = list(lines)
    found, buyer = sums(lines, credit_balance(currency)), buyers().said
    number = (Invoice.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    invoice = Invoice(
        id=new_id(),
        number=number,
        # By the calendar of whoever reads it, as the day beside it.
        year=now.astimezone(ZoneInfo(buyer["zone"])).year,
        state=Invoice.State.OPEN if found.due else Invoice.State.PAID,
        currency=currency,
        subtotal=found.subtotal,
        tax=found.tax,
        tax_rate=settings.TAX_MILLIONTHS,
        total=found.total,
        credit_used=found.credit,
        due=found.due,
        seller=dict(settings.SELLER),
        buyer=buyer,
        period_start=period[0] if period else None,
        period_end=period[1] if period else None,
        issued_at=now,
        paid_at=None if found.due else now,
        next_attempt_at=now if found.due else None,
    )
    Invoice.objects.bulk_create([invoice])
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            position=n,
            code=one.code,
            values=one.plain()["values"],
            quantity=one.quantity,
            amount=one.amount,
        )
        for n, one in enumerate(lines, 1)
    )
    if found.credit:
        code = "used" if found.credit > 0 else "unused"
        add_credit(subscription, -found.credit, code, now, currency=currency, invoice=invoice)
    values = {"invoice": invoice.written_number, "currency": currency, "total": found.total, "due": found.due}
    return Issued(invoice, values, (Event("InvoiceIssued", {"invoice_id": invoice.id}),), collecting(invoice))


def collecting(invoice: Invoice) -> tuple[Job, ...]:
    """The job that charges what is due; none where nothing is."""
    if invoice.state != Invoice.State.OPEN:
        return ()
    args = {"organization_id": str(invoice.organization_id), "invoice_id": str(invoice.id)}
    return (Job(COLLECT, args, once=f"{COLLECT}:{invoice.id}"),)


@dataclass(frozen=True, slots=True)
class Buyers:
    """Whom an invoice of today names: `said` in all, `own` of it for invoices alone, `behind` what stands where that is
    empty. `version`: of what is own; 1: nothing was said yet."""

    said: dict[str, str]
    own: dict[str, str]
    behind: dict[str, str]
    version: int


def buyers(organization: Organization | None = None) -> Buyers:
    """One query for whoever has read the organization already."""
    return buyers_in(read_together(buyer_parts()), organization or current_organization())


def buyer_parts() -> dict[str, Wanted]:
    """What `buyers_in` reads, for a query that asks for more besides."""
    return {
        "own": wanted(BillingDetails.objects.all(), *OWN, "version"),
        "profile": wanted(CompanyProfile.objects.all(), *_PROFILE),
        "contact": wanted(Contact.objects.filter(kind=Contact.Kind.BILLING), "name", "email"),
    }


def buyers_in(found: Mapping[str, list[dict[str, Any]]], organization: Organization) -> Buyers:
    """The details come before the company profile and the billing contact."""
    own: dict[str, Any] = dict(next(iter(found["own"]), {"version": 1, **dict.fromkeys(OWN, "")}))
    profile = next(iter(found["profile"]), dict.fromkeys(_PROFILE, ""))
    contact = next(iter(found["contact"]), {"name": "", "email": ""})
    behind = {
        "name": profile["legal_name"] or organization.name,
        "address": profile["mailing_address"] or profile["registered_address"],
        "country": "",
        "tax_id": profile["tax_id"],
        "purchase_order": "",
        "attention": contact["name"],
        "email": contact["email"],
        "zone": organization.time_zone,
        "locale": organization.locale,
    }
    version = own.pop("version")
    said = {**behind, **{name: value for name, value in own.items() if value}}
    return Buyers(said, own, behind, version)
