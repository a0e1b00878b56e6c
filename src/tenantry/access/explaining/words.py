"""Small words of an explanation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenantry.access.explaining.names import Names
from tenantry.core.permissions import Reach, ScopeKind, permission, reach_codes


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was found. `kind`: state, seat, role, profile, restriction or field; `holds`: whether it speaks
    for a yes."""

    kind: str
    text: str
    holds: bool


def day(moment: datetime | None) -> str:
    """The date in the current time zone."""
    return date_format(timezone.localtime(moment), "DATE_FORMAT") if moment else ""


def place_words(scope: ScopeKind, place_id: UUID | None, names: Names, organization: str) -> str:
    if scope is ScopeKind.UNIT:
        return _("at %(unit)s and below") % {"unit": names.of("unit", place_id)}
    if scope is ScopeKind.WORKSPACE and not names.sees("workspace", place_id):
        return _("in a workspace that you don't see")
    if scope is ScopeKind.WORKSPACE:
        return _("in the workspace %(workspace)s") % {"workspace": names.of("workspace", place_id)}
    return _("in the whole of %(organization)s") % {"organization": organization}


def reach_words(reach: Reach, code: str) -> str:
    """Whose records, of a permission that has a reach; without one it is for all."""
    if not reach:
        return _("for nothing")
    if reach == Reach.ALL:
        return _("for everything") if permission(code).has_reach else _("without a reach")
    named = {
        "own": _("for own records"),
        "team": _("for records of own teams"),
        "workflow": _("for records of own workflows"),
        "unit": _("for records of the own unit"),
    }
    return _(" and ").join(named[part] for part in reach_codes(reach))
