"""Who is here, in numbers: by status, by role, by unit, and how people came and went."""

from django.http import HttpResponse

from tenantry.access.directory import people_by_role
from tenantry.access.places import heads_by_unit
from tenantry.core import clock
from tenantry.organizations.structure import has_rows
from tenantry.people.permissions import VIEW
from tenantry.people.selectors import counts_by_status, joins_and_leaves
from tenantry.web.people.chart import movements
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.times import zone_of

MOST_UNITS = 20


@screen(VIEW)
def people_overview(request: MemberRequest) -> HttpResponse:
    now = clock.now()
    by_status = counts_by_status(request.actor, now)
    months = joins_and_leaves(request.actor, now, zone_of(request.organization))
    present = sum(count for status, count in by_status.items() if status != "removed")
    by_role = people_by_role(request.actor, now)
    by_unit = heads_by_unit(request.actor, now)[:MOST_UNITS] if has_rows(request.organization, "units") else []
    context = {
        "by_unit": [(i, name, n, round(100 * n / max(present, 1))) for i, name, n in by_unit],
        "by_status": by_status,
        "present": present,
        "by_role": [(i, name, n, round(100 * n / max(present, 1))) for i, name, n in by_role],
        "months": months,
        "chart": movements(months),
        "joined": sum(month.joined for month in months),
        "left": sum(month.left for month in months),
    }
    return page(request, "people/overview.html", context)
