from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class NobodyToChange(Refusal):
    """Everybody of the selection is refused: there is nothing to confirm."""

    code = "nobody_to_change"
    sentence = _("Nobody of the selection is left to act on.")


class PlannedFirst(Refusal):
    """A digest came for more people than are planned at once: nobody can have read that plan."""

    code = "planned_first"
    sentence = _("So many people are planned in the background first. Ask for the plan again.")


class NotPlanned(Refusal):
    """Confirmed twice, or before its plan was there."""

    code = "not_planned"
    sentence = _("There is no plan here that waits for a confirmation.")


class PlannedByAnother(Refusal):
    code = "planned_by_another"
    kind = "forbidden"
    sentence = _("Only who asked for this plan can confirm it.")


class PlanTooOld(Refusal):
    code = "plan_too_old"
    sentence = _("This plan is more than a day old. Select the people again to have it planned anew.")
