"""Where somebody or something goes: a choice among the units that are offered."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.web.forms import HouseForm
from tenantry.web.picking import Picker, PickField, set_pickers

Choices = Sequence[tuple[UUID, str]]


class ChosenId(forms.TypedChoiceField):
    """One of those that are offered, by its id; an empty choice is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=UUID, empty_value=None, **kwargs)


def offer(field: forms.Field, choices: Choices, empty: Any = None) -> None:
    """What a select offers; `empty` words the choice of none."""
    first = [] if empty is None else [("", empty)]
    field.choices = [*first, *((str(i), name) for i, name in choices)]  # type: ignore[attr-defined]


class PlaceForm(HouseForm):
    """Which unit."""

    unit = PickField(label=_("Branch"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"unit": picker} if picker else {}, ["unit"])
