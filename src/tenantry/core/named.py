"""Choosing among things that have a name: a few, and those that are called so, however many there are."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField, Transform

from tenantry.core.bounds import SEARCH
from tenantry.core.tenancy.fields import CollatedText
from tenantry.core.text import MARKS, InvalidText, folded

# Besides those that are chosen already.
OFFERED = 8
# Words of a question that are looked for.
MOST_WORDS = 6
# Of those whose name holds the words: more than are ever called alike.
ALIKE = 50
Named = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Offered:
    """(id, name). `chosen`: those of the ids asked for that there are; `found`: others, in their order; `more`: there
    are more. Where everything fits, it stands in `found` together."""

    chosen: tuple[Named, ...] = ()
    found: tuple[Named, ...] = ()
    more: bool = False

    @property
    def rows(self) -> tuple[Named, ...]:
        return (*self.chosen, *self.found)


@CollatedText.register_lookup
class Folded(Transform):
    """`sort_name__folded`: a name as `core.text.folded` has it, where the database keeps no words to look in. Most
    names are plain, and cost nothing."""

    lookup_name = "folded"
    output_field = TextField()
    template = (
        "CASE WHEN octet_length(%(expressions)s) = char_length(%(expressions)s) THEN %(expressions)s "
        f"ELSE regexp_replace(normalize(%(expressions)s, NFKD), '{MARKS}', '', 'g') END"
    )


def called(rows: QuerySet[Any], typed: str, within: Collection[str] = ("sort_name",)) -> QuerySet[Any]:
    """Those whose name holds every word that was typed, accents aside: all for none, nothing for what can't be
    asked. `within`: the columns of names in which a word may stand."""
    try:
        words = folded(SEARCH.clean(typed)).split()[:MOST_WORDS]
    except InvalidText:
        return rows.none()
    for word in words:
        holding = Q()
        for column in within:
            holding |= Q(**{f"{column}__folded__contains": word})
        rows = rows.filter(holding)
    return rows


def is_called(name: str, typed: str) -> bool:
    """The same of one name."""
    return all(word in folded(name) for word in folded(typed).split()[:MOST_WORDS])


def called_just(rows: QuerySet[Any], typed: str) -> UUID | None:
    """The one whose name this is: as it was typed, or the only one but for accents."""
    try:
        wanted = folded(SEARCH.clean(typed))
    except InvalidText:
        return None
    return just_one(rows.filter(sort_name__folded=wanted).order_by("id").values_list("id", "name")[:ALIKE], typed)


def just_one(found: Iterable[Named], typed: str) -> UUID | None:
    """The same of (id, name)."""
    found = tuple(found)
    # A name has one blank between its words, however many were typed.
    wanted = " ".join(typed.split()).lower()
    same = [one for one, name in found if name.lower() == wanted]
    same = same or [one for one, name in found if folded(name) == folded(wanted)]
    return same[0] if len(same) == 1 else None


def arranged(chosen: Collection[Named], found: Collection[Named], typed: str, most: int) -> Offered:
    """`found`: up to one more than `most`, with or without those that are chosen, who come first unless everything
    fits."""
    if not typed.strip() and len(found) <= most:
        ids = {one for one, _name in found}
        return Offered(tuple(one for one in chosen if one[0] not in ids), tuple(found))
    ids = {one for one, _name in chosen}
    others = [one for one in found if one[0] not in ids]
    return Offered(tuple(chosen), tuple(others[:most]), len(found) > most)


def offered(
    rows: QuerySet[Any],
    typed: str,
    chosen: Collection[UUID] = (),
    *,
    most: int = OFFERED,
    name: str = "name",
    searched: Callable[[QuerySet[Any], str], QuerySet[Any]] = called,
    first: tuple[Named, ...] | None = None,
) -> Offered:
    """Of rows with `sort_name` and the column `name`, which tells them apart. `searched`: which of them what was typed
    finds; `first`: what is offered while nothing is typed, where it was read already: up to one more than `most`. A
    query; one more for what is chosen and not among those."""
    named = rows.order_by("sort_name", "id").values_list("id", name)
    read = first is not None and not typed.strip()
    found = (first or ()) if read else tuple(searched(named, typed)[: most + 1])
    there = dict(found)
    kept = [(one, there[one]) for one in chosen if one in there]
    asked = [one for one in chosen if one not in there]
    return arranged((*kept, *(named.filter(id__in=asked) if asked else ())), found, typed, most)
