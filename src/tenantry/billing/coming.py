"""What comes with the next period: how many seats, and for how much. Renewing asks the same as whoever foretells it."""

from collections.abc import Mapping
from typing import Any

from tenantry.billing.models import Subscription
from tenantry.billing.quoting import Holding
from tenantry.billing.selectors import holding_of, planned_terms, renews
from tenantry.billing.terms import Terms
from tenantry.people.seats import Seats

# Of what is planned: how many of its seats were bought after it was planned, and stay beyond it.
BOUGHT = "bought"


def seats_then(terms: Terms, wanted: int | None, counted: int, charged: int | None, *, per_person: bool) -> int | None:
    """How many are charged from then on; None: they are not counted. `wanted`: those that were chosen. Nobody is thrown
    out: no fewer than are in use, as far as the period before was `charged` for them."""
    if per_person and terms.included is not None:
        return counted
    if wanted is None or terms.most_seats is not None:
        return wanted
    return max(wanted, min(counted, charged or counted))


def planned_seats(row: Subscription) -> int | None:
    """As many as were chosen for the next period; without a word about it those of this one."""
    said: int | None = row.planned.get("seats")
    return row.seats if said is None and "terms" not in row.planned else said


def renewal_amount(row: Subscription, counted: Seats, held: Holding | None = None, seats: int | None = None) -> int:
    """Of the next invoice, before tax and credit, with what is planned and as people are now; 0 where none comes.
    `held`: of whoever has read it already. `seats`: instead of those that are planned."""
    if not renews(row):
        return 0
    held, terms = held or holding_of(row), planned_terms(row)
    terms = terms or held.terms
    if terms.is_free:
        return 0
    wanted = planned_seats(row) if seats is None else seats
    # What was added is charged before the period ends.
    charged = max(held.charged, held.seats, seats or 0) if row.increased_at or seats else held.charged
    then = seats_then(terms, wanted, counted.in_use, charged, per_person=counted.growth == "per_person")
    return terms.amount(row.planned.get("interval") or held.interval, then or 0, held.switched)


def more_planned(row: Subscription, count: int) -> Mapping[str, Any]:
    """What is planned once so many more are bought: they stay beyond the renewal, unless that brings a plan with a
    fixed number of them."""
    planned: Mapping[str, Any] = row.planned
    terms, said = planned_terms(row), planned.get("seats")
    if said is None or (terms is not None and terms.most_seats is not None):
        return planned
    return {**planned, "seats": said + count, BOUGHT: planned.get(BOUGHT, 0) + count}


def fewer_planned(row: Subscription, count: int) -> Mapping[str, Any]:
    """What is planned once so many of those are given back that nothing was charged for yet."""
    planned: Mapping[str, Any] = row.planned
    back = min(count, planned.get(BOUGHT, 0))
    if not back:
        return planned
    return {**planned, "seats": planned["seats"] - back, BOUGHT: planned[BOUGHT] - back}
