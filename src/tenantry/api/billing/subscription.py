"""The subscription: what there is and what it allows, another plan, the end of it and taking that back."""

from typing import Any
from uuid import UUID

from ninja import Router

from tenantry.api.billing.rows import held_plan, order_out, plan_out, quote_out
from tenantry.api.billing.schemas import (
    ActOut,
    CancelPlanOut,
    ConfirmedPlanChange,
    CreditOut,
    DifferenceOut,
    NextInvoiceOut,
    OrderOut,
    PaymentCardOut,
    PaymentMethodOut,
    PlanChangeIn,
    PlanChangeOut,
    PlanChosenOut,
    PlannedOut,
    PlansOut,
    ReductionOut,
    SubscriptionOut,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.schemas import Confirmation
from tenantry.api.requests import ApiRequest
from tenantry.billing.actions.plans import (
    cancel_subscription,
    change_plan,
    plan_cancel_subscription,
    plan_change_plan,
    resume_subscription,
    withdraw_downgrade,
)
from tenantry.billing.allowed import acts_now
from tenantry.billing.changing import Difference, PlanChangePlan
from tenantry.billing.coming import renewal_amount
from tenantry.billing.errors import (
    AlreadyCanceling,
    ByAgreement,
    FewestSeats,
    InTrial,
    InvoicePending,
    MostSeats,
    NotCanceling,
    NothingChanges,
    NothingPlanned,
    NothingSold,
    NothingToCancel,
    NotWhileFrozen,
    PaymentPending,
    PlanUnknown,
    SubscriptionOver,
    TooMuchInUse,
    TrialOver,
)
from tenantry.billing.offers import catalogue_with, offered, sells_to
from tenantry.billing.selectors import (
    credit_balance,
    find_order,
    grace_ends,
    moment_of,
    payment_method,
    planned_terms,
    renews,
    subscription,
    terms_of,
)
from tenantry.billing.states import Act
from tenantry.billing.terms import UNLIMITED
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CANCEL, BILLING_CHANGE, BILLING_VIEW
from tenantry.people.seats import seats

router = Router(tags=["Billing"])
KEPT_BACK = (InTrial, TrialOver, PaymentPending, NotWhileFrozen, AlreadyCanceling, SubscriptionOver)
CHANGE_REFUSALS = (
    NothingSold,
    PlanUnknown,
    ByAgreement,
    NothingChanges,
    FewestSeats,
    MostSeats,
    InvoicePending,
    *KEPT_BACK,
)


@operation(router, "GET", "/billing/subscription", BILLING_VIEW, answer=SubscriptionOut)
def billing_subscription(request: ApiRequest) -> SubscriptionOut:
    """What the organization has, what comes next, and what can be done now or why not."""
    return _present(request)


def _present(request: ApiRequest) -> SubscriptionOut:
    """Of a caller who may cancel but not see billing, too: it is what they changed."""
    row = subscription()
    terms = terms_of(row)
    values: dict[str, Any] = dict.fromkeys(
        ("state", "interval", "seats", "period_start", "period_end", "trial_ends_at", "planned", "frozen_at")
    )
    if row is not None:
        values |= {name: getattr(row, name) for name in values if name not in ("planned", "frozen_at")}
        values |= {"planned": _planned(row), "frozen_at": grace_ends(row)}
    return SubscriptionOut(
        **values,
        sells=sells_to(request.organization.blueprint, row),
        plan=held_plan(terms),
        currency=terms.currency,
        cancels=row is not None and row.cancels,
        next_invoice=_next_invoice(row, terms.currency),
        credit=credit_balance(terms.currency),
        gateway=row.gateway if row is not None else "",
        acts=_acts(request, row),
    )


def _planned(row: Any) -> PlannedOut | None:
    if not row.planned or row.period_end is None:
        return None
    terms = planned_terms(row)
    return PlannedOut(
        at=row.period_end,
        plan=held_plan(terms) if terms else None,
        interval=row.planned.get("interval"),
        seats=row.planned.get("seats"),
    )


def _next_invoice(row: Any, currency: str) -> NextInvoiceOut | None:
    """None: nothing is charged, or it ends with the period."""
    if row is None or row.period_end is None or not renews(row):
        return None
    amount = renewal_amount(row, seats(clock.now()))
    return NextInvoiceOut(at=row.period_end, amount=amount, currency=currency)


def _acts(request: ApiRequest, row: Any) -> list[ActOut]:
    needs = {Act.CANCEL: BILLING_CANCEL, Act.RESUME: BILLING_CANCEL}
    found = []
    for act, refused in acts_now(row):
        found.append(
            ActOut(
                act=act.value,
                possible=refused is None,
                permitted=request.actor.may(needs.get(act, BILLING_CHANGE)),
                code=refused.code if refused else "",
                detail=str(refused) if refused else "",
            )
        )
    return found


@operation(router, "GET", "/billing/plans", BILLING_VIEW, answer=PlansOut)
def billing_plan_list(request: ApiRequest) -> PlansOut:
    """Plans on offer to this organization, with their prices and what each grants."""
    row = subscription()
    catalogue = catalogue_with(request.organization.blueprint, row)
    sold = [] if catalogue.key == UNLIMITED else offered(catalogue)
    held = terms_of(row)
    return PlansOut(items=[plan_out(terms, held) for terms in sold])


@operation(router, "GET", "/billing/payment-method", BILLING_VIEW, answer=PaymentMethodOut)
def billing_payment_method(request: ApiRequest) -> PaymentMethodOut:
    """The card that is charged. A person changes it at the page of the gateway."""
    card = payment_method()
    if card is None:
        return PaymentMethodOut(card=None)
    return PaymentMethodOut(card=PaymentCardOut(**{name: getattr(card, name) for name in PaymentCardOut.model_fields}))


@operation(router, "GET", "/billing/credit", BILLING_VIEW, answer=CreditOut)
def billing_credit(request: ApiRequest) -> CreditOut:
    """What is used before the card is charged."""
    currency = terms_of(subscription()).currency
    return CreditOut(balance=credit_balance(currency), currency=currency)


# --- Another plan -------------------------------------------------------------------------


@operation(
    router,
    "POST",
    "/billing/change/plan",
    BILLING_CHANGE,
    answer=PlanChangeOut,
    reads=True,
    refuses=CHANGE_REFUSALS,
)
def billing_change_plan(request: ApiRequest, body: PlanChangeIn) -> PlanChangeOut:
    """What changing plan, interval or seats costs and does, to the minor unit; changes nothing."""
    found = plan_change_plan(actor=request.actor, now=clock.now(), **_asked(body))
    return _change_out(found, request)


def _asked(body: PlanChangeIn) -> dict[str, Any]:
    return {"plan": body.plan, "interval": body.interval, "seats": body.seats, "at": body.at}


def _change_out(found: PlanChangePlan, request: ApiRequest) -> PlanChangeOut:
    same = ("at", "plan", "title", "before_title", "interval", "seats", "when", "effective_at", "direction", "cancels")
    values: dict[str, Any] = {name: getattr(found, name) for name in same}
    return PlanChangeOut(
        **values,
        digest=found.digest,
        quote=quote_out(found.quote, request),
        next_at=found.next_at,
        next_amount=found.next_amount,
        gained=[_difference(one) for one in found.gained],
        lost=[_difference(one) for one in found.lost],
        reductions=[
            ReductionOut(key=one.key, title=one.title, in_use=one.use, limit=one.limit) for one in found.reductions
        ],
    )


def _difference(one: Difference) -> DifferenceOut:
    return DifferenceOut(key=one.key, title=one.title, before=one.before, after=one.after)


@operation(
    router,
    "POST",
    "/billing/change",
    BILLING_CHANGE,
    answer=PlanChosenOut,
    refuses=(*CHANGE_REFUSALS, TooMuchInUse, PlanChanged),
)
def billing_change(request: ApiRequest, body: ConfirmedPlanChange) -> PlanChosenOut:
    """Changes the plan: up at once, as soon as the order is paid; down with the next period."""
    chosen = carry_out(request, change_plan, digest=body.digest, **_asked(body))
    how: Any = chosen.how
    with reading():
        order = _order(request, chosen.order_id) if chosen.order_id else None
    return PlanChosenOut(how=how, plan=chosen.plan, at=chosen.at, order=order)


def _order(request: ApiRequest, order_id: UUID) -> OrderOut:
    return order_out(find_order(order_id), moment_of(subscription(), clock.now()), request)


@operation(
    router,
    "DELETE",
    "/billing/change",
    BILLING_CHANGE,
    answer=SubscriptionOut,
    refuses=(NothingPlanned, *KEPT_BACK),
)
def billing_change_withdraw(request: ApiRequest) -> SubscriptionOut:
    """Takes back what is planned for the next period."""
    carry_out(request, withdraw_downgrade)
    with reading():
        return _present(request)


# --- The end ------------------------------------------------------------------------------


@operation(
    router,
    "GET",
    "/billing/cancellation/plan",
    BILLING_CANCEL,
    answer=CancelPlanOut,
    refuses=(NothingToCancel, *KEPT_BACK),
)
def billing_cancellation_plan(request: ApiRequest) -> CancelPlanOut:
    """When the subscription would end, and until when data could be taken out."""
    found = plan_cancel_subscription(actor=request.actor, now=clock.now())
    return CancelPlanOut(
        digest=found.digest,
        title=found.title,
        ends_at=found.ends_at,
        exports_until=found.exports_until,
        at_once=found.at_once,
        gives_up=found.gives_up,
    )


@operation(
    router,
    "POST",
    "/billing/cancellation",
    BILLING_CANCEL,
    answer=SubscriptionOut,
    refuses=(NothingToCancel, PlanChanged, *KEPT_BACK),
)
def billing_cancel(request: ApiRequest, body: Confirmation = Confirmation()) -> SubscriptionOut:  # noqa: B008 frozen
    """Ends the subscription with its period, at once where it is frozen."""
    carry_out(request, cancel_subscription, digest=body.digest)
    with reading():
        return _present(request)


@operation(
    router,
    "DELETE",
    "/billing/cancellation",
    BILLING_CANCEL,
    answer=SubscriptionOut,
    refuses=(NotCanceling, *KEPT_BACK),
)
def billing_resume(request: ApiRequest) -> SubscriptionOut:
    """The subscription goes on after all."""
    carry_out(request, resume_subscription)
    with reading():
        return _present(request)
