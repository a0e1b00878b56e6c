"""Mail for the contacts of the organization: addresses, nobody who signs in. Each gets its kind and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.audit.outbox import Delivered
from tenantry.billing.invoicing import buyers
from tenantry.core.ids import new_id
from tenantry.core.mail import queue_mail
from tenantry.core.tenancy import scope
from tenantry.notifications.kinds import kind_of
from tenantry.notifications.models import CONTACT_MAIL, ContactNotice
from tenantry.organizations.models import Contact
from tenantry.organizations.policies import CATALOGUE

BILLING, TECHNICAL, LEGAL = Contact.Kind.BILLING, Contact.Kind.TECHNICAL, Contact.Kind.LEGAL
# Trouble that goes on is told once a day.
AGAIN_AFTER = timedelta(days=1)
# Rules about data and about how people sign in.
LEGAL_GROUPS = frozenset({"password", "session"})
LEGAL_POLICIES = frozenset(
    {
        "people.entry_modes",
        "people.exclusive_email",
        "people.email_change",
        "people.removal_records",
        "ownership.transfer",
        "organization.deletion",
    }
)

# What the page of contacts says that each gets.
GETS: Mapping[str, Any] = {
    BILLING: gettext_lazy("Gets by mail: invoices, payments that came in or failed, changes of the plan."),
    TECHNICAL: gettext_lazy(
        "Gets by mail: work that failed for good or stands still, and allowances that are used up."
    ),
    LEGAL: gettext_lazy("Gets by mail: changes of ownership, and of rules about data and signing in."),
}


@dataclass(frozen=True, slots=True)
class ContactKind:
    """`template` and `words` write the sentence from the values of a row."""

    template: Callable[[Mapping[str, str]], str]
    words: Callable[[Mapping[str, str]], Mapping[str, str]]


def _policy(values: Mapping[str, str]) -> Mapping[str, str]:
    known = CATALOGUE.get(values.get("code", ""))
    return {"policy": known.title_in_words if known else values.get("code", "")}


def _names(values: Mapping[str, str]) -> Mapping[str, str]:
    return {"role": values.get("role", "")}


def _same(values: Mapping[str, str]) -> Mapping[str, str]:
    return values


def _of_kind(code: str) -> ContactKind:
    """Says what those who see billing are told."""
    kind = kind_of(code)

    def template(values: Mapping[str, str]) -> str:
        row = ContactNotice(values=dict(values))
        return str(kind.sentence(row)) if callable(kind.sentence) else str(kind.sentence)

    return ContactKind(template, kind.words)


KINDS: Mapping[str, ContactKind] = {
    **{
        code: _of_kind(code)
        for code in (
            "subscription_managed",
            "invoice_issued",
            "payment_failed",
            "payment_received",
            "pack_bought",
            "meter_reached",
        )
    },
    "ownership_transferred": ContactKind(lambda _v: _("A role with all permissions, %(role)s, changed hands."), _names),
    "policy_changed": ContactKind(lambda _v: _("The rule “%(policy)s” was changed."), _policy),
    "part_stopped": ContactKind(
        lambda _v: _(
            "A part of the service that follows what happens here has stopped after several failures: %(part)s."
        ),
        _same,
    ),
    "work_failed": ContactKind(
        lambda _v: _("Work in the background failed for good: %(work)s. An operator of the service can repeat it."),
        _same,
    ),
}
# Event -> contact, kind.
EVENTS: Mapping[str, tuple[str, str]] = {
    "SubscriptionChanged": (BILLING, "subscription_managed"),
    "InvoiceIssued": (BILLING, "invoice_issued"),
    "PaymentFailed": (BILLING, "payment_failed"),
    "PaymentReceived": (BILLING, "payment_received"),
    "PackBought": (BILLING, "pack_bought"),
    "MeterReached": (TECHNICAL, "meter_reached"),
    "OwnershipTransferred": (LEGAL, "ownership_transferred"),
    "PolicyChanged": (LEGAL, "policy_changed"),
}


def tell_contacts(event: Delivered, values: Mapping[str, str], about: UUID, now: datetime) -> None:
    """Mails the contact whose kind this event is, where one is named."""
    if event.name not in EVENTS or not _wanted(event):
        return
    contact, kind = EVENTS[event.name]
    tell_contact(contact, kind, values, number=event.number, about=about, now=now)


def _wanted(event: Delivered) -> bool:
    if event.name == "MeterReached":
        return int(event.payload.get("percent", 0)) == 100
    if event.name == "PolicyChanged":
        code = event.payload.get("code", "")
        return code in LEGAL_POLICIES or (code in CATALOGUE and CATALOGUE[code].group in LEGAL_GROUPS)
    return True


def tell_contact(
    contact: str, kind: str, values: Mapping[str, str], *, number: int, about: UUID, now: datetime
) -> bool:
    """Queues one mail, once for each number and subject. False where nobody is named or it was told."""
    to = buyers().said["email"] if contact == BILLING else _address_of(contact)
    if not to:
        return False
    row = ContactNotice(
        id=new_id(), contact=contact, kind=kind, about_id=about, values=dict(values), number=number, created_at=now
    )
    ContactNotice.objects.bulk_create([row], ignore_conflicts=True)
    if not ContactNotice.objects.filter(id=row.id).exists():
        return False
    queue_mail(kind=CONTACT_MAIL, to=to, organization_id=scope.organization_id(), subject_id=row.id, now=now)
    return True


def _address_of(contact: str) -> str:
    return Contact.objects.filter(kind=contact).values_list("email", flat=True).first() or ""


def told_lately(kind: str, now: datetime) -> bool:
    return ContactNotice.objects.filter(kind=kind, created_at__gt=now - AGAIN_AFTER).exists()


def contact_sentence(row: ContactNotice) -> str:
    kind = KINDS[row.kind]
    return kind.template(row.values) % dict(kind.words(row.values))


def contact_role(contact: str) -> str:
    """What the address is to the organization, for the mail's last line."""
    return {
        BILLING: _("its contact for billing"),
        TECHNICAL: _("its technical contact"),
        LEGAL: _("its legal contact"),
    }[Contact.Kind(contact)]
