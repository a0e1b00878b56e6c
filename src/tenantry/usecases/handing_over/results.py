"""Which records the lines of an operation are about, as whoever may see the operation reads it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import TextField

from tenantry.acting.models import Operation, OperationLine
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import NIL
from tenantry.core.records import RecordType, owned_types
from tenantry.core.together import read_together, wanted
from tenantry.people.selectors import visible_members
from tenantry.usecases.handing_over.batches import HANDOVER
from tenantry.usecases.handing_over.counting import owned_counts


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


def left_with(actor: Actor, operation: Operation) -> tuple[tuple[UUID, str], ...]:
    """(id, name) of those whose records a handing over that is over has left with them, as far as the actor sees them;
    at most two queries, none for anything else."""
    stopped = operation.state in (Operation.State.FAILED, Operation.State.CANCELED)
    over = stopped or (operation.state == Operation.State.DONE and operation.refused)
    if operation.kind != HANDOVER.code or not over:
        return ()
    givers = [one for text in operation.params["from"] if (one := UUID(text)) != NIL]
    still = {one for one, counts in owned_counts(actor, givers).items() if counts}
    if not still:
        return ()
    rows = visible_members(actor).filter(id__in=still).order_by("sort_name", "id")
    return tuple((row.id, row.name) for row in rows.only("given_name", "family_name", "email", "sort_name"))


def closed_in(operation: Operation) -> int:
    """How many of the records of a handing over whoever receives them could not open when it was confirmed."""
    return int(operation.params.get("closed") or 0) if operation.kind == HANDOVER.code else 0


def _key(line: OperationLine) -> str:
    return str((line.values or {}).get("type", ""))


def _words(record_type: RecordType) -> list[str]:
    """The columns of which a name is made are among these."""
    fields: Any = record_type.model._meta.concrete_fields
    return ["id", *(one.attname for one in fields if isinstance(one, TextField) and one.attname != "search_text")]
