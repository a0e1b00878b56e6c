"""Forms of Drive: a name and a place."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.core.versions import version_sent
from tenantry.crm.bounds import NAME
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.picking import Picker, PickField, set_pickers

# Folders with their depth: (id, name, depth).
Places = Sequence[tuple[UUID, str, int]]
TOP = ""
# A wide blank: choices of a select drop ordinary ones.
INDENT = "\u2003"


class PlaceField(forms.ChoiceField):
    """A folder of a tree, or the top."""

    def offer(self, top: str, places: Places) -> None:
        indented = [(str(folder_id), INDENT * depth + name) for folder_id, name, depth in places]
        self.choices = [(TOP, top), *indented]

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        return parse_id(chosen) if chosen else None


class VersionField(forms.Field):
    """What somebody looked at, unseen; see `core.versions`."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        return version_sent(value)


class ItemForm(HouseForm):
    """The name of a file or folder, and where it lies. `top`: what the top is called."""

    name = BoundField(NAME, label=gettext_lazy("Name"))
    place = PlaceField(label=gettext_lazy("Lies in"), required=False)
    version = VersionField(required=False)

    def __init__(self, *args: Any, places: Places, top: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(top, places)  # type: ignore[attr-defined]


class FolderForm(HouseForm):
    """A new folder. `place`: of the workspaces where it may stand; None where it lies in another folder."""

    name = BoundField(NAME, label=gettext_lazy("Name"))
    workspace = PickField(label=gettext_lazy("Workspace"))

    def __init__(self, *args: Any, actor: Actor, place: Picker | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"workspace": place} if place else {}, ["workspace"])


class MoveForm(HouseForm):
    """Where several files go."""

    place = PlaceField(label=gettext_lazy("Into"), required=False)

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(_("The top of Drive"), places)  # type: ignore[attr-defined]
