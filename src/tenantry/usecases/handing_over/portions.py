"""Which records are handed over: of which types, and which of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.acting.operations import BATCH
from tenantry.core.errors import InvalidInput
from tenantry.core.ids import NIL
from tenantry.core.records import RecordType, owned_types
from tenantry.organizations.models import current_organization

STATES: Final = ("open", "won", "lost")
# Records that may be named one by one; more are chosen by their properties.
MOST_NAMED: Final = BATCH


@dataclass(frozen=True, slots=True)
class Portion:
    """`types`: keys of record types, () for every one that has owners. `workflow_id` and `state` (open, won, lost):
    deals alone. `created_before`: a day of the organization's; those of that day are not meant. `record_ids`: these
    and no others."""

    types: tuple[str, ...] = ()
    workflow_id: UUID | None = None
    state: str = ""
    created_before: date | None = None
    record_ids: tuple[UUID, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "types": list(self.types),
            "workflow_id": str(self.workflow_id) if self.workflow_id else None,
            "state": self.state,
            "created_before": self.created_before.isoformat() if self.created_before else None,
            "record_ids": [str(one) for one in self.record_ids],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Portion":
        day = plain["created_before"]
        return cls(
            tuple(plain["types"]),
            UUID(plain["workflow_id"]) if plain["workflow_id"] else None,
            plain["state"],
            date.fromisoformat(day) if day else None,
            tuple(UUID(one) for one in plain["record_ids"]),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A portion, checked. `before`: only those made before this moment."""

    types: tuple[RecordType, ...]
    workflow_id: UUID | None
    state: str
    before: datetime | None
    record_ids: tuple[UUID, ...]


def checked(portion: Portion) -> Part:
    """:raises InvalidInput: an unknown type or state, or too many records named."""
    known = owned_types()
    faults: dict[str, str | Promise] = {}
    if unknown := [key for key in portion.types if key not in known]:
        faults["types"] = _("There is no type of record called “%(key)s”.") % {"key": unknown[0]}
    if portion.state and portion.state not in STATES:
        faults["state"] = _("Choose open, won or lost.")
    if len(portion.record_ids) > MOST_NAMED:
        faults["record_ids"] = _("At most %(most)s records can be chosen one by one.") % {"most": MOST_NAMED}
    if faults:
        raise InvalidInput(faults)
    # In the order of the declarations, each once.
    types = [one for key, one in known.items() if key in portion.types or not portion.types]
    if portion.workflow_id or portion.state:
        types = [one for one in types if one.workflow]
    if portion.state:
        types = [one for one in types if has_column(one.model, "state")]
    return Part(tuple(types), portion.workflow_id, portion.state, _moment(portion.created_before), portion.record_ids)


def _moment(day: date | None) -> datetime | None:
    """When this day begins in the organization."""
    if day is None:
        return None
    zone = ZoneInfo(current_organization().time_zone)
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def has_column(model: type[Any], name: str) -> bool:
    return any(one.attname == name for one in model._meta.concrete_fields)


def records(record_type: RecordType, part: Part) -> QuerySet[Any]:
    """The part's records of a type, whoever owns them; archived ones, too."""
    rows: QuerySet[Any] = record_type.model._default_manager.all()
    if part.workflow_id and record_type.workflow:
        rows = rows.filter(**{record_type.workflow: part.workflow_id})
    if part.state:
        rows = rows.filter(state=part.state)
    if part.before and has_column(record_type.model, "created_at"):
        rows = rows.filter(created_at__lt=part.before)
    if part.record_ids:
        rows = rows.filter(pk__in=part.record_ids)
    return rows


def owned_by(record_type: RecordType, rows: QuerySet[Any], owner_id: UUID) -> QuerySet[Any]:
    """Those of one owner; nil: of the queue."""
    column = str(record_type.owner)
    if owner_id == NIL:
        return rows.filter(**{f"{column}__isnull": True})
    return rows.filter(**{column: owner_id})
