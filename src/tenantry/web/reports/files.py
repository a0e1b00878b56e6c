"""A report as CSV: every line of it, in every currency, for everybody."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound
from tenantry.core.money import major
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.transactions import reading
from tenantry.crm import reports
from tenantry.crm.permissions import REPORTS_EXPORT, REPORTS_VIEW
from tenantry.people.selectors import names_of
from tenantry.usecases.taking_out import note_report_export
from tenantry.web.reports.views import period_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import screen

Names = Mapping[UUID, str]
Row = tuple[str, ...]


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else str(major(minor, currency))


def _person(line: Any, names: Names) -> Row:
    return (names.get(line.owner_id, "") if line.owner_id else "", str(line.owner_id or ""))


def _pipeline(lines: Iterable[reports.StageLine], _names: Names) -> Iterator[Row]:
    for line in lines:
        yield (
            line.workflow,
            line.stage,
            str(line.probability),
            line.currency,
            str(line.deals),
            _amount(line.value, line.currency),
            _amount(line.weighted, line.currency),
        )


def _won(lines: Iterable[reports.WonLine], names: Names) -> Iterator[Row]:
    for line in lines:
        figures = (line.currency, str(line.won), str(line.lost), _amount(line.value, line.currency))
        yield (f"{line.month:%Y-%m}", *_person(line, names), *figures)


def _conversion(lines: Iterable[reports.LeadLine], names: Names) -> Iterator[Row]:
    for line in lines:
        figures = (str(line.leads), str(line.qualified), str(line.converted))
        yield (f"{line.month:%Y-%m}", *_person(line, names), *figures)


def _activity(lines: Iterable[reports.DoneLine], names: Names) -> Iterator[Row]:
    for line in lines:
        yield (f"{line.month:%Y-%m}", *_person(line, names), line.kind, str(line.number))


Read = Callable[[Actor, reports.Period], Sequence[Any]]
PERSON = ("person", "person_id")
# Report -> its headings, how it is read, how its lines are written.
FILES: Mapping[str, tuple[Row, Read, Callable[[Iterable[Any], Names], Iterator[Row]]]] = {
    "pipeline": (
        ("workflow", "stage", "probability", "currency", "deals", "value", "weighted_value"),
        lambda actor, _asked: reports.pipeline(actor, REPORTS_EXPORT),
        _pipeline,
    ),
    "won": (
        ("month", *PERSON, "currency", "won", "lost", "value"),
        lambda actor, asked: reports.won(actor, asked, REPORTS_EXPORT),
        _won,
    ),
    "conversion": (
        ("month", *PERSON, "leads", "qualified", "converted"),
        lambda actor, asked: reports.conversion(actor, asked, REPORTS_EXPORT),
        _conversion,
    ),
    "activity": (
        ("month", *PERSON, "kind", "number"),
        lambda actor, asked: reports.activity(actor, asked, REPORTS_EXPORT),
        _activity,
    ),
}


@screen(REPORTS_EXPORT, crosses=True)
def report_file(request: MemberRequest, report: str) -> HttpResponse:
    """`months`: see the page. What is taken out is written down first."""
    if report not in FILES:
        raise NotFound
    require_any(request.actor, REPORTS_VIEW)
    headings, read, write = FILES[report]
    asked = period_of(request)
    with reading():
        lines = read(request.actor, asked)
        names = {} if report == "pipeline" else names_of(reports.owners(lines))
    months = None if report == "pipeline" else asked.months
    perform(note_report_export, actor=request.actor, report=report, months=months, count=len(lines))
    text = MARK + csv_line(headings) + b"".join(map(csv_line, write(lines, names)))
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{report}-{clock.now():%Y-%m-%d}.csv"'
    return answer
