"""The clock of a demonstration, for operators: what it says, what comes next, and moving it there."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.audit.selectors import AuditFilter, entries
from tenantry.billing.errors import NoDemonstration
from tenantry.billing.proration import months_after
from tenantry.billing.selectors import moment_of, renews, subscription, terms_of
from tenantry.billing.states import State
from tenantry.billing.traveling import TRIED, coming, travel
from tenantry.billing.wording import STATES
from tenantry.console.screens import ConsoleRequest, SeeOther, inside, looking_into, operator_screen, show
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, Refusal
from tenantry.organizations.selectors import find_organization
from tenantry.usecases.telling import sentences

SHOWN = 5
MOST_LINES = 100
_DAY = timedelta(days=1)
_COMING: Mapping[str, Any] = {
    "trial_told": gettext_lazy("The end of the trial is announced"),
    "trial_over": gettext_lazy("The trial ends"),
    "agreement_told": gettext_lazy("The end of what was agreed is announced"),
    "seats_charged": gettext_lazy("Added seats are charged"),
    "people_counted": gettext_lazy("People are counted and charged"),
    "period_over": gettext_lazy("The next period begins and is invoiced"),
    "grace_over": gettext_lazy("The organization is frozen, unless it is paid before"),
    "closed": gettext_lazy("The time for exports is over, and the organization is closed"),
    TRIED: gettext_lazy("An open invoice is tried again"),
}


@operator_screen(methods=("GET", "POST"), acts=True)
def console_clock(request: ConsoleRequest, organization_id: UUID) -> HttpResponse:
    """A POST moves it to a moment that the page offered: sent twice, it moves once."""
    if request.method != "POST":
        return _page(request, organization_id)
    with looking_into(organization_id):
        find_organization(organization_id)
    to, began = _moment(request.POST.get("to", "")), clock.now()
    if to is None:
        return _page(request, organization_id, refused=_("Choose how far."))
    try:
        with inside(organization_id):
            travel(request.operator.actor, organization_id, to)
    except InvalidInput as refused:
        return _page(request, organization_id, refused=str(next(iter(refused.fields.values()))))
    except Refusal as refused:
        return _page(request, organization_id, refused=str(refused))
    where = reverse("console_clock", args=[organization_id])
    return SeeOther(f"{where}?since={began.timestamp():.6f}")


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _since(said: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(said[:20]), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _page(request: ConsoleRequest, organization_id: UUID, *, refused: str = "") -> HttpResponse:
    """`lines`: what happened since the address says, in the words of the organization's own audit."""
    with looking_into(organization_id):
        found, row, now = find_organization(organization_id), subscription(), clock.now()
        demonstrates = row is not None and row.demonstrates
        context: dict[str, Any] = {
            "viewed": found,
            "demonstrates": demonstrates,
            "refused": refused or ("" if demonstrates else str(NoDemonstration())),
        }
        if row is not None and demonstrates:
            moment = moment_of(row, now)
            ahead = coming(row, now)
            since = _since(request.GET.get("since", ""))
            rows = entries(request.operator.actor, AuditFilter(areas=("billing",), since=since)) if since else None
            words, tone = STATES[State(row.state)]
            context |= {
                "moment": moment,
                "days": row.ahead_seconds // 86_400,
                "plan": terms_of(row).title,
                "state": words,
                "tone": tone,
                "coming": [(one.at, _words(one.what, ends=not renews(row))) for one in ahead[:SHOWN]],
                "steps": _steps(moment, [one.at for one in ahead]),
                "lines": sentences(rows.order_by("number")[:MOST_LINES]) if rows is not None else [],
            }
        return show(request, "console/clock.html", context, status=409 if refused else 200)


def _words(what: str, *, ends: bool) -> str:
    if what == "period_over" and ends:
        return _("The subscription ends")
    return str(_COMING[what])


def _steps(moment: datetime, ahead: list[datetime]) -> list[tuple[str, str]]:
    """Where to, and what the button says."""
    found = [(ahead[0], _("To what comes next"))] if ahead else []
    found += [(months_after(moment, 1), _("A month ahead")), (moment + _DAY, _("A day ahead"))]
    return [(to.isoformat(), words) for to, words in found]
