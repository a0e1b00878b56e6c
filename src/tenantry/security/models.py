"""Who is inside: session entries, API keys, operators, counted failures."""

from typing import ClassVar

from django.db import models

from tenantry.access.models import Role
from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.people.models import Membership, User


class SessionEntry(TenantModel):
    """One browser's stay in one organization. Ended by itself, by its epoch, by age or by idleness."""

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    epoch = models.IntegerField()
    entered_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # The password was too old at sign-in (policy `password.expiry_days`): a new one comes before anything else.
    password_due = models.BooleanField(default=False)
    address = models.TextField(default="")
    agent = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.DAYS_90, erase=Erase.DELETE, personal=("address", "agent"), age="seen_at"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "-seen_at"], name="security_entries")
        ]


class PastPassword(models.Model):
    """A password that a user had, as its hash, and when it gave way. Global, as users are; the newest are kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    hash = models.TextField()
    replaced_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.INSTALLATION, erase=Erase.DELETE, personal=("hash",))

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-replaced_at"], name="security_past_passwords")]


class ApiKey(TenantModel):
    """A credential of the organization that acts with one role. The secret is shown once and stored as its hash."""

    name = models.TextField()
    prefix = models.TextField()
    secret_hash = models.BinaryField()
    role = TenantForeignKey(Role, models.PROTECT, related_name="+")
    created_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["secret_hash", "organization_id"], name="security_key_secret"),
        ]


class Operator(models.Model):
    """Runs the installation. Not a user: own password, own second factor, own session (security case 25)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = CollatedText(unique=True)
    name = models.TextField()
    password = models.TextField()
    sealed_totp_secret = models.BinaryField()
    # The last time step that was used, so that a code works once (RFC 6238, 5.2).
    totp_step = models.BigIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_sign_in_at = models.DateTimeField(null=True)
    session_epoch = models.IntegerField(default=0)

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.INSTALLATION, erase=Erase.PSEUDONYM, personal=("email", "name")
    )


class OperatorSession(models.Model):
    """One browser's stay in the console, found by the hash of the token in its cookie, so that it can be ended here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(unique=True)
    epoch = models.IntegerField()
    entered_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.TextField(default="")
    agent = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.DAYS_90, erase=Erase.DELETE, personal=("address", "agent"), age="seen_at"
    )


class FailedAttempts(models.Model):
    """How often something secret was guessed wrong lately, by a keyed hash of whom and from where."""

    key = models.BinaryField(primary_key=True)
    failures = models.IntegerField(default=0)
    last_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_1, erase=Erase.NOTHING_PERSONAL, age="last_at")


class RateBucket(models.Model):
    """How far a caller's allowance is used up: the moment at which it is whole again (GCRA, ITU-T I.371)."""

    key = models.BinaryField(primary_key=True)
    whole_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_1, erase=Erase.NOTHING_PERSONAL, age="whole_at")
