"""What was done when somebody left, as the audit keeps it: for printing, and for whoever asks a year later."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.audit.models import Entry
from tenantry.audit.permissions import VIEW as AUDIT_VIEW
from tenantry.audit.permissions import VIEW_PEOPLE as AUDIT_PEOPLE
from tenantry.audit.selectors import concerning
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.ids import parse_id
from tenantry.core.records import record_types
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.selectors import get_member, names_of, visible_members
from tenantry.usecases.leaving.facts import TOLD_TO

CODES = ("people.deactivated", "people.removed")
READERS = (DEACTIVATE, REMOVE, AUDIT_VIEW, AUDIT_PEOPLE)
COUNTED = (
    *("sessions", "invitations", "teams", "seats_freed", "called_off"),
    *("mentees", "views", "closed", "addons", "offers"),
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """`numbers`: what ended, by kind; `records`: by type, which stayed, or went to somebody if `passed_on`, else to the
    queue; `successor`: their name, empty for whoever may not see them;
    `later`: what was left to be settled, (kind, number); `others`: how many left by the same act, whose numbers these
    are too; `hash`: of the audit's entry, which proves the receipt."""

    number: int
    at: datetime
    code: str
    name: str
    email: str
    by: str
    numbers: Mapping[str, int]
    records: tuple[tuple[str, int], ...]
    successor: str
    passed_on: bool
    operation_id: UUID | None
    keys: tuple[str, ...]
    later: tuple[tuple[str, int], ...]
    others: int
    hash: str


def _entries(actor: Actor, membership_id: UUID) -> tuple[Any, Any]:
    """:raises NotFound, PermissionMissing: see there."""
    if not actor.may_any(*READERS):
        raise PermissionMissing(DEACTIVATE)
    member = get_member(actor, membership_id)
    return member, Entry.objects.filter(concerning(membership_id), action__in=CODES)


def latest_receipt(actor: Actor, membership_id: UUID) -> int:
    """Its number. :raises NotFound: they never left, or are out of reach. :raises PermissionMissing: see there."""
    _member, rows = _entries(actor, membership_id)
    number: int | None = rows.order_by("-number").values_list("number", flat=True).first()
    if number is None:
        raise NotFound
    return number


def get_receipt(actor: Actor, membership_id: UUID, number: int) -> Receipt:
    """:raises NotFound: it is of somebody else, or of something else. :raises PermissionMissing: see there."""
    member, rows = _entries(actor, membership_id)
    entry = rows.filter(number=number).first()
    if entry is None:
        raise NotFound
    values: Mapping[str, Any] = entry.values
    successor_id = parse_id(str(values.get("to_id") or ""))
    names = names_of([entry.actor_id]) if entry.actor_kind == "member" else {}
    seen = visible_members(actor).filter(id=successor_id).first() if successor_id else None
    kept = values.get("records") or values.get("kept") or {}
    return Receipt(
        number=entry.number,
        at=entry.at,
        code=entry.action,
        name=member.name,
        email=member.email,
        by=names.get(entry.actor_id, entry.actor_label) if entry.actor_id else entry.actor_label,
        numbers=_numbers(values, [kind for kind, code in TOLD_TO.items() if not actor.may(code)]),
        # JSON keeps no order.
        records=tuple((key, int(kept[key])) for key in record_types() if kept.get(key)),
        successor=seen.name if seen else "",
        passed_on=successor_id is not None,
        operation_id=parse_id(str(values.get("operation_id") or "")),
        keys=tuple(values.get("keys") or ()),
        later=tuple((kind, int(count)) for kind, _one, count in values.get("later") or ()),
        others=max(0, len(values.get("members") or ()) - 1),
        hash=bytes(entry.hash).hex(),
    )


def _numbers(values: Mapping[str, Any], untold: Collection[str]) -> dict[str, int]:
    """What ended or went on, by kind, but for kinds that are not the reader's to know. Views are one number, whatever
    became of each."""
    ended = {name: int(number) for name, number in (values.get("ended") or {}).items()}
    found = {name: int(values[name]) for name in COUNTED if values.get(name)}
    views = found.get("views", 0) + ended.pop("views", 0) + ended.pop("shared_views", 0)
    found |= {"views": views, "mentees_alone": ended.pop("mentees", 0), **ended}
    return {name: number for name, number in found.items() if number and name not in untold}
