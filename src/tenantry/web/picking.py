"""Choosing one of any number by typing some of its name: with htmx while one types, without a script by the form's own
button.

A form has one `Picker` a choice: the field `<name>` for what is chosen, `<name>_typed` for what was typed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.ids import NIL, parse_id
from tenantry.core.transactions import reading
from tenantry.web.offers import TYPED, typed_in

FIELD = re.compile(r"[a-z][a-z_]{0,39}(:[0-9a-f-]{0,36})?")
_ODD = re.compile(r"[^a-z0-9_]+")
# The button that only looks: its value is the field's name.
FIND = "find"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """`chosen`: what the form names, where the actor sees it; `unknown`: it names something else. `choices`: (id, name)
    to choose from, the chosen one first; `more`: others are called so, too. Each kind says where it is asked while
    one types, and in which words."""

    name: str
    typed: str = ""
    chosen: UUID | None = None
    unknown: bool = False
    choices: tuple[tuple[UUID, str], ...] = ()
    more: bool = False
    title: str | Promise = ""
    error: str = ""
    # Of several that may be chosen, those that are.
    many: bool = False
    ticked: tuple[UUID, ...] = ()

    @property
    def url(self) -> str:
        """What it offers while one types."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """Its name, as ids of elements begin."""
        return _ODD.sub("-", self.name)

    @property
    def searches(self) -> bool:
        """Whether there is anything to look for; otherwise everything stands there."""
        return self.more or bool(self.typed)

    @property
    def optional(self) -> str:
        """Said beside its title."""
        return ""

    @property
    def none(self) -> str:
        """The choice of none, "" where there is no such choice."""
        return ""

    @property
    def hint(self) -> str:
        """What is said below the choices."""
        if self.more and self.typed:
            return _("Others are called so, too: type more of the name.")
        if self.more:
            return self.of_more
        return self.nothing if self.typed and not self.choices else ""

    @property
    def of_more(self) -> str:
        """What is said of those that are not shown while nothing is typed."""
        return _("There are more: search for a name.")

    @property
    def nothing(self) -> str:
        """What is said where nothing is called so."""
        return _("Nothing within your reach is called so.")

    def is_chosen_by_name(self, actor: Actor) -> bool:
        """Whether what was typed finds the one that is chosen."""
        raise NotImplementedError

    def named(self, actor: Actor) -> UUID | None:
        """What has exactly the name that was typed."""
        raise NotImplementedError


def said_of(name: str, present: UUID | None, said: QueryDict | None) -> tuple[str, UUID | None]:
    """What was typed, and what is chosen: as the form says that was sent, else what is linked now."""
    if said is None:
        return "", present
    typed = typed_in(said, name)
    if name not in said and f"{name}{TYPED}" not in said:
        return typed, present
    text = said.get(name, "").strip()
    return typed, (parse_id(text) or NIL) if text else None


def repeated(form: forms.Form, name: str) -> list[str]:
    """What a form that is confirmed says again for this field: the choice itself, however it was named."""
    if not isinstance(form.fields[name], PickField):
        sent: Any = form.data
        return list(sent.getlist(name))
    found = form.cleaned_data[name]
    return [str(one) for one in (found if isinstance(found, tuple) else (found,)) if one is not None]


def is_searching(said: QueryDict | None) -> bool:
    """Whether the form was sent to look for something, not to be saved."""
    return said is not None and bool(said.get(FIND, ""))


class PickField(forms.Field):
    """What a `Picker` has; None for none. What was typed has to be its name. `needed` False: where there is no choice
    of none, nothing need be chosen all the same."""

    def __init__(self, *, needed: bool = True, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.needed = needed
        self.actor: Actor | None = None
        self.picker: Picker | None = None

    def clean(self, _value: Any) -> Any:
        """:raises ValidationError: see `meant`; nothing was chosen (`required`)."""
        picker = self.picker
        if picker is None or self.actor is None:
            return None
        chosen = meant(picker, self.actor)
        if chosen is None and self.needed and not picker.none:
            raise ValidationError(_("Choose one of these."), code="required")
        return chosen


class PicksField(PickField):
    """The same of a picker of several: a tuple of what is ticked, or the one whose name was typed."""

    def clean(self, _value: Any) -> tuple[UUID, ...]:
        picker = self.picker
        if picker is None or self.actor is None:
            return ()
        if picker.unknown:
            raise ValidationError(_("Choose one of these."), code="invalid_choice")
        if picker.ticked or not picker.typed:
            return picker.ticked
        return (_named(picker, self.actor),)


def meant(picker: Picker, actor: Actor) -> UUID | None:
    """:raises ValidationError: something else was named (`invalid_choice`), nothing has the name that was typed
    (`not_chosen`)."""
    if picker.unknown:
        raise ValidationError(_("Choose one of these."), code="invalid_choice")
    return _named(picker, actor) if picker.typed else picker.chosen


def _named(picker: Picker, actor: Actor) -> UUID:
    with reading():
        if picker.chosen is not None and picker.is_chosen_by_name(actor):
            return picker.chosen
        named = None if picker.chosen else picker.named(actor)
    if named is not None:
        return named
    if picker.none or picker.many:
        text = _("Choose one of these, or leave the search for “%(typed)s” empty.") % {"typed": picker.typed}
    else:
        text = _("Choose one of these.")
    raise ValidationError(text, code="not_chosen")


def set_pickers(form: forms.Form, actor: Actor, found: Mapping[str, Picker], names: Iterable[str]) -> None:
    """Gives the form's fields their pickers; fields without one, of what nobody shows to the actor, go."""
    for name in names:
        field = form.fields.get(name)
        if not isinstance(field, PickField):
            continue
        if name not in found:
            del form.fields[name]
            continue
        field.actor, field.picker = actor, found[name]


def shown_pickers(form: forms.Form) -> dict[str, Picker]:
    """By field, with what is wrong with it: what `components/picker.html` draws."""
    found = {name: shown_picker(form[name]) for name in form.fields}
    return {name: picker for name, picker in found.items() if picker is not None}


def shown_picker(bound: forms.BoundField) -> Picker | None:
    """The same of one field; None for a field of another kind."""
    field = bound.field
    if not isinstance(field, PickField) or field.picker is None:
        return None
    error = " ".join(str(one) for one in bound.errors)
    return replace(field.picker, title=field.picker.title or field.label or "", error=error)
