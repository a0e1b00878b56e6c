"""A workflow's open deals by stage: the first of each, with how many there are and what they are worth.

The cost does not grow with the deals that are shown nowhere: each stage's first ones are read by its index, count and
sum by one query for all stages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.fields import hidden
from tenantry.core.together import Wanted as Together
from tenantry.core.together import wanted
from tenantry.crm.models import Deal, DealApproval, Stage
from tenantry.crm.pipelines import DEALS_VIEW, stages_of
from tenantry.crm.records import DEAL
from tenantry.crm.reports import weighted
from tenantry.crm.searching import matching
from tenantry.crm.selectors import rows_of, with_owner

# Deals of a stage that a board shows; the others stand in the list.
FIRST = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """`mine`: only the actor's own; `stale`: only those that stand for too long; `query`: words of their names."""

    query: str = ""
    mine: bool = False
    stale: bool = False

    @property
    def narrows(self) -> bool:
        return bool(self.query.strip() or self.mine or self.stale)


@dataclass(slots=True)
class Lane:
    """One stage. `deals`: the first, those that came last first; `count` of all; `sums`: (currency, minor units) of
    all, empty where values are hidden."""

    stage: Stage
    deals: list[Deal] = field(default_factory=list)
    count: int = 0
    sums: list[tuple[str, int]] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.deals)


def is_stale(deal: Deal, stage: Stage, now: datetime) -> bool:
    """An open deal that stands in its stage for longer than that allows."""
    if stage.stale_days is None or deal.state != Deal.State.OPEN:
        return False
    return now - deal.stage_since > timedelta(days=stage.stale_days)


def board(actor: Actor, workflow_id: UUID, wanted: Wanted, now: datetime, *, first: int = FIRST) -> list[Lane]:
    """The stages in their order, with the deals that the actor sees; three queries."""
    lanes = {stage.id: Lane(stage) for stage in stages_of(workflow_id)}
    rows = _rows(actor, workflow_id, wanted, [lane.stage for lane in lanes.values()], now)
    unseen = hidden(actor, DEAL)
    found = rows.values("stage_id", "currency").annotate(count=Count("id"), worth=Sum("value")).order_by("currency")
    for row in found:
        lane = lanes.get(row["stage_id"])
        if lane is None:
            continue
        lane.count += row["count"]
        if "value" not in unseen and row["worth"]:
            lane.sums.append((row["currency"], int(row["worth"])))
    for deal in _firsts(rows, [i for i, lane in lanes.items() if lane.count], first):
        lanes[deal.stage_id].deals.append(deal)
    return list(lanes.values())


def _rows(actor: Actor, workflow_id: UUID, wanted: Wanted, stages: Sequence[Stage], now: datetime) -> QuerySet[Deal]:
    open_ones = rows_of(DEAL).filter(workflow_id=workflow_id, state=Deal.State.OPEN, archived_at__isnull=True)
    rows: QuerySet[Deal] = matching(actor, DEAL, visible(actor, DEALS_VIEW, DEAL, open_ones), wanted.query)
    if wanted.mine:
        rows = rows.filter(owner_id=actor.own_id)
    if wanted.stale:
        late = Q(pk__in=[])
        for stage in stages:
            if stage.stale_days is not None:
                late |= Q(stage_id=stage.id, stage_since__lt=now - timedelta(days=stage.stale_days))
        rows = rows.filter(late)
    return rows


def _firsts(rows: QuerySet[Deal], stage_ids: Sequence[UUID], first: int) -> list[Deal]:
    """By stage, those that moved last first."""
    if not stage_ids:
        return []
    rows = with_owner(rows)
    parts = [rows.filter(stage_id=one).order_by("-stage_since", "-id")[:first] for one in stage_ids]
    found = list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
    return sorted(found, key=lambda deal: (deal.stage_since, deal.id), reverse=True)


def asked_wanted(deal_ids: Sequence[UUID]) -> Together:
    """`deal_id` of those of these deals that wait for a mentor, to be read together with others."""
    rows = DealApproval.objects.filter(deal_id__in=list(deal_ids), state=DealApproval.State.WAITING)
    return wanted(rows, "deal_id")


def totals(lanes: Sequence[Lane]) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What all open deals are worth, and the same by the probability of their stages, by currency: to the cent what the
    report of the pipeline says."""
    worth: dict[str, int] = {}
    likely: dict[str, int] = {}
    for lane in lanes:
        for currency, minor in lane.sums:
            worth[currency] = worth.get(currency, 0) + minor
            likely[currency] = likely.get(currency, 0) + weighted(minor, lane.stage.probability)
    return sorted(worth.items()), sorted(likely.items())
