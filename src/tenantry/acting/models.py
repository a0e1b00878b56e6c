from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.models import TenantModel


class IdempotencyRecord(TenantModel):
    """(caller, route, key) of a write that was carried out, with the hash of its body and its result."""

    caller_id = models.UUIDField()
    route = models.TextField()
    key = models.TextField()
    body_hash = models.BinaryField()
    result = models.JSONField(null=True)
    created_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_1, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "caller_id", "route", "key"], name="acting_idempotency_key"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="acting_idempotency_age")]
