"""What was bought, what it costs and what is owed. Amounts are whole minor units of the currency beside them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.schemas import Digest, In, Moment, Out

Interval = Literal["month", "year"]
State = Literal["trial", "trial_ended", "active", "downgrading", "canceling", "pending_payment", "frozen", "canceled"]
Act = Literal["change_now", "change_later", "withdraw", "cancel", "resume", "buy_seats", "reduce_seats", "buy_pack"]
PlanKey = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_-]*$", description="See GET /billing/plans.")]
QuotedAt = Annotated[
    Moment | None,
    Field(description="`at` of the plan that was read: its figures hold for half an hour. Left out: this moment."),
]
SeatNumber = Annotated[int, Field(ge=0, le=10_000_000)]


# --- Figures ------------------------------------------------------------------------------


class MoneyLineOut(Out):
    """A line of an invoice, or of one to be. `code` is stable; `text` and `detail` are its words. Below nothing: given
    back."""

    code: str
    text: str
    detail: str
    quantity: int
    amount: int


class ComingInvoiceOut(Out):
    key: str = Field(description="`plan`, `pack`, or the add-on that is invoiced by itself.")
    lines: list[MoneyLineOut]
    subtotal: int
    tax: int
    total: int
    credit_used: int = Field(description="Below nothing: kept as credit.")
    due: int


class QuoteOut(Out):
    """What is charged. The invoices say the same to the minor unit."""

    currency: str
    invoices: list[ComingInvoiceOut]
    credit_before: int
    credit_after: int
    due: int


# --- What there is ------------------------------------------------------------------------


class PriceOut(Out):
    interval: Interval
    base: int
    seat: int | None = Field(description="Of each seat above the included ones; null: none can be added.")


class AddonPriceOut(Out):
    interval: Interval
    person: int = Field(description="For each person who has it switched on.")


class PlanAddonOut(Out):
    key: str
    title: str
    prices: list[AddonPriceOut]


class PackOut(Out):
    """Bought once, used after the allowance of its meter, never expiring."""

    key: str
    title: str
    meter: str
    amount: int = Field(description="Of the meter's unit.")
    price: int
    currency: str


class GrantOut(Out):
    """An entitlement of a plan. Of features 0 is off and anything else on; null is unlimited."""

    key: str
    title: str
    limit: int | None
    feature: bool


class PlanOut(Out):
    key: str
    title: str
    catalogue: str
    version: str = Field(description="An organization keeps the version that it bought.")
    currency: str
    by_agreement: bool = Field(description="Not sold here: an operator puts organizations on it.")
    current: bool
    included_seats: int | None = Field(description="Null: seats are not counted.")
    minimum_seats: int
    most_seats: int | None = Field(description="Null: as many as one pays for.")
    prices: list[PriceOut]
    addons: list[PlanAddonOut]
    packs: list[PackOut]
    grants: list[GrantOut]


class PlansOut(Out):
    items: list[PlanOut] = Field(description="The smallest first; empty where nothing is sold.")


class HeldPlanOut(Out):
    key: str
    title: str
    catalogue: str
    version: str


class PlannedOut(Out):
    """What comes with the next period. Null: as it is."""

    at: datetime
    plan: HeldPlanOut | None
    interval: Interval | None
    seats: int | None


class NextInvoiceOut(Out):
    at: datetime
    amount: int = Field(description="Before tax and credit, with what is planned.")
    currency: str


class ActOut(Out):
    """Something that can be done, or why it can't be just now."""

    act: Act
    possible: bool
    permitted: bool = Field(description="Whether the caller's permissions are enough.")
    code: str = Field(description="What keeps it back, as the operation would refuse it; empty: nothing.")
    detail: str


class SubscriptionOut(Out):
    """Moments are by the subscription's clock."""

    sells: bool = Field(description="Whether anything is sold here; if not, nothing is charged or limited.")
    state: State | None = Field(description="Null: nothing was ever bought.")
    plan: HeldPlanOut
    interval: Interval | None
    seats: int | None = Field(description="Licensed ones; null: they are not counted.")
    currency: str
    period_start: datetime | None
    period_end: datetime | None
    trial_ends_at: datetime | None
    cancels: bool = Field(description="It ends with the period.")
    planned: PlannedOut | None
    next_invoice: NextInvoiceOut | None
    frozen_at: datetime | None = Field(description="When it is frozen unless what is due is paid before.")
    credit: int
    gateway: str = Field(description="Who takes the money; `sandbox` takes none.")
    acts: list[ActOut]


class PaymentCardOut(Out):
    brand: str
    last4: str
    expires_month: int | None
    expires_year: int | None
    declined_at: datetime | None


class PaymentMethodOut(Out):
    card: PaymentCardOut | None = Field(description="Null: there is none yet.")


class CreditOut(Out):
    """Used before the card."""

    balance: int
    currency: str


# --- Changes ------------------------------------------------------------------------------


class PlanChangeIn(In):
    plan: PlanKey
    interval: Interval = "month"
    seats: SeatNumber | None = Field(None, description="Left out: as many as there are, or the fewest that are sold.")
    at: QuotedAt = None


class ConfirmedPlanChange(PlanChangeIn):
    digest: Digest | None = None


class DifferenceOut(Out):
    """Of one entitlement; null is unlimited."""

    key: str
    title: str
    before: int | None
    after: int | None


class ReductionOut(Out):
    """More is in use than there would be."""

    key: str
    title: str
    in_use: int
    limit: int


class PlanChangeOut(Out):
    """What a change costs and does. Send `at` and `digest` back to get exactly this."""

    digest: str
    at: datetime
    plan: str
    title: str
    before_title: str
    interval: Interval
    seats: int | None
    when: Literal["now", "period_end"]
    effective_at: datetime
    direction: Literal["up", "down", "same"]
    cancels: bool = Field(description="It costs nothing any more: this counts as canceling.")
    quote: QuoteOut
    next_at: datetime | None
    next_amount: int = Field(description="Of the next invoice, before tax and credit.")
    gained: list[DifferenceOut]
    lost: list[DifferenceOut]
    reductions: list[ReductionOut] = Field(description="What has to be reduced first, where it is `now`.")


class OrderOut(Out):
    """Something that waits for its payment, at `checkout_url` by a person who may change the plan."""

    id: UUID
    kind: str
    title: str
    state: Literal["open", "paid", "failed", "expired"]
    due: int
    currency: str
    lines: list[MoneyLineOut]
    made_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    credited: bool = Field(description="Something changed before it was paid: it is kept as credit, and nothing else.")
    checkout_url: str | None = Field(description="Null: there is nothing to pay any more.")


class PlanChosenOut(Out):
    how: Literal["done", "planned", "to_pay"]
    plan: str
    at: datetime = Field(description="When it holds; `to_pay`: the moment of the figures.")
    order: OrderOut | None = Field(description="What is to be paid first.")


class CancelPlanOut(Out):
    """Everything works until `ends_at`; exports alone until `exports_until`."""

    digest: str
    title: str
    ends_at: datetime
    exports_until: datetime
    at_once: bool
    gives_up: str = Field(description="The plan that was planned and does not come; empty: none.")


class PacksOut(Out):
    items: list[PackOut] = Field(description="Of the present plan; empty: it has none.")


class PackPlanOut(Out):
    digest: str
    pack: PackOut
    quote: QuoteOut


class PackBoughtOut(Out):
    title: str
    order: OrderOut | None = Field(description="What is to be paid; null: credit paid for it, and it is there.")


class SeatChangeIn(In):
    seats: Annotated[int, Field(ge=0, le=10_000_000, description="How many there shall be.")]
    at: QuotedAt = None


class ConfirmedSeatChange(SeatChangeIn):
    digest: Digest | None = None


class SeatChangeOut(Out):
    """`charged_at`: together with everything that was added within the hour before."""

    digest: str
    at: datetime
    before: int
    after: int
    effective_at: datetime
    charged_at: datetime
    quote: QuoteOut
    renewal_amount: int = Field(description="Of the next invoice, before tax and credit.")


class SeatsChangedOut(Out):
    seats: int = Field(description="Licensed now.")
    planned_seats: int | None = Field(description="From the next period on; null: as many.")
