"""Drive: folders and the files in them. Bytes are in the file store, under a key that nobody chose."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.crm.models.base import Attached, Record, one_subject, record_indexes
from tenantry.people.words import words_of


class Folder(Record):
    """A folder of somebody's Drive. What is in it may belong to others: it moves with its own owner only."""

    name = models.TextField()
    parent = TenantForeignKey("self", models.PROTECT, null=True, sparse=True, related_name="folders")

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = record_indexes("crm_folder")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="crm_folder_not_in_self")
        ]

    def refresh_search(self) -> None:
        """Keeps the derived columns; call before every save of what they are made of."""
        self.sort_name = self.name.lower()
        self.search_text = words_of(self.name)


class File(Attached):
    """`size` in bytes counts against its owner's quota; `sha256` is of the stored bytes, hexadecimal. `content_type` is
    what the bytes are, never what the uploader called them; `pages`: how many of them can be shown as pictures."""

    name = models.TextField()
    folder = TenantForeignKey(Folder, models.PROTECT, null=True, sparse=True, related_name="files")
    size = models.BigIntegerField()
    content_type = models.TextField()
    pages = models.SmallIntegerField(default=0)
    sha256 = models.TextField()
    store_key = CollatedText()

    # It lies in somebody's Drive and counts against their quota: deleting a deal empties nobody's Drive.
    outlives_subject: ClassVar = True

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = record_indexes("crm_file")
        constraints: ClassVar = [
            one_subject("crm_file"),
            models.UniqueConstraint(fields=["organization_id", "store_key"], name="crm_one_store_key"),
            models.CheckConstraint(condition=Q(size__gte=0), name="crm_file_size"),
        ]

    def refresh_search(self) -> None:
        """See `Folder`."""
        self.sort_name = self.name.lower()
        self.search_text = words_of(self.name)


class DriveUsage(TenantModel):
    """Bytes that somebody's files take, kept by the statements that write files, so that the quota holds under
    concurrency without adding up every time. `owner_id` is a member, or nil for what is unassigned."""

    owner_id = models.UUIDField()
    used = models.BigIntegerField(default=0)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "owner_id"], name="crm_one_drive_usage"),
            models.CheckConstraint(condition=Q(used__gte=0), name="crm_drive_usage_not_negative"),
        ]


class DiscardedBytes(TenantModel):
    """Bytes that no file needs any more. Written by the statements that delete files or give them other bytes, whoever
    runs them; a job deletes the bytes and then the row, so a rolled back deletion loses nothing."""

    store_key = CollatedText()
    discarded_at = models.DateTimeField(db_default=Now())

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)
