"""What each line of the seat ledger comes to, decided when an invoice is: the parts of what one invoice charges for
seats are together exactly that (product.md §5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tenantry.billing.invoicing import Issued
from tenantry.billing.models import InvoiceLine, Subscription
from tenantry.billing.selectors import rules, terms_of
from tenantry.billing.terms import Terms
from tenantry.people.seat_ledger import (
    Effect,
    Kind,
    Price,
    note_licence,
    price_lines,
    unpriced_licences,
    unpriced_people,
)

if TYPE_CHECKING:
    from tenantry.people.models import SeatLine

Span = tuple[int, int]
# Lines of an invoice that charge seats.
ADDED, WHOLE = "seats_added", "seats"


def spans(changes: Sequence[int], before: int, after: int) -> list[Span | None]:
    """Which seats each of these changes, the earliest first, stands for in the end, as the numbers from which and to
    which it leads; None: it made no difference, because somebody came where somebody went. What is left leads together
    from `before` to `after`: in the order in which they would have been charged one by one."""
    found: list[Span | None] = []
    level = reached = after
    more = after > before
    for change in reversed(changes):
        earlier = level - change
        low, high = (max(earlier, before), reached) if more else (reached, min(earlier, before))
        moves = change > 0 if more else change < 0
        found.append(((low, high) if more else (high, low)) if moves and high > low and before != after else None)
        reached = min(reached, earlier) if more else max(reached, earlier)
        level = earlier
    return found[::-1]


def parted(total: int, units: Sequence[int]) -> list[int]:
    """`total` in parts by their units; the parts are the total, to the minor unit."""
    whole, seen, parts = sum(units), 0, []
    for one in units:
        parts.append(total * (seen + one) // whole - total * seen // whole if whole else 0)
        seen += one
    return parts


def _priced(
    lines: Sequence["SeatLine"],
    led: Sequence[Span | None],
    terms: Terms,
    total: int,
    effect: Effect,
    invoice: UUID | None,
) -> dict[UUID, Price]:
    """`total`: of all that is led to, in minor units; a seat that the plan includes has no part of it."""
    units = [terms.beyond(one[1]) - terms.beyond(one[0]) if one and total else 0 for one in led]
    parts = parted(total, units)
    nothing = Price(Effect.WITHIN)
    return {
        line.id: Price(effect, part, invoice) if unit else nothing
        for line, unit, part in zip(lines, units, parts, strict=True)
    }


def _on(issued: Iterable[Issued], code: str) -> tuple[UUID | None, int]:
    """The invoice with a line of this code, and what that comes to."""
    ids = [one.invoice.id for one in issued]
    line = InvoiceLine.objects.filter(invoice_id__in=ids, code=code).order_by("position").first() if ids else None
    return (line.invoice_id, line.amount) if line else (ids[0] if ids else None, 0)


def price_bought(terms: Terms, before: int, after: int, issued: Iterable[Issued]) -> None:
    """Seats that were bought, and given back again, within the hour that is charged now."""
    invoice, total = _on(issued, ADDED)
    lines = unpriced_licences()
    led = spans([line.licensed for line in lines], before, after)
    price_lines(_priced(lines, led, terms, total, Effect.CHARGED, invoice), terms.currency)


def price_people(terms: Terms, before: int, after: int, issued: Iterable[Issued], now: datetime) -> None:
    """People are counted, `after` of them, where `before` are paid. Who went stays paid until the renewal decides."""
    invoice, total = _on(issued, ADDED)
    lines = unpriced_people(now)
    led = spans([line.change for line in lines], before, after)
    prices = _priced(lines, led, terms, total, Effect.CHARGED, invoice)
    waiting = {line.id for line, one in zip(lines, led, strict=True) if one and after < before}
    price_lines({key: price for key, price in prices.items() if key not in waiting}, terms.currency)


def price_renewed(
    row: Subscription, before: int, issued: Sequence[Issued], now: datetime, *, planned: bool = False
) -> None:
    """A period begins: what changed since the last one costs more or less from now on. `before`: seats that were paid;
    `planned`: another plan comes with it, whose invoice is all there is to say."""
    if planned:
        price_with_plan(row, before, issued, now)
        return
    terms, after = terms_of(row), row.seats or 0
    invoice, _amount = _on(issued, WHOLE)
    price = terms.price(row.interval).seat or 0
    total = price * (terms.beyond(after) - terms.beyond(before))
    licences, people = unpriced_licences() + unpriced_licences(planned=True), unpriced_people(now)
    for lines, changes in (
        (licences, [line.licensed for line in licences]),
        (people, [line.change for line in people]),
    ):
        led = spans(changes, before, after)
        price_lines(_priced(lines, led, terms, total, Effect.RENEWAL, invoice), terms.currency)


def price_with_plan(row: Subscription, before: int | None, issued: Iterable[Issued], now: datetime) -> None:
    """What waited is part of the plan that begins; that it has more or fewer seats to take is a line of its own."""
    invoice = next((one.invoice.id for one in issued), None)
    lines = [*unpriced_licences(), *unpriced_licences(planned=True), *unpriced_people(now)]
    price_lines({line.id: Price(Effect.PLAN, None, invoice) for line in lines}, row.terms["currency"])
    licensed = row.seats is not None and terms_of(row).included is not None and not rules().per_person
    if before is not None and licensed:
        note_licence(Kind.PLAN, (row.seats or 0) - before, now, effect=Effect.PLAN, invoice_id=invoice)


def withdraw_planned() -> None:
    """Seats that were to be given back stay."""
    price_lines({line.id: Price(Effect.WITHDRAWN) for line in unpriced_licences(planned=True)}, "")
