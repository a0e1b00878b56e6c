from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL, LINE
from tenantry.web.forms import BoundField, HouseForm


class TeamForm(HouseForm):
    """A team's name and what it is for."""

    name = BoundField(LABEL, label=_("Name"))
    description = BoundField(LINE, label=_("What it is for"))
