"""Forms of a bulk invite: the file, the list, how it is read, and one row."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.core.sheets import BOUNDS, ENCODINGS
from tenantry.core.text import TextBound
from tenantry.organizations.labels import label
from tenantry.web.forms import BoundField, HouseForm

MOST_PASTED = 500_000
CELL = TextBound(BOUNDS.cell, required=False)
SEPARATORS = ((",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")))


class UploadForm(HouseForm):
    """Whatever it is, the sheet's reader says what is wrong with it."""

    file = forms.FileField(allow_empty_file=True, error_messages={"required": _("Choose a file first.")})


class PasteForm(HouseForm):
    """A list from anywhere, as it was copied."""

    text = forms.CharField(
        label=_("Addresses, in any form"),
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": _("Paste at least one address.")},
    )


class ReadAgainForm(HouseForm):
    """The tab character is white space, which a select must not lose: choices go by their place."""

    separator = forms.ChoiceField(label=_("Separator"), required=False)
    encoding = forms.ChoiceField(label=_("Encoding"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = ("", _("As found"))
        places = [(str(place), text) for place, (_one, text) in enumerate(SEPARATORS)]
        self.fields["separator"].choices = [found, *places]  # type: ignore[attr-defined]
        self.fields["encoding"].choices = [found, *ENCODINGS.items()]  # type: ignore[attr-defined]

    @property
    def chosen_separator(self) -> str:
        """The character, "" for the one that is found."""
        place = self.cleaned_data["separator"]
        return SEPARATORS[int(place)][0] if place else ""


def place_of_separator(separator: str) -> str:
    """The choice of the form that stands for this character; "" for none of them."""
    return next((str(place) for place, (one, _text) in enumerate(SEPARATORS) if one == separator), "")


class RowForm(HouseForm):
    """One line as it may be typed anew. What is wrong with a value is said by the row's reasons, so nothing but its
    length is asked here. `named`: the fields that this file has; `choices`: field -> names of which one is chosen;
    `lists`: field -> names that are only offered, because several can be given."""

    email = BoundField(CELL, label=_("E-mail"))
    name = BoundField(CELL, label=_("Name"))
    role = BoundField(CELL, label=_("Role"))
    team = BoundField(CELL, label=_("Team"))
    profile = BoundField(CELL, label=_("Profile"))
    unit = BoundField(CELL, label=_("Branch"))
    department = BoundField(CELL, label=_("Department"))
    workspaces = BoundField(CELL, label=_("Workspaces"))

    def __init__(
        self,
        *args: Any,
        named: Sequence[str],
        choices: Mapping[str, Sequence[str]],
        lists: Mapping[str, Sequence[str]],
        labels: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name not in named]:
            del self.fields[name]
        for name, word in (("team", "team"), ("unit", "unit"), ("workspaces", "workspaces")):
            if name in self.fields:
                self.fields[name].label = label(labels, word)
        self.fields["email"].widget.attrs["inputmode"] = "email"
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = "off"
            if choices.get(name):
                field.widget = forms.Select(choices=self._with_the_present_one(name, choices[name]))
            elif lists.get(name):
                field.widget.attrs["list"] = f"known-{name}"

    def _with_the_present_one(self, name: str, names: Sequence[str]) -> list[tuple[str, str]]:
        """What the file says stays a choice, though it means nothing here."""
        present = str(self[name].value() or "")
        known = {one.casefold() for one in names}
        unknown = [(present, gettext("%(name)s (unknown here)") % {"name": present})]
        none = gettext("The ordinary role") if name == "role" else "–"
        # A name in other capitals is the same one.
        spelled = [(present, one) if one.casefold() == present.casefold() else (one, one) for one in names]
        return [("", none), *(unknown if present and present.casefold() not in known else []), *spelled]
