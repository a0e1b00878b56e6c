"""Sign-in identities, memberships, invitations and teams."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Unit, Workflow, Workspace


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person's sign-in identity: one a person, over all organizations. Global."""

    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = CollatedText(unique=True)
    # Empty: the address came with a copied link and nobody has shown yet that it is theirs (product.md §3).
    email_proven_at = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    theme = models.TextField(choices=Theme, default=Theme.SYSTEM)
    language = models.TextField(default="")
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.INSTALLATION, erase=Erase.PSEUDONYM, personal=("email",))

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="people_user_email_lower_case"),
        ]

    def __str__(self) -> str:
        return str(self.email)

    # django.contrib.auth asks these of every user; nobody has rights over the installation by being a user.
    is_staff = False
    is_superuser = False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


class SignUpRequest(models.Model):
    """A sign-up that waits for its address to be proven. Kept for known addresses alike, so that nothing is learned."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = CollatedText()
    given_name = models.TextField()
    family_name = models.TextField()
    password = models.TextField()
    organization_name = models.TextField()
    slug = models.TextField()
    blueprint = models.TextField()
    time_zone = models.TextField(default="UTC")
    token_hash = models.BinaryField(null=True, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.DAYS_1, erase=Erase.DELETE, personal=("email", "given_name", "family_name")
    )


class PasswordReset(models.Model):
    """Somebody asked for a new password. Written for unknown addresses alike; the mail's link is minted by the job."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = CollatedText()
    token_hash = models.BinaryField(null=True, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_1, erase=Erase.DELETE, personal=("email",))

    class Meta:
        indexes: ClassVar = [models.Index(fields=["email", "created_at"], name="people_reset_recent")]


class Membership(TenantModel):
    """A user in one organization. Everything that a person does or owns there hangs on this row."""

    class Status(models.TextChoices):
        INVITED = "invited"
        ACTIVE = "active"
        DEACTIVATED = "deactivated"
        REMOVED = "removed"

    # Its index is `people_of_user`.
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    email = CollatedText()
    given_name = models.TextField(default="")
    family_name = models.TextField(default="")
    # Lower-case "given family", or the address while there is no name: what lists sort by.
    sort_name = CollatedText(default="")
    # Lower-case name and address: what the directory searches.
    search_text = CollatedText(default="")
    status = models.TextField(choices=Status, default=Status.INVITED)
    # An invitation past this moment holds no seat: computed, never swept.
    invited_until = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    deactivated_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    last_sign_in_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    # Every session of an older epoch has ended.
    session_epoch = models.IntegerField(default=0)
    # Moves with every assignment, so that cached grants are noticed to be old.
    access_version = models.IntegerField(default=0)
    picture = models.BinaryField(null=True)
    unit = TenantForeignKey(Unit, models.PROTECT, null=True, related_name="+")

    lifecycle: ClassVar = Lifecycle(
        export="people",
        keep=Keep.MEMBERSHIP,
        erase=Erase.PSEUDONYM,
        personal=("email", "given_name", "family_name", "sort_name", "search_text", "picture"),
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "email"], condition=~Q(status="removed"), name="people_one_membership_email"
            ),
            models.UniqueConstraint(
                fields=["organization_id", "user"], condition=~Q(status="removed"), name="people_one_membership_user"
            ),
            models.CheckConstraint(
                condition=Q(status="invited") | Q(status="removed") | Q(user__isnull=False),
                name="people_member_has_user",
            ),
            models.CheckConstraint(
                condition=~Q(status="invited") | Q(invited_until__isnull=False), name="people_invited_has_end"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "sort_name", "id"], name="people_by_name"),
            models.Index(fields=["organization_id", "status", "sort_name", "id"], name="people_by_status"),
            models.Index(fields=["organization_id", "last_sign_in_at", "id"], name="people_by_sign_in"),
            models.Index(fields=["organization_id", "created_at", "id"], name="people_by_age"),
            models.Index(fields=["organization_id", "unit", "sort_name", "id"], name="people_by_unit"),
            # Sign-in asks for one's memberships over all organizations.
            models.Index(fields=["user", "organization_id"], name="people_of_user"),
        ]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() or self.email

    def is_expired(self, now: datetime) -> bool:
        return self.status == self.Status.INVITED and self.invited_until is not None and self.invited_until <= now

    def refresh_search(self) -> None:
        """Keeps the derived columns; call before every save of a name or address."""
        self.sort_name = self.name.lower()
        self.search_text = f"{self.name.lower()} {self.email}"


class Invitation(TenantModel):
    """One way in for an invited membership. State is read from the times: nothing sweeps."""

    membership = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, related_name="invitations")
    invited_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
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


class Team(TenantModel):
    key = models.UUIDField(default=new_id, editable=False)
    name = models.TextField()
    sort_name = CollatedText(default="")
    description = models.TextField(default="")
    workspace = TenantForeignKey(Workspace, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "sort_name"], name="people_one_team_name"),
        ]


class TeamMember(TenantModel):
    team = TenantForeignKey(Team, models.CASCADE, related_name="members")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="teams")
    is_lead = models.BooleanField(default=False)
    added_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "team", "membership"], name="people_once_in_team"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "team"], name="people_teams_of_member")
        ]


class WorkflowMember(TenantModel):
    """Who takes part in a pipeline: whose reach `workflow` opens its deals."""

    workflow = TenantForeignKey(Workflow, models.CASCADE, related_name="members")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="workflows")
    added_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "workflow", "membership"], name="people_once_in_workflow"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "workflow"], name="people_workflows_of_member")
        ]
