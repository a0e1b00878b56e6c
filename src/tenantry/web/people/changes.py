"""What was done lately, in sentences: to one person, or in the whole organization."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.audit.selectors import AuditFilter, entries
from tenantry.core.actor import Actor
from tenantry.people.selectors import named


@dataclass(frozen=True, slots=True)
class Change:
    """`about_id`: the person it was done to, for a link; None where there is none."""

    at: datetime
    who: str
    text: str
    about_id: UUID | None


def changes(actor: Actor, *, about: UUID | None = None, limit: int) -> list[Change]:
    """The latest entries that the actor may read, newest first; names come with them in the same query."""
    rows = entries(actor, AuditFilter(target_id=about)).annotate(who=named("actor_id"), whom=named("target_id"))
    found = list(rows.order_by("-number")[:limit])
    return [
        Change(row.at, row.who or row.actor_label, row.action, row.target_id if row.target_type == "member" else None)
        for row in found
    ]
