"""Reports on records, each a page: what is open, what was won, what became of leads, what was done."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.permissions import reach_codes
from tenantry.crm import reports
from tenantry.crm.permissions import REPORTS_VIEW
from tenantry.people.selectors import names_of
from tenantry.web.navigation import address
from tenantry.web.reports import tables
from tenantry.web.reports.chart import columns
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.templatetags.components import grouped
from tenantry.web.templatetags.figures import compact
from tenantry.web.times import zone_of

# Whose records, in words.
WHOSE = {
    "own": gettext_lazy("your own records"),
    "team": gettext_lazy("records of your teams"),
    "workflow": gettext_lazy("records of your workflows"),
    "unit": gettext_lazy("records of your unit and those below"),
    "all": gettext_lazy("all records of the organization"),
}
KINDS = {
    "call": gettext_lazy("Calls"),
    "meeting": gettext_lazy("Meetings"),
    "mail": gettext_lazy("Mails"),
    "other": gettext_lazy("Others"),
    "note": gettext_lazy("Notes"),
    "task": gettext_lazy("Tasks done"),
}


def months_asked(request: MemberRequest) -> int:
    """What can't be meant is the usual period."""
    asked = request.GET.get("months", "")
    return next((months for months in reports.PERIODS if str(months) == asked), reports.USUAL_PERIOD)


def period_of(request: MemberRequest) -> reports.Period:
    return reports.period(clock.now(), zone_of(request.organization), months_asked(request))


def _whose(actor: Actor) -> str:
    reach = actor.reach(REPORTS_VIEW)
    if reach is None:
        return _("records of the places where you hold a role")
    return ", ".join(str(WHOSE[code]) for code in reach_codes(reach))


def _frame(request: MemberRequest, report: str, asked: reports.Period | None = None) -> dict[str, Any]:
    return {
        "report": report,
        "whose": _whose(request.actor),
        "period": asked,
        "periods": reports.PERIODS,
        "with_value": reports.values_shown(request.actor),
    }


def _names(lines: Iterable[Any]) -> dict[UUID, str]:
    return names_of(reports.owners(lines))


def _people(found: tables.People) -> dict[str, Any]:
    rows = found.ordered()
    return {"people": rows[: tables.MOST_PEOPLE], "further": max(len(rows) - tables.MOST_PEOPLE, 0)}


@screen(REPORTS_VIEW)
def report_home(request: MemberRequest) -> HttpResponse:
    """The pipeline: open deals by workflow and stage. `currency`: which one is shown."""
    lines = reports.pipeline(request.actor)
    currency, currencies = tables.currency_of(
        request.GET.get("currency", ""), lines, request.organization.currency, lambda line: line.deals
    )
    context = _frame(request, "pipeline") | {
        "board": tables.board(lines, currency, _listed(request.actor)),
        "currency": currency,
        "currencies": currencies,
    }
    return page(request, "reports/pipeline.html", context)


def _listed(actor: Actor) -> Callable[[reports.StageLine], str]:
    """The address of the list that has just the deals of a line; "" where the actor does not see each of them."""
    deals, found = address("deal_list"), reports.pipeline_listed(actor)

    def url_of(line: reports.StageLine) -> str:
        mine, there = found.get((line.stage_id, line.currency), (0, 0))
        if not deals or not line.deals or mine != line.deals:
            return ""
        asked = QueryDict(mutable=True)
        asked.update({"stage": str(line.stage_id), "state": "open"})
        if line.currency:
            asked["currency"] = line.currency
        # Whoever sees others, too, is shown those that the report counts.
        if there != mine:
            asked["counted"] = "yes"
        return f"{deals}?{asked.urlencode()}"

    return url_of


@screen(REPORTS_VIEW)
def report_won(request: MemberRequest) -> HttpResponse:
    """Deals won and lost, by person and month. `months`, `currency`."""
    asked = period_of(request)
    lines = reports.won(request.actor, asked)
    currency, currencies = tables.currency_of(
        request.GET.get("currency", ""), lines, request.organization.currency, lambda line: line.won + line.lost
    )
    context = _frame(request, "won", asked)
    with_value = context["with_value"]
    found = tables.won_people(lines, currency, asked.firsts, _names(lines))
    sums = found.sums()
    words = [compact(one, currency) if with_value else grouped(one) for one in sums]
    mine = [line for line in lines if line.currency == currency]
    won, lost = sum(line.won for line in mine), sum(line.lost for line in mine)
    context |= {
        **_people(found),
        "chart": columns(asked.firsts, sums, words),
        "won": won,
        "lost": lost,
        "rate": tables.percent(won, won + lost),
        "value": sum(line.value or 0 for line in mine),
        "elsewhere": sum(line.won + line.lost for line in lines) - won - lost,
        "currency": currency,
        "currencies": currencies,
    }
    return page(request, "reports/won.html", context)


@screen(REPORTS_VIEW)
def report_conversion(request: MemberRequest) -> HttpResponse:
    """What became of leads, by the month in which they were created. `months`."""
    asked = period_of(request)
    lines = reports.conversion(request.actor, asked)
    found = tables.lead_people(lines, asked.firsts, _names(lines))
    sums = found.sums()
    by_month = {month: [0, 0, 0] for month in asked.firsts}
    for line in lines:
        for place, number in enumerate((line.leads, line.qualified, line.converted)):
            by_month[line.month][place] += number
    leads, qualified, converted = (sum(figures[place] for figures in by_month.values()) for place in range(3))
    context = _frame(request, "conversion", asked) | {
        **_people(found),
        "chart": columns(asked.firsts, sums, list(map(grouped, sums)), [figures[2] for figures in by_month.values()]),
        "months": [(month, *figures, tables.percent(figures[2], figures[0])) for month, figures in by_month.items()],
        "sources": [
            (line, tables.percent(line.converted, line.leads))
            for line in reports.conversion_by_source(request.actor, asked)
        ],
        "leads": leads,
        "qualified": qualified,
        "converted": converted,
        "qualified_rate": tables.percent(qualified, leads),
        "converted_rate": tables.percent(converted, leads),
    }
    return page(request, "reports/conversion.html", context)


@screen(REPORTS_VIEW)
def report_activity(request: MemberRequest) -> HttpResponse:
    """Activities, notes and tasks that were done, by person and month. `months`."""
    asked = period_of(request)
    lines = reports.activity(request.actor, asked)
    found = tables.done_people(lines, asked.firsts, _names(lines))
    sums = found.sums()
    shown = _people(found)
    context = _frame(request, "activity", asked) | {
        "people": [(row, tables.by_kind(row)) for row in shown["people"]],
        "further": shown["further"],
        "kinds": [
            (kind, KINDS[kind], sum(line.number for line in lines if line.kind == kind)) for kind in reports.DONE
        ],
        "chart": columns(asked.firsts, sums, list(map(grouped, sums))),
        "months": list(zip(asked.firsts, sums, strict=True)),
        "total": sum(sums),
    }
    return page(request, "reports/activity.html", context)
