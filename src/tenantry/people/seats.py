"""Seats in use, counted under a lock where they are about to grow (product.md §5)."""

from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject

from tenantry.acting.actions import in_action
from tenantry.core.prepared import PreparedRow
from tenantry.core.tenancy import scope
from tenantry.organizations.errors import AtSeatLimit
from tenantry.organizations.locks import lock
from tenantry.organizations.models import Entitlement, LockRow, Organization, PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.selectors import SEATS, policy
from tenantry.people.models import Headcount, Membership

Status = Membership.Status
COUNTED, GROWTH, FREE_ROLES = "seats.counted_statuses", "seats.growth", "seats.free_roles"
# What the directory calls the statuses that may hold a seat.
HOLDING = ("active", "pending", "deactivated")
RULES = {"counted": COUNTED, "growth": GROWTH}


@dataclass(frozen=True, slots=True)
class Seats:
    """`limit` None is unlimited. `pending` counts invitations that are open, `expired` those that no longer are.
    `counted`: the statuses that hold a seat; an expired invitation never does. `growth`: policy `seats.growth`.
    `free_`: of those of a status who hold a role without a fee, and so no seat."""

    in_use: int
    limit: int | None
    active: int
    pending: int
    deactivated: int
    expired: int
    counted: frozenset[str] = frozenset({"active", "invited"})
    growth: str = "licensed"
    free_active: int = 0
    free_pending: int = 0
    free_deactivated: int = 0

    def held(self, counted: Collection[str]) -> int:
        """Seats that people of these statuses hold."""
        found = {
            "active": self.active - self.free_active,
            "invited": self.pending - self.free_pending,
            "deactivated": self.deactivated - self.free_deactivated,
        }
        return sum(number for status, number in found.items() if status in counted)

    @property
    def exempt(self) -> int:
        """People who would hold a seat, but for their role."""
        free = {"active": self.free_active, "invited": self.free_pending, "deactivated": self.free_deactivated}
        return sum(number for status, number in free.items() if status in self.counted)

    @property
    def free(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.in_use)

    @property
    def refusal(self) -> AtSeatLimit:
        """For whoever wants one more than there are."""
        return AtSeatLimit(in_use=self.in_use, limit=self.limit, free=self.free)


def seats(now: datetime) -> Seats:
    """The meter's figures: one query."""
    return seats_of(_SEATS.find(**moments(now)))


def moments(now: datetime) -> dict[str, datetime]:
    """What `seat_columns` reads of the time, for a prepared query."""
    return {"now": now, "hour": _hour(now)}


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def seat_columns(now: datetime) -> tuple[Any, Any, Any]:
    """What `seats_of` reads, for a query over the organization that asks for more besides."""
    by_status = {status: headcount(now, status) for status in ("active", "pending", "expired", "deactivated")}
    by_status |= {f"free_{status}": headcount(now, status, free=True) for status in HOLDING}
    totals = Headcount.objects.order_by().values("organization_id").annotate(**by_status)
    counts = totals.values(figures=JSONObject(**{status: status for status in by_status}))
    granted = Entitlement.objects.filter(key=SEATS).values(granted=JSONObject(limit="limit"))
    rules = {name: PolicyValue.objects.filter(code=code).values("value")[:1] for name, code in RULES.items()}
    return (
        Subquery(counts[:1]),
        Subquery(granted[:1]),
        JSONObject(**{name: Subquery(value) for name, value in rules.items()}),
    )


def headcount(now: datetime, status: str, *, free: bool = False) -> Any:
    """An aggregate over `Headcount` by organization: exactly how many are `active`, `pending`, `expired`,
    `deactivated` or `removed` in the transaction that asks; `free`: of those with a role without a fee. Rows say it by
    the hour; of the running one invitations are counted themselves."""
    those = Q(free=True) if free else Q()
    if status not in ("pending", "expired"):
        return Coalesce(Sum("number", filter=those & Q(status=status)), 0)
    hour = _hour(now)
    past = Coalesce(Sum("number", filter=those & Q(status=Status.INVITED, until__lt=hour)), 0)
    ending = Membership.objects.filter(
        organization_id=OuterRef("organization_id"),
        status=Status.INVITED,
        invited_until__gte=hour,
        invited_until__lte=now,
    )
    ending = ending.filter(seat_free=True) if free else ending
    just_now = Coalesce(Subquery(ending.order_by().values("status").annotate(n=Count("id")).values("n")), 0)
    if status == "expired":
        return past + just_now
    later = Coalesce(Sum("number", filter=those & Q(status=Status.INVITED, until__gte=hour)), 0)
    return later - just_now


def here() -> QuerySet[Organization]:
    """The organization itself."""
    return Organization.objects.filter(pk=scope.organization_id())


# A moment that is no other, and by which value of `moments` its parts are replaced.
STAND_IN = datetime(1, 2, 3, 4, 5, tzinfo=UTC)
STANDS_FOR: dict[Hashable, str] = {moment: name for name, moment in moments(STAND_IN).items()}
_SEATS = PreparedRow(lambda: here().values_list(*seat_columns(STAND_IN)), STANDS_FOR)


def seats_of(found: tuple[Any, ...] | None) -> Seats:
    """Of one row of `seat_columns`."""
    by_state, entitled, ruled = found or (None, None, None)
    ruled = {name: value for name, value in (ruled or {}).items() if value is not None}
    by_state = by_state or {"active": 0, "pending": 0, "expired": 0, "deactivated": 0}
    held = set(ruled.get("counted", CATALOGUE[COUNTED].default))
    growth = ruled.get("growth", CATALOGUE[GROWTH].default)
    state = Seats(0, entitled["limit"] if entitled else 0, **by_state, counted=frozenset(held), growth=growth)
    return replace(state, in_use=state.held(held))


def holds_seat(member: Membership, counted: set[str], now: datetime) -> bool:
    return member.status in counted and not member.seat_free and not member.is_expired(now)


def counted_statuses() -> set[str]:
    return set(policy(COUNTED))


def free_roles() -> set[str]:
    """Keys of the roles whose holders take no seat."""
    return set(policy(FREE_ROLES))


def seats_for(role_keys: Iterable[str], status: str) -> int:
    """How many seats newcomers take who get these roles, one each, and this status."""
    free = free_roles()
    return sum(key not in free for key in role_keys) if status in counted_statuses() else 0


@contextmanager
def seats_kept(now: datetime) -> Iterator[None]:
    """Roles change inside: whoever comes to hold a seat by that needs a free one. Enter it before any lock but those on
    people and structure. Nothing is asked where every role holds a seat.

    :raises AtSeatLimit: with policy `seats.growth` licensed, when they would exceed the licence.
    """
    in_action()
    if not free_roles():
        yield
        return
    lock(LockRow.Name.SEATS)
    before = seats(now).in_use
    yield
    state = seats(now)
    if state.growth == "licensed" and state.limit is not None and state.in_use > max(before, state.limit):
        raise replace(state, in_use=before).refusal


def take_seats(count: int, now: datetime) -> None:
    """Makes sure that `count` more seats may be taken. Call before the rows change; the lock holds to the commit.

    :raises AtSeatLimit: with policy `seats.growth` licensed, when they would exceed the licence.
    """
    in_action()
    lock(LockRow.Name.SEATS)
    if count <= 0:
        return
    state = seats(now)
    if state.growth == "licensed" and state.limit is not None and state.in_use + count > state.limit:
        raise state.refusal
