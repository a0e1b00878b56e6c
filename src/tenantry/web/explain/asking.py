"""What an address asks: permission, record, field; and the choices of the form that writes such an address."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from tenantry.access.explaining.who import records_called
from tenantry.core.actor import Actor
from tenantry.core.permissions import AREAS, catalogue, record_fields
from tenantry.core.records import record_types

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """`query`: words of the record's name while no record is chosen."""

    permission: str
    record_type: str
    record_id: UUID | None
    field: str
    query: str


def asked(sent: QueryDict) -> Asked:
    """Whatever can't be a record's id or a type is left away; an unknown permission too."""
    permission, kind = sent.get("permission", ""), sent.get("type", "")
    field = sent.get("field", "")
    return Asked(
        permission if permission in catalogue() else "",
        kind if kind in record_types() else "",
        _id(sent.get("id", "")) if kind in record_types() else None,
        field if field in record_fields() else "",
        sent.get("q", "").strip()[:LONGEST],
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def permissions_by_area(query: str = "") -> list[tuple[Any, list[Any]]]:
    """(area's title, its permissions) of those in whose title, sentence or code every word occurs."""
    words = query.lower().split()[:6]
    found = []
    for area, title in AREAS.items():
        mine = [one for one in catalogue().values() if one.area == area and _matches(one, title, words)]
        if mine:
            found.append((title, mine))
    return found


def _matches(one: Any, area: Any, words: Iterable[str]) -> bool:
    text = f"{one.title} {one.sentence} {one.code} {area}".lower()
    return all(word in text for word in words)


def choices(actor: Actor, question: Asked) -> dict[str, Any]:
    """Of the form: permissions by area, types of records, records of that name, fields."""
    return {
        "asked": question,
        "areas": permissions_by_area(),
        "types": [(key, one.title) for key, one in record_types().items()],
        "found": _found(actor, question),
        "record_fields": list(record_fields().values()),
    }


def _found(actor: Actor, question: Asked) -> list[Any] | None:
    """None: nobody looked for one."""
    if question.record_id or not question.record_type:
        return None
    return records_called(actor, question.record_type, question.query)
