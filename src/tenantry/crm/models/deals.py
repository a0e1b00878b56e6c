"""Deals, the stages they move through, who takes part, and whose word they need."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.crm.models.base import Record, record_indexes
from tenantry.crm.models.contacts import Company, Contact
from tenantry.organizations.models import Workflow
from tenantry.people.models import Membership
from tenantry.people.words import words_of


class Stage(TenantModel):
    """A step of a workflow. `position` counts from 0; `probability` in percent; a deal that stands for more than
    `stale_days` is shown as stale (None: never). A mentee's deal enters a stage with `is_lodgement` only with the
    mentor's approval (blueprints.md, brokerage)."""

    key = models.UUIDField(default=new_id, editable=False)
    workflow = TenantForeignKey(Workflow, models.CASCADE, related_name="stages")
    name = models.TextField()
    sort_name = CollatedText()
    position = models.IntegerField()
    probability = models.IntegerField(default=0)
    is_milestone = models.BooleanField(default=False)
    is_lodgement = models.BooleanField(default=False)
    stale_days = models.IntegerField(null=True)
    version = models.IntegerField(default=1, db_default=1)

    lifecycle: ClassVar = Lifecycle(export="organization", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "workflow", "sort_name"], name="crm_one_stage_name"),
            models.UniqueConstraint(
                fields=["organization_id", "workflow", "position"],
                name="crm_one_stage_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(probability__range=(0, 100)), name="crm_stage_probability"),
            models.CheckConstraint(
                condition=Q(stale_days__isnull=True) | Q(stale_days__range=(1, 3650)), name="crm_stage_stale_days"
            ),
        ]


class Deal(Record):
    """`value` and `commission` in minor units of `currency`. `closes_on`: when it is expected to be won.

    Its unit is its owner's, its workflow is its stage's, held by the database: both links name the same workflow.
    `mentee`: with a mentor, the first who had or made it before it came to somebody else; the database writes it with
    every change of owner, and their mentor's word stays needed (`crm.approving`)."""

    class State(models.TextChoices):
        OPEN = "open"
        WON = "won"
        LOST = "lost"

    name = models.TextField()
    workflow = TenantForeignKey(Workflow, models.PROTECT, related_name="deals")
    stage = TenantForeignKey(Stage, models.PROTECT, related_name="deals")
    state = models.TextField(choices=State, default=State.OPEN)
    company = TenantForeignKey(Company, models.PROTECT, null=True, sparse=True, related_name="deals")
    contact = TenantForeignKey(Contact, models.PROTECT, null=True, sparse=True, related_name="deals")
    value = models.BigIntegerField(default=0)
    currency = models.TextField()
    commission = models.BigIntegerField(null=True)
    mentee = TenantForeignKey(
        Membership, models.PROTECT, leaving=Leaving.KEPT, null=True, sparse=True, related_name="+"
    )
    closes_on = models.DateField(null=True)
    stage_since = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    lost_reason = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [
            *record_indexes("crm_deal"),
            # The board: a stage's open deals, those that moved last first.
            models.Index(
                fields=["organization_id", "stage", "-stage_since", "-id"],
                condition=Q(state="open", archived_at__isnull=True),
                name="crm_deal_on_board",
            ),
            models.Index(
                fields=["organization_id", "closed_at", "id"],
                condition=Q(closed_at__isnull=False),
                name="crm_deal_by_close",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="crm_deal_closed_when",
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="crm_deal_value"),
            models.CheckConstraint(
                condition=Q(commission__isnull=True) | Q(commission__gte=0), name="crm_deal_commission"
            ),
        ]

    def refresh_search(self) -> None:
        """See `Company`."""
        self.sort_name = self.name.lower()
        self.search_text = words_of(self.name)


class DealMember(TenantModel):
    """Who works on a deal beside its owner, and sees it as if it were their own. `share`: of the commission, in
    hundredths of a percent; what somebody earned stays in their name."""

    deal = TenantForeignKey(Deal, models.CASCADE, related_name="members")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.KEPT, related_name="+")
    share = models.IntegerField(null=True)
    added_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "deal", "membership"], name="crm_once_in_deal"),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__range=(0, 10_000)), name="crm_deal_member_share"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "deal"], name="crm_deals_of_member"),
        ]


class Mentorship(TenantModel):
    """Whose deals need whose word. One mentor a mentee; a mentor who leaves hands the mentees on, or releases them."""

    mentor = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.MOVED, related_name="+")
    mentee = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    since = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "mentee"], name="crm_one_mentor"),
            models.CheckConstraint(condition=~Q(mentor=F("mentee")), name="crm_no_own_mentor"),
        ]


class DealApproval(TenantModel):
    """A mentor was asked about a deal that is to enter `stage`."""

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        DECLINED = "declined"
        # The deal went elsewhere, was closed, or the mentorship ended.
        CANCELED = "canceled"

    deal = TenantForeignKey(Deal, models.CASCADE, related_name="approvals")
    stage = TenantForeignKey(Stage, models.CASCADE, related_name="+")
    asked_by = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.KEPT, related_name="+")
    # Waiting ones go to whoever takes the mentees over.
    mentor = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.MOVED, related_name="+")
    state = models.TextField(choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    comment = models.TextField(default="")

    lifecycle: ClassVar = Lifecycle(export="records", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "deal"], condition=Q(state="waiting"), name="crm_one_waiting_approval"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at__isnull=True)
                | (~Q(state="waiting") & Q(settled_at__isnull=False)),
                name="crm_approval_settled_when",
            ),
        ]
