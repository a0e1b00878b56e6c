"""Choosing a workspace, of any number: where a record is made, and in the filters of lists."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require_any
from tenantry.core.errors import NotFound
from tenantry.core.named import called_just, is_called, offered
from tenantry.core.records import NOWHERE, RecordType
from tenantry.crm.selectors import type_of, workspaces_for
from tenantry.web.momentum.owning import IN_FILTER
from tenantry.web.offers import Offer, offer_of, options_of, ticked_in, typed_in
from tenantry.web.picking import FIELD, Picker, said_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacePicker(Picker):
    """Of the workspaces in which the actor may make such records. `free`: it may stand in none of them."""

    record_type: RecordType
    free: bool = True

    @property
    def url(self) -> str:
        where = reverse("workspace_choices", args=[self.record_type.key])
        return f"{where}?field={self.name}{'&free=1' if self.free else ''}"

    @property
    def optional(self) -> str:
        return _("optional") if self.free else ""

    @property
    def none(self) -> str:
        return _("In none") if self.free else ""

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return is_called(dict(self.choices).get(self.chosen, ""), self.typed) if self.chosen else False

    def named(self, actor: Actor) -> UUID | None:
        return called_just(workspaces_for(actor, self.record_type.permissions["create"]), self.typed)


def place_picker(
    actor: Actor,
    record_type: RecordType,
    said: QueryDict | None,
    name: str = "workspace_id",
    *,
    free: bool | None = None,
) -> PlacePicker | None:
    """None where there is no such workspace. `free`: unless told, whether the actor may make such records anywhere; who
    has to choose has the first one until they do. Two queries, one where nothing is chosen that isn't shown anyway."""
    typed, chosen = said_of(name, None, said)
    code = record_type.permissions["create"]
    rows = workspaces_for(actor, code)
    found = offered(rows, typed, (chosen,) if chosen else ())
    free = decide(actor, code, NOWHERE).allowed if free is None else free
    if not found.rows and not (typed and rows.exists()):
        return None
    if said is None and not free:
        chosen = found.rows[0][0]
    there = chosen in dict(found.rows)
    return PlacePicker(
        name=name,
        record_type=record_type,
        free=free,
        typed=typed,
        chosen=chosen if there else None,
        unknown=chosen is not None and not there,
        choices=found.rows,
        more=found.more,
    )


def place_offer(actor: Actor, record_type: RecordType, said: QueryDict, name: str = "workspace") -> Offer:
    """Of the filter of a list: the workspaces whose records the actor may see."""
    typed = typed_in(said, name)
    rows = workspaces_for(actor, record_type.permissions["view"])
    found = offered(rows, typed, ticked_in(said, name), most=IN_FILTER)
    search = f"{reverse('workspace_choices', args=[record_type.key])}?as=filter&field={name}"
    return offer_of(found, search, typed)


@screen()
def workspace_choices(request: MemberRequest, type_key: str) -> HttpResponse:
    """What is offered for what is typed: `?field=` of a form, or with `?as=filter` the filter of a list."""
    record_type, said = type_of(type_key), request.GET
    is_filter = said.get("as", "") == "filter"
    require_any(request.actor, record_type.permissions["view" if is_filter else "create"])
    field = said.get("field", "workspace")
    if not FIELD.fullmatch(field):
        raise NotFound
    if is_filter:
        options = options_of(place_offer(request.actor, record_type, said, field), said, field)
        return page(request, "components/filter_options.html", options)
    picker = place_picker(request.actor, record_type, said, field, free=said.get("free", "") == "1")
    if picker is None:
        raise NotFound
    return page(request, "components/picked.html", {"picker": picker})
