"""Memberships, the departments they are in, and what happens to them by itself."""

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.db.models import Case, F, Q, Value, When

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Unit
from tenantry.people.models.identity import User
from tenantry.people.words import search_text_of

# Stands for "has never signed in" where people are put in order.
NEVER = datetime(1, 1, 1, tzinfo=UTC)


def seen_at() -> Case:
    """The last sign-in, never null. No COALESCE: row-level security would let no index of it begin anywhere."""
    return Case(When(last_sign_in_at__isnull=True, then=Value(NEVER)), default=F("last_sign_in_at"))


class Department(TenantModel):
    """An entry of the organization's managed list; a person has one or none."""

    key = models.UUIDField(default=new_id, editable=False)
    name = models.TextField()
    sort_name = CollatedText()
    created_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export="people", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "sort_name"], name="people_one_department_name"),
        ]


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
    # The words of name and address: what the directory searches.
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
    # Holds a role without a fee, and so no seat (policy `seats.free_roles`); kept by triggers on roles that are given
    # and on the policy (access 0004).
    seat_free = models.BooleanField(default=False, db_default=False)
    picture = models.BinaryField(null=True)
    unit = TenantForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    department = TenantForeignKey(Department, models.PROTECT, null=True, related_name="+")
    manager = TenantForeignKey("self", models.PROTECT, leaving=Leaving.RELEASED, null=True, related_name="+")
    phone = models.TextField(default="")
    # Empty: the organization's.
    locale = models.TextField(default="")
    time_zone = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(
        export="people",
        keep=Keep.MEMBERSHIP,
        erase=Erase.PSEUDONYM,
        personal=("email", "given_name", "family_name", "sort_name", "search_text", "picture", "phone"),
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
            models.Index(F("organization_id"), seen_at(), F("id"), name="people_by_last_sign_in"),
            models.Index(fields=["organization_id", "email", "id"], name="people_by_email"),
            models.Index(
                fields=["organization_id", "invited_until"], condition=Q(status="invited"), name="people_invited"
            ),
            models.Index(fields=["organization_id", "created_at", "id"], name="people_by_age"),
            models.Index(fields=["organization_id", "unit", "sort_name", "id"], name="people_by_unit"),
            models.Index(fields=["organization_id", "department", "sort_name", "id"], name="people_by_department"),
            # Sign-in asks for one's memberships, and for temporary passwords of an address, over all organizations.
            models.Index(fields=["user", "organization_id"], name="people_of_user"),
            models.Index(fields=["email", "organization_id"], name="people_by_address"),
        ]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() or self.email

    def is_expired(self, now: datetime) -> bool:
        return self.status == self.Status.INVITED and self.invited_until is not None and self.invited_until <= now

    def refresh_search(self) -> None:
        """Keeps the derived columns; call before every save of a name or address."""
        self.sort_name = self.name.lower()
        self.search_text = search_text_of(self.name, self.email)


class PlannedChange(TenantModel):
    """Something that happens to a membership by itself on a day: its end, its return, or that it leaves for good.

    `day` is the last day of access, or the first one again; it is what people agreed on and stays. `due_at` is the
    moment that makes of it in `zone`, the organization's time zone when that was reckoned."""

    class Kind(models.TextChoices):
        DEACTIVATION = "deactivation"
        REACTIVATION = "reactivation"
        REMOVAL = "removal"

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    kind = models.TextField(choices=Kind)
    day = models.DateField()
    zone = models.TextField()
    due_at = models.DateTimeField()
    planned_by = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    planned_at = models.DateTimeField()
    # Of a removal: who goes on with the records; None leaves them unassigned.
    successor = TenantForeignKey(Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, related_name="+")
    noticed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    canceled_at = models.DateTimeField(null=True)
    # Why it could not happen when it was due: a refusal's code. It is tried again until it is called off.
    refused = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "membership", "kind"],
                condition=Q(done_at__isnull=True, canceled_at__isnull=True),
                name="people_one_planned_change",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(done_at=None, canceled_at=None), name="people_planned_due")
        ]


class SavedView(TenantModel):
    """A filter of a list with its order and columns, under a name. Shared ones are everybody's to use. `place`: which
    list, `people` for the directory, else the key of a record type."""

    owner = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    place = models.TextField(default="people", db_default="people")
    name = models.TextField()
    sort_name = CollatedText()
    is_shared = models.BooleanField(default=False)
    # As the address writes it, columns included.
    query = models.TextField(default="")
    created_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.MEMBERSHIP, erase=Erase.DELETE, personal=("name", "query"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "owner", "place", "sort_name"], name="people_one_view_name"
            ),
        ]
