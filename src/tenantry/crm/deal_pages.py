"""Reads for pages and answers about deals: stages by name, who earns what, a mentor's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenantry.core.together import Wanted, wanted
from tenantry.crm.deals import WHOLE
from tenantry.crm.models import Deal, DealApproval, DealMember, Stage


def stage_names(ids: Iterable[UUID], *, workflow: bool = False) -> dict[UUID, Any]:
    """By stage; `workflow`: ids of their workflows instead."""
    rows = Stage.objects.filter(id__in=set(ids))
    return dict(rows.values_list("id", "workflow_id" if workflow else "name"))


def stages_wanted(ids: Iterable[UUID]) -> Wanted:
    """Their names, to be read together with others."""
    return wanted(Stage.objects.filter(id__in=set(ids)), "id", "name")


def percent(share: int) -> str:
    """Hundredths of a percent as people write percent: `12.5`."""
    whole, rest = divmod(share, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


@dataclass(frozen=True, slots=True)
class Working:
    """One who works on the deal beside its owner. `share` in hundredths of a percent."""

    id: UUID
    name: str
    status: str
    share: int | None

    @property
    def percent(self) -> str:
        """`12.5`; "" for none."""
        return "" if self.share is None else percent(self.share)

    def of(self, commission: int | None) -> int | None:
        """What the share comes to, rounded down."""
        return None if commission is None or self.share is None else commission * self.share // WHOLE


@dataclass(frozen=True, slots=True)
class Splits:
    """`rows`: those who work on it; `amounts`: (who, what they get); `rest`: what is left for the owner."""

    rows: list[Working]
    commission: int | None

    @property
    def amounts(self) -> list[tuple[Working, int | None]]:
        return [(one, one.of(self.commission)) for one in self.rows]

    @property
    def rest_percent(self) -> str:
        return percent(WHOLE - sum(one.share or 0 for one in self.rows))

    @property
    def rest(self) -> int | None:
        """The owner also has what rounding leaves."""
        if self.commission is None:
            return None
        return self.commission - sum(amount or 0 for _one, amount in self.amounts)


def splits_of(deal: Deal) -> Splits:
    rows = DealMember.objects.filter(deal=deal).select_related("membership").defer("membership__picture")
    found = [
        Working(row.membership_id, row.membership.name, row.membership.status, row.share)
        for row in rows.order_by("membership__sort_name", "id")
    ]
    return Splits(found, deal.commission)


def last_words(deal_id: UUID, most: int = 5) -> list[DealApproval]:
    """Requests to mentors about the deal, the latest first."""
    rows = DealApproval.objects.filter(deal_id=deal_id).select_related("deal", "mentor", "stage", "asked_by")
    return list(rows.defer("mentor__picture", "asked_by__picture").order_by("-asked_at", "-id")[:most])
