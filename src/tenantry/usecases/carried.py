"""What is scarce in a large selection, from one chunk to the next."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Carried:
    """What earlier chunks of a plan have taken already: the next one finds it gone, as its batch will. A batch that
    acts begins with none, because the database says what is left."""

    keyholders_lost: set[UUID] = field(default_factory=set)
    keyholders_made: int = 0
    seats_taken: int = 0
    # (kind of place, its id) -> how many of those who look after it have left.
    places_lost: dict[tuple[str, str], int] = field(default_factory=dict)
