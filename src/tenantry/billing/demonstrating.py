"""What the demonstration organizations have bought: a plan of their blueprint's own catalogue, whatever the
installation sells, with the invoices of all the months since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from tenantry.acting.actions import in_action
from tenantry.billing.gateways.sandbox import CARDS
from tenantry.billing.models import Interval, PaymentMethod, Subscription
from tenantry.billing.offers import load
from tenantry.billing.proration import months_after, months_between
from tenantry.billing.quoting import increase_parts, whole
from tenantry.billing.selectors import WINDOW, holding_of, rules
from tenantry.billing.states import State
from tenantry.billing.steps import due_of, invoice_all, resolve_entitlements
from tenantry.billing.terms import Terms, terms_in
from tenantry.core.ids import new_id

# Blueprint -> a plan that has room for what is shown.
PLANS = {
    "standard": "business",
    "crm-suite": "runway",
    "sales-floor": "growth",
    "brokerage": "brokerage",
    "messaging": "advanced",
}
# When more seats were bought, as parts of the months since the founding, and which part of all.
GREW = ((Fraction(7, 20), Fraction(1, 5)), (Fraction(13, 20), Fraction(1, 10)), (Fraction(19, 20), Fraction(1, 10)))
INTO_THE_MONTH = timedelta(days=9, hours=4)


@dataclass(frozen=True, slots=True)
class Bought:
    """Seats that came on top, and what the invoice says of them in minor units."""

    at: datetime
    before: int
    count: int
    amount: int
    currency: str
    invoice_id: UUID


def demonstrate_subscription(
    blueprint: str, seats: int, founded_at: datetime, now: datetime, in_use: Callable[[datetime], int] | None = None
) -> list[Bought]:
    """By the month since the founding, every invoice paid by a card that is always good; what was bought on the way.
    `seats`: there are by now. `in_use`: at a moment, where people are counted and not seats bought."""
    in_action()
    catalogue = load(blueprint)
    plan = catalogue.plan(PLANS[blueprint])
    assert plan is not None
    terms, months, by_person = terms_in(catalogue, plan), months_between(founded_at, now), rules().per_person
    grows = {} if by_person else _grows(terms, seats, months)
    row = _begun(terms, seats - sum(grows.values()), founded_at)
    bought = []
    for month in range(months + 1):
        row.period_start, row.period_end = months_after(founded_at, month), months_after(founded_at, month + 1)
        if by_person and in_use is not None:
            row.seats = row.charged_seats = in_use(row.period_start)
        sheets = [lines for _key, lines in whole(holding_of(row), (row.period_start, row.period_end))]
        invoice_all(row, sheets, row.period_start, prepaid=True, ref="demo")
        if month in grows:
            bought.append(_more(row, grows[month], row.period_start + INTO_THE_MONTH))
    row.due_at = due_of(row)
    row.save()
    resolve_entitlements(now)
    return bought


def _begun(terms: Terms, seats: int, founded_at: datetime) -> Subscription:
    card = CARDS["good"]
    row = Subscription(
        id=new_id(),
        state=State.ACTIVE,
        state_since=founded_at,
        terms=terms.plain(),
        interval=Interval.MONTH,
        seats=seats,
        charged_seats=seats,
        anchor_at=founded_at,
        demonstrates=True,
    )
    Subscription.objects.bulk_create([row])
    PaymentMethod.objects.create(
        brand=card.brand,
        last4=card.last4,
        expires_month=card.expires_month,
        expires_year=card.expires_year,
        ref=card.ref,
        added_at=founded_at,
    )
    return row


def _grows(terms: Terms, seats: int, months: int) -> dict[int, int]:
    """Month -> seats bought in it; none where seats can't be bought, or the plan has them all."""
    if terms.included is None or terms.most_seats is not None:
        return {}
    most = max(0, seats - terms.minimum)
    found = {int(when * months): min(int(part * seats), most // len(GREW)) for when, part in GREW}
    # The running month is not over yet: nothing was bought in it.
    return {month: count for month, count in found.items() if count and 0 < month < months}


def _more(row: Subscription, count: int, at: datetime) -> Bought:
    before = row.seats or 0
    parts = increase_parts(holding_of(row), count, at, rules().basis)
    [issued] = invoice_all(row, [lines for _key, lines in parts], at + WINDOW, prepaid=True, ref="demo")
    row.seats = row.charged_seats = before + count
    return Bought(at, before, count, issued.invoice.subtotal, issued.invoice.currency, issued.invoice.id)
