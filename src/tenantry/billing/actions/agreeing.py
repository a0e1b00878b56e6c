"""Plans by agreement: no price stands in their catalogue; an operator writes down what was agreed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.billing.actions.overriding import OPERATORS, REASON
from tenantry.billing.actions.plans import PlanChosen
from tenantry.billing.carrying import carry_out
from tenantry.billing.changing import PlanChangePlan, change_to, promised
from tenantry.billing.errors import PlanUnknown, TooMuchInUse
from tenantry.billing.models import Interval, Order, Subscription
from tenantry.billing.offers import offered
from tenantry.billing.proration import MONTHS, months_after
from tenantry.billing.selectors import moment_of, subscription
from tenantry.billing.steps import begun, expire_orders, lock_subscription
from tenantry.billing.terms import Price, Terms
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.text import InvalidText

LARGEST = 10**13
MOST_SEATS = 10_000_000
MOST_PERIODS = 120


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed on. Amounts are minor units of the catalogue's currency, of one interval: `base` with `seats`
    within it, `seat` for each more. `seats` None: they are not counted; `seat` None: none can be added. `periods` None:
    it goes on until somebody ends it."""

    plan: str
    interval: str
    base: int
    seats: int | None = None
    seat: int | None = None
    periods: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementPlan(Plan):
    """`change`: what it costs and does now. `until`: when it ends."""

    change: PlanChangePlan
    until: datetime | None


def agreeable() -> list[Terms]:
    """Plans that are sold to the organization of the scope by agreement alone."""
    return [terms for terms in offered() if terms.by_agreement]


def plan_agreement(*, actor: Actor, agreement: Agreement, now: datetime, at: datetime | None = None) -> AgreementPlan:
    """What holds from this moment on, whatever was held before. `at`: of a quote that is read already.

    :raises NotFound: nobody but an operator asks. :raises PlanUnknown: no such plan is sold by agreement here.
    :raises InvalidInput: impossible figures.
    :raises InvoicePending, PaymentPending, NotWhileFrozen: what is due comes first.
    """
    _refuse_others(actor)
    _check(agreement)
    return _planned(subscription(), agreement, now, at)


def _planned(row: Subscription | None, agreement: Agreement, now: datetime, at: datetime | None) -> AgreementPlan:
    terms = _terms(agreement)
    change = change_to(row, terms, agreement.interval, agreement.seats, now, at, agreed=True)
    months = MONTHS[agreement.interval] * (agreement.periods or 0)
    return AgreementPlan(change, months_after(change.at, months) if months else None)


def _terms(agreement: Agreement) -> Terms:
    found = next((terms for terms in agreeable() if terms.plan == agreement.plan), None)
    if found is None:
        raise PlanUnknown
    prices = {agreement.interval: Price(agreement.base, agreement.seat)}
    addons = tuple(one for one in found.addons if agreement.interval in one.prices)
    return replace(found, included=agreement.seats, minimum=agreement.seats or 1, prices=prices, addons=addons)


def _refuse_others(actor: Actor) -> None:
    if actor.kind != "operator" or actor.operator_id is None:
        raise NotFound


def _check(agreement: Agreement) -> None:
    wrong: dict[str, Any] = {}
    if agreement.interval not in Interval.values:
        wrong["interval"] = _("Monthly or yearly.")
    if not 0 <= agreement.base <= LARGEST:
        wrong["base"] = _("An amount, like 1,200.00; nothing is 0.")
    if agreement.seats is not None and not 0 < agreement.seats <= MOST_SEATS:
        wrong["seats"] = _("A whole number from 1 on, or nothing for no limit.")
    if agreement.seat is not None and not 0 <= agreement.seat <= LARGEST:
        wrong["seat"] = _("An amount, or nothing where no seats can be added.")
    elif agreement.seat is not None and agreement.seats is None:
        wrong["seat"] = _("Seats without a limit have no price; say how many are within the price first.")
    if agreement.periods is not None and not 0 < agreement.periods <= MOST_PERIODS:
        wrong["periods"] = _("A whole number from 1 to 120, or nothing where it goes on.")
    if wrong:
        raise InvalidInput(wrong)


@action(open_to=OPERATORS)
def agree_plan(
    *,
    actor: Actor,
    now: datetime,
    agreement: Agreement,
    reason: str,
    at: datetime | None = None,
    digest: str | None = None,
) -> Outcome[PlanChosen]:
    """The plan holds at once; what is due is invoiced and collected like everything else.

    :raises PlanChanged: `digest` is of other figures. :raises InvalidInput: impossible figures, or no reason.
    :raises TooMuchInUse: something has to be reduced first. :raises Refusal: see `plan_agreement`.
    """
    _refuse_others(actor)
    _check(agreement)
    try:
        said = REASON.clean(reason)
    except InvalidText:
        raise InvalidInput({"reason": _("Say why; the organization reads it in its audit.")}) from None
    lock_subscription()
    found = confirm(_planned(subscription(), agreement, now, at), digest)
    row, change = begun(now), found.change
    if change.reductions:
        raise TooMuchInUse(what=", ".join(f"{one.title} ({one.use} > {one.limit})" for one in change.reductions))
    expire_orders(Order.Kind.PLAN, change.at)
    done = carry_out(row, promised(change), moment_of(row, now), now, prepaid=False, until=found.until)
    values = {**done.values, "reason": said, "until": found.until.isoformat() if found.until else None}
    entry = Entry("billing.plan_agreed", "subscription", row.id, values)
    how = PlanChosen("done", change.plan, change.at, due=change.quote.due)
    return Outcome(how, entry, done.events, done.jobs)
