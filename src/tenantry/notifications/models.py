from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Contact
from tenantry.people.models import Membership

MAIL = "notifications.notice"
DIGEST = "notifications.digest"
CONTACT_MAIL = "notifications.contact"


class Notification(TenantModel):
    """One line in somebody's centre. `kind` and `values` are codes; the sentence is written when it is shown."""

    class Mail(models.TextChoices):
        NONE = ""
        AT_ONCE = "at_once"
        DIGEST = "digest"

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    kind = models.TextField()
    about_id = models.UUIDField(null=True)
    values = models.JSONField(default=dict)
    # Which entry of the outbox it came from: a second delivery of the same event adds nothing.
    number = models.BigIntegerField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # Somebody may want a kind by mail alone; such a row is in no list and in no count.
    in_centre = models.BooleanField(default=True)
    mail = models.TextField(choices=Mail, default=Mail.NONE, blank=True)
    # The mail that tells of it, alone or with others: the `subject_id` of a delivery.
    letter_id = models.UUIDField(null=True)
    # When that mail was composed with it.
    mailed_at = models.DateTimeField(null=True)

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
                fields=["organization_id", "membership", "-created_at", "id"],
                condition=models.Q(read_at__isnull=True, in_centre=True),
                name="notifications_unread",
            ),
            models.Index(
                fields=["organization_id", "membership"],
                condition=models.Q(read_at__isnull=True, mailed_at__isnull=True) & ~models.Q(mail=""),
                name="notifications_to_mail",
            ),
            models.Index(
                fields=["organization_id", "letter_id"],
                condition=models.Q(letter_id__isnull=False),
                name="notifications_letter",
            ),
        ]


class Reader(TenantModel):
    """What somebody chose to be told, and how far their digests came."""

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    # Kind -> {"centre": bool, "mail": "at_once" | "digest" | "never"}; kinds that are missing go by their default.
    choices = models.JSONField(default=dict)
    # The last day, in the reader's own calendar, whose digest was made.
    digest_day = models.DateField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.MEMBERSHIP, erase=Erase.DELETE, personal=("choices",))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "membership"], name="notifications_one_reader"),
        ]


class ContactNotice(TenantModel):
    """What was mailed to a contact of the organization: an address, nobody who signs in."""

    contact = models.TextField(choices=Contact.Kind)
    kind = models.TextField()
    about_id = models.UUIDField(null=True)
    values = models.JSONField(default=dict)
    # An entry of the outbox, or whatever else makes the same trouble the same.
    number = models.BigIntegerField()
    created_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_90, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "contact", "kind", "number", "about_id"], name="notifications_contact_once"
            ),
        ]
