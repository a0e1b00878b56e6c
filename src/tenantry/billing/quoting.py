"""What a change costs: the lines of the invoices to be, from plain values alone. The page shows a quote, the order
keeps it and the invoice repeats it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from tenantry.acting.plans import Plan
from tenantry.billing.invoicing import Line, Sums, sums
from tenantry.billing.proration import Basis, line, next_end, unused
from tenantry.billing.terms import Terms

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Holding:
    """A plan as it is held. `charged`: seats that the running period was charged for. `switched`: people by add-on,
    `charged_addons` those of them that the period was charged for. `period` None: nothing runs."""

    terms: Terms
    interval: str
    seats: int
    charged: int
    switched: Mapping[str, int]
    period: Period | None
    anchor: datetime | None
    charged_addons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One invoice to be. `key`: "plan", or the add-on that is invoiced by itself."""

    key: str
    lines: tuple[Line, ...]
    sums: Sums

    def plain(self) -> dict[str, Any]:
        return {"key": self.key, "lines": [one.plain() for one in self.lines]}


@dataclass(frozen=True, slots=True)
class Quote(Plan):
    """`due`: what the card is charged, minor units; `balance`: the credit before, `credit_after` afterwards. `next_at`
    and `next_amount`: the invoice after it, before tax and credit."""

    currency: str
    at: datetime
    sheets: tuple[Sheet, ...]
    balance: int
    credit_after: int
    due: int
    period_start: datetime | None = None
    period_end: datetime | None = None
    next_at: datetime | None = None
    next_amount: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(one for sheet in self.sheets for one in sheet.lines)


def sheets_of(parts: Iterable[tuple[str, list[Line]]], balance: int) -> tuple[tuple[Sheet, ...], int]:
    """Sheets with their sums, one after the other out of one balance; and what is left of it."""
    found = []
    for key, lines in parts:
        if not lines:
            continue
        figures = sums(lines, balance)
        balance -= figures.credit
        found.append(Sheet(key, tuple(lines), figures))
    return tuple(found), balance


def quote_of(
    parts: Iterable[tuple[str, list[Line]]], *, currency: str, at: datetime, balance: int, **more: Any
) -> Quote:
    sheets, left = sheets_of(parts, balance)
    return Quote(currency, at, sheets, balance, left, sum(one.sums.due for one in sheets), **more)


def period_of(terms: Terms, interval: str, start: datetime, anchor: datetime) -> Period | None:
    """None where nothing is ever charged."""
    return None if terms.is_free or not terms.prices else (start, next_end(anchor, start, interval))


def parts_of(
    terms: Terms, interval: str, seats: int, switched: Mapping[str, int], period: Period, part: Fraction, sign: int = 1
) -> list[tuple[str, list[Line]]]:
    """What a part of a period comes to: base and seats on the plan's invoice, each add-on on one of its own. With
    `sign` -1 what is given back."""
    price = terms.price(interval)
    end = "_unused" if sign < 0 else ""
    plain = {
        "plan": terms.title,
        "interval": interval,
        "currency": terms.currency,
        "from": period[0].isoformat(),
        "to": period[1].isoformat(),
        "part": [part.numerator, part.denominator],
    }

    def one(code: str, unit: int, quantity: int, **more: Any) -> Line:
        return Line(f"{code}{end}", line(unit, sign * quantity, part), quantity, {**plain, "unit": unit, **more})

    lines = [one("plan", price.base, 1)] if price.base else []
    extra = terms.beyond(seats)
    if extra and price.seat:
        lines.append(one("seats", price.seat, extra, seats=seats))
    found = [("plan", lines)]
    for addon in terms.addons:
        count = switched.get(addon.key, 0)
        if count:
            found.append((addon.key, [one("addon", addon.prices[interval], count, addon=addon.title)]))
    return found


def whole(holding: Holding, period: Period) -> list[tuple[str, list[Line]]]:
    """A period from its start."""
    return parts_of(holding.terms, holding.interval, holding.seats, holding.switched, period, Fraction(1))


def change_parts(
    before: Holding | None, after: Holding, period: Period | None, at: datetime, basis: Basis
) -> list[tuple[str, list[Line]]]:
    """What is unused of what was held, and what the new one costs: the same part where the period goes on, a whole
    period where a new one begins."""
    found: dict[str, list[Line]] = {"plan": []}
    left = Fraction(0)
    if before is not None and before.period is not None:
        left = unused(at, *before.period, basis, before.anchor)
        rest = (at, before.period[1])
        paid = (before.terms, before.interval, before.charged, before.charged_addons)
        merge(found, parts_of(*paid, rest, left, -1), "plan")
    if period is not None:
        goes_on = before is not None and before.period is not None and period[1] == before.period[1]
        part, span = (left, (at, period[1])) if goes_on else (Fraction(1), period)
        merge(found, parts_of(after.terms, after.interval, after.seats, after.switched, span, part))
    return list(found.items())


def merge(found: dict[str, list[Line]], parts: Iterable[tuple[str, list[Line]]], into: str = "") -> None:
    """`into`: where all of them go; what is given back goes onto the plan's invoice."""
    for key, lines in parts:
        found.setdefault(into or key, []).extend(lines)


def increase_parts(before: Holding, more: int, at: datetime, basis: Basis) -> list[tuple[str, list[Line]]]:
    """More seats for the rest of the running period."""
    if before.period is None:
        return []
    price, terms = before.terms.price(before.interval), before.terms
    count = terms.beyond(before.charged + more) - terms.beyond(before.charged)
    if not price.seat or count <= 0:
        return []
    part = unused(at, *before.period, basis, before.anchor)
    values = {
        "plan": terms.title,
        "interval": before.interval,
        "currency": terms.currency,
        "from": at.isoformat(),
        "to": before.period[1].isoformat(),
        "part": [part.numerator, part.denominator],
        "unit": price.seat,
        "seats": before.charged + more,
    }
    return [("plan", [Line("seats_added", line(price.seat, count, part), count, values)])]


def addon_parts(held: Holding, people: Mapping[str, int], at: datetime, basis: Basis) -> list[tuple[str, list[Line]]]:
    """Add-ons for the rest of the running period: of `people` by add-on those that it was not charged for yet, each
    add-on on an invoice of its own."""
    if held.period is None:
        return []
    part, rest = unused(at, *held.period, basis, held.anchor), (at, held.period[1])
    more = {key: max(0, count - held.charged_addons.get(key, 0)) for key, count in people.items()}
    return [(key, lines) for key, lines in parts_of(held.terms, held.interval, 0, more, rest, part) if more.get(key)]
