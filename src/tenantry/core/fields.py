"""Which columns of a record somebody sees and writes: declared fields that a profile hides or makes read-only."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.decisions import Step, decide
from tenantry.core.errors import PermissionMissing
from tenantry.core.permissions import RecordField
from tenantry.core.records import RecordType


def columns_of(field: RecordField) -> tuple[str, ...]:
    return field.columns or (field.code.partition(".")[2],)


def _closed(actor: Actor, record_type: RecordType, verb: str) -> frozenset[str]:
    code = record_type.permissions.get(verb, "")
    closed = (field for field in record_type.fields if not (code and decide(actor, code, field=field.code)))
    return frozenset(column for field in closed for column in columns_of(field))


def hidden(actor: Actor, record_type: RecordType) -> frozenset[str]:
    """Columns that are never shown to the actor, searched or sorted by, exported or answered. No query."""
    return _closed(actor, record_type, "view")


def closed(actor: Actor, record_type: RecordType, verb: str = "edit") -> frozenset[str]:
    """Columns that the actor does not write. `verb`: `edit` or `create`."""
    return _closed(actor, record_type, verb)


def refuse_closed(actor: Actor, record_type: RecordType, columns: Collection[str], verb: str = "edit") -> None:
    """:raises PermissionMissing: one of these columns is not the actor's to write."""
    if closed(actor, record_type, verb).intersection(columns):
        raise PermissionMissing(record_type.permissions[verb], Step.FIELD)


def name_shown(record_type: RecordType, row: Any, unseen: Collection[str]) -> str:
    """What a record is called; a record that has no other name than a hidden column has none. `unseen`: of `hidden`."""
    name = str(getattr(row, record_type.name))
    if not name or any(name == getattr(row, column, None) for column in unseen):
        return _("Without a name")
    return name
