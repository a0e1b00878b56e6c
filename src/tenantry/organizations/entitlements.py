"""What a plan can grant: the catalogue of entitlements, and which plans offer one (told from above, by billing)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Remedy
from tenantry.organizations.errors import LimitReached, NotInPlan
from tenantry.organizations.models import Entitlement

SEATS = "seats"


@dataclass(frozen=True, slots=True)
class Entitled:
    """`feature`: on or off, no amount. `bytes`: the amount is one of those. `per`: of whom the amount is."""

    key: str
    title: Any
    feature: bool = False
    bytes: bool = False
    per: Any = ""


CATALOGUE: Mapping[str, Entitled] = {
    one.key: one
    for one in (
        Entitled(SEATS, _("Seats")),
        Entitled("records", _("CRM records")),
        Entitled("ai_tokens", _("AI tokens"), per=_("a month")),
        Entitled("bulk_automations", _("Bulk automations"), per=_("a month")),
        Entitled("drive_bytes", _("Drive"), bytes=True, per=_("a person")),
        Entitled("connect_messages", _("Connect messages"), per=_("a day")),
        Entitled("meeting_minutes", _("Meeting minutes"), per=_("a day")),
        Entitled("api_calls", _("API calls"), per=_("a month")),
        Entitled("workspaces", _("Workspaces")),
        Entitled("sso", _("Single sign-on"), feature=True),
        Entitled("scim", _("Provisioning (SCIM)"), feature=True),
        Entitled("custom_roles", _("Custom roles"), feature=True),
        Entitled("platform_settings", _("Platform settings"), feature=True),
        Entitled("custom_badges", _("Custom badges"), feature=True),
    )
}

# Titles of the plans that grant more of a key than so much, cheapest first; registered by billing, which knows the
# catalogue.
Offers = Callable[[str, int], Sequence[str]]
_offers: list[Offers] = []


def register_offers(offers: Offers) -> None:
    if _offers and _offers[0] is not offers:
        raise ValueError("somebody else tells already which plans offer what")
    _offers[:] = [offers]


def offered_by(key: str, above: int = 0) -> Sequence[str]:
    """Titles of the plans that grant more of it than `above`, cheapest first; none where nothing is sold."""
    return _offers[0](key, above) if _offers else ()


def entitled(key: str) -> bool:
    """Whether the plan, or an operator, grants any of it. What no row limits is granted."""
    row = Entitlement.objects.filter(key=key).first()
    return row is None or row.limit != 0


def require_entitled(key: str) -> None:
    """:raises NotInPlan: the plan grants none of it; says which plan does."""
    if not entitled(key):
        raise NotInPlan(key, str(CATALOGUE[key].title), offered_by(key))


def require_room(key: str, in_use: int, remedies: Sequence[Remedy] = ()) -> None:
    """For one more of what is counted: the caller has counted under a lock. `remedies`: ways to need fewer.

    :raises LimitReached: the plan grants no more; says which plan does.
    """
    limit = Entitlement.objects.filter(key=key).values_list("limit", flat=True).first()
    if limit is not None and in_use >= limit:
        raise LimitReached(key, str(CATALOGUE[key].title), in_use, limit, offered_by(key, limit), remedies)
