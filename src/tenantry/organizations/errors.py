from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy


class PolicyValueRefused(Refusal):
    code = "policy_value_refused"
    kind = "invalid"
    sentence = _("This is not a possible value of “%(policy)s”.")


class AtSeatLimit(Refusal):
    """No licensed seat is free (product.md §5)."""

    code = "at_seat_limit"
    kind = "conflict"
    sentence = _("At seat limit: %(in_use)s of %(limit)s seats are in use.")
    remedies = (
        Remedy(_("See plan and seats"), "org_plan"),
        Remedy(_("Revoke a pending invitation"), "invitation_list"),
        Remedy(_("Deactivate somebody"), "person_list"),
    )


class SlugTaken(Refusal):
    code = "slug_taken"
    kind = "conflict"
    sentence = _("The address “%(slug)s” is taken. Please choose another one.")


class OperatorOnlyPolicy(Refusal):
    """blueprints.md marks it *op*: the console changes it."""

    code = "operator_only_policy"
    kind = "forbidden"
    sentence = _("Only the operator of this installation changes “%(policy)s”.")


class PolicyLocked(Refusal):
    """Policy `password.locked`."""

    code = "policy_locked"
    kind = "forbidden"
    sentence = _("The password rules are locked. Only the operator of this installation changes “%(policy)s”.")


class OrganizationNameAsked(Refusal):
    """Some acts ask for the organization's name to be typed, so that nobody does them in passing."""

    code = "organization_name_asked"
    kind = "invalid"
    sentence = _("To do this, type the name of the organization: %(name)s")


class UnitNameTaken(Refusal):
    """Names are one below each parent, in any spelling of capitals."""

    code = "unit_name_taken"
    sentence = _("There is one called “%(name)s” in that place already.")


class RootUnitStays(Refusal):
    """It stands for the organization: called like it, neither moved nor deleted."""

    code = "root_unit_stays"
    sentence = _("The top of the tree stands for the organization itself: it stays where it is and is called like it.")


class UnitBelowItself(Refusal):
    code = "unit_below_itself"
    sentence = _("“%(name)s” can't stand below itself.")


class WorkspaceNameTaken(Refusal):
    code = "workspace_name_taken"
    sentence = _("There is a workspace called “%(name)s” already.")


class WorkflowNameTaken(Refusal):
    code = "workflow_name_taken"
    sentence = _("There is a workflow called “%(name)s” already.")
