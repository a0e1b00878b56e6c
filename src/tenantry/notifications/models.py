from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.people.models import Membership

MAIL = "notifications.notice"


class Notification(TenantModel):
    """One line in somebody's centre. `kind` and `values` are codes; the sentence is written when it is shown."""

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    kind = models.TextField()
    about_id = models.UUIDField(null=True)
    values = models.JSONField(default=dict)
    # Which entry of the outbox it came from: a second delivery of the same event adds nothing.
    number = models.BigIntegerField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_90, erase=Erase.DELETE, personal=("values",))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership", "number", "kind", "about_id"], name="notifications_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "-created_at", "id"], name="notifications_recent"),
            models.Index(
                fields=["organization_id", "membership"],
                condition=models.Q(read_at__isnull=True),
                name="notifications_unread",
            ),
        ]
