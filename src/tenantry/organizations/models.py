"""The tenant and what it says about itself."""

from typing import ClassVar

from django.db import models

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fields import CollatedText, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel


class Address(models.Model):
    """The organization's address on this installation. Global, because an address is taken for everybody."""

    slug = models.TextField(primary_key=True)
    organization_id = models.UUIDField(default=new_id)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)


class Organization(TenantModel):
    """`id` equals `organization_id`. Its row is never a lock: every insert of a link needs it (see `LockRow`)."""

    class State(models.TextChoices):
        """Follows the subscription (product.md §5); closed: nobody enters."""

        ACTIVE = "active"
        TRIAL_ENDED = "trial_ended"
        FROZEN = "frozen"
        CANCELED = "canceled"
        CLOSED = "closed"

    name = models.TextField()
    slug = models.TextField()
    blueprint = models.TextField()
    state = models.TextField(choices=State, default=State.ACTIVE)
    time_zone = models.TextField(default="UTC")
    currency = models.TextField(default="USD")
    locale = models.TextField(default="en")
    created_at = models.DateTimeField()
    # Steps of the wizard: step -> "done" or "skipped".
    setup = models.JSONField(default=dict)
    setup_finished_at = models.DateTimeField(null=True)
    # Labels of the blueprint where they differ from ours (blueprints.md, last row of the policies).
    labels = models.JSONField(default=dict)
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)
    tenant_privileges: ClassVar = "SELECT, UPDATE"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id"], name="organizations_one_row"),
            models.CheckConstraint(condition=models.Q(id=models.F("organization_id")), name="organizations_same_id"),
        ]


class CompanyProfile(TenantModel):
    legal_name = models.TextField(default="")
    registered_address = models.TextField(default="")
    mailing_address = models.TextField(default="")
    tax_id = models.TextField(default="")
    website = models.TextField(default="")
    # "#rrggbb" or empty. Shown in header and mails after a contrast check.
    colour = models.TextField(default="")
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id"], name="organizations_one_profile"),
        ]


class Contact(TenantModel):
    class Kind(models.TextChoices):
        BILLING = "billing"
        TECHNICAL = "technical"
        LEGAL = "legal"

    kind = models.TextField(choices=Kind)
    name = models.TextField(default="")
    email = models.TextField(default="")
    phone = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(
        export="organization", keep=Keep.ORGANIZATION, erase=Erase.PSEUDONYM, personal=("name", "email", "phone")
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "kind"], name="organizations_one_contact"),
        ]


class PolicyValue(TenantModel):
    """One named rule of the organization; the catalogue of codes and types is `organizations.policies`."""

    code = models.TextField()
    # Null is a value: "no limit".
    value = models.JSONField(null=True)
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "code"], name="organizations_one_policy"),
        ]


class Entitlement(TenantModel):
    """What the organization may use: `limit` null is unlimited. Written by billing, read by everybody."""

    key = models.TextField()
    limit = models.BigIntegerField(null=True)
    source = models.TextField(default="plan")

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "key"], name="organizations_one_entitlement"),
        ]


class Unit(TenantModel):
    """A node of the organization's tree. There is one root, which stands for the organization itself."""

    key = models.UUIDField(default=new_id, editable=False)
    parent = TenantForeignKey("self", models.PROTECT, null=True, related_name="children")
    name = models.TextField()
    sort_name = CollatedText()
    created_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id"], condition=models.Q(parent__isnull=True), name="organizations_one_root"
            ),
            models.UniqueConstraint(
                fields=["organization_id", "parent", "sort_name"], name="organizations_one_unit_name"
            ),
        ]


class UnitLink(TenantModel):
    """The closure of the tree: every unit with itself (depth 0) and with each unit above it."""

    above = TenantForeignKey(Unit, models.CASCADE, related_name="+")
    below = TenantForeignKey(Unit, models.CASCADE, related_name="+")
    depth = models.SmallIntegerField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "above", "below"], name="organizations_one_unit_link"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "below", "above"], name="organizations_units_above")
        ]


class Workspace(TenantModel):
    """A separate working area with its own access levels; records belong to it."""

    key = models.UUIDField(default=new_id, editable=False)
    name = models.TextField()
    sort_name = CollatedText()
    description = models.TextField(default="")
    created_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "sort_name"], name="organizations_one_workspace_name"),
        ]


class Workflow(TenantModel):
    """A deal pipeline, as far as access goes: its name and, in `people`, who takes part."""

    key = models.UUIDField(default=new_id, editable=False)
    name = models.TextField()
    sort_name = CollatedText()
    description = models.TextField(default="")
    created_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "sort_name"], name="organizations_one_workflow_name"),
        ]


class LockRow(TenantModel):
    """Rows that exist to be locked, so that invariants are counted by one transaction at a time."""

    class Name(models.TextChoices):
        KEYHOLDERS = "keyholders"
        SEATS = "seats"
        STRUCTURE = "structure"

    name = models.TextField(choices=Name)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)
    tenant_privileges: ClassVar = "SELECT, UPDATE"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "name"], name="organizations_one_lock"),
        ]


def is_closed(organization: Organization) -> bool:
    """Nobody enters a closed organization, by whatever credential (security case 15)."""
    return organization.state == Organization.State.CLOSED


def current_organization() -> Organization:
    """The organization of the open scope."""
    return Organization.objects.get(pk=scope.organization_id())
