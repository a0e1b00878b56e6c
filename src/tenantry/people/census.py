"""Heads and seats of many organizations at once, for operators (platform scope)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.organizations.models import Entitlement, PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.selectors import SEATS
from tenantry.people.models import Headcount
from tenantry.people.seats import HOLDING, headcount


@dataclass(frozen=True, slots=True)
class Census:
    """`people` are active, pending and deactivated ones; `limit` None is unlimited."""

    people: int
    active: int
    pending: int
    in_use: int
    limit: int | None


def census_of(organization_ids: Iterable[UUID], now: datetime) -> dict[UUID, Census]:
    """One query of headcounts, one of policies and one of entitlements, however many organizations."""
    ids = list(organization_ids)
    rows = (
        Headcount.objects.filter(organization_id__in=ids)
        .order_by()
        .values("organization_id")
        .annotate(**{status: headcount(now, status) for status in ("active", "pending", "expired", "deactivated")})
        .annotate(**{f"free_{status}": headcount(now, status, free=True) for status in HOLDING})
    )
    counts: dict[UUID, Any] = {row["organization_id"]: row for row in rows}
    code = "seats.counted_statuses"
    counted = dict(
        PolicyValue.objects.filter(organization_id__in=ids, code=code).values_list("organization_id", "value")
    )
    limits = dict(
        Entitlement.objects.filter(organization_id__in=ids, key=SEATS).values_list("organization_id", "limit")
    )
    none = dict.fromkeys(("active", "pending", "expired", "deactivated", *(f"free_{one}" for one in HOLDING)), 0)
    found = {}
    for organization_id in ids:
        row = counts.get(organization_id, none)
        by_status: dict[str, int] = {
            "active": row["active"] - row["free_active"],
            "invited": row["pending"] - row["free_pending"],
            "deactivated": row["deactivated"] - row["free_deactivated"],
        }
        statuses: list[str] = counted.get(organization_id) or CATALOGUE[code].default
        in_use = sum(by_status[status] for status in statuses)
        people = row["active"] + row["pending"] + row["expired"] + row["deactivated"]
        found[organization_id] = Census(people, row["active"], row["pending"], in_use, limits.get(organization_id, 0))
    return found
