"""Forms about workflows: name and purpose, where members go."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL, LINE
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer


class WorkflowForm(HouseForm):
    """A workflow's name and what it is for."""

    name = BoundField(LABEL, label=_("Name"))
    description = BoundField(LINE, label=_("What it is for"))


class OtherForm(HouseForm):
    """Which workflow the members of a deleted one come into."""

    workflow = ChosenId(label=_("Where its members go"), required=False)

    def __init__(self, *args: Any, workflows: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["workflow"], workflows, _("Nowhere: they take part in one workflow less"))
