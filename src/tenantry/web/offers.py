"""What the filter of a list offers: everything, or of many a few, those that are on, and what is found by typing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from tenantry.core.ids import parse_id
from tenantry.core.named import Offered

# The longest text that is looked for.
LONGEST = 200
# What may be on in one filter.
TICKED = 50
# What is typed into the search of a filter or a form's picker stands under the name of the filter with this.
TYPED = "_typed"
Choices = Sequence[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Offer:
    """(value, label) of a filter. `search`: the address that offers what is typed, "" where everything stands there;
    `hint`: what is said below."""

    choices: Choices
    search: str = ""
    typed: str = ""
    hint: str = ""

    @property
    def stands(self) -> bool:
        """Whether the filter is shown at all."""
        return bool(self.choices or self.typed)


def typed_in(said: QueryDict, name: str) -> str:
    return said.get(f"{name}{TYPED}", "").strip()[:LONGEST]


def tidied(said: QueryDict, behind: QueryDict) -> QueryDict | None:
    """The same question without what a form sends besides, where no script leaves it out: empty fields, and what was
    typed to find choices once `behind`, the page before, has offered them. None where there is nothing to leave out."""
    searches = [name for name in said if name.endswith(TYPED)]
    told = [name for name in searches if not typed_in(said, name.removesuffix(TYPED)) or said[name] == behind.get(name)]
    if not told:
        return None
    left = QueryDict(mutable=True)
    for name, values in said.lists():
        if name not in told:
            left.setlist(name, [value for value in values if value])
    return left


def ticked_in(said: QueryDict, name: str, most: int = TICKED) -> tuple[UUID, ...]:
    """Ids that are on, each once; other values aside."""
    ids = (parse_id(text) for text in said.getlist(name)[:most])
    return tuple(dict.fromkeys(one for one in ids if one is not None))


def offer_of(found: Offered, search: str, typed: str, nothing: str = "", first: Choices = ()) -> Offer:
    """`first`: choices that always stand there; `nothing`: what is said where nothing is called so."""
    hint = ""
    if found.more:
        hint = _("There are more: search for a name.")
    elif typed and not found.found:
        hint = nothing or _("Nothing within your reach is called so.")
    choices = [*first, *((str(i), name) for i, name in found.rows)]
    return Offer(choices, search if found.more or typed else "", typed, hint)


def options_of(offer: Offer, said: QueryDict, name: str) -> dict[str, Any]:
    """Context of `components/filter_options.html`, the answer to what is typed."""
    on = said.getlist(name)
    options = [{"value": value, "label": label, "checked": value in on} for value, label in offer.choices]
    return {"name": name, "id": f"filter-{name}", "options": options, "many": True, "hint": offer.hint}
