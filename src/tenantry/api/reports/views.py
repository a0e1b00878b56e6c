"""Reports on records, within the caller's reach of `reports.view`."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from ninja import Query, Router

from tenantry.api.operations import operation
from tenantry.api.people.schemas import Named
from tenantry.api.reports.schemas import (
    ActivityReport,
    ConversionReport,
    DoneLineOut,
    LeadLineOut,
    PeriodQuery,
    PipelineReport,
    SourceLineOut,
    StageLineOut,
    WonLineOut,
    WonReport,
)
from tenantry.api.requests import ApiRequest
from tenantry.core import clock
from tenantry.crm import reports
from tenantry.crm.permissions import REPORTS_VIEW
from tenantry.people.selectors import names_of

router = Router(tags=["Reports"])
Line = TypeVar("Line", WonLineOut, LeadLineOut, DoneLineOut)


def _period(request: ApiRequest, query: PeriodQuery) -> reports.Period:
    return reports.period(clock.now(), ZoneInfo(request.organization.time_zone), int(query.months))


def _by_person(shape: type[Line], lines: Sequence[Any]) -> list[Line]:
    """Each line with its person; everything else has the same name on both sides."""
    names = names_of(reports.owners(lines))
    plain = [name for name in shape.model_fields if name != "person"]
    return [
        shape(person=_person(line.owner_id, names), **{name: getattr(line, name) for name in plain}) for line in lines
    ]


def _person(owner_id: UUID | None, names: Mapping[UUID, str]) -> Named | None:
    return Named(id=owner_id, name=names.get(owner_id) or _("Somebody")) if owner_id else None


@operation(router, "GET", "/reports/pipeline", REPORTS_VIEW, answer=PipelineReport)
def report_pipeline(request: ApiRequest) -> PipelineReport:
    """Open deals by workflow, stage and currency."""
    return PipelineReport(
        items=[
            StageLineOut(
                workflow=Named(id=line.workflow_id, name=line.workflow),
                stage=Named(id=line.stage_id, name=line.stage),
                probability=line.probability,
                currency=line.currency,
                deals=line.deals,
                value=line.value,
                weighted_value=line.weighted,
            )
            for line in reports.pipeline(request.actor)
        ]
    )


@operation(router, "GET", "/reports/won", REPORTS_VIEW, answer=WonReport)
def report_of_won(request: ApiRequest, query: Query[PeriodQuery]) -> WonReport:
    """Deals won and lost, by the month in which they were closed, person and currency."""
    return WonReport(items=_by_person(WonLineOut, reports.won(request.actor, _period(request, query))))


@operation(router, "GET", "/reports/conversion", REPORTS_VIEW, answer=ConversionReport)
def report_of_conversion(request: ApiRequest, query: Query[PeriodQuery]) -> ConversionReport:
    """What became of leads, by the month in which they were created and person."""
    asked = _period(request, query)
    return ConversionReport(
        items=_by_person(LeadLineOut, reports.conversion(request.actor, asked)),
        sources=[
            SourceLineOut(source=one.source, leads=one.leads, qualified=one.qualified, converted=one.converted)
            for one in reports.conversion_by_source(request.actor, asked)
        ],
    )


@operation(router, "GET", "/reports/activity", REPORTS_VIEW, answer=ActivityReport)
def report_of_activity(request: ApiRequest, query: Query[PeriodQuery]) -> ActivityReport:
    """Activities, notes and finished tasks by month, person and kind."""
    return ActivityReport(items=_by_person(DoneLineOut, reports.activity(request.actor, _period(request, query))))
