"""What was used, what is held for work that goes on, and what was bought on top of the plan."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.people.models import Membership


class UsageEvent(TenantModel):
    """One report of use, kept longer than a late one may come, so that the same report never counts twice."""

    event_id = CollatedText()
    meter = models.TextField()
    amount = models.BigIntegerField()
    # When it was used; the id says when it was reported.
    at = models.DateTimeField()
    membership = TenantForeignKey(
        Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, sparse=True, related_name="+"
    )

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_90, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "event_id"], name="metering_one_event"),
        ]


class UsageDay(TenantModel):
    """What a meter counted on one day, UTC. Of a gauge: how far it stood when it was last looked at on that day."""

    meter = models.TextField()
    day = models.DateField()
    amount = models.BigIntegerField(default=0)

    lifecycle: ClassVar = Lifecycle(export="usage", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "meter", "day"], name="metering_one_day"),
        ]


class Quota(TenantModel):
    """One window of a meter: what was used, how much of it came out of packs, and what is held. No limit stands here:
    the plan may change at any time, and a database check would keep it from getting smaller."""

    meter = models.TextField()
    starts_on = models.DateField()
    used = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    from_packs = models.BigIntegerField(default=0)

    lifecycle: ClassVar = Lifecycle(export="usage", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "meter", "starts_on"], name="metering_one_quota"),
            models.CheckConstraint(
                condition=Q(used__gte=0, reserved__gte=0, from_packs__gte=0), name="metering_quota_not_negative"
            ),
        ]


class Hold(TenantModel):
    """Room that is kept for work whose size is known only afterwards; ends once, by itself when it expires."""

    class State(models.TextChoices):
        HELD = "held"
        COMMITTED = "committed"
        RELEASED = "released"
        EXPIRED = "expired"

    meter = models.TextField()
    starts_on = models.DateField()
    amount = models.BigIntegerField()
    # What it really took; null until then.
    committed = models.BigIntegerField(null=True)
    state = models.TextField(choices=State, default=State.HELD)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_90, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organization_id", "meter", "expires_at"],
                condition=Q(state="held"),
                name="metering_holds_open",
            ),
        ]


class Pack(TenantModel):
    """Bought on top of the plan: used after the allowance, the oldest first, and never too old."""

    meter = models.TextField()
    amount = models.BigIntegerField()
    left = models.BigIntegerField()
    bought_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="usage", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(left__gte=0, left__lte=models.F("amount")), name="metering_pack_left"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization_id", "meter", "bought_at", "id"],
                condition=Q(left__gt=0),
                name="metering_packs_left",
            ),
        ]


class MeterAlert(TenantModel):
    """Somebody was told that a meter stands so high; once for each window and level."""

    meter = models.TextField()
    starts_on = models.DateField()
    percent = models.SmallIntegerField()
    told_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "meter", "starts_on", "percent"], name="metering_one_alert"
            ),
        ]


class Tally(TenantModel):
    """What a gauge counts: the sum of its rows, which the statements that write the counted things add. Many rows and
    not one, so that nobody waits for somebody else's commit; a job sums them up."""

    meter = models.TextField()
    number = models.BigIntegerField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "meter"], name="metering_tallies")]
