"""How much of an entitlement is used, as far as a smaller plan would have to know: packages above register how their
things are counted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tenantry.access.models import Role
from tenantry.billing.terms import Pack
from tenantry.metering.meters import DRIVE, METERS, RECORDS
from tenantry.metering.selectors import meter_state
from tenantry.organizations.entitlements import CATALOGUE, SEATS
from tenantry.organizations.models import Workspace
from tenantry.people.seats import seats

Count = Callable[[datetime], int]
_counts: dict[str, Count] = {}


@dataclass(frozen=True, slots=True)
class Reduction:
    """More is used than there would be. `limit` 0 of a feature: everything of it has to go."""

    key: str
    title: str
    use: int
    limit: int


def register_use(key: str, count: Count) -> None:
    """`count`: of the organization of the scope, at a moment."""
    if key not in CATALOGUE:
        raise ValueError(f"no entitlement is called {key}")
    if _counts.setdefault(key, count) is not count:
        raise ValueError(f"two ways to count {key}")


def reductions(granted: Mapping[str, int | None], now: datetime) -> tuple[Reduction, ...]:
    """What exceeds these limits; a query for each key that has one and can be counted."""
    found = []
    for key, limit in granted.items():
        if limit is None or key not in _counts or (CATALOGUE[key].feature and limit):
            continue
        use = _counts[key](now)
        if use > limit:
            found.append(Reduction(key, str(CATALOGUE[key].title), use, limit))
    return tuple(found)


def in_use(key: str, now: datetime) -> int | None:
    """None: nobody counts it this way (what is used up by the month, meters do)."""
    return _counts[key](now) if key in _counts else None


def useful(packs: Iterable[Pack], limits: Mapping[str, int | None]) -> tuple[Pack, ...]:
    """Those that add something: a pack of a meter without a limit never would. `limits`: of entitlements by key."""
    return tuple(one for one in packs if limits.get(METERS[one.meter].entitlement, 0) is not None)


register_use(SEATS, lambda now: seats(now).in_use)
register_use("records", lambda now: meter_state(RECORDS, now).counted)
register_use("drive_bytes", lambda now: meter_state(DRIVE, now).counted)
register_use("workspaces", lambda _now: Workspace.objects.count())
register_use("custom_roles", lambda _now: Role.objects.filter(is_system=False).count())
