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


class OrganizationFrozen(Refusal):
    code = "organization_frozen"
    kind = "forbidden"
    sentence = _("This organization is frozen. Somebody who looks after billing can bring it back.")
