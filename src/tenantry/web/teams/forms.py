from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.bounds import LABEL, LINE
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.picking import Picker, PickField, set_pickers


class TeamForm(HouseForm):
    """A team's name, what it is for, and the workspace that it belongs to where there are any."""

    name = BoundField(LABEL, label=_("Name"))
    description = BoundField(LINE, label=_("What it is for"))
    workspace = PickField(label=_("Workspace"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"workspace": picker} if picker else {}, ["workspace"])

    @property
    def params(self) -> dict[str, Any]:
        """What the action is told: without the field a team stays where it belongs."""
        data = dict(self.cleaned_data)
        if "workspace" in data:
            data["workspace_id"] = data.pop("workspace")
        return data


class JoiningForm(HouseForm):
    """Which team somebody comes into."""

    team = PickField()

    def __init__(self, *args: Any, actor: Actor, picker: Picker | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"team": picker} if picker else {}, ["team"])
