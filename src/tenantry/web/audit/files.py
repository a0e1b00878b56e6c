"""The audit as a file: streamed by batches, each in a transaction of its own."""

import json
from collections.abc import Callable, Iterator
from uuid import UUID

from tenantry.audit.selectors import AuditFilter, entries
from tenantry.core.actor import Actor
from tenantry.core.paging import number_page
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import current_organization
from tenantry.web.audit.wording import Line, sentences

BATCH = 500
HEADINGS = (
    "number",
    "at",
    "who",
    "who_kind",
    "who_id",
    "action",
    "sentence",
    "about_type",
    "about_id",
    "changes",
    "address",
    "agent",
)


def csv_file(actor: Actor, organization_id: UUID, wanted: AuditFilter) -> Iterator[bytes]:
    yield MARK + csv_line(HEADINGS)
    yield from _batches(actor, organization_id, wanted, _csv_line)


def json_lines(actor: Actor, organization_id: UUID, wanted: AuditFilter) -> Iterator[bytes]:
    """One object a line, newest first (https://jsonlines.org)."""
    yield from _batches(actor, organization_id, wanted, _json_line)


def _batches(
    actor: Actor, organization_id: UUID, wanted: AuditFilter, write: Callable[[Line], bytes]
) -> Iterator[bytes]:
    cursor: str | None = None
    while True:
        with scope.tenant(organization_id), reading():
            labels = current_organization().labels
            page = number_page(entries(actor, wanted), by="number", cursor=cursor, size=BATCH)
            text = b"".join(write(line) for line in sentences(page.rows, reader=actor, labels=labels))
        yield text
        cursor = page.next
        if cursor is None:
            return


def _csv_line(line: Line) -> bytes:
    entry = line.entry
    changes = "; ".join(f"{c.label}: {c.before} → {c.after}" for c in line.changes)
    return csv_line(
        (
            str(entry.number),
            entry.at.isoformat(timespec="seconds"),
            line.who,
            entry.actor_kind,
            str(entry.actor_id or ""),
            entry.action,
            line.sentence,
            entry.target_type,
            str(entry.target_id or ""),
            changes,
            line.address,
            line.agent,
        )
    )


def _json_line(line: Line) -> bytes:
    entry = line.entry
    row = {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "who": {"kind": entry.actor_kind, "id": entry.actor_id, "name": line.who},
        "action": entry.action,
        "about": {"type": entry.target_type, "id": entry.target_id},
        "sentence": line.sentence,
        "values": line.values,
        "changes": [{"field": c.label, "before": c.before, "after": c.after} for c in line.changes],
        "address": line.address,
        "agent": line.agent,
        "hash": bytes(entry.hash).hex(),
    }
    return json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
