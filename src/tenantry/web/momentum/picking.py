"""Choosing a record by typing some of its name; see `web.picking`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require_any
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.records import RecordType
from tenantry.crm.searching import matches, offered
from tenantry.crm.selectors import called, names_together, type_of
from tenantry.web.offers import LONGEST
from tenantry.web.picking import FIELD, Picker, said_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPicker(Picker):
    """A record that the actor sees, or none."""

    record_type: RecordType

    @property
    def url(self) -> str:
        return f"{reverse('record_choices', args=[self.record_type.key])}?field={self.name}"

    @property
    def searches(self) -> bool:
        return True

    @property
    def optional(self) -> str:
        return _("optional")

    @property
    def none(self) -> str:
        return _("None")

    @property
    def of_more(self) -> str:
        return _("The last ones added. Type to find others.")

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return self.chosen is not None and matches(actor, self.record_type, self.chosen, self.typed)

    def named(self, actor: Actor) -> UUID | None:
        row = called(actor, self.record_type, self.typed)
        return row.pk if row is not None else None


def pickers(
    actor: Actor, links: Mapping[str, tuple[RecordType, UUID | None]], said: QueryDict | None
) -> dict[str, RecordPicker]:
    """By field, of the types that the actor sees. `links`: type and the record that is linked now, unless `said`, the
    form as it was sent, names another. A query a link, and one for the names of all."""
    found: dict[str, RecordPicker] = {}
    for name, (record_type, present) in links.items():
        if not decide(actor, record_type.permissions["view"]):
            continue
        typed, chosen = said_of(name, present, said)
        found[name] = RecordPicker(name=name, record_type=record_type, typed=typed, chosen=chosen)
    wanted: dict[str, list[UUID | None]] = {}
    for one in found.values():
        wanted.setdefault(one.record_type.key, []).append(one.chosen)
    names, _more = names_together(actor, wanted)
    return {name: _offering(actor, one, names[one.record_type.key]) for name, one in found.items()}


def _offering(actor: Actor, picker: RecordPicker, names: Mapping[UUID, str]) -> RecordPicker:
    """One that the actor does not see is as one that is not there."""
    rows, more = offered(actor, picker.record_type, picker.typed)
    unseen = hidden(actor, picker.record_type)
    choices = {row.pk: name_shown(picker.record_type, row, unseen) for row in rows}
    chosen = picker.chosen if picker.chosen in names else None
    if chosen is not None:
        choices = {chosen: names[chosen], **choices}
    unknown = picker.chosen is not None and chosen is None
    return replace(picker, chosen=chosen, unknown=unknown, choices=tuple(choices.items()), more=more)


@screen()
def record_choices(request: MemberRequest, type_key: str) -> HttpResponse:
    """What a picker offers for what is typed. `?field=`: its field; with `?as=names` names alone, for a field that
    takes any."""
    record_type, said = type_of(type_key), request.GET
    require_any(request.actor, record_type.permissions["view"])
    field = said.get("field", "record_id")
    if not FIELD.fullmatch(field):
        raise NotFound
    if said.get("as", "") == "names":
        # Of a field whose own text is what is typed.
        typed = said.get(field, "").strip()[:LONGEST]
        return page(request, "momentum/names.html", {"names": names_offered(request.actor, record_type, typed)})
    [picker] = pickers(request.actor, {field: (record_type, None)}, said).values()
    return page(request, "components/picked.html", {"picker": picker})


def names_offered(actor: Actor, record_type: RecordType, typed: str = "") -> list[str]:
    """Names to choose from; none where the actor sees no such records."""
    if not decide(actor, record_type.permissions["view"]):
        return []
    rows, _more = offered(actor, record_type, typed)
    unseen = hidden(actor, record_type)
    return [name_shown(record_type, row, unseen) for row in rows]
