"""Choosing an owner by typing some of a name, with and without a script: in forms, and in the filters of lists."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.crm.receiving import is_called, owners_offered, receiver_called, receivers_offered
from tenantry.web.offers import Offer, offer_of, options_of, ticked_in, typed_in
from tenantry.web.picking import FIELD, Picker, said_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

# Those that the filter of a list offers besides the ticked ones.
IN_FILTER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerPicker(Picker):
    """Of those who may be given records; chosen None: the queue *Unassigned*."""

    @property
    def url(self) -> str:
        return f"{reverse('owner_choices')}?field={self.name}"

    @property
    def searches(self) -> bool:
        return True

    @property
    def none(self) -> str:
        return _("Nobody: into the queue Unassigned")

    @property
    def nothing(self) -> str:
        return _("Nobody active here is called so.")

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
        typed=typed,
        chosen=None if unknown else chosen,
        unknown=unknown,
        choices=tuple(choices.items()),
        more=found.more,
        title=title,
    )


def owner_offer(actor: Actor, said: QueryDict, name: str = "owner") -> Offer:
    """Of the filter of a list; those that are on come first. Two queries, one where nobody is."""
    typed = typed_in(said, name)
    found = owners_offered(actor, typed, ticked_in(said, name), most=IN_FILTER)
    first = [("me", _("Mine")), ("nobody", _("Unassigned"))]
    search = f"{reverse('owner_choices')}?as=filter&field={name}"
    return offer_of(found, search, typed, _("Nobody here is called so."), first)


@screen()
def owner_choices(request: MemberRequest) -> HttpResponse:
    """What is offered for what is typed: `?field=` of a form, or with `?as=filter` the filter of a list."""
    said = request.GET
    field = said.get("field", "owner")
    if not FIELD.fullmatch(field):
        raise NotFound
    if said.get("as", "") != "filter":
        return page(request, "components/picked.html", {"picker": owner_picker(request.actor, None, said, field)})
    options = options_of(owner_offer(request.actor, said, field), said, field)
    return page(request, "components/filter_options.html", options)
