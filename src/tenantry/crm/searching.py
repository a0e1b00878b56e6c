"""Searching records: each word of a question begins a word of the record. What is hidden finds nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Lower

from tenantry.core.actor import Actor
from tenantry.core.bounds import SEARCH
from tenantry.core.decisions import visible
from tenantry.core.fields import hidden
from tenantry.core.lists import visible_page
from tenantry.core.records import RecordType
from tenantry.core.text import InvalidText, folded
from tenantry.crm.selectors import rows_of, standing, viewable_types, with_owner
from tenantry.people.words import asked_words

# Of each type, in a search over all of them.
EACH = 5
# Records that are offered to whoever chooses one.
OFFERED = 8


def matching(actor: Actor, record_type: RecordType, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Those of `rows` that are meant; all of them for no question, none for one that can't be asked."""
    try:
        text = SEARCH.clean(query)
    except InvalidText:
        return rows.none()
    if not text:
        return rows
    if record_type.search is None:
        return rows.none()
    unseen = hidden(actor, record_type)
    if unseen:
        return _by_name(record_type, rows, text, unseen)
    for word in asked_words(text):
        rows = rows.filter(**{f"{record_type.search}__contains": f" {word}"})
    return rows


def _by_name(record_type: RecordType, rows: QuerySet[Any], text: str, unseen: Iterable[str]) -> QuerySet[Any]:
    """The searched words hold the hidden columns too; the name is read instead, where it is not one of them itself."""
    for word in folded(text).split()[:6]:
        rows = rows.filter(Q(sort_name__folded__startswith=word) | Q(sort_name__folded__contains=f" {word}"))
    texts = [name for name in unseen if isinstance(record_type.model._meta.get_field(name), TextField)]
    return reduce(lambda found, name: found.exclude(sort_name=Lower(F(name))), texts, rows)


@dataclass(frozen=True, slots=True)
class Found:
    """Records of one type, by name. `more`: there are others."""

    record_type: RecordType
    rows: list[Any]
    more: bool


def search(actor: Actor, query: str, *, each: int = EACH) -> list[Found]:
    """What is called so, over every type within reach, archived records aside. One query, and one a type found."""
    if not query.strip():
        return []
    parts = []
    types = [one for one in viewable_types(actor) if one.search is not None]
    for number, record_type in enumerate(types):
        rows: QuerySet[Any] = standing(record_type, visible(actor, record_type.permissions["view"], record_type))
        named = matching(actor, record_type, rows, query).order_by("sort_name", "pk")
        parts.append(named.annotate(type_number=Value(number)).values_list("type_number", "pk")[: each + 1])
    found: dict[int, list[UUID]] = {}
    if parts:
        for number, record_id in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
            found.setdefault(number, []).append(record_id)
    answer = []
    for number, ids in sorted(found.items()):
        record_type = types[number]
        again = with_owner(rows_of(record_type)).filter(pk__in=ids).order_by("sort_name", "pk")
        shown = list(visible(actor, record_type.permissions["view"], record_type, again))
        answer.append(Found(record_type, shown[:each], len(shown) > each))
    return answer


# --- Choosing one -------------------------------------------------------------------------


def offered(actor: Actor, record_type: RecordType, typed: str, *, most: int = OFFERED) -> tuple[list[Any], bool]:
    """The first records that are called so, by name; those added last while nothing is typed. And whether there are
    others. Archived ones are not offered. A query."""
    rows = matching(actor, record_type, standing(record_type, rows_of(record_type)), typed)
    # Where a name may be a hidden column, its place among others would tell it.
    by_name = bool(typed.strip()) and not hidden(actor, record_type)
    order, view = ("sort_name" if by_name else "created_at"), record_type.permissions["view"]
    page = visible_page(actor, view, record_type, rows, order=order, descending=not by_name, size=most)
    return list(page.rows), page.next is not None


def matches(actor: Actor, record_type: RecordType, record_id: UUID, typed: str) -> bool:
    """Whether a search for what was typed finds this record, which the actor sees."""
    return matching(actor, record_type, rows_of(record_type).filter(pk=record_id), typed).exists()
