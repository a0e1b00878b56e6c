"""Seats in use, counted under a lock where they are about to grow (product.md §5)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from tenantry.acting.actions import in_action
from tenantry.organizations.errors import AtSeatLimit
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import SEATS, entitlement, policy
from tenantry.people.models import Membership

Status = Membership.Status


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
    """The meter's figures: one count, one policy, one entitlement."""
    expired = Q(status=Status.INVITED, invited_until__lte=now)
    counts = Membership.objects.aggregate(
        active=Count("id", filter=Q(status=Status.ACTIVE)),
        pending=Count("id", filter=Q(status=Status.INVITED) & ~expired),
        expired=Count("id", filter=expired),
        deactivated=Count("id", filter=Q(status=Status.DEACTIVATED)),
    )
    counted = set(policy("seats.counted_statuses"))
    by_status = {"active": counts["active"], "invited": counts["pending"], "deactivated": counts["deactivated"]}
    in_use = sum(count for status, count in by_status.items() if status in counted)
    return Seats(
        in_use, entitlement(SEATS), counts["active"], counts["pending"], counts["deactivated"], counts["expired"]
    )


def holds_seat(member: Membership, counted: set[str], now: datetime) -> bool:
    return member.status in counted and not member.is_expired(now)


def counted_statuses() -> set[str]:
    return set(policy("seats.counted_statuses"))


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
