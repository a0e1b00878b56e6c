"""The append-only, hash-chained record of what was done, and the outbox that shares its numbers."""

from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.models import TenantModel


class Head(TenantModel):
    """The end of an organization's chain. Count and hash carry a MAC whose key is outside of the database."""

    number = models.BigIntegerField(default=0)
    hash = models.BinaryField()
    mac = models.BinaryField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.AUDIT, erase=Erase.NOTHING_PERSONAL)
    tenant_privileges: ClassVar = "SELECT, INSERT, UPDATE"

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id"], name="audit_one_head")]


class Entry(TenantModel):
    """One act. Holds codes and plain values, never sentences; personal values stand apart."""

    number = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_label = models.TextField(default="")
    action = models.TextField()
    area = models.TextField()
    target_type = models.TextField(default="")
    target_id = models.UUIDField(null=True)
    values = models.JSONField(default=dict)
    # Field -> hex digest of salt and value.
    personal = models.JSONField(default=dict)
    previous = models.BinaryField()
    hash = models.BinaryField()

    lifecycle: ClassVar = Lifecycle(export="audit", keep=Keep.AUDIT, erase=Erase.NOTHING_PERSONAL)
    # Nobody but the retention job, which is the platform, may change or remove a line.
    tenant_privileges: ClassVar = "SELECT, INSERT"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "number"], name="audit_number"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "target_id", "number"], name="audit_by_target"),
            models.Index(fields=["organization_id", "actor_id", "number"], name="audit_by_actor"),
            models.Index(fields=["organization_id", "at"], name="audit_by_time"),
        ]


class PersonalValue(TenantModel):
    """What an entry says about a person. Deleting the row erases it; the chain hashes the digest only."""

    number = models.BigIntegerField()
    field = models.TextField()
    salt = models.BinaryField()
    value = models.JSONField(null=True)

    lifecycle: ClassVar = Lifecycle(export="audit", keep=Keep.AUDIT, erase=Erase.SALTED, personal=("value", "salt"))
    tenant_privileges: ClassVar = "SELECT, INSERT, DELETE"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "number", "field"], name="audit_personal_field"),
        ]


class OutboxEvent(TenantModel):
    """A fact that packages above may react to, in commit order."""

    number = models.BigIntegerField()
    ordinal = models.SmallIntegerField()
    name = models.TextField()
    payload = models.JSONField(default=dict)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_30, erase=Erase.NOTHING_PERSONAL)
    tenant_privileges: ClassVar = "SELECT, INSERT"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "number", "ordinal"], name="audit_outbox_number"),
        ]


class OutboxCursor(TenantModel):
    """How far one subscriber has read; a failing one stops only itself and is parked after some tries."""

    subscriber = models.TextField()
    number = models.BigIntegerField(default=0)
    failures = models.SmallIntegerField(default=0)
    parked_at = models.DateTimeField(null=True)
    error = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "subscriber"], name="audit_one_cursor"),
        ]
