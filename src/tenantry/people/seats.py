"""Seats in use, counted under a lock where they are about to grow (product.md §5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Subquery
from django.db.models.functions import JSONObject

from tenantry.acting.actions import in_action
from tenantry.core.tenancy import scope
from tenantry.organizations.errors import AtSeatLimit
from tenantry.organizations.locks import lock
from tenantry.organizations.models import Entitlement, LockRow, Organization, PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.selectors import SEATS, policy
from tenantry.people.models import Membership

Status = Membership.Status
COUNTED = "seats.counted_statuses"


@dataclass(frozen=True, slots=True)
class Seats:
    """`limit` None is unlimited. `pending` counts invitations that hold a seat, `expired` those that no longer do."""

    in_use: int
    limit: int | None
    active: int
    pending: int
    deactivated: int
    expired: int

    @property
    def free(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.in_use)


def seats(now: datetime) -> Seats:
    """The meter's figures: one query."""
    return seats_of(Organization.objects.filter(pk=scope.organization_id()).values_list(*seat_columns(now)).first())


def seat_columns(now: datetime) -> tuple[Subquery, Subquery, Subquery]:
    """What `seats_of` reads, for a query over the organization that asks for more besides."""
    expired = Q(status=Status.INVITED, invited_until__lte=now)
    figures = JSONObject(
        active=Count("id", filter=Q(status=Status.ACTIVE)),
        pending=Count("id", filter=Q(status=Status.INVITED) & ~expired),
        expired=Count("id", filter=expired),
        deactivated=Count("id", filter=Q(status=Status.DEACTIVATED)),
    )
    counts = Membership.objects.order_by().values("organization_id").annotate(figures=figures).values("figures")
    granted = Entitlement.objects.filter(key=SEATS).values(granted=JSONObject(limit="limit"))
    rule = PolicyValue.objects.filter(code=COUNTED).values("value")
    return Subquery(counts[:1]), Subquery(granted[:1]), Subquery(rule[:1])


def seats_of(found: tuple[Any, Any, Any] | None) -> Seats:
    """Of one row of `seat_columns`."""
    by_state, entitled, counted = found or (None, None, None)
    by_state = by_state or {"active": 0, "pending": 0, "expired": 0, "deactivated": 0}
    held = set(CATALOGUE[COUNTED].default if counted is None else counted)
    by_status = {"active": by_state["active"], "invited": by_state["pending"], "deactivated": by_state["deactivated"]}
    in_use = sum(count for status, count in by_status.items() if status in held)
    return Seats(in_use, entitled["limit"] if entitled else 0, **by_state)


def holds_seat(member: Membership, counted: set[str], now: datetime) -> bool:
    return member.status in counted and not member.is_expired(now)


def counted_statuses() -> set[str]:
    return set(policy(COUNTED))


def take_seats(count: int, now: datetime) -> None:
    """Makes sure that `count` more seats may be taken. Call before the rows change; the lock holds to the commit.

    :raises AtSeatLimit: with policy `seats.growth` licensed, when they would exceed the licence.
    """
    in_action()
    lock(LockRow.Name.SEATS)
    if count <= 0 or policy("seats.growth") == "per_person":
        return
    state = seats(now)
    if state.limit is not None and state.in_use + count > state.limit:
        raise AtSeatLimit(in_use=state.in_use, limit=state.limit, free=state.free)
