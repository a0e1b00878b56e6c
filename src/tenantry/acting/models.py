from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import TenantForeignKey
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


class Operation(TenantModel):
    """Long work, cut into batches that each commit (design.md §6). Screens poll this row; a kill loses nothing."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        CANCELED = "canceled"
        FAILED = "failed"

    kind = models.TextField()
    state = models.TextField(choices=State, default=State.WAITING)
    # Who asked, as `Actor.kind` and `Actor.acting_id`: each batch acts with what they hold at that moment.
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    # Ids and codes only.
    params = models.JSONField(default=dict)
    cursor = models.JSONField(null=True)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    # Why it stopped: a refusal's code.
    error = models.TextField(default="")
    created_at = models.DateTimeField()
    # The latest batch's commit.
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_90, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "-created_at", "-id"], name="acting_operations"),
            models.Index(
                fields=["moved_at"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="acting_open_operations",
            ),
        ]


class OperationLine(TenantModel):
    """One row of long work: whom it is about, and what became of it. `values` is what an undo needs."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        REFUSED = "refused"

    operation = TenantForeignKey(Operation, models.CASCADE, related_name="lines")
    position = models.BigIntegerField()
    target_id = models.UUIDField()
    state = models.TextField(choices=State, default=State.WAITING)
    # Of a refused one: the refusal's code.
    code = models.TextField(default="")
    values = models.JSONField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_30, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "operation", "position"], name="acting_one_line"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "operation", "state", "position"], name="acting_lines_by_state"),
        ]
