from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL, LINE
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.roles.kinds import ONE, SENTENCES


class NameForm(HouseForm):
    """What a role or profile is called."""

    name = BoundField(LABEL, label=_("Name"))


class TextsForm(NameForm):
    """With what it is for."""

    description = BoundField(LINE, label=_("Description"))

    @classmethod
    def holding(cls, **values: str) -> Self:
        """These values, shown as they are; the action says what is wrong with them."""
        form = cls(values)
        form.is_valid()
        form.errors.clear()
        return form


class CreateForm(TextsForm):
    """A new role: how it is held stays as it is chosen here."""

    kind = forms.ChoiceField(label=_("How it is held"), widget=forms.RadioSelect, required=True)
    descriptions = SENTENCES

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind, ONE[kind]) for kind in kinds]
        field.initial = kinds[0]
