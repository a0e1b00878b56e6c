"""Forms about units: a name, a person for a role."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer


class UnitForm(HouseForm):
    """A unit's name."""

    name = BoundField(LABEL, label=_("Name"))


class AgentForm(HouseForm):
    """Who gets which role at a unit."""

    person = ChosenId(label=_("Person"))
    role = ChosenId(label=_("Role"))

    def __init__(self, *args: Any, people: Choices, roles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["person"], people, _("Choose a person"))
        offer(self.fields["role"], roles)
