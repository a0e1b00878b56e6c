"""Forms about units: a name, a person for a role."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.bounds import LABEL
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer
from tenantry.web.picking import Picker, PickField, set_pickers


class UnitForm(HouseForm):
    """A unit's name."""

    name = BoundField(LABEL, label=_("Name"))


class AgentForm(HouseForm):
    """Who gets which role at a unit."""

    person = PickField(label=_("Person"))
    role = ChosenId(label=_("Role"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker, roles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"person": picker}, ["person"])
        offer(self.fields["role"], roles)
