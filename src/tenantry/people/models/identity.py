"""Sign-in identities: one a person, over all organizations."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText


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
    # Somebody else chose the password: nothing but the choice of an own one is open at the next sign-in.
    must_change_password = models.BooleanField(default=False)
    # Somebody else knows the password, because they chose it.
    password_given = models.BooleanField(default=False, db_default=False)
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

    @property
    def is_own(self) -> bool:
        """Whether only its person can get in: the address is proven, and the password is their own. Another one gives
        way to whoever proves the address, before it opens anything further (product.md §3)."""
        return self.email_proven_at is not None and not self.password_given

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


class EmailChange(models.Model):
    """Somebody asked for another address; the link to the new one proves it. Global, as users are."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    old_email = CollatedText(default="")
    new_email = CollatedText()
    token_hash = models.BinaryField(null=True, unique=True)
    # Where it was asked for: that organization's policy decides, its audit tells.
    organization_id = models.UUIDField()
    asked_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(
        export=None, keep=Keep.DAYS_30, erase=Erase.DELETE, personal=("old_email", "new_email")
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "created_at"], name="people_email_changes")]


class AddressUse(models.Model):
    """In how many organizations an address is used, and in how many of them it may not be used elsewhere (policy
    `people.exclusive_email`). Global; written by the database itself, so that the rule holds on every path."""

    email = CollatedText(primary_key=True)
    organizations = models.IntegerField(default=0)
    exclusive = models.IntegerField(default=0)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.INSTALLATION, erase=Erase.DELETE, personal=("email",))

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(exclusive=0) | Q(organizations__lte=1), name="people_address_exclusive"),
        ]
