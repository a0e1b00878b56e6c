"""Roles as data, and who holds them."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Unit, Workspace
from tenantry.people.models import Membership


class CatalogueVersion(TenantModel):
    """Moves with every change of a role, so that cached grants are noticed to be old."""

    number = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id"], name="access_one_version")]


class Role(TenantModel):
    """What somebody may administer and whose records they reach. `permissions`: code -> reach or `yes`.

    `kind` says how it is held: as the one base role, beside it, at a unit for its subtree, or as a level in one
    workspace.
    """

    class Kind(models.TextChoices):
        BASE = "base"
        ADDITION = "addition"
        UNIT = "unit"
        WORKSPACE = "workspace"

    key = models.TextField()
    kind = models.TextField(choices=Kind, default=Kind.BASE)
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
    # Of additions and roles at units: ids of the base roles beside which they may be held; null is any.
    beside = models.JSONField(null=True, default=None)
    # The name of the role it was copied from, for people.
    copied_from = models.TextField(default="")
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "key"], name="access_one_role_key"),
            models.UniqueConstraint(fields=["organization_id", "kind", "sort_name"], name="access_one_role_name"),
            models.CheckConstraint(
                condition=Q(is_keyholder=False) | Q(kind="base"), name="access_keyholder_is_base_role"
            ),
        ]


class Assignment(TenantModel):
    """One role of one member, in the whole organization, at a unit or in a workspace, with an end or without."""

    role = TenantForeignKey(Role, models.PROTECT, related_name="assignments")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    is_base = models.BooleanField(default=True)
    unit = TenantForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    # Ends by itself at this moment: computed when grants are read, tidied up by a job afterwards.
    ends_at = models.DateTimeField(null=True)
    # What a base role with an end gives way to.
    then_role = TenantForeignKey(Role, models.PROTECT, null=True, related_name="+")
    noticed_at = models.DateTimeField(null=True)
    given_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    given_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership"], condition=Q(is_base=True), name="access_one_base_role"
            ),
            models.UniqueConstraint(
                fields=["organization_id", "membership", "workspace"],
                condition=Q(workspace__isnull=False),
                name="access_one_level",
            ),
            models.UniqueConstraint(
                fields=["organization_id", "membership", "role", "unit"],
                condition=Q(is_base=False, workspace__isnull=True),
                nulls_distinct=False,
                name="access_role_held_once",
            ),
            models.CheckConstraint(condition=Q(unit__isnull=True) | Q(workspace__isnull=True), name="access_one_scope"),
            models.CheckConstraint(
                condition=Q(is_base=False) | Q(unit__isnull=True, workspace__isnull=True),
                name="access_base_role_everywhere",
            ),
            models.CheckConstraint(
                condition=Q(then_role__isnull=True) | Q(is_base=True, ends_at__isnull=False),
                name="access_then_after_an_end",
            ),
            models.CheckConstraint(
                condition=Q(is_base=False) | Q(ends_at__isnull=True) | Q(then_role__isnull=False),
                name="access_base_role_then_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization_id", "ends_at"], condition=Q(ends_at__isnull=False), name="access_ending"
            ),
        ]


class Profile(TenantModel):
    """An upper bound on what somebody may do in the applications: it never adds. `permissions`: code -> reach or
    `yes`; what is missing is not allowed. `fields`: field code -> `hidden` or `view`; what is missing is open."""

    key = models.TextField()
    name = models.TextField()
    sort_name = CollatedText(default="")
    description = models.TextField(default="")
    position = models.SmallIntegerField(default=0)
    is_system = models.BooleanField(default=True)
    # Stores everything, not a list: bounds nothing, permissions of later releases included.
    is_everything = models.BooleanField(default=False)
    permissions = models.JSONField(default=dict)
    fields = models.JSONField(default=dict)
    copied_from = models.TextField(default="")
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "key"], name="access_one_profile_key"),
            models.UniqueConstraint(fields=["organization_id", "sort_name"], name="access_one_profile_name"),
        ]


class ProfileAssignment(TenantModel):
    """The profile of one member; without a row nothing is bounded."""

    profile = TenantForeignKey(Profile, models.PROTECT, related_name="assignments")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    given_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    given_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "membership"], name="access_one_profile"),
        ]


class RestrictionSet(TenantModel):
    """One restriction of one member, everywhere or in one workspace. The catalogue is `core.permissions`."""

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    code = models.TextField()
    value = models.TextField(default="yes")
    workspace = TenantForeignKey(Workspace, models.CASCADE, null=True, related_name="+")
    set_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    set_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership", "code", "workspace"],
                nulls_distinct=False,
                name="access_restricted_once",
            ),
        ]


class OwnershipTransfer(TenantModel):
    """A keyholder hands the keyholder's role to somebody, who confirms. State is read from the times."""

    giver = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, related_name="+")
    recipient = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, related_name="+")
    # What the giver becomes.
    then_role = TenantForeignKey(Role, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "giver"],
                condition=Q(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True),
                name="access_one_open_transfer",
            ),
        ]

    def is_open(self, now: datetime) -> bool:
        settled = self.accepted_at or self.declined_at or self.withdrawn_at
        return not settled and self.expires_at > now
