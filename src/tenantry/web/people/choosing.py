"""Choosing somebody of the directory, of any number; see `web.picking`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.access.directory import Asked, facets
from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.named import Offered
from tenantry.people.choosing import called_exactly, people_called, people_offered
from tenantry.people.permissions import VIEW
from tenantry.web.offers import Offer, offer_of, ticked_in, typed_in
from tenantry.web.picking import Picker, said_of

# Filters of the directory whose choices are searched.
SEARCHED = ("role", "team", "unit", "workspace", "department", "profile")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPicker(Picker):
    """Of the active and invited people whom the actor sees, oneself aside. Somebody has to be chosen."""

    @property
    def url(self) -> str:
        return f"{reverse('person_choices')}?field={self.name}"

    @property
    def nothing(self) -> str:
        return _("Nobody within your reach is called so.")

    def people(self, actor: Actor) -> QuerySet[Any]:
        """Among whom one chooses."""
        return _others(actor)

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return self.chosen is not None and people_called(self.people(actor).filter(id=self.chosen), self.typed).exists()

    def named(self, actor: Actor) -> UUID | None:
        return called_exactly(self.people(actor), self.typed) if actor.may(VIEW) else None


def _others(actor: Actor) -> QuerySet[Any]:
    """Whom one chooses from."""
    wanted = DirectoryFilter(statuses=("active", "pending"))
    return matching(actor, wanted, clock.now()).exclude(id=actor.own_id)


def person_picker(
    actor: Actor, said: QueryDict | None, name: str = "person", title: str | Promise = ""
) -> PersonPicker:
    """Whoever sees nobody chooses from nobody. Two queries, one where nobody is chosen."""
    typed, chosen = said_of(name, None, said)
    found = people_offered(_others(actor), typed, (chosen,) if chosen else ()) if actor.may(VIEW) else Offered()
    there = chosen in dict(found.rows)
    return PersonPicker(
        name=name,
        typed=typed,
        chosen=chosen if there else None,
        unknown=chosen is not None and not there,
        choices=found.rows,
        more=found.more,
        title=title,
    )


def offers_of(actor: Actor, said: QueryDict, *, only: str = "") -> dict[str, Offer]:
    """What the filters of the directory offer, by name. One query."""
    asked = {name: Asked(typed_in(said, name), ticked_in(said, name)) for name in SEARCHED}
    search = f"{reverse('person_choices')}?as=filter&field="
    return {
        name: offer_of(found, f"{search}{name}", asked[name].typed)
        for name, found in facets(actor, asked, only=only).items()
    }
