"""Choosing among people: a few, and those who are called so, however many there are."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import QuerySet

from tenantry.core.bounds import SEARCH
from tenantry.core.named import ALIKE, OFFERED, Named, Offered, just_one
from tenantry.core.text import InvalidText
from tenantry.people.models import Membership
from tenantry.people.words import asked_words


def people_called(people: QuerySet[Membership], query: str) -> QuerySet[Membership]:
    """Whose name or address has words that begin like those of `query`; nobody's, where it can't be asked."""
    try:
        words = asked_words(SEARCH.clean(query))
    except InvalidText:
        return people.none()
    for word in words:
        people = people.filter(search_text__contains=f" {word}")
    return people


def people_offered(
    people: QuerySet[Membership],
    typed: str,
    chosen: Collection[UUID] = (),
    *,
    most: int = OFFERED,
    without: UUID | None = None,
) -> Offered:
    """Those who are chosen first, then others by name. `without`: found by being asked for alone. A query, and one
    where somebody is chosen."""
    named = people.only("given_name", "family_name", "email").order_by("sort_name", "id")
    kept = _told(named.filter(id__in=chosen)) if chosen else ()
    others = {one for one in (*chosen, without) if one is not None}
    rows = _told(people_called(named.exclude(id__in=others) if others else named, typed)[: most + 1])
    return Offered(kept, rows[:most], len(rows) > most)


def _told(rows: Iterable[Membership]) -> tuple[Named, ...]:
    return tuple((row.id, row.name) for row in rows)


def called_exactly(people: QuerySet[Membership], text: str) -> UUID | None:
    """Who has exactly this address or name, accents aside where nobody has those; None for nobody, and where several
    are called so."""
    wanted = text.strip().lower()
    alike = list(people_called(people, text)[:ALIKE])
    addressed = [row.id for row in alike if row.email == wanted]
    return addressed[0] if len(addressed) == 1 else just_one([(row.id, row.name) for row in alike], text)
