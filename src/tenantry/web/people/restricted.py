"""What a plan of restrictions says."""

from typing import Any

from django.utils.translation import gettext as _

from tenantry.access.actions.restricting import RestrictionPlan
from tenantry.core.permissions import restrictions


def of_restrictions(plan: RestrictionPlan) -> dict[str, Any]:
    """For `confirming.two_steps`: sentences and the button."""
    declared = restrictions()
    told = []
    for codes, words in (
        (plan.added, _("Set: %(what)s.")),
        (plan.moved, _("Changed: %(what)s.")),
        (plan.lifted, _("Lifted: %(what)s.")),
    ):
        named = ", ".join(str(declared[code].title) for code in codes if code in declared)
        if named:
            told.append(words % {"what": named})
    return {"sentences": told, "button": _("Set restrictions")}
