"""Ways in: invitations with their links and passwords, and files of people to invite."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.people.models.members import Membership


class Invitation(TenantModel):
    """One way in for an invited membership. State is read from the times: nothing sweeps."""

    class Way(models.TextChoices):
        """The entry modes that wait for the person (policy `people.entry_modes`)."""

        LINK = "invitation_link"
        TEMPORARY_PASSWORD = "temporary_password"  # noqa: S105 the name of a way in

    membership = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, related_name="invitations")
    invited_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    way = models.TextField(choices=Way, default=Way.LINK)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    sent_count = models.SmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="people_one_open_invitation",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization_id", "created_at", "id"], name="people_invitation_age")]

    def state(self, now: datetime) -> str:
        """`accepted`, `revoked`, `expired` or `pending`."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now else "pending"


class InvitationLink(TenantModel):
    """A single-use link. `token_hash` is empty until the mail is composed; the token is never stored."""

    class Kind(models.TextChoices):
        MAILED = "mailed"
        COPIED = "copied"

    invitation = TenantForeignKey(Invitation, models.CASCADE, related_name="links")
    kind = models.TextField(choices=Kind)
    token_hash = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    # Replaced by a newer link, or its invitation ended.
    ended_at = models.DateTimeField(null=True)
    # A copied link proves no address: the person confirms a mailed code.
    code_hash = models.BinaryField(null=True)
    code_sent_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token_hash", "organization_id"], name="people_link_token"),
        ]


class TemporaryPassword(TenantModel):
    """A random password, mailed, good for the first sign-in only. `secret_hash` is empty until the mail is composed.

    Of an invitation, or (without one) of a reset that somebody with the right asked for."""

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    invitation = TenantForeignKey(Invitation, models.CASCADE, null=True, related_name="temporary_passwords")
    secret_hash = models.TextField(default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    # Replaced by a newer one, or its invitation ended.
    ended_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_30, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership"],
                condition=Q(used_at__isnull=True, ended_at__isnull=True),
                name="people_one_temporary_password",
            ),
        ]


class InvitationBatch(TenantModel):
    """A file of people to invite: read, looked through, sent as one. `operation_id` carries the sending."""

    class State(models.TextChoices):
        READING = "reading"
        READY = "ready"
        SENDING = "sending"
        SENT = "sent"
        CANCELED = "canceled"
        FAILED = "failed"

    created_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    created_at = models.DateTimeField()
    state = models.TextField(choices=State, default=State.READING)
    file_name = models.TextField(default="")
    # The upload, until it is read: {"encoding", "separator"} say how, where the person chose.
    content = models.BinaryField(null=True)
    reading = models.JSONField(default=dict)
    # Why the file can't be read: a refusal's code and its values.
    fault = models.JSONField(null=True)
    rows_read = models.IntegerField(default=0)
    operation_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.DAYS_90, erase=Erase.DELETE, personal=("content", "file_name")
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "-created_at", "-id"], name="people_batches")]


class BatchRow(TenantModel):
    """One line of such a file: what it says, what that means here, and what became of it."""

    class State(models.TextChoices):
        READY = "ready"
        WARNING = "warning"
        ERROR = "error"
        SENT = "sent"
        REFUSED = "refused"

    batch = TenantForeignKey(InvitationBatch, models.CASCADE, related_name="rows")
    # The line of the file, counted from 1 with the heading.
    position = models.IntegerField()
    email = CollatedText(default="")
    name = models.TextField(default="")
    role = models.TextField(default="")
    team = models.TextField(default="")
    profile = models.TextField(default="")
    unit = models.TextField(default="")
    department = models.TextField(default="")
    workspaces = models.TextField(default="")
    state = models.TextField(choices=State, default=State.READY)
    # [{"field", "code", "values"}]: every reason, of errors and warnings.
    reasons = models.JSONField(default=list)
    # Ids of what the names mean: {"role_id", "team_ids", "profile_id", "unit_id", "department_id", "levels"}.
    resolved = models.JSONField(default=dict)
    membership_id = models.UUIDField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_90, erase=Erase.DELETE, personal=("email", "name"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "batch", "position"], name="people_one_batch_line"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "batch", "state", "position"], name="people_batch_by_state"),
            models.Index(fields=["organization_id", "batch", "email"], name="people_batch_by_email"),
        ]
