"""What an organization has bought, what it owes and what it paid. Amounts are minor units of `currency`."""

from typing import Any, ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.people.models import Membership

BOUGHT: Any = Lifecycle(export="billing", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)


class Interval(models.TextChoices):
    MONTH = "month"
    YEAR = "year"


class Subscription(TenantModel):
    """One for each organization. `terms`: the plan as it was bought, of its version of the catalogue; what the
    catalogue says later does not reach it (product.md §5)."""

    class State(models.TextChoices):
        TRIAL = "trial"
        TRIAL_ENDED = "trial_ended"
        ACTIVE = "active"
        DOWNGRADING = "downgrading"
        CANCELING = "canceling"
        PENDING_PAYMENT = "pending_payment"
        FROZEN = "frozen"
        CANCELED = "canceled"

    state = models.TextField(choices=State)
    state_since = models.DateTimeField()
    terms = models.JSONField()
    interval = models.TextField(choices=Interval, default=Interval.MONTH)
    # Bought ones, those included in the plan among them; null where the plan counts none or charges by head.
    seats = models.IntegerField(null=True)
    # Null both where nothing is charged.
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    # Where months are counted from: the 31st stays the last day of every month.
    anchor_at = models.DateTimeField(null=True)
    trial_ends_at = models.DateTimeField(null=True)
    # Whether it was told that the trial is about to end.
    trial_told_at = models.DateTimeField(null=True)
    # How many of `seats` the running period was charged for, and since when more wait to be charged: together, an hour
    # after the first (product.md §5).
    charged_seats = models.IntegerField(null=True)
    increased_at = models.DateTimeField(null=True)
    # For how many people of each add-on the running period was charged; null: for all who have it switched on.
    charged_addons = models.JSONField(null=True)
    # When those were last counted who are charged by the person, in a period of several months.
    counted_at = models.DateTimeField(null=True)
    # At the end of the period: {"terms", "interval", "seats"}; empty: none. Withdrawn by whoever may change the plan.
    planned = models.JSONField(default=dict)
    cancels = models.BooleanField(default=False)
    # The first failed payment that is not settled yet.
    unpaid_since = models.DateTimeField(null=True)
    gateway = models.TextField(default="sandbox")
    # What the gateway calls them.
    customer_ref = models.TextField(default="")
    subscription_ref = models.TextField(default="")
    # Until when a plan by agreement goes on, and whether its end was told; null: until somebody ends it.
    agreed_until = models.DateTimeField(null=True)
    agreed_told_at = models.DateTimeField(null=True)
    # Of a demonstration: its clock can be moved, seconds ahead of the installation's.
    demonstrates = models.BooleanField(default=False)
    ahead_seconds = models.BigIntegerField(default=0)
    # When something happens to it by itself, by the installation's clock; null: nothing does.
    due_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = BOUGHT

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id"], name="billing_one_subscription"),
            models.CheckConstraint(
                condition=models.Q(period_start__isnull=True, period_end__isnull=True)
                | models.Q(period_start__lt=models.F("period_end")),
                name="billing_period_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(seats__isnull=True) | models.Q(seats__gte=0), name="billing_seats"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "due_at"], name="billing_due_by_itself"),
            models.Index(fields=["customer_ref"], condition=~models.Q(customer_ref=""), name="billing_by_customer"),
        ]


class AddonSwitch(TenantModel):
    """An add-on of the plan that is switched on for one person."""

    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="+")
    key = models.TextField()
    since = models.DateTimeField()

    lifecycle: ClassVar = BOUGHT

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "membership", "key"], name="billing_one_switch"),
        ]


class BillingDetails(TenantModel):
    """Whom invoices name where that is another than the company profile and the billing contact say: what is empty is
    theirs. `purchase_order`: what the buyer wants to read on each invoice."""

    name = models.TextField(default="")
    address = models.TextField(default="")
    country = models.TextField(default="")
    tax_id = models.TextField(default="")
    purchase_order = models.TextField(default="")
    email = models.TextField(default="")
    version = models.IntegerField(default=1)

    lifecycle: ClassVar = Lifecycle(
        export="billing", keep=Keep.ORGANIZATION, erase=Erase.PSEUDONYM, personal=("email",)
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id"], name="billing_one_details"),
        ]


class PaymentMethod(TenantModel):
    """What is charged. Never a card's number: its last digits, and what the gateway calls it."""

    brand = models.TextField()
    last4 = models.TextField()
    expires_month = models.SmallIntegerField(null=True)
    expires_year = models.SmallIntegerField(null=True)
    ref = models.TextField(default="")
    declined_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()

    lifecycle: ClassVar = BOUGHT

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id"], name="billing_one_payment_method"),
        ]


class Order(TenantModel):
    """Something that waits for its payment: a plan, seats or a pack. `quote`: what was promised, to the minor unit."""

    class Kind(models.TextChoices):
        PLAN = "plan"
        SEATS = "seats"
        PACK = "pack"
        CARD = "card"

    class State(models.TextChoices):
        OPEN = "open"
        PAID = "paid"
        FAILED = "failed"
        EXPIRED = "expired"

    kind = models.TextField(choices=Kind)
    state = models.TextField(choices=State, default=State.OPEN)
    quote = models.JSONField()
    asked_by = TenantForeignKey(Membership, models.SET_NULL, null=True, leaving=Leaving.KEPT, related_name="+")
    ref = models.TextField(default="")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = BOUGHT

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "-made_at"], name="billing_orders")]


def invoice_number(year: int, number: int) -> str:
    """As it is written: the year stands before a number that goes on over years."""
    return f"{year}-{number:04d}"


class Invoice(TenantModel):
    """`number` counts without gaps in the organization and is given when it is issued; `seller` and `buyer` are what
    they were then. `due` = `total` less the credit that was used; what it gives back is used with a minus."""

    class State(models.TextChoices):
        OPEN = "open"
        PAID = "paid"
        VOID = "void"

    number = models.IntegerField()
    year = models.SmallIntegerField()
    state = models.TextField(choices=State)
    currency = models.TextField()
    subtotal = models.BigIntegerField()
    tax = models.BigIntegerField(default=0)
    # In millionths: 190000 is 19 %.
    tax_rate = models.IntegerField(default=0)
    total = models.BigIntegerField()
    credit_used = models.BigIntegerField(default=0)
    due = models.BigIntegerField()
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    issued_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    ref = models.TextField(default="")

    lifecycle: ClassVar = BOUGHT

    @property
    def written_number(self) -> str:
        return invoice_number(self.year, self.number)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "number"], name="billing_invoice_number"),
            models.CheckConstraint(
                condition=models.Q(due=models.F("total") - models.F("credit_used")), name="billing_due"
            ),
            models.CheckConstraint(
                condition=models.Q(total=models.F("subtotal") + models.F("tax")), name="billing_total"
            ),
            models.CheckConstraint(condition=models.Q(due__gte=0), name="billing_not_negative"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization_id", "next_attempt_at"],
                condition=models.Q(state="open"),
                name="billing_invoices_to_collect",
            ),
        ]


class InvoiceLine(TenantModel):
    """`code` and `values` make the sentence; `amount` is negative for what is given back."""

    invoice = TenantForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.SmallIntegerField()
    code = models.TextField()
    values = models.JSONField(default=dict)
    quantity = models.BigIntegerField(default=1)
    amount = models.BigIntegerField()

    lifecycle: ClassVar = BOUGHT

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "invoice", "position"], name="billing_line_position"),
        ]


class CreditEntry(TenantModel):
    """A change of the credit balance, which is their sum and never below nothing, each currency's by itself."""

    amount = models.BigIntegerField()
    balance = models.BigIntegerField()
    currency = models.TextField()
    code = models.TextField()
    invoice = TenantForeignKey(Invoice, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    number = models.IntegerField()

    lifecycle: ClassVar = BOUGHT

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "number"], name="billing_credit_number"),
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="billing_credit_not_negative"),
        ]


class EntitlementOverride(TenantModel):
    """An operator's word about one entitlement, before what the plan says. `limit` null: unlimited."""

    key = models.TextField()
    limit = models.BigIntegerField(null=True)
    reason = models.TextField()
    ends_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()

    lifecycle: ClassVar = BOUGHT

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "key"], name="billing_one_override"),
        ]


class GatewayTrouble(TenantModel):
    """What the gateway says otherwise and what nobody but an operator can settle. `code` and `values` make the
    sentence; `ref`: what the gateway calls it."""

    code = models.TextField()
    ref = models.TextField(default="")
    values = models.JSONField(default=dict)
    found_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "code", "ref"], name="billing_one_trouble"),
        ]


class GatewayEvent(models.Model):
    """What the gateway told, once each, of whatever organization: its ids alone. What it is about is read anew."""

    id = models.TextField(primary_key=True)
    kind = models.TextField()
    about = models.TextField(default="")
    customer = models.TextField(default="")
    received_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.DAYS_30, erase=Erase.NOTHING_PERSONAL, age="received_at")
