"""Choosing an owner by typing some of a name, with and without a script: in forms, and in the filters of lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.crm.receiving import is_called, owners_offered, receiver_called, receivers_offered
from tenantry.people.records import MEMBER
from tenantry.web.momentum.picking import FIELD, LONGEST, Picker, said_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

# The filter of lists: those that it offers besides the ticked ones, and those that may be ticked.
IN_FILTER = 20
TICKED = 50


@dataclass(frozen=True, slots=True)
class OwnerPicker(Picker):
    """Of those who may be given records; chosen None: the queue *Unassigned*."""

    @property
    def url(self) -> str:
        return f"{reverse('owner_choices')}?field={self.name}"

    @property
    def optional(self) -> str:
        return ""

    @property
    def none(self) -> str:
        return _("Nobody: into the queue Unassigned")

    @property
    def hint(self) -> str:
        if self.more and self.typed:
            return _("Others are called so, too: type more of the name.")
        if self.more:
            return _("There are more: search for a name.")
        return _("Nobody active here is called so.") if self.typed and not self.choices else ""

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return self.chosen is not None and is_called(actor, self.chosen, self.typed)

    def named(self, actor: Actor) -> UUID | None:
        return receiver_called(actor, self.typed)


def owner_picker(
    actor: Actor, present: UUID | None, said: QueryDict | None, name: str = "owner", title: Any = ""
) -> OwnerPicker:
    """`present`: who is chosen unless `said`, the form as it was sent, names another. Oneself is always offered, and
    stands in for a present owner who can't be given anything any more. Two queries."""
    typed, chosen = said_of(name, present, said)
    asked = {one for one in (chosen, actor.membership_id) if one}
    found = receivers_offered(actor, typed, asked)
    names = dict(found.chosen)
    unknown = chosen is not None and chosen not in names
    if unknown and said is None:
        chosen, unknown = actor.membership_id, False
    own = actor.membership_id
    choices = {one: names[one] for one in (chosen, own) if one is not None and one in names} | dict(found.found)
    if own is not None and own in choices:
        choices[own] = _("%(name)s (you)") % {"name": choices[own]}
    return OwnerPicker(
        name=name,
        record_type=MEMBER,
        typed=typed,
        chosen=None if unknown else chosen,
        unknown=unknown,
        choices=tuple(choices.items()),
        more=found.more,
        title=title,
    )


# --- The filter of lists ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """(value, label) of a filter. `search`: the address that offers what is typed, "" where everything stands there;
    `hint`: what is said below."""

    choices: Sequence[tuple[Any, Any]]
    search: str = ""
    typed: str = ""
    hint: str = ""


def owner_offer(actor: Actor, said: QueryDict, name: str = "owner") -> Offer:
    """Those that are on come first. Two queries, one where nobody is."""
    typed = said.get(f"{name}_typed", "").strip()[:LONGEST]
    ticked = {one for text in said.getlist(name)[:TICKED] if (one := parse_id(text))}
    found = owners_offered(actor, typed, ticked, most=IN_FILTER)
    people = [(str(i), label) for i, label in (*found.chosen, *found.found)]
    hint = ""
    if found.more:
        hint = _("There are more: search for a name.")
    elif typed and not found.found:
        hint = _("Nobody here is called so.")
    search = f"{reverse('owner_choices')}?as=filter&field={name}" if found.more or typed else ""
    return Offer([("me", _("Mine")), ("nobody", _("Unassigned")), *people], search, typed, hint)


@screen()
def owner_choices(request: MemberRequest) -> HttpResponse:
    """What is offered for what is typed: `?field=` of a form, or with `?as=filter` the filter of a list."""
    said = request.GET
    field = said.get("field", "owner")
    if not FIELD.fullmatch(field):
        raise NotFound
    if said.get("as", "") != "filter":
        return page(request, "momentum/picked.html", {"picker": owner_picker(request.actor, None, said, field)})
    found, ticked = owner_offer(request.actor, said, field), said.getlist(field)
    options = [{"value": value, "label": label, "checked": value in ticked} for value, label in found.choices]
    context = {"name": field, "id": f"filter-{field}", "options": options, "many": True, "hint": found.hint}
    return page(request, "components/filter_options.html", context)
