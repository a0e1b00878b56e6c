"""Choosing a record by typing some of its name: with htmx while one types, without a script by the form's own button.

A form has one `Picker` a link: the field `<name>` for the record that is chosen, `<name>_typed` for what was typed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require_any
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden, name_shown
from tenantry.core.ids import NIL, parse_id
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.crm.searching import matches, offered
from tenantry.crm.selectors import called, names_together, type_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

# The longest text that is looked for.
LONGEST = 200
FIELD = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True, slots=True)
class Picker:
    """`chosen`: whom the form names, where the actor sees it; `unknown`: it names something else. `choices`: (id, name)
    to choose from, the chosen one first; `more`: others are called so, too."""

    name: str
    record_type: RecordType
    typed: str = ""
    chosen: UUID | None = None
    unknown: bool = False
    choices: tuple[tuple[UUID, str], ...] = ()
    more: bool = False
    title: str | Promise = ""
    error: str = ""

    @property
    def url(self) -> str:
        """What it offers while one types."""
        return f"{reverse('record_choices', args=[self.record_type.key])}?field={self.name}"

    @property
    def optional(self) -> str:
        return _("optional")

    @property
    def none(self) -> str:
        return _("None")

    @property
    def hint(self) -> str:
        """What is said below the choices."""
        if self.more:
            return self._of_more
        return _("Nothing within your reach is called so.") if self.typed and not self.choices else ""

    @property
    def _of_more(self) -> str:
        if self.typed:
            return _("Others are called so, too: type more of the name.")
        return _("The last ones added. Type to find others.")

    def is_chosen_by_name(self, actor: Actor) -> bool:
        """Whether what was typed finds the one that is chosen."""
        return self.chosen is not None and matches(actor, self.record_type, self.chosen, self.typed)

    def named(self, actor: Actor) -> UUID | None:
        """What has exactly the name that was typed."""
        row = called(actor, self.record_type, self.typed)
        return row.pk if row is not None else None


def said_of(name: str, present: UUID | None, said: QueryDict | None) -> tuple[str, UUID | None]:
    """What was typed, and what is chosen: as the form says that was sent, else what is linked now."""
    if said is None:
        return "", present
    typed = said.get(f"{name}_typed", "").strip()[:LONGEST]
    if name not in said and f"{name}_typed" not in said:
        return typed, present
    text = said.get(name, "").strip()
    return typed, (parse_id(text) or NIL) if text else None


def pickers(
    actor: Actor, links: Mapping[str, tuple[RecordType, UUID | None]], said: QueryDict | None
) -> dict[str, Picker]:
    """By field, of the types that the actor sees. `links`: type and the record that is linked now, unless `said`, the
    form as it was sent, names another. A query a link, and one for the names of all."""
    found: dict[str, Picker] = {}
    for name, (record_type, present) in links.items():
        if not decide(actor, record_type.permissions["view"]):
            continue
        typed, chosen = said_of(name, present, said)
        found[name] = Picker(name, record_type, typed, chosen)
    wanted: dict[str, list[UUID | None]] = {}
    for one in found.values():
        wanted.setdefault(one.record_type.key, []).append(one.chosen)
    names, _more = names_together(actor, wanted)
    return {name: _offering(actor, one, names[one.record_type.key]) for name, one in found.items()}


def _offering(actor: Actor, picker: Picker, names: Mapping[UUID, str]) -> Picker:
    """One that the actor does not see is as one that is not there."""
    rows, more = offered(actor, picker.record_type, picker.typed)
    unseen = hidden(actor, picker.record_type)
    choices = {row.pk: name_shown(picker.record_type, row, unseen) for row in rows}
    chosen = picker.chosen if picker.chosen in names else None
    if chosen is not None:
        choices = {chosen: names[chosen], **choices}
    unknown = picker.chosen is not None and chosen is None
    return replace(picker, chosen=chosen, unknown=unknown, choices=tuple(choices.items()), more=more)


class PickField(forms.Field):
    """The record that a `Picker` has; None for none. What was typed has to be its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.actor: Actor | None = None
        self.picker: Picker | None = None

    def clean(self, _value: Any) -> UUID | None:
        picker = self.picker
        if picker is None or self.actor is None:
            return None
        if picker.unknown:
            raise ValidationError(_("Choose one of these."), code="invalid_choice")
        if not picker.typed:
            return picker.chosen
        with reading():
            if picker.is_chosen_by_name(self.actor):
                return picker.chosen
            named = None if picker.chosen else picker.named(self.actor)
        if named is None:
            raise ValidationError(
                _("Choose one of these, or leave the search for “%(typed)s” empty.") % {"typed": picker.typed},
                code="not_chosen",
            )
        return named


def set_pickers(form: forms.Form, actor: Actor, found: Mapping[str, Picker], names: Iterable[str]) -> None:
    """Gives the form's fields their pickers; fields without one, of records that nobody shows to the actor, go."""
    for name in names:
        field = form.fields.get(name)
        if not isinstance(field, PickField):
            continue
        if name not in found:
            del form.fields[name]
            continue
        field.actor, field.picker = actor, found[name]


def shown_pickers(form: forms.Form) -> dict[str, Picker]:
    """By field, with what is wrong with it: what `momentum/picker.html` draws."""
    shown = {}
    for name, field in form.fields.items():
        if isinstance(field, PickField) and field.picker is not None:
            error = " ".join(str(one) for one in form.errors.get(name, ()))
            shown[name] = replace(field.picker, title=field.label or "", error=error)
    return shown


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
        typed = said.get(field, "").strip()[:LONGEST]
        return page(request, "momentum/names.html", {"names": names_offered(request.actor, record_type, typed)})
    [picker] = pickers(request.actor, {field: (record_type, None)}, said).values()
    return page(request, "momentum/picked.html", {"picker": picker})


def names_offered(actor: Actor, record_type: RecordType, typed: str = "") -> list[str]:
    """Names to choose from; none where the actor sees no such records."""
    if not decide(actor, record_type.permissions["view"]):
        return []
    rows, _more = offered(actor, record_type, typed)
    unseen = hidden(actor, record_type)
    return [name_shown(record_type, row, unseen) for row in rows]
