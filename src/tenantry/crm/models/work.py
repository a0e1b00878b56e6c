"""What is done about records: tasks, notes, activities."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.crm.models.base import Attached, one_subject, record_indexes
from tenantry.people.words import words_of


class Task(Attached):
    """Somebody's to do. `due_on` is a day of the owner's."""

    title = models.TextField()
    body = models.TextField(default="")
    due_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [
            *record_indexes("crm_task"),
            models.Index(
                fields=["organization_id", "owner", "due_on", "id"],
                condition=Q(done_at__isnull=True, archived_at__isnull=True),
                name="crm_task_open",
            ),
        ]
        constraints: ClassVar = [one_subject("crm_task")]

    def refresh_search(self) -> None:
        """Keeps the derived columns; call before every save of what they are made of."""
        self.sort_name = self.title.lower()
        self.search_text = words_of(self.title)


class Note(Attached):
    body = models.TextField()

    # The house itself notes who was asked for a word (`crm.approving`), and first words are a note's name in the audit.
    lifecycle: ClassVar = Lifecycle(
        export="records",
        keep=Keep.ORGANIZATION,
        erase=Erase.PSEUDONYM,
        personal=("body", "sort_name", "search_text"),
    )

    class Meta:
        indexes: ClassVar = record_indexes("crm_note")
        constraints: ClassVar = [one_subject("crm_note")]

    @property
    def title(self) -> str:
        """Its first words."""
        line = self.body.strip().partition("\n")[0]
        return line if len(line) <= 80 else f"{line[:79].rstrip()}…"

    def refresh_search(self) -> None:
        """See `Task`."""
        self.sort_name = self.title.lower()
        self.search_text = words_of(self.body)


class Activity(Attached):
    """Something that happened with a customer, on record."""

    class Kind(models.TextChoices):
        CALL = "call"
        MEETING = "meeting"
        MAIL = "mail"
        OTHER = "other"

    kind = models.TextField(choices=Kind, default=Kind.CALL)
    title = models.TextField()
    body = models.TextField(default="")
    happened_at = models.DateTimeField()
    minutes = models.IntegerField(null=True)

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = record_indexes("crm_activity")
        constraints: ClassVar = [
            one_subject("crm_activity"),
            models.CheckConstraint(
                condition=Q(minutes__isnull=True) | Q(minutes__range=(0, 1440)), name="crm_activity_minutes"
            ),
        ]

    def refresh_search(self) -> None:
        """See `Task`."""
        self.sort_name = self.title.lower()
        self.search_text = words_of(self.title)
