"""How many people an organization has, without counting them."""

from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.models import TenantModel


class Headcount(TenantModel):
    """A change in how many people have a status. The figure is the sum of the rows, in whatever transaction it is read.

    Written by a trigger on memberships (migration 0004), a few rows for each statement, and summed up by a job: nobody
    waits for anybody else's row. `until`: the hour in which invitations of these people end; empty for other statuses.
    """

    status = models.TextField()
    # Of those who hold a role without a fee.
    free = models.BooleanField(default=False, db_default=False)
    until = models.DateTimeField(null=True)
    number = models.BigIntegerField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)


class Snapshot(TenantModel):
    """Figures of a large organization as they were at `taken_at`, for pages that need not be exact to the second."""

    figures = models.JSONField(default=dict)
    taken_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id"], name="people_one_snapshot")]


class SeatLine(TenantModel):
    """A change in how many seats are in use: who made it, by what, under which rule, whom it concerns.

    Written by triggers on memberships and on the policy (migration 0010), whatever changes them. The end of an
    invitation is a line from the beginning, `lapsed`, at its moment to come; it is taken back when the person joins.
    Seats in use are the sum of the lines but those to come (decision 0034).
    """

    class Kind(models.TextChoices):
        OPENING = "opening"
        INVITED = "invited"
        ADDED = "added"
        RENEWED = "renewed"
        JOINED = "joined"
        REACTIVATED = "reactivated"
        RETURNED = "returned"
        DEACTIVATED = "deactivated"
        REMOVED = "removed"
        REVOKED = "revoked"
        LAPSED = "lapsed"
        SHORTENED = "shortened"
        DELETED = "deleted"
        RULE = "rule"
        # Another role: of those without a fee, or not any more.
        EXEMPTED = "exempted"
        COUNTED = "counted"
        # Of the licence: `licensed` changes, nobody's seat does.
        BOUGHT = "bought"
        GIVEN_BACK = "given_back"
        PLAN = "plan"

    class Effect(models.TextChoices):
        """`charged`: once, for the rest of the period; `renewal`: each period from that invoice on, or, without one,
        from the next renewal; `plan`: part of a plan's own invoice; `within`: nothing, it is paid already;
        `withdrawn`: nothing, it was taken back."""

        CHARGED = "charged"
        RENEWAL = "renewal"
        PLAN = "plan"
        WITHIN = "within"
        WITHDRAWN = "withdrawn"

    at = models.DateTimeField()
    kind = models.TextField(choices=Kind)
    change = models.BigIntegerField()
    # Null: many at once, by a rule. An id and no link: the line outlives whatever becomes of the row.
    membership_id = models.UUIDField(null=True)
    # As in the audit; empty for what happens by itself, or was written past every action.
    actor_kind = models.TextField(default="")
    actor_id = models.UUIDField(null=True)
    # The declared name of the action.
    action = models.TextField(default="")
    # The policies at that moment: `active,invited`, and licensed or per_person.
    counted = models.TextField()
    growth = models.TextField()
    # Seats that are bought, more or less; seats in use stay.
    licensed = models.BigIntegerField(default=0, db_default=0)
    # What it comes to, in minor units of `currency`, and onto which invoice it came; written by billing as soon as
    # that is decided. Empty: not yet.
    effect = models.TextField(choices=Effect, default="", db_default="")
    amount = models.BigIntegerField(null=True)
    currency = models.TextField(default="")
    invoice_id = models.UUIDField(null=True)

    lifecycle: ClassVar = Lifecycle(export="seats", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organization_id", "at", "id"], include=["change", "kind"], name="people_seats_by_time"
            ),
            models.Index(fields=["organization_id", "membership_id", "at"], name="people_seats_of_member"),
        ]

    @property
    def costs(self) -> str:
        """`effect`, with what is known without an invoice: to take or free a licensed seat costs nothing."""
        if self.effect or self.licensed or self.growth != "licensed":
            return self.effect
        return self.Effect.WITHIN
