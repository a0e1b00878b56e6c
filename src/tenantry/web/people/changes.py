"""What was done lately, in sentences: to one person, or in the whole organization."""

from uuid import UUID

from tenantry.audit.selectors import AuditFilter, entries
from tenantry.core.actor import Actor
from tenantry.usecases.telling import Line, sentences


def changes(actor: Actor, *, about: UUID | None = None, limit: int) -> list[Line]:
    """The latest entries that the actor may read, newest first: two queries."""
    rows = entries(actor, AuditFilter(target_id=about)).order_by("-number")[:limit]
    return sentences(rows, reader=actor, details=False)
