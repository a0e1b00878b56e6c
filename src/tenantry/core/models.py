"""Global rows of the house itself. Tenant tables derive from `core.tenancy.models.TenantModel`."""

from typing import ClassVar

from django.db import models

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText


class MailDelivery(models.Model):
    """One mail on its way out. Its body is sealed at rest, and blanked once it was handed over, used or ended."""

    class State(models.TextChoices):
        QUEUED = "queued"
        OUTBOX = "outbox"
        HANDED_OVER = "handed_over"
        REFUSED = "refused"
        FAILED = "failed"
        CANCELED = "canceled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Plain: the log of an organization that was deleted stays with the operator.
    organization_id = models.UUIDField(null=True)
    # Mails that one job hands over, at most 100: an invitation of many.
    bundle = models.UUIDField(null=True)
    kind = models.TextField()
    subject_id = models.UUIDField(null=True)
    recipient = CollatedText()
    subject = models.TextField(default="")
    sealed_body = models.BinaryField(null=True)
    state = models.TextField(choices=State, default=State.QUEUED)
    attempts = models.SmallIntegerField(default=0)
    answer = models.TextField(default="")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.DAYS_90, erase=Erase.DELETE, personal=("recipient", "subject", "sealed_body")
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "id"], name="core_mail_recent"),
            models.Index(fields=["organization_id", "kind", "subject_id"], name="core_mail_subject"),
            models.Index(fields=["bundle"], condition=models.Q(bundle__isnull=False), name="core_mail_bundle"),
        ]
