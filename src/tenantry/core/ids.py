"""UUIDv7 identifiers (RFC 9562): ordered by time, not guessable in sequence."""

from uuid import UUID

from uuid_utils import compat

NIL = UUID(int=0)


def new_id() -> UUID:
    return compat.uuid7()


def parse_id(value: str) -> UUID | None:
    """A UUID in its canonical form, or None for anything else."""
    try:
        parsed = UUID(value)
    except (ValueError, AttributeError, TypeError):
        return None
    return parsed if str(parsed) == value.lower() else None
