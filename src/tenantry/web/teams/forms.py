from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL, LINE
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer


class TeamForm(HouseForm):
    """A team's name, what it is for, and the workspace that it belongs to where there are any."""

    name = BoundField(LABEL, label=_("Name"))
    description = BoundField(LINE, label=_("What it is for"))
    workspace = ChosenId(label=_("Workspace"), required=False)

    def __init__(self, *args: Any, workspaces: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["workspace"], workspaces, _("In no workspace"))
        if not workspaces:
            del self.fields["workspace"]

    @property
    def params(self) -> dict[str, Any]:
        """What the action is told: without the field a team stays where it belongs."""
        data = dict(self.cleaned_data)
        if "workspace" in data:
            data["workspace_id"] = data.pop("workspace")
        return data
