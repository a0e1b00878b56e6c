"""What every record has: an owner, a place, its times, and the words it is found by."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Workspace
from tenantry.people.models import Membership


class Record(TenantModel):
    """A row that somebody owns. Without an owner it is in the queue *Unassigned*.

    `changed_at` moves with every edit and every change of owner; `version` with every edit, for `If-Match`.
    `ownership` is another one after every change of owner, whoever writes; None until the first. Taking a change back
    brings the former one back.
    """

    owner = TenantForeignKey(
        Membership, models.PROTECT, leaving=Leaving.MOVED, covered=True, null=True, related_name="+"
    )
    workspace = TenantForeignKey(Workspace, models.PROTECT, null=True, sparse=True, related_name="+")
    created_by = TenantForeignKey(
        Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, sparse=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)
    ownership = models.UUIDField(null=True, editable=False)
    # Lower-case name or title: what lists sort by.
    sort_name = CollatedText(default="")
    # What searches read (`people.words`).
    search_text = CollatedText(default="")

    class Meta:
        abstract = True


def record_indexes(table: str) -> list[models.Index]:
    """Those that lists of any reach read: `core.lists` needs the owner's rows in order, the queue its own."""
    newest = ["-created_at", "-id"]
    return [
        models.Index(fields=["organization_id", "owner", *newest], name=f"{table}_of_owner"),
        models.Index(fields=["organization_id", *newest], name=f"{table}_by_age"),
        models.Index(fields=["organization_id", "sort_name", "id"], name=f"{table}_by_name"),
        models.Index(fields=["organization_id", *newest], condition=Q(owner__isnull=True), name=f"{table}_unassigned"),
    ]


class Attached(Record):
    """A record of work, which may belong to one lead, contact, company or deal: its subject.

    `outlives_subject`: stays with its owner when the subject is deleted; the others go with it.
    """

    outlives_subject: ClassVar = False

    lead = TenantForeignKey("crm.Lead", models.CASCADE, null=True, sparse=True, related_name="+")
    contact = TenantForeignKey("crm.Contact", models.CASCADE, null=True, sparse=True, related_name="+")
    company = TenantForeignKey("crm.Company", models.CASCADE, null=True, sparse=True, related_name="+")
    deal = TenantForeignKey("crm.Deal", models.CASCADE, null=True, sparse=True, related_name="+")

    class Meta:
        abstract = True

    @property
    def subject(self) -> tuple[str, Any] | None:
        """Key of the subject's record type and its id."""
        return next(((name, i) for name in SUBJECTS if (i := getattr(self, f"{name}_id"))), None)


# Keys of the record types that others hang on, which are also the names of the links.
SUBJECTS = ("lead", "contact", "company", "deal")


def one_subject(table: str) -> models.CheckConstraint:
    """A record hangs on one subject at most."""
    alone = Q()
    for name in SUBJECTS:
        alone |= Q(**{f"{other}__isnull": True for other in SUBJECTS if other != name})
    return models.CheckConstraint(condition=alone, name=f"{table}_one_subject")
