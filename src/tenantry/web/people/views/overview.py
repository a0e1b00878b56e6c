"""Who is here, in numbers: by status, by role, by department, by unit, and how people came and went."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse

from tenantry.access.overview import Heads, overview
from tenantry.core import clock
from tenantry.organizations.structure import has_rows
from tenantry.people.permissions import VIEW
from tenantry.people.selectors import counts_by_status
from tenantry.web.people.chart import movements
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.times import zone_of

MOST_SHOWN = 20
LATELY = timedelta(minutes=30)


@screen(VIEW)
def people_overview(request: MemberRequest) -> HttpResponse:
    now = clock.now()
    by_status = counts_by_status(request.actor, now)
    counted = overview(request.actor, now, zone_of(request.organization), sum(by_status.values()))
    months = counted.months
    present = sum(count for status, count in by_status.items() if status != "removed")

    def shares(heads: Heads) -> list[tuple[UUID | None, str, int, int]]:
        return [(i, name, n, round(100 * n / max(present, 1))) for i, name, n in heads]

    context = {
        "as_of": counted.as_of,
        # A time of day says nothing of another day: then nobody has counted since.
        "as_of_style": "time" if counted.as_of is None or now - counted.as_of < LATELY else "relative",
        "by_unit": shares(counted.by_unit[:MOST_SHOWN]) if has_rows(request.organization, "units") else [],
        # Who has no departments has one row: those without one.
        "by_department": shares(counted.by_department[:MOST_SHOWN]) if len(counted.by_department) > 1 else [],
        "by_status": by_status,
        "present": present,
        "by_role": shares(counted.by_role),
        "months": months,
        "chart": movements(months),
        "joined": sum(month.joined for month in months),
        "left": sum(month.left for month in months),
    }
    return page(request, "people/overview.html", context)
