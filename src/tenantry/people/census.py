"""Heads and seats of many organizations at once, for operators (platform scope)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from tenantry.organizations.models import Entitlement, PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.selectors import SEATS
from tenantry.people.models import Membership

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class Census:
    """`people` are active, pending and deactivated ones; `limit` None is unlimited."""

    people: int
    active: int
    pending: int
    in_use: int
    limit: int | None


def census_of(organization_ids: Iterable[UUID], now: datetime) -> dict[UUID, Census]:
    """One count, one policy and one entitlement query, however many organizations."""
    ids = list(organization_ids)
    pending = Q(status=Status.INVITED, invited_until__gt=now)
    rows = (
        Membership.objects.filter(organization_id__in=ids)
        .exclude(status=Status.REMOVED)
        .values("organization_id")
        .annotate(
            people=Count("id"),
            active=Count("id", filter=Q(status=Status.ACTIVE)),
            pending=Count("id", filter=pending),
            deactivated=Count("id", filter=Q(status=Status.DEACTIVATED)),
        )
    )
    counts = {row["organization_id"]: row for row in rows}
    code = "seats.counted_statuses"
    counted = dict(
        PolicyValue.objects.filter(organization_id__in=ids, code=code).values_list("organization_id", "value")
    )
    limits = dict(
        Entitlement.objects.filter(organization_id__in=ids, key=SEATS).values_list("organization_id", "limit")
    )
    none = {"people": 0, "active": 0, "pending": 0, "deactivated": 0}
    found = {}
    for organization_id in ids:
        row = counts.get(organization_id, none)
        by_status: dict[str, int] = {
            "active": row["active"],
            "invited": row["pending"],
            "deactivated": row["deactivated"],
        }
        statuses: list[str] = counted.get(organization_id) or CATALOGUE[code].default
        in_use = sum(by_status[status] for status in statuses)
        found[organization_id] = Census(
            row["people"], row["active"], row["pending"], in_use, limits.get(organization_id, 0)
        )
    return found
