"""Forms of Drive: a name and a place."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from tenantry.core.actor import Actor
from tenantry.core.versions import version_sent
from tenantry.crm.bounds import NAME
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.picking import Picker, PickField, set_pickers


class VersionField(forms.Field):
    """What somebody looked at, unseen; see `core.versions`."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        return version_sent(value)


class ItemForm(HouseForm):
    """The name of a file or folder, and where it lies."""

    name = BoundField(NAME, label=gettext_lazy("Name"))
    place = PickField(label=gettext_lazy("Lies in"))
    version = VersionField(required=False)

    def __init__(self, *args: Any, actor: Actor, place: Picker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"place": place}, ["place"])


class FolderForm(HouseForm):
    """A new folder. `place`: of the workspaces where it may stand; None where it lies in another folder."""

    name = BoundField(NAME, label=gettext_lazy("Name"))
    workspace = PickField(label=gettext_lazy("Workspace"))

    def __init__(self, *args: Any, actor: Actor, place: Picker | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"workspace": place} if place else {}, ["workspace"])


class MoveForm(HouseForm):
    """Where several files go."""

    place = PickField(label=gettext_lazy("Into"))

    def __init__(self, *args: Any, actor: Actor, place: Picker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"place": place}, ["place"])
