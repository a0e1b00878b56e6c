"""The states of a subscription and what leads from one to another (product.md §5). A pair that is not in the table does
not happen."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from tenantry.billing.errors import (
    AlreadyCanceling,
    InTrial,
    NotWhileFrozen,
    PaymentPending,
    SubscriptionOver,
    TrialOver,
)
from tenantry.billing.models import Subscription
from tenantry.core.errors import Refusal
from tenantry.organizations.models import Organization

State = Subscription.State
# From the first failed payment until the organization is frozen.
GRACE = timedelta(days=14)


class Happening(StrEnum):
    BOUGHT = "bought"
    TRIAL_OVER = "trial_over"
    DOWNGRADE_PLANNED = "downgrade_planned"
    DOWNGRADE_WITHDRAWN = "downgrade_withdrawn"
    CANCEL_PLANNED = "cancel_planned"
    RESUMED = "resumed"
    # The period is over, and the next one has begun; or there is none.
    RENEWED = "renewed"
    ENDED = "ended"
    PAYMENT_FAILED = "payment_failed"
    # Nothing is open any more.
    PAYMENT_RECEIVED = "payment_received"
    GRACE_OVER = "grace_over"


class Act(StrEnum):
    """What somebody can do about a subscription."""

    # To a plan at once: an order to be paid, or a plan that costs nothing.
    CHANGE_NOW = "change_now"
    CHANGE_LATER = "change_later"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    RESUME = "resume"
    BUY_SEATS = "buy_seats"
    REDUCE_SEATS = "reduce_seats"
    BUY_PACK = "buy_pack"


H = Happening
TRANSITIONS: Mapping[tuple[State, Happening], State] = {
    (State.TRIAL, H.BOUGHT): State.ACTIVE,
    (State.TRIAL, H.TRIAL_OVER): State.TRIAL_ENDED,
    (State.TRIAL_ENDED, H.BOUGHT): State.ACTIVE,
    (State.ACTIVE, H.BOUGHT): State.ACTIVE,
    (State.ACTIVE, H.DOWNGRADE_PLANNED): State.DOWNGRADING,
    (State.ACTIVE, H.CANCEL_PLANNED): State.CANCELING,
    (State.ACTIVE, H.RENEWED): State.ACTIVE,
    (State.ACTIVE, H.PAYMENT_FAILED): State.PENDING_PAYMENT,
    # An agreement is over.
    (State.ACTIVE, H.ENDED): State.CANCELED,
    (State.DOWNGRADING, H.BOUGHT): State.ACTIVE,
    (State.DOWNGRADING, H.DOWNGRADE_PLANNED): State.DOWNGRADING,
    (State.DOWNGRADING, H.DOWNGRADE_WITHDRAWN): State.ACTIVE,
    (State.DOWNGRADING, H.CANCEL_PLANNED): State.CANCELING,
    (State.DOWNGRADING, H.RENEWED): State.ACTIVE,
    (State.DOWNGRADING, H.PAYMENT_FAILED): State.PENDING_PAYMENT,
    (State.DOWNGRADING, H.ENDED): State.CANCELED,
    (State.CANCELING, H.BOUGHT): State.ACTIVE,
    (State.CANCELING, H.RESUMED): State.ACTIVE,
    (State.CANCELING, H.ENDED): State.CANCELED,
    (State.CANCELING, H.PAYMENT_FAILED): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.DOWNGRADE_PLANNED): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.DOWNGRADE_WITHDRAWN): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.CANCEL_PLANNED): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.RESUMED): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.RENEWED): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.ENDED): State.CANCELED,
    (State.PENDING_PAYMENT, H.PAYMENT_FAILED): State.PENDING_PAYMENT,
    (State.PENDING_PAYMENT, H.PAYMENT_RECEIVED): State.ACTIVE,
    (State.PENDING_PAYMENT, H.GRACE_OVER): State.FROZEN,
    (State.FROZEN, H.PAYMENT_FAILED): State.FROZEN,
    (State.FROZEN, H.PAYMENT_RECEIVED): State.ACTIVE,
    (State.FROZEN, H.ENDED): State.CANCELED,
    (State.CANCELED, H.BOUGHT): State.ACTIVE,
}

_EVERYTHING = frozenset(Act)
ALLOWED: Mapping[State, frozenset[Act]] = {
    State.TRIAL: frozenset({Act.CHANGE_NOW}),
    State.TRIAL_ENDED: frozenset({Act.CHANGE_NOW}),
    State.ACTIVE: _EVERYTHING,
    State.DOWNGRADING: _EVERYTHING,
    State.CANCELING: _EVERYTHING - {Act.CHANGE_LATER, Act.REDUCE_SEATS},
    State.PENDING_PAYMENT: frozenset({Act.CHANGE_LATER, Act.WITHDRAW, Act.CANCEL, Act.RESUME, Act.REDUCE_SEATS}),
    State.FROZEN: frozenset({Act.CANCEL}),
    State.CANCELED: frozenset({Act.CHANGE_NOW}),
}
_REFUSALS: Mapping[State, type[Refusal]] = {
    State.TRIAL: InTrial,
    State.TRIAL_ENDED: TrialOver,
    State.PENDING_PAYMENT: PaymentPending,
    State.FROZEN: NotWhileFrozen,
    State.CANCELING: AlreadyCanceling,
    State.CANCELED: SubscriptionOver,
}
# What the organization is meanwhile; `core.permissions` says what works in each.
ORGANIZATIONS: Mapping[State, Organization.State] = {
    State.TRIAL_ENDED: Organization.State.TRIAL_ENDED,
    State.FROZEN: Organization.State.FROZEN,
    State.CANCELED: Organization.State.CANCELED,
}
# States in which something is used and charged.
RUNNING = frozenset({State.ACTIVE, State.DOWNGRADING, State.CANCELING, State.PENDING_PAYMENT})


def after(state: str, happening: Happening) -> State:
    """:raises KeyError: it does not happen in this state; a fault of ours."""
    return TRANSITIONS[State(state), happening]


def allows(state: str, act: Act) -> bool:
    return act in ALLOWED[State(state)]


def require_state(state: str, act: Act) -> None:
    """:raises InTrial, TrialOver, PaymentPending, NotWhileFrozen, SubscriptionOver: by the state that keeps it back."""
    if not allows(state, act):
        raise _REFUSALS[State(state)]


def organization_state(state: str) -> Organization.State:
    return ORGANIZATIONS.get(State(state), Organization.State.ACTIVE)
