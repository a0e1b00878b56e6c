"""What records add up to: the pipeline, what was won, what became of leads, what was done.

A report counts the records that `reports.view` reaches. Where a restriction or the profile narrows which records of a
type somebody sees, it narrows what is counted, too; who may see reports and none of the records sees the figures alone.
Amounts are left out for whom the profile hides the value of deals. Archived records are not in the pipeline, and stay
in what has happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require_any, visible
from tenantry.core.permissions import Reach
from tenantry.core.records import RecordType
from tenantry.crm.models import Stage
from tenantry.crm.permissions import REPORTS_VIEW
from tenantry.crm.records import ACTIVITY, DEAL, LEAD, NOTE, TASK, VALUE

PERIODS = (3, 6, 12, 24)
USUAL_PERIOD = 12
# What an activity report counts: kinds of activities, notes, tasks that were done.
DONE = ("call", "meeting", "mail", "other", "note", "task")
MOST_SOURCES = 20


@dataclass(frozen=True, slots=True)
class Period:
    """The last `months` months, this one included, as the organization's calendar has them; `firsts` oldest first.
    `until` is excluded."""

    months: int
    zone: tzinfo
    firsts: tuple[date, ...]
    since: datetime
    until: datetime


def period(now: datetime, zone: tzinfo, months: int = USUAL_PERIOD) -> Period:
    today = now.astimezone(zone).date()
    index = today.year * 12 + today.month - 1
    *firsts, after = (_first_of(place) for place in range(index - months + 1, index + 2))
    return Period(months, zone, tuple(firsts), _midnight(firsts[0], zone), _midnight(after, zone))


def _first_of(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


@dataclass(frozen=True, slots=True)
class StageLine:
    """Open deals in one stage, in one currency. `value` and `weighted` (by the stage's probability, rounded half up) in
    minor units; both None, and no currency, where amounts are hidden."""

    workflow_id: UUID
    workflow: str
    stage_id: UUID
    stage: str
    probability: int
    currency: str
    deals: int
    value: int | None
    weighted: int | None


@dataclass(frozen=True, slots=True)
class WonLine:
    """Deals that were closed in one month and belong to one person now (None: nobody). `value`: of those won."""

    month: date
    owner_id: UUID | None
    currency: str
    won: int
    lost: int
    value: int | None


@dataclass(frozen=True, slots=True)
class LeadLine:
    """Leads that were created in one month and belong to one person now: how many there are, how many of them were
    qualified since and how many converted. A converted lead counts as qualified."""

    month: date
    owner_id: UUID | None
    leads: int
    qualified: int
    converted: int


@dataclass(frozen=True, slots=True)
class SourceLine:
    source: str
    leads: int
    qualified: int
    converted: int


@dataclass(frozen=True, slots=True)
class DoneLine:
    """What was done in one month by one person; `kind` is of `DONE`."""

    month: date
    owner_id: UUID | None
    kind: str
    number: int


def counted(actor: Actor, record_type: RecordType, *codes: str) -> QuerySet[Any]:
    """The records of a type that reports of this actor count; `codes`: further permissions that have to reach them.

    :raises PermissionMissing: `reports.view`, or one of the codes.
    """
    rows: QuerySet[Any] = record_type.model._default_manager.all()
    for code in (REPORTS_VIEW, *codes):
        require_any(actor, code)
        rows = visible(actor, code, record_type, rows)
    seen = record_type.permissions["view"]
    return visible(actor, seen, record_type, rows) if _narrowed(actor, seen) else rows


def _narrowed(actor: Actor, code: str) -> bool:
    grants = actor.grants
    if grants.cap(code) != Reach.ALL or grants.left(code) != Reach.ALL:
        return True
    return any(grants.left(code, place) != Reach.ALL for place in grants.taken_in)


def values_shown(actor: Actor, *codes: str) -> bool:
    """Whether reports of this actor say what deals are worth."""
    return all(decide(actor, code, field=VALUE.code) for code in (REPORTS_VIEW, *codes))


def pipeline(actor: Actor, *codes: str) -> list[StageLine]:
    """Every stage of each workflow that has open deals, in each currency of its deals, in the order of the board. Two
    queries.

    :raises PermissionMissing: see `counted`.
    """
    with_value = values_shown(actor, *codes)
    rows = counted(actor, DEAL, *codes).filter(state="open", archived_at=None).order_by()
    found: dict[tuple[UUID, str], tuple[int, int]] = {}
    currencies: dict[UUID, set[str]] = {}
    shown = F("currency") if with_value else Value("")
    grouped = rows.values("workflow_id", "stage_id", money=shown).annotate(n=Count("id"), total=Sum("value"))
    for row in grouped:
        found[row["stage_id"], row["money"]] = (row["n"], int(row["total"]))
        currencies.setdefault(row["workflow_id"], set()).add(row["money"])
    stages = Stage.objects.filter(workflow_id__in=currencies).select_related("workflow")
    return [
        _stage_line(stage, currency, found.get((stage.id, currency), (0, 0)), with_value=with_value)
        for stage in stages.order_by("workflow__sort_name", "workflow_id", "position")
        for currency in sorted(currencies[stage.workflow_id])
    ]


def pipeline_listed(actor: Actor) -> dict[tuple[UUID, str], tuple[int, int]]:
    """By stage and currency of `pipeline`, of the open deals that the actor sees: how many reports count, and how many
    there are. A query; none for whoever sees no deals.

    :raises PermissionMissing: see `counted`.
    """
    view = DEAL.permissions["view"]
    if not actor.may(view):
        return {}
    shown = F("currency") if values_shown(actor) else Value("")
    seen: QuerySet[Any] = visible(actor, view, DEAL)
    rows = seen.filter(state="open", archived_at=None).order_by()
    mine = Count("id", filter=Q(id__in=counted(actor, DEAL).order_by().values("id")))
    grouped = rows.values("stage_id", money=shown).annotate(mine=mine, n=Count("id"))
    return {(row["stage_id"], row["money"]): (row["mine"], row["n"]) for row in grouped}


def _stage_line(stage: Stage, currency: str, figures: tuple[int, int], *, with_value: bool) -> StageLine:
    deals, value = figures
    return StageLine(
        stage.workflow_id,
        stage.workflow.name,
        stage.id,
        stage.name,
        stage.probability,
        currency,
        deals,
        value if with_value else None,
        weighted(value, stage.probability) if with_value else None,
    )


def weighted(value: int, probability: int) -> int:
    """`probability` in percent; rounded half up."""
    return (value * probability + 50) // 100


def _month_of(column: str, asked: Period) -> TruncMonth:
    return TruncMonth(column, tzinfo=asked.zone)


def _first(moment: datetime, asked: Period) -> date:
    return moment.astimezone(asked.zone).date()


def won(actor: Actor, asked: Period, *codes: str) -> list[WonLine]:
    """By month, person and currency, oldest first. One query.

    :raises PermissionMissing: see `counted`.
    """
    with_value = values_shown(actor, *codes)
    is_won = Q(state="won")
    rows = counted(actor, DEAL, *codes).filter(closed_at__gte=asked.since).order_by()
    grouped = (
        rows.annotate(month=_month_of("closed_at", asked), money=F("currency") if with_value else Value(""))
        .values("month", "owner_id", "money")
        .annotate(won=Count("id", filter=is_won), lost=Count("id", filter=~is_won), total=Sum("value", filter=is_won))
    )
    lines = [
        WonLine(
            _first(row["month"], asked),
            row["owner_id"],
            row["money"],
            row["won"],
            row["lost"],
            int(row["total"] or 0) if with_value else None,
        )
        for row in grouped
    ]
    return sorted(lines, key=lambda line: (line.month, str(line.owner_id), line.currency))


_CONVERTED = Q(state="converted")
_QUALIFIED = _CONVERTED | Q(state="qualified") | Q(qualified_at__isnull=False)
_OF_LEADS = {
    "leads": Count("id"),
    "qualified": Count("id", filter=_QUALIFIED),
    "converted": Count("id", filter=_CONVERTED),
}


def conversion(actor: Actor, asked: Period, *codes: str) -> list[LeadLine]:
    """By month and person, oldest first. One query.

    :raises PermissionMissing: see `counted`.
    """
    rows = counted(actor, LEAD, *codes).filter(created_at__gte=asked.since).order_by()
    grouped = rows.annotate(month=_month_of("created_at", asked)).values("month", "owner_id").annotate(**_OF_LEADS)
    lines = [
        LeadLine(_first(row["month"], asked), row["owner_id"], row["leads"], row["qualified"], row["converted"])
        for row in grouped
    ]
    return sorted(lines, key=lambda line: (line.month, str(line.owner_id)))


def conversion_by_source(actor: Actor, asked: Period, *codes: str) -> list[SourceLine]:
    """The sources of most leads. One query.

    :raises PermissionMissing: see `counted`.
    """
    rows = counted(actor, LEAD, *codes).filter(created_at__gte=asked.since).order_by()
    grouped = rows.values("source").annotate(**_OF_LEADS).order_by("-leads", "source")[:MOST_SOURCES]
    return [SourceLine(row["source"], row["leads"], row["qualified"], row["converted"]) for row in grouped]


def activity(actor: Actor, asked: Period, *codes: str) -> list[DoneLine]:
    """By month, person and kind, oldest first: activities by when they happened, notes by when they were written, tasks
    by when they were done. One query.

    :raises PermissionMissing: see `counted`.
    """
    parts = [
        _done(counted(actor, ACTIVITY, *codes), "happened_at", asked, _kind_of_activity()),
        _done(counted(actor, NOTE, *codes), "created_at", asked, Value("note", output_field=CharField())),
        _done(counted(actor, TASK, *codes), "done_at", asked, Value("task", output_field=CharField())),
    ]
    lines = [
        DoneLine(_first(row["month"], asked), row["owner_id"], row["what"], row["number"])
        for row in parts[0].union(*parts[1:], all=True)
    ]
    return sorted(lines, key=lambda line: (line.month, str(line.owner_id), DONE.index(line.kind)))


def _kind_of_activity() -> Case:
    known = [When(kind=kind, then=Value(kind)) for kind in DONE[:3]]
    return Case(*known, default=Value("other"), output_field=CharField())


def _done(rows: QuerySet[Any], column: str, asked: Period, what: Any) -> QuerySet[Any]:
    # A meeting of next month has not happened.
    happened = rows.filter(**{f"{column}__gte": asked.since, f"{column}__lt": asked.until}).order_by()
    grouped = happened.annotate(month=_month_of(column, asked), what=what).values("month", "owner_id", "what")
    counted_up: QuerySet[Any] = grouped.annotate(number=Count("id"))
    return counted_up


def owners(lines: Iterable[Any]) -> Sequence[UUID]:
    """Those who occur in lines, each once."""
    return list(dict.fromkeys(line.owner_id for line in lines if line.owner_id))
