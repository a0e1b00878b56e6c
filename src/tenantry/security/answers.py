"""How often somebody is told that an address is in use in another organization (product.md §3): whoever may add people
learns it, and must not be able to ask for every address that there is.

Whoever had too many answers adds nobody for a while, whatever the address: a refusal for known ones only would be an
answer too. The house itself and operators are not asked.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tenantry.acting.actions import Toll, register_toll
from tenantry.core.actor import Actor
from tenantry.core.errors import TooFast
from tenantry.people.errors import AddressElsewhere
from tenantry.security import rates

WINDOW = timedelta(hours=1)
# Of one person or key, and of all of an organization together.
LIMIT = 30
LIMIT_OF_ALL = 120


def _buckets(actor: Actor) -> Iterator[tuple[str, int]]:
    if actor.kind in ("member", "key"):
        yield f"address:{actor.organization_id}:{actor.acting_id}", LIMIT
        yield f"address:{actor.organization_id}", LIMIT_OF_ALL


def answers_left(actor: Actor, now: datetime) -> int | None:
    """How many more this actor may be given now; None without a limit. Outside of a transaction."""
    return min((rates.left(caller, limit, WINDOW, now)[0] for caller, limit in _buckets(actor)), default=None)


def ask(actor: Actor, now: datetime) -> None:
    """:raises TooFast: the answers of this hour are used up. Outside of a transaction."""
    wait = max((rates.left(caller, limit, WINDOW, now)[1] for caller, limit in _buckets(actor)), default=0)
    if wait:
        raise TooFast(seconds=wait)


def count(actor: Actor, number: int, now: datetime) -> None:
    """So many were given, rows of a list too. Outside of a transaction."""
    for caller, limit in _buckets(actor):
        rates.spend(caller, number, limit, WINDOW, now)


ELSEWHERE = Toll(ask, count)
register_toll(AddressElsewhere.code, ELSEWHERE)
