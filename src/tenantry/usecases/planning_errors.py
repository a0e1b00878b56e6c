from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class DayOver(Refusal):
    """Nothing is planned for the past; `day` in words."""

    code = "day_over"
    kind = "invalid"
    sentence = _("%(day)s is over already. Please choose a later day.")


class DayTooFar(Refusal):
    code = "day_too_far"
    kind = "invalid"
    sentence = _("At most ten years ahead.")


class ReturnTooEarly(Refusal):
    """Somebody comes back after the last day of access, not before."""

    code = "return_too_early"
    kind = "invalid"
    sentence = _("The first day back has to come after the last day.")


class NothingPlanned(Refusal):
    code = "nothing_planned"
    sentence = _("Nothing is planned for %(name)s.")


class PlannerMayNot(Refusal):
    """Whoever planned it could not do it by hand any more."""

    code = "planner_may_not"
    sentence = _("%(planner)s planned it and may not do it any more. Plan it anew, or call it off.")


class RolesChangedSince(Refusal):
    """Whoever planned it is gone, and the person's roles are not those that they could act on."""

    code = "roles_changed_since"
    sentence = _("Who planned it has left, and the roles of %(name)s changed since. Plan it anew, or call it off.")
