"""Ground for tests of meters: what a plan allows, packs, and what stands where."""

from typing import Any

from factories.organizations import Organization
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.metering.models import Hold, Pack, Quota
from tenantry.metering.selectors import MeterState, meter_state
from tenantry.metering.steps import add_pack
from tenantry.organizations.models import Entitlement


def allow(org: Organization, **limits: int | None) -> None:
    """What the plan says: key -> limit."""
    with scope.platform("demo", org.id), writing():
        for key, limit in limits.items():
            Entitlement.objects.update_or_create(key=key, defaults={"limit": limit})


def buy_pack(org: Organization, amount: int, meter: str = "ai_tokens") -> Pack:
    with scope.tenant(org.id), writing():
        return add_pack(meter, amount, clock.now())


def standing(org: Organization, meter: str = "ai_tokens") -> MeterState:
    with scope.tenant(org.id), reading():
        return meter_state(meter, clock.now())


def holds(org: Organization) -> list[Hold]:
    with scope.tenant(org.id), reading():
        return list(Hold.objects.order_by("id"))


def quota(org: Organization, meter: str = "ai_tokens") -> tuple[int, int, int]:
    """Used, reserved, from packs: all windows together."""
    with scope.tenant(org.id), reading():
        rows: list[Any] = list(Quota.objects.filter(meter=meter).values_list("used", "reserved", "from_packs"))
    return tuple(map(sum, zip(*rows, strict=True))) if rows else (0, 0, 0)  # type: ignore[return-value]
