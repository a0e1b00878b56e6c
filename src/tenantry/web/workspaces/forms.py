"""Forms about workspaces: name and purpose, a level, where members and teams go."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import EMAIL, LABEL, LINE
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer


class WorkspaceForm(HouseForm):
    """A workspace's name and what it is for."""

    name = BoundField(LABEL, label=_("Name"))
    description = BoundField(LINE, label=_("What it is for"))


class LevelForm(HouseForm):
    """Which access level somebody has."""

    role = ChosenId(label=_("Access level"))

    def __init__(self, *args: Any, levels: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["role"], levels)


class InviteForm(LevelForm):
    """Somebody of the organization by their address, for those who do not see its directory."""

    email = BoundField(EMAIL, label=_("E-mail"))
    field_order = ("email", "role")


class GoalForm(HouseForm):
    """Where members and teams of a workspace go when it is deleted."""

    workspace = ChosenId(label=_("Where members and teams go"), required=False)

    def __init__(self, *args: Any, workspaces: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["workspace"], workspaces, _("Nowhere: members leave it, teams stay outside of workspaces"))
