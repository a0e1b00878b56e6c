"""What a browser's session remembers of organizations: read by pages and API alike, written at sign-in."""

from typing import Any
from uuid import UUID

from tenantry.core.ids import parse_id

ORGANIZATION_KEY = "organization"
ENTRIES_KEY = "entries"

# A mapping that a web framework keeps for one browser.
Session = Any


def present_entry(session: Session) -> tuple[UUID, UUID] | None:
    """Organization and session entry that this browser is in at the moment, unproven; None when in none."""
    organization_id = parse_id(str(session.get(ORGANIZATION_KEY, "")))
    entry_id = parse_id(str(session.get(ENTRIES_KEY, {}).get(str(organization_id), "")))
    return None if organization_id is None or entry_id is None else (organization_id, entry_id)


def remember_entry(session: Session, organization_id: UUID, entry_id: UUID) -> None:
    """Lets this browser be in that organization from the next request on."""
    session[ENTRIES_KEY] = {**session.get(ENTRIES_KEY, {}), str(organization_id): str(entry_id)}
    session[ORGANIZATION_KEY] = str(organization_id)


def forget_entry(session: Session) -> None:
    """Leaves the present organization; the person stays signed in."""
    entries = dict(session.get(ENTRIES_KEY, {}))
    entries.pop(str(session.pop(ORGANIZATION_KEY, "")), None)
    session[ENTRIES_KEY] = entries
