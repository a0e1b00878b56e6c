"""Where somebody or something goes: a choice among the units that are offered."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.web.forms import HouseForm

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
    """Which unit. `units`: those that may be chosen, with their paths."""

    unit = ChosenId(label=_("Branch"))

    def __init__(self, *args: Any, units: Choices, empty: Any = None, label: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["unit"], units, empty)
        self.fields["unit"].required = empty is None
        if label is not None:
            self.fields["unit"].label = label
