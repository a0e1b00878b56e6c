"""What an organization may use, for operators: the plan's word, and their own before it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from tenantry.billing.actions.overriding import REASON, end_override, override_entitlement
from tenantry.billing.selectors import overrides
from tenantry.console.screens import ConsoleRequest, SeeOther, act_in, looking_into, operator_screen, show
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.sizes import in_words
from tenantry.organizations.entitlements import CATALOGUE, Entitled
from tenantry.organizations.selectors import entitlements, find_organization

if TYPE_CHECKING:
    from tenantry.billing.models import EntitlementOverride

ON, OFF = "1", "0"


@dataclass(frozen=True, slots=True)
class EntitlementLine:
    """`override`: an operator's word, None where the plan's holds."""

    one: Entitled
    words: str
    override: "EntitlementOverride | None"


def entitlement_lines() -> list[EntitlementLine]:
    """Every key as it holds now; two queries."""
    said, held = {one.key: one for one in overrides()}, entitlements()
    return [EntitlementLine(one, words(one, held.get(key)), said.get(key)) for key, one in CATALOGUE.items()]


def words(one: Entitled, limit: int | None) -> str:
    if one.feature:
        return _("On") if limit != 0 else _("Off")
    if limit is not None and one.bytes:
        return in_words(limit)
    return _("No limit") if limit is None else str(number_format(limit, use_l10n=True, force_grouping=True))


@operator_screen(methods=("GET", "POST"), acts=True)
def console_entitlement(request: ConsoleRequest, organization_id: UUID, key: str) -> HttpResponse:
    """A POST overrides it, or with `back` takes that back."""
    if key not in CATALOGUE:
        raise Http404
    if request.method != "POST":
        return _page(request, organization_id, key)
    with looking_into(organization_id):
        find_organization(organization_id)
    try:
        if "back" in request.POST:
            act_in(request, organization_id, end_override, key=key)
        else:
            act_in(request, organization_id, override_entitlement, key=key, **_typed(request, key))
    except InvalidInput as refused:
        return _page(request, organization_id, key, errors={name: str(text) for name, text in refused.fields.items()})
    except NotFound:
        raise Http404 from None
    return SeeOther(f"{reverse('console_organization', args=[organization_id])}?granted={key}#{key}")


def _typed(request: ConsoleRequest, key: str) -> dict[str, Any]:
    """:raises InvalidInput: no number, or no day."""
    said, until = request.POST.get("limit", "").strip(), request.POST.get("ends_on", "").strip()
    wrong = {}
    if said and not (said.isascii() and said.isdigit() and len(said) < 16):
        wrong["limit"] = _("A whole number, or nothing for no limit.")
    if CATALOGUE[key].feature and said not in (ON, OFF):
        wrong["limit"] = _("On or off.")
    try:
        # Through the whole day.
        day = date.fromisoformat(until) + timedelta(days=1) if until else None
    except (ValueError, OverflowError):
        wrong["ends_on"] = _("A day, like 2027-01-31.")
    if wrong:
        raise InvalidInput(dict(wrong))
    ends = datetime.combine(day, time.min, UTC) if day else None
    return {"limit": int(said) if said else None, "reason": request.POST.get("reason", ""), "ends_at": ends}


def _page(
    request: ConsoleRequest, organization_id: UUID, key: str, *, errors: dict[str, str] | None = None
) -> HttpResponse:
    with looking_into(organization_id):
        found = find_organization(organization_id)
        line = next(one for one in entitlement_lines() if one.one.key == key)
        override = line.override
        typed = {name: request.POST.get(name, "") for name in ("limit", "ends_on", "reason")}
        if request.method != "POST" and override is not None:
            ends = override.ends_at - timedelta(days=1) if override.ends_at else None
            limit = "" if override.limit is None else str(override.limit)
            typed = {"limit": limit, "ends_on": ends.date().isoformat() if ends else "", "reason": override.reason}
        # What is wrong with the end is said beside its field, whoever found it.
        wrong = {("ends_on" if name == "ends_at" else name): text for name, text in (errors or {}).items()}
        context = {"viewed": found, "line": line, "typed": typed, "errors": wrong, "longest": REASON.max_length}
        return show(request, "console/entitlement.html", context, status=422 if errors else 200)
