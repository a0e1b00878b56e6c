"""What an entry of the audit says of a record, as far as its reader sees that record's fields.

Entries keep values by the names of columns: those that changed under `before` and `after`, others beside them. What a
profile hides of the declared fields (`core.permissions.RecordField`) is hidden here as on the record's page. That it
was changed stays to be seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.fields import columns_of, hidden
from tenantry.core.records import RecordType, record_types

SIDES = ("before", "after", "changed")


@dataclass(slots=True)
class Reader:
    """Who reads. Without an actor it is an operator or a job, who see no declared field. Asks once a type."""

    actor: Actor | None
    _known: dict[str, frozenset[str]] = field(default_factory=dict)

    def unseen(self, type_key: str) -> frozenset[str]:
        """Columns of this type of record that are hidden from the reader; none for what is no record."""
        if type_key not in self._known:
            record_type = record_types().get(type_key)
            self._known[type_key] = self._hidden(record_type) if record_type else frozenset()
        return self._known[type_key]

    def _hidden(self, record_type: RecordType) -> frozenset[str]:
        if self.actor is None:
            return frozenset(column for one in record_type.fields for column in columns_of(one))
        return hidden(self.actor, record_type)


@dataclass(frozen=True, slots=True)
class Said:
    """`values` and `personal` of an entry without what is hidden; `changed`: hidden columns that the act changed."""

    values: dict[str, Any]
    personal: dict[str, Any]
    changed: tuple[str, ...] = ()


def said_to(reader: Reader, entry: Entry, personal: Mapping[str, Any]) -> Said:
    unseen = reader.unseen(entry.target_type)
    if not unseen:
        return Said(dict(entry.values), dict(personal))
    changed: dict[str, None] = {}
    values, kept = (_without(source, unseen, changed) for source in (entry.values, personal))
    # A record that has no other name is called by one of its fields, an address for instance.
    if unseen.intersection(entry.values.get("named_by") or ()):
        values = {**values, "name": _("Without a name")}
        kept = {name: value for name, value in kept.items() if name != "name"}
    return Said(values, kept, tuple(changed))


def _without(source: Mapping[str, Any], unseen: frozenset[str], changed: dict[str, None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in source.items():
        if name in SIDES and isinstance(value, Mapping):
            changed.update(dict.fromkeys(column for column in value if column in unseen))
            found[name] = {column: one for column, one in value.items() if column not in unseen}
        elif name not in unseen:
            found[name] = value
    return found
