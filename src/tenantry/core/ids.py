"""UUIDv7 identifiers (RFC 9562): ordered by time, not guessable in sequence."""

from datetime import datetime
from uuid import UUID

from uuid_utils import compat

NIL = UUID(int=0)

# The same made by the database, for statements whose rows never come here: the milliseconds of its clock, the version,
# and what a random one holds behind its own. Ordered as well, or rows that are kept for some days would go at once.
NEW_ID_SQL = (
    "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')"
    " || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid"
)


def new_id() -> UUID:
    return compat.uuid7()


def first_id_of(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids made earlier are smaller, later ones greater (RFC 9562, 5.7)."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))


def parse_id(value: str) -> UUID | None:
    """A UUID in its canonical form, or None for anything else."""
    try:
        parsed = UUID(value)
    except (ValueError, AttributeError, TypeError):
        return None
    return parsed if str(parsed) == value.lower() else None
