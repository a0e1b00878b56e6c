"""States and entitlements in words: what a plan grants, on every page that says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from tenantry.core.sizes import in_words
from tenantry.organizations.entitlements import CATALOGUE, SEATS


@dataclass(frozen=True, slots=True)
class Granted:
    """One entitlement. `limit` None: unlimited; `words`: how much, or whether at all."""

    key: str
    title: str
    per: str
    limit: int | None
    words: str
    feature: bool = False


def granted_words(limits: Mapping[str, int | None]) -> list[Granted]:
    """In the order of the catalogue; seats are told elsewhere. What no row limits is unlimited."""
    found = []
    for key, one in CATALOGUE.items():
        if key == SEATS:
            continue
        limit = limits.get(key)
        found.append(Granted(key, str(one.title), str(one.per), limit, _amount(one, limit), one.feature))
    return found


def _amount(one: Any, limit: int | None) -> str:
    if one.feature:
        return _("included") if limit != 0 else _("not included")
    if limit is None:
        return _("unlimited")
    if limit == 0:
        return _("none")
    return in_words(limit) if one.bytes else str(number_format(limit, use_l10n=True, force_grouping=True))
