"""Which records the lines of an operation are about, as whoever may see the operation reads it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import TextField

from tenantry.acting.models import OperationLine
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.fields import hidden, name_shown
from tenantry.core.records import RecordType, owned_types
from tenantry.core.together import read_together, wanted


def records_of(actor: Actor, lines: Iterable[OperationLine]) -> dict[UUID, tuple[str, str]]:
    """Line -> (type in words, name) for lines about records; the name is empty where the reader may not view it. One
    query, none for lines about people."""
    types = owned_types()
    about = {line.id: (types[key], line.target_id) for line in lines if (key := _key(line)) in types}
    ids: dict[str, set[UUID]] = {}
    for record_type, target_id in about.values():
        ids.setdefault(record_type.key, set()).add(target_id)
    parts = {
        key: wanted(visible(actor, types[key].permissions["view"], types[key]).filter(pk__in=some), *_words(types[key]))
        for key, some in ids.items()
    }
    found = read_together(parts)
    unseen = {key: hidden(actor, types[key]) for key in found}
    names = {
        (key, row["id"]): name_shown(types[key], types[key].model(**row), unseen[key])
        for key in found
        for row in found[key]
    }
    return {
        line_id: (str(record_type.title), names.get((record_type.key, target_id), ""))
        for line_id, (record_type, target_id) in about.items()
    }


def _key(line: OperationLine) -> str:
    return str((line.values or {}).get("type", ""))


def _words(record_type: RecordType) -> list[str]:
    """The columns of which a name is made are among these."""
    fields: Any = record_type.model._meta.concrete_fields
    return ["id", *(one.attname for one in fields if isinstance(one, TextField) and one.attname != "search_text")]
