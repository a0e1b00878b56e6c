"""What an entry of the audit changed, value by value, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.fields import columns_of
from tenantry.core.permissions import restrictions
from tenantry.core.records import record_types
from tenantry.usecases.telling_roles import called, laid_out

FIELDS: Mapping[str, Any] = {
    "name": gettext_lazy("Name"),
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "description": gettext_lazy("Description"),
    "legal_name": gettext_lazy("Legal name"),
    "address": gettext_lazy("Address"),
    "country": gettext_lazy("Country"),
    "purchase_order": gettext_lazy("Purchase order"),
    "registered_address": gettext_lazy("Registered address"),
    "mailing_address": gettext_lazy("Mailing address"),
    "tax_id": gettext_lazy("Tax id"),
    "website": gettext_lazy("Website"),
    "colour": gettext_lazy("Colour"),
    "time_zone": gettext_lazy("Time zone"),
    "currency": gettext_lazy("Currency"),
    "gives": gettext_lazy("May give these roles"),
    "beside": gettext_lazy("Held beside"),
    "department": gettext_lazy("Department"),
    "manager": gettext_lazy("Manager"),
    "locale": gettext_lazy("Language"),
    "deactivation": gettext_lazy("Last day"),
    "reactivation": gettext_lazy("First day back"),
    "removal": gettext_lazy("Last day before the removal"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after; "" is empty."""

    label: str
    before: str
    after: str


def changes_of(values: Mapping[str, Any], personal: Mapping[str, Any]) -> tuple[Change, ...]:
    """Before and after, whether an entry keeps them as pairs by field or as two sides."""
    found: list[Change] = []
    for name, pair in (values.get("changed") or {}).items():
        if isinstance(pair, list) and len(pair) == 2:
            found.append(Change(_field(name), shown(pair[0]), shown(pair[1])))
    for source in (values, personal):
        before, after = source.get("before"), source.get("after")
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            was, will = laid_out(before), laid_out(after)
            found += [
                Change(_field(name), shown(was.get(name)), shown(will.get(name)))
                for name in {**will, **was}
                if was.get(name) != will.get(name)
            ]
    return tuple(found)


def hidden_changes(type_key: str, columns: Iterable[str]) -> tuple[Change, ...]:
    """That somebody changed what the reader does not see, field by field."""
    record_type = record_types().get(type_key)
    fields = record_type.fields if record_type else ()
    wanted = set(columns)
    titles = (str(one.title) for one in fields if wanted.intersection(columns_of(one)))
    return tuple(Change(title, _("hidden"), _("hidden")) for title in titles)


def _field(name: str) -> str:
    known = restrictions().get(name)
    return str(known.title if known else FIELDS.get(name) or called(name) or name.replace("_", " ").capitalize())


def shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
