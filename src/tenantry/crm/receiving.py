"""People to choose from where records get an owner or are found by theirs: a few, and those who are called so."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from tenantry.core.actor import Actor
from tenantry.core.bounds import SEARCH
from tenantry.core.text import InvalidText
from tenantry.crm.selectors import acquainted, receivers
from tenantry.people.models import Membership
from tenantry.people.words import asked_words

# Besides those that are chosen already.
OFFERED = 8


def people_called(people: QuerySet[Membership], query: str) -> QuerySet[Membership]:
    """Whose name or address has words that begin like those of `query`; nobody's, where it can't be asked."""
    try:
        words = asked_words(SEARCH.clean(query))
    except InvalidText:
        return people.none()
    for word in words:
        people = people.filter(search_text__contains=f" {word}")
    return people


@dataclass(frozen=True, slots=True)
class People:
    """(id, name). `chosen`: those of the ids asked for who can be; `found`: others, by name; `more`: there are more."""

    chosen: tuple[tuple[UUID, str], ...]
    found: tuple[tuple[UUID, str], ...]
    more: bool


def receivers_offered(actor: Actor, typed: str, chosen: Collection[UUID] = (), *, most: int = OFFERED) -> People:
    """Of those who may be given records. Two queries at most, however many people there are."""
    return _offered(receivers(actor), typed, chosen, most)


def owners_offered(actor: Actor, typed: str, chosen: Collection[UUID] = (), *, most: int = OFFERED) -> People:
    """Of those who may own records that the actor sees: deactivated ones, too, who keep what they had. Oneself is
    found by being asked for alone. A query, and one where somebody is."""
    here = (Membership.Status.ACTIVE, Membership.Status.DEACTIVATED)
    return _offered(acquainted(actor).filter(status__in=here), typed, chosen, most, without=actor.own_id)


def _offered(
    people: QuerySet[Membership], typed: str, chosen: Collection[UUID], most: int, without: UUID | None = None
) -> People:
    named = people.only("given_name", "family_name", "email").order_by("sort_name", "id")
    kept = _told(named.filter(id__in=chosen)) if chosen else ()
    others = {one for one in (*chosen, without) if one is not None}
    rows = _told(people_called(named.exclude(id__in=others) if others else named, typed)[: most + 1])
    return People(kept, rows[:most], len(rows) > most)


def _told(rows: Iterable[Membership]) -> tuple[tuple[UUID, str], ...]:
    return tuple((row.id, row.name) for row in rows)


def receiver_called(actor: Actor, text: str) -> UUID | None:
    """Who of them has exactly this name or address; None for nobody, and where several have."""
    wanted = text.strip().lower()
    same = [row.id for row in people_called(receivers(actor), text)[:50] if wanted in (row.name.lower(), row.email)]
    return same[0] if len(same) == 1 else None


def is_called(actor: Actor, membership_id: UUID, typed: str) -> bool:
    """Whether a search for what was typed finds this person, who may be given records."""
    return people_called(receivers(actor).filter(id=membership_id), typed).exists()
