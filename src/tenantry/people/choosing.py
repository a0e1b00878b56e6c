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
    try:
        text = SEARCH.clean(text)
    except InvalidText:
        return None
    # Asked by themselves: of a million people more than `ALIKE` have names that begin so.
    for exactly in ({"email": text.lower()}, {"sort_name": text.lower()}):
        same = list(people.filter(**exactly).values_list("id", flat=True)[:2])
        if same:
            return same[0] if len(same) == 1 else None
    return just_one(_told(people_called(people, text)[:ALIKE]), text)
