from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer


class DepartmentForm(HouseForm):
    name = BoundField(LABEL, label=_("Name"))


class WhereToForm(HouseForm):
    """Into which department its people come; `empty` words the choice of none."""

    to = ChosenId(label=_("Its people come into"), required=False)

    def __init__(self, *args: Any, departments: Choices, empty: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["to"], departments, empty)
        self.fields["to"].required = empty is None
