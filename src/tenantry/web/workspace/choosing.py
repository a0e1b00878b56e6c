"""Choosing a folder of Drive, of any number; see `web.picking`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.core.named import called, called_just, offered
from tenantry.core.text import folded
from tenantry.crm.drive import EDIT, destinations, paths_of
from tenantry.web.picking import FIELD, Picker, said_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPicker(Picker):
    """Of the folders into which the actor may put things; none is the top. `present`: where a thing lies, which may be
    out of sight, and stays where nothing else is chosen; `without`: a folder that is moved itself."""

    present: UUID | None = None
    without: UUID | None = None

    @property
    def url(self) -> str:
        asked = QueryDict(mutable=True)
        asked["field"] = self.name
        asked.update({name: str(one) for name, one in (("now", self.present), ("moving", self.without)) if one})
        return f"{reverse('folder_choices')}?{asked.urlencode()}"

    @property
    def none(self) -> str:
        return _("The top of Drive")

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return called(self._rows(actor).filter(id=self.chosen), self.typed).exists()

    def named(self, actor: Actor) -> UUID | None:
        return called_just(self._rows(actor), self.typed)

    def _rows(self, actor: Actor) -> QuerySet[Any]:
        return destinations(actor, without=self.without)


def folder_picker(
    actor: Actor,
    said: QueryDict | None,
    name: str = PLACE,
    *,
    present: UUID | None = None,
    without: UUID | None = None,
) -> FolderPicker:
    """Each with what is above it, by which they are told apart. Where all stand there they stand as a tree does."""
    typed, chosen = said_of(name, present, said)
    found = offered(destinations(actor, without=without), typed, (chosen,) if chosen else ())
    paths = paths_of(actor, [one for one, _name in found.rows])
    choices = [(one, paths.get(one, folder)) for one, folder in found.rows]
    there = chosen in dict(choices)
    if not found.more and not typed:
        choices.sort(key=lambda row: folded(row[1]))
    if chosen is not None and not there and chosen == present:
        there = True
        choices.insert(0, (chosen, _("The folder where it is now")))
    return FolderPicker(
        name=name,
        present=present,
        without=without,
        typed=typed,
        chosen=chosen if there else None,
        unknown=chosen is not None and not there,
        choices=tuple(choices),
        more=found.more,
    )


@screen(EDIT)
def folder_choices(request: MemberRequest) -> HttpResponse:
    """What is offered for what is typed: `?field=` of a form, `now` where the thing lies, `moving` a folder that is
    moved itself."""
    said = request.GET
    field = said.get("field", PLACE)
    if not FIELD.fullmatch(field):
        raise NotFound
    present, without = parse_id(said.get("now", "")), parse_id(said.get("moving", ""))
    picker = folder_picker(request.actor, said, field, present=present, without=without)
    return page(request, "components/picked.html", {"picker": picker})
