from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class LastKeyholder(Refusal):
    """There is always an active member whose role has all permissions (product.md §3)."""

    code = "last_keyholder"
    sentence = _("%(name)s is the only active %(role)s. Give somebody else that role first.")


class TooManyKeyholders(Refusal):
    """Policy `keyholders.maximum`."""

    code = "too_many_keyholders"
    sentence = _("This organization allows %(maximum)s people with all permissions.")


class RoleNotAssignable(Refusal):
    """A role is given and taken only by somebody whose own role lists it."""

    code = "role_not_assignable"
    kind = "forbidden"
    sentence = _("Your role may not give or take the role “%(role)s”.")


class MemberOutOfHand(Refusal):
    """Acts on a person reach only people whose role one may assign."""

    code = "member_out_of_hand"
    kind = "forbidden"
    sentence = _("Your role may not act on %(name)s, who is %(role)s.")


class SameRole(Refusal):
    code = "same_role"
    sentence = _("%(name)s has this role already.")
