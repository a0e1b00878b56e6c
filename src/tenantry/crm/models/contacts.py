"""Who is sold to: leads, contacts, companies."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, TenantForeignKey
from tenantry.crm.models.base import Record, record_indexes
from tenantry.people.words import search_text_of, words_of


class Company(Record):
    name = models.TextField()
    domain = CollatedText(default="")
    industry = models.TextField(default="")
    phone = models.TextField(default="")
    address = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = record_indexes("crm_company")

    def refresh_search(self) -> None:
        """Keeps the derived columns; call before every save of what they are made of."""
        self.sort_name = self.name.lower()
        self.search_text = words_of(self.name, self.domain)


class Contact(Record):
    """A person outside of the organization, with whom it does business."""

    given_name = models.TextField(default="")
    family_name = models.TextField(default="")
    email = CollatedText(default="")
    phone = models.TextField(default="")
    job_title = models.TextField(default="")
    company = TenantForeignKey(Company, models.PROTECT, null=True, sparse=True, related_name="contacts")

    lifecycle: ClassVar = Lifecycle(
        export="records",
        keep=Keep.ORGANIZATION,
        erase=Erase.PSEUDONYM,
        personal=("given_name", "family_name", "email", "phone", "sort_name", "search_text"),
    )

    class Meta:
        indexes: ClassVar = record_indexes("crm_contact")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(given_name="") | ~Q(family_name="") | ~Q(email=""), name="crm_contact_has_name"
            ),
        ]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() or self.email

    def refresh_search(self) -> None:
        """See `Company`."""
        self.sort_name = self.name.lower()
        self.search_text = search_text_of(self.name, self.email)


class Lead(Record):
    """Somebody who may become a customer. Converting makes a contact, a company and a deal of it."""

    class State(models.TextChoices):
        NEW = "new"
        WORKING = "working"
        QUALIFIED = "qualified"
        UNQUALIFIED = "unqualified"
        CONVERTED = "converted"

    given_name = models.TextField(default="")
    family_name = models.TextField(default="")
    email = CollatedText(default="")
    phone = models.TextField(default="")
    company_name = models.TextField(default="")
    job_title = models.TextField(default="")
    source = models.TextField(default="")
    state = models.TextField(choices=State, default=State.NEW)
    qualified_at = models.DateTimeField(null=True)
    converted_at = models.DateTimeField(null=True)
    # What it became.
    became_contact = TenantForeignKey(Contact, models.SET_NULL, null=True, sparse=True, related_name="+")
    became_company = TenantForeignKey(Company, models.SET_NULL, null=True, sparse=True, related_name="+")
    became_deal = TenantForeignKey("crm.Deal", models.SET_NULL, null=True, sparse=True, related_name="+")

    lifecycle: ClassVar = Lifecycle(
        export="records",
        keep=Keep.ORGANIZATION,
        erase=Erase.PSEUDONYM,
        personal=("given_name", "family_name", "email", "phone", "sort_name", "search_text"),
    )

    class Meta:
        indexes: ClassVar = [
            *record_indexes("crm_lead"),
            models.Index(fields=["organization_id", "state", "-created_at", "-id"], name="crm_lead_by_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(given_name="") | ~Q(family_name="") | ~Q(email="") | ~Q(company_name=""),
                name="crm_lead_has_name",
            ),
            models.CheckConstraint(
                condition=Q(state="converted", converted_at__isnull=False)
                | (~Q(state="converted") & Q(converted_at__isnull=True)),
                name="crm_lead_converted_when",
            ),
        ]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() or self.company_name or self.email

    def refresh_search(self) -> None:
        """See `Company`."""
        self.sort_name = self.name.lower()
        self.search_text = search_text_of(f"{self.name} {self.company_name}", self.email)
