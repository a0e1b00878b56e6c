from collections.abc import Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy

UPGRADE = Remedy(_("Upgrade the plan"), "billing_plans", permissions=("billing.change_plan",), code="upgrade")


class PolicyValueRefused(Refusal):
    code = "policy_value_refused"
    kind = "invalid"
    sentence = _("This is not a possible value of “%(policy)s”.")


class AtSeatLimit(Refusal):
    """No licensed seat is free, with the three ways out (product.md §5): a bigger plan, more seats, a free one."""

    code = "at_seat_limit"
    kind = "conflict"
    sentence = _("At seat limit: %(in_use)s of %(limit)s seats are in use.")
    remedies = (
        UPGRADE,
        Remedy(_("Buy seats"), "seat_home", query="#buy", permissions=("billing.change_plan",), code="buy_seats"),
        # Who has never signed in comes first, then who has not for longest.
        Remedy(
            _("Free a seat"),
            "person_list",
            query="?status=active&status=pending&sort=last_sign_in",
            permissions=("people.view", "people.deactivate"),
            code="free_seat",
        ),
        Remedy(_("Revoke an invitation"), "invitation_list", permissions=("people.invite",), code="revoke_invitation"),
    )


class NotInPlan(Refusal):
    """A feature that the organization's plan does not grant. `plans`: titles of those that do, cheapest first."""

    code = "not_in_plan"
    kind = "forbidden"
    sentence = _("%(feature)s is not part of your plan.")
    remedies = (UPGRADE,)

    def __init__(self, key: str, feature: str, plans: Sequence[str] = ()) -> None:
        super().__init__(entitlement=key, feature=feature, plans=list(plans))

    def __str__(self) -> str:
        if not self.params["plans"]:
            return super().__str__()
        words = gettext("%(feature)s is not part of your plan. It comes with %(plan)s.")
        return words % {"feature": self.params["feature"], "plan": self.params["plans"][0]}


class LimitReached(Refusal):
    """As many of something as the plan grants. `what`: its title; `plans`: titles of those that grant more, cheapest
    first; `remedies`: ways to need fewer, after the way to a larger plan."""

    code = "plan_limit_reached"
    sentence = _("%(what)s: %(in_use)s in use, and your plan has %(limit)s.")

    def __init__(
        self, key: str, what: str, in_use: int, limit: int, plans: Sequence[str] = (), remedies: Sequence[Remedy] = ()
    ) -> None:
        super().__init__(entitlement=key, what=what, in_use=in_use, limit=limit, plans=list(plans))
        self.remedies = (UPGRADE, *remedies) if plans else tuple(remedies)

    def __str__(self) -> str:
        said = super().__str__()
        if not self.params["plans"]:
            return said
        return f"{said} {gettext('More come with %(plan)s.') % {'plan': self.params['plans'][0]}}"


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
