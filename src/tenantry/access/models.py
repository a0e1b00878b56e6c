"""Roles as data, and who holds them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.people.models import Membership


class CatalogueVersion(TenantModel):
    """Moves with every change of a role, so that cached grants are noticed to be old."""

    number = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id"], name="access_one_version")]


class Role(TenantModel):
    """What somebody may administer and whose records they reach. `permissions`: code -> reach or `yes`."""

    key = models.TextField()
    name = models.TextField()
    sort_name = CollatedText(default="")
    description = models.TextField(default="")
    position = models.SmallIntegerField(default=0)
    # Stores everything, not a list: permissions of later releases are included.
    is_keyholder = models.BooleanField(default=False)
    is_system = models.BooleanField(default=True)
    permissions = models.JSONField(default=dict)
    # Ids of the roles its holders may assign and act on; null is all of them.
    assignable_roles = models.JSONField(null=True, default=list)
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id", "key"], name="access_one_role_key")]


class Assignment(TenantModel):
    """One role of one member. Scopes other than the organization, additions and ends come with their screens."""

    role = TenantForeignKey(Role, models.PROTECT, related_name="assignments")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    is_base = models.BooleanField(default=True)
    given_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    given_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership"], condition=Q(is_base=True), name="access_one_base_role"
            ),
        ]
