"""What a browser's session remembers of organizations: read by pages and API alike, written at sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tenantry.core.ids import parse_id

ORGANIZATION_KEY = "organization"
ENTRIES_KEY = "entries"
EPOCHS_KEY = "epochs"
SIGNED_IN_KEY = "signed_in_at"
COUNT_KEY = "organizations"
ENDED_KEY = "access_ended"

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
    session.pop(ENDED_KEY, None)


def note_end(session: Session) -> None:
    """The stay ended without this browser's doing: its next page says so, wherever it is sent from here."""
    session[ENDED_KEY] = True


def has_ended(session: Session) -> bool:
    """Whether a stay was ended since this browser was last inside."""
    return bool(session.get(ENDED_KEY))


def forget_entry(session: Session) -> None:
    """The stay in the present organization is over; the person stays signed in."""
    drop(session, parse_id(str(session.pop(ORGANIZATION_KEY, ""))))


def drop(session: Session, organization_id: UUID | None) -> None:
    """That stay has ended: this browser comes back there with the password only."""
    gone = str(organization_id)
    for key in (ENTRIES_KEY, EPOCHS_KEY):
        session[key] = {name: value for name, value in session.get(key, {}).items() if name != gone}


def remember_sign_in(session: Session, epochs: Mapping[UUID, int], now: datetime) -> None:
    """After a password: from here the person may switch between these organizations (session epochs by id)."""
    session[EPOCHS_KEY] = {str(organization_id): epoch for organization_id, epoch in epochs.items()}
    session[SIGNED_IN_KEY] = now.timestamp()
    session[COUNT_KEY] = len(epochs)
    session.pop(ENDED_KEY, None)


def remember_joined(session: Session, organization_id: UUID, epoch: int, count: int) -> None:
    """One more organization of somebody who is signed in. `count`: of all they belong to."""
    session[EPOCHS_KEY] = {**session.get(EPOCHS_KEY, {}), str(organization_id): epoch}
    session[COUNT_KEY] = count


@dataclass(frozen=True, slots=True)
class Standing:
    """What this browser's sign-in is worth in one organization. `epoch` None: nothing."""

    signed_in_at: datetime
    epoch: int | None


def standing_in(session: Session, organization_id: UUID) -> Standing:
    moment = datetime.fromtimestamp(session.get(SIGNED_IN_KEY, 0), UTC)
    return Standing(moment, session.get(EPOCHS_KEY, {}).get(str(organization_id)))


def carried_entries(session: Session) -> list[tuple[UUID, UUID]]:
    """Organization and session entry of every stay that this browser carries, unproven."""
    pairs = [(parse_id(str(o)), parse_id(str(e))) for o, e in session.get(ENTRIES_KEY, {}).items()]
    return [(organization_id, entry_id) for organization_id, entry_id in pairs if organization_id and entry_id]


def stay_in(session: Session, organization_id: UUID) -> None:
    """Turns to an organization whose entry this browser carries already."""
    session[ORGANIZATION_KEY] = str(organization_id)
    session.pop(ENDED_KEY, None)
